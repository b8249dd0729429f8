/**
 * One call in our terms, as every carrier's adapter reports it.
 *
 * @module
 */

/** The carriers whose calls are billed. */
export type Carrier = "bland" | "telnyx" | "twilio";

/** Every word a call's state may have, ours, whatever the carrier calls it. */
export const CALL_STATUSES = [
  "in_progress",
  "completed",
  "no_answer",
  "busy",
  "failed",
  "canceled",
] as const;

/** One of {@link CALL_STATUSES}. */
export type CallStatus = typeof CALL_STATUSES[number];

/** How an exact cost came about. */
export interface CostDetail {
  /** Where it is from: `detail_records_api`, `call_cost_webhook`. */
  source: string;
  /** Per minute, decimal; null when the carrier does not say. */
  rate: string | null;
  /** As the carrier bills; null when it does not say. */
  billedSeconds: number | null;
  /** When we learned it. */
  fetchedAtMs: number;
}

/** What a carrier told us about one call; the next report about the same call may tell more. */
export interface CallReport {
  /** Who reports. */
  carrier: Carrier;
  /** The carrier's own id, at most 64 characters of `A-Z a-z 0-9 _ . : -`. */
  carrierCallId: string;
  /** Null when the carrier does not say. */
  direction: "inbound" | "outbound" | null;
  /** E.164 when it can be normalised, else the raw text, at most 64 characters. */
  from: string;
  /** See {@link CallReport.from}. */
  to: string;
  /** How far it is, or how it ended. */
  status: CallStatus;
  /** Ended in the carrier's view, and how long it took is known. */
  isFinal: boolean;
  /** The instant that decides which plan and which month apply. */
  startedAtMs: number;
  /** Null when nobody answered, or the carrier does not say. */
  answeredAtMs: number | null;
  /** Null until the report is final. */
  endedAtMs: number | null;
  /** Whole, never negative; null when unknown. */
  durationSeconds: number | null;
  /** What the carrier charges us; null when it does not say yet. */
  costMicros: bigint | null;
  /** ISO 4217; null when there is no cost. */
  costCurrency: string | null;
  /** How the cost came about; absent or null where the carrier's row says it by itself. */
  costDetail?: CostDetail | null;
  /** What the adapter needs to join the next report with, as JSON; absent where records suffice. */
  facts?: string;
  /** It says all that was ever told of the call, so what it leaves out is not known; absent: a part. */
  isWhole?: boolean;
  /** The account a call names in what it was started with, unproven; null when it names none. */
  claimedAccountId: string | null;
  /** Why this report cannot be billed and is parked; null when nothing is wrong with it. */
  fault: string | null;
  /** Members that matter to billing, as they came: text, numbers as written; at most 2 KiB as JSON. */
  record: Record<string, string | null>;
}

/** The id a call has here: unique over carriers, and the same each time it is reported. */
export function callId(
  { carrier, carrierCallId }: Pick<CallReport, "carrier" | "carrierCallId">,
): string {
  return `${carrier}:${carrierCallId}`;
}
