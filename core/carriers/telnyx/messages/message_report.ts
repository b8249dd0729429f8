/**
 * Turns what is known of a Telnyx message into our terms.
 *
 * @module
 */
import { parseDecimal } from "../../../money.ts";
import type { TelnyxMessagePicture } from "./message_event.ts";
import type { TelnyxMessageFacts } from "./message_facts.ts";

/** How far a message is, or how it ended, in our words. */
export type TelnyxMessageStatus =
  | "queued"
  | "sent"
  | "delivered"
  /** Ended without a receipt. */
  | "unconfirmed"
  | "failed"
  | "received"
  /** A word of Telnyx that we do not know. */
  | "unknown";

/** A message in our terms. */
export interface TelnyxMessageReport {
  /** The same in events and in detail records. */
  carrierMessageId: string;
  /** Null when Telnyx does not say. */
  direction: "inbound" | "outbound" | null;
  /** E.164 when it can be normalised, else the text, 64 characters at most. */
  from: string;
  /** The first recipient. */
  to: string;
  /** `parts`; null when Telnyx does not say. */
  segments: number | null;
  /** The first recipient's. */
  status: TelnyxMessageStatus;
  /** The whole message, fees included; null while Telnyx does not say, which never means free. */
  costMicros: bigint | null;
  /** The cost as it was written. */
  costText: string | null;
  /** ISO 4217; null when there is no cost. */
  costCurrency: string | null;
  /** The instant that decides period and plan: handed to the carrier, or received. */
  sentAtMs: number;
  /** Null until it is final. */
  finalizedAtMs: number | null;
  /** Whether it has ended; its cost may still be missing and is then to be looked up. */
  isFinal: boolean;
  /** `bad_price` when there is a cost that cannot be read. */
  fault: "bad_price" | null;
  /** Members that matter to billing, as they came: text, at most 2 KiB as JSON. */
  record: Record<string, string | null>;
}

/**
 * The report on a message, a function of its facts alone.
 *
 * Final once `message.finalized` or `message.received` is known; before that the cost of
 * `message.sent` is shown and not relied on.
 * Source: Telnyx documentation, "Receiving webhooks for messaging".
 */
export function messageReportOf(facts: TelnyxMessageFacts): TelnyxMessageReport {
  const { sent, ended, priced } = facts;
  const event = ended ?? sent;
  if (!event) throw new Error("Cannot report a message: no event of it is known");
  const report = reportOfPicture({
    picture: event.message,
    priced: priced?.message ?? event.message,
    atMs: (sent ?? event).occurredAtMs,
    sentAtMs: event.message.sentAtMs ?? sent?.message.sentAtMs ?? null,
  });
  if (!ended) return { ...report, isFinal: false, finalizedAtMs: null };
  const status = ended.kind === "message.received" ? "received" : report.status;
  const finalizedAtMs = ended.message.completedAtMs ?? ended.occurredAtMs;
  return { ...report, status, isFinal: true, finalizedAtMs };
}

/** The report on a message that was asked for by its id; final when its status is a last one. */
export function reportOfMessage(
  { picture, atMs }: { picture: TelnyxMessagePicture; atMs: number },
): TelnyxMessageReport {
  return reportOfPicture({ picture, priced: picture, atMs, sentAtMs: picture.sentAtMs });
}

/** Our word for a status of webhooks (`to[].status`) or of detail records, two vocabularies. */
export function describeMessageStatus(word: string | null): TelnyxMessageStatus {
  return STATUSES.get(word ?? "") ?? "unknown";
}

const STATUSES = new Map<string, TelnyxMessageStatus>([
  ["queued", "queued"],
  ["sending", "queued"],
  ["sent", "sent"],
  ["delivered", "delivered"],
  ["delivery_unconfirmed", "unconfirmed"],
  ["dlr_unconfirmed", "unconfirmed"],
  ["dlr_timeout", "unconfirmed"],
  ["expired", "failed"],
  ["sending_failed", "failed"],
  ["delivery_failed", "failed"],
  ["gw_timeout", "failed"],
  ["gw_reject", "failed"],
  ["failed", "failed"],
  ["received", "received"],
  ["webhook_delivered", "received"],
]);

function reportOfPicture(
  { picture, priced, atMs, sentAtMs }: {
    picture: TelnyxMessagePicture;
    priced: TelnyxMessagePicture;
    atMs: number;
    sentAtMs: number | null;
  },
): TelnyxMessageReport {
  const status = describeMessageStatus(picture.toStatus);
  const isFinal = status !== "queued" && status !== "sent" && status !== "unknown";
  const costMicros = priced.costText === null ? null : parseDecimal(priced.costText);
  return {
    carrierMessageId: picture.messageId,
    direction: picture.direction,
    from: picture.from ?? "",
    to: picture.to ?? "",
    segments: picture.segments,
    status,
    costMicros,
    costText: costMicros === null ? null : priced.costText,
    costCurrency: costMicros === null ? null : priced.costCurrency,
    sentAtMs: sentAtMs ?? picture.receivedAtMs ?? atMs,
    finalizedAtMs: isFinal ? picture.completedAtMs ?? picture.receivedAtMs ?? atMs : null,
    isFinal,
    fault: costMicros === null && (picture.isCostUnreadable || priced.costText !== null)
      ? "bad_price"
      : null,
    record: picture.record,
  };
}
