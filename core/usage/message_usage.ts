/**
 * One message in our terms, as every carrier's adapter reports it.
 *
 * @module
 */
import type { Carrier } from "./call_usage.ts";

/** Who reports messages: a carrier, or the reseller's own sending code (`sms`). */
export const MESSAGE_SOURCES = ["bland", "telnyx", "twilio", "sms"] as const satisfies readonly (
  | Carrier
  | "sms"
)[];
/** One of {@link MESSAGE_SOURCES}. */
export type MessageSource = typeof MESSAGE_SOURCES[number];

/** What a carrier told us about one message; the next report about it may tell more. */
export interface MessageReport {
  /** Who reports. */
  carrier: MessageSource;
  /** The carrier's own id, at most 64 characters of ASCII. */
  carrierMessageId: string;
  /** Which way it went. */
  direction: "inbound" | "outbound";
  /** E.164 when it can be normalised, else the raw text, at most 64 characters. */
  from: string;
  /** See {@link MessageReport.from}. */
  to: string;
  /** Parts the carrier bills; null while unknown. */
  segments: number | null;
  /** In the carrier's words. */
  status: string;
  /** How far that word is; of two reports the higher holds. Absent: the later report holds. */
  rank?: number;
  /** Nothing follows but the price. */
  isFinal: boolean;
  /** What the carrier charges us; null when it does not say yet. */
  costMicros: bigint | null;
  /** ISO 4217; null when there is no cost. */
  costCurrency: string | null;
  /** The instant that decides which plan applies. */
  sentAtMs: number;
  /** Why it cannot be billed; null when nothing is wrong with it. */
  fault: string | null;
  /** Members that matter to billing, as they came, as text; never the message itself. */
  record: Record<string, string | null>;
}

/** The id a message has here: unique over carriers, and the same each time it is reported. */
export function messageId(
  { carrier, carrierMessageId }: Pick<MessageReport, "carrier" | "carrierMessageId">,
): string {
  return `${carrier}:${carrierMessageId}`;
}
