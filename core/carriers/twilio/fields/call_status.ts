/**
 * How far a call is, in Twilio's words and in ours.
 *
 * @module
 */
import type { CallReport, CallStatus } from "../../../usage/call_usage.ts";

/**
 * Twilio's words, the weaker first: of two that are told about one call, the one further right holds.
 *
 * Whatever ends a call beats what goes on, and `completed` beats every other end, since it alone says
 * that somebody talked. Source: Twilio OpenAPI, `call_enum_status`; `initiated` comes in callbacks only.
 */
export const TWILIO_CALL_STATUSES = [
  "queued",
  "initiated",
  "ringing",
  "in-progress",
  "canceled",
  "failed",
  "no-answer",
  "busy",
  "completed",
] as const;

/** One of {@link TWILIO_CALL_STATUSES}. */
export type TwilioCallStatus = typeof TWILIO_CALL_STATUSES[number];

/** Null for a word that is not Twilio's. */
export function parseTwilioCallStatus(value: unknown): TwilioCallStatus | null {
  return TWILIO_CALL_STATUSES.find((status) => status === value) ?? null;
}

/** Our word; everything before the end is `in_progress`. */
export function describeCallStatus(status: TwilioCallStatus): CallStatus {
  return ENDS.get(status) ?? "in_progress";
}

/** Whether a call of this status is over. */
export function isTwilioCallOver(status: TwilioCallStatus): boolean {
  return ENDS.has(status);
}

/**
 * Which way a call went; null for a word that is not known.
 *
 * A trunk's call is told from the trunk: one that terminates leaves us, one that originates comes in.
 */
export function describeDirection(direction: string | null): CallReport["direction"] {
  return DIRECTIONS.get(direction ?? "") ?? null;
}

const ENDS = new Map<TwilioCallStatus, CallStatus>([
  ["completed", "completed"],
  ["busy", "busy"],
  ["no-answer", "no_answer"],
  ["failed", "failed"],
  ["canceled", "canceled"],
]);

const DIRECTIONS = new Map<string, "inbound" | "outbound">([
  ["inbound", "inbound"],
  ["outbound-api", "outbound"],
  ["outbound-dial", "outbound"],
  ["trunking-originating", "inbound"],
  ["trunking-terminating", "outbound"],
]);
