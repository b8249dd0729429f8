/**
 * How far a message is, in Twilio's words.
 *
 * @module
 */

/**
 * Twilio's words, the weaker first: of two that are told about one message, the one further right holds.
 *
 * Source: Twilio OpenAPI, `message_enum_status`.
 */
export const TWILIO_MESSAGE_STATUSES = [
  "scheduled",
  "accepted",
  "queued",
  "sending",
  "receiving",
  "sent",
  "partially_delivered",
  "canceled",
  "failed",
  "undelivered",
  "received",
  "delivered",
  "read",
] as const;

/** One of {@link TWILIO_MESSAGE_STATUSES}. */
export type TwilioMessageStatus = typeof TWILIO_MESSAGE_STATUSES[number];

/** Null for a word that is not Twilio's. */
export function parseTwilioMessageStatus(value: unknown): TwilioMessageStatus | null {
  return TWILIO_MESSAGE_STATUSES.find((status) => status === value) ?? null;
}

/** How far a message of this status is; of two the higher holds, whichever came first. */
export function rankMessageStatus(status: TwilioMessageStatus): number {
  return TWILIO_MESSAGE_STATUSES.indexOf(status);
}

/**
 * Whether nothing that matters to billing follows any more.
 *
 * `sent` may be the last word where no receipt comes, and `partially_delivered` is not documented: both
 * are left open, and how long to wait for more is the caller's business.
 */
export function isMessageOver(status: TwilioMessageStatus): boolean {
  return FINAL_STATUSES.has(status);
}

/** Which way a message went by its status alone, as callbacks name no direction. */
export function directionByStatus(status: TwilioMessageStatus): "inbound" | "outbound" {
  return status === "receiving" || status === "received" ? "inbound" : "outbound";
}

const FINAL_STATUSES = new Set<TwilioMessageStatus>([
  "canceled",
  "failed",
  "undelivered",
  "received",
  "delivered",
  "read",
]);
