/**
 * A message in the simulated Twilio: as somebody places it, as it really is, as Twilio shows it.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../../../clock.ts";
import { jsonNumber } from "../../json_numbers.ts";
import type { TwilioMessageStatus } from "../fields/message_status.ts";
import { formatRfc2822 } from "../fields/rfc_2822.ts";
import { formatPrice, type PriceTruth } from "./price.ts";
import type { ListedThing } from "./row_list.ts";

/** How a simulated message ends; `sent` for one whose receipt never comes, `received` is inbound. */
export type SimulatedMessageOutcome = "delivered" | "undelivered" | "failed" | "sent" | "received";

/** A message as it really is; `listedAtMs` is when it was sent. */
export interface SimulatedMessage extends ListedThing, PriceTruth {
  /** When it was asked for. */
  createdAtMs: number;
  /** When its outcome is known. */
  settledAtMs: number;
  /** How it ends. */
  outcome: SimulatedMessageOutcome;
  /** At least 1. */
  segments: number;
  /** Who writes. */
  from: string;
  /** Who is written to. */
  to: string;
  /** Members of its row to write differently, raw. */
  members: Record<string, unknown>;
}

/** A message to place; what is absent has a plain default. */
export interface PlacedMessage {
  /** A fresh one when absent. */
  sid?: string;
  /** Now when absent. */
  createdAtMs?: number;
  /** From being asked for to being sent; 0 when absent. */
  waitSeconds?: number;
  /** From being sent to its outcome; 2 when absent, 0 for an inbound one. */
  receiptSeconds?: number;
  /** `delivered` when absent; `received` makes it inbound. */
  outcome?: SimulatedMessageOutcome;
  /** 1 when absent. */
  segments?: number;
  /** Who writes. */
  from: string;
  /** Who is written to. */
  to: string;
  /** As Twilio would write it; Twilio's own rate when absent. */
  priceText?: string;
  /** From its outcome to its price; a minute when absent, and null for a price that never comes. */
  priceAfterMs?: number | null;
  /** Hidden until this instant; visible from its creation when absent. */
  visibleAtMs?: number;
  /** All its callbacks are lost. */
  isSilent?: boolean;
  /** Members of its row to write differently, raw. */
  members?: Record<string, unknown>;
}

/** What may change about a message once it is there. */
export type MessageRevision = Partial<
  Pick<SimulatedMessage, "outcome" | "priceText" | "pricedAtMs" | "members">
>;

/** Fills in what was left out; a failed message has no price for good. */
export function completeMessage(
  deps: { sid: () => string; nowMs: number },
  placed: PlacedMessage,
): SimulatedMessage {
  const { createdAtMs = deps.nowMs, waitSeconds = 0, outcome = "delivered" } = placed;
  const { receiptSeconds = outcome === "received" ? 0 : 2 } = placed;
  const { priceAfterMs = outcome === "failed" ? null : MINUTE_MS } = placed;
  const listedAtMs = createdAtMs + waitSeconds * SECOND_MS;
  const settledAtMs = listedAtMs + receiptSeconds * SECOND_MS;
  return {
    sid: placed.sid ?? deps.sid(),
    createdAtMs,
    listedAtMs,
    settledAtMs,
    outcome,
    segments: placed.segments ?? 1,
    from: placed.from,
    to: placed.to,
    priceText: placed.priceText ?? null,
    pricedAtMs: priceAfterMs === null ? null : settledAtMs + priceAfterMs,
    visibleAtMs: placed.visibleAtMs ?? createdAtMs,
    members: placed.members ?? {},
  };
}

/** Its row in `Messages.json`, at the present of the clock; until it is sent it has no segments. */
export function renderMessageRow(
  { message, accountSid, nowMs }: { message: SimulatedMessage; accountSid: string; nowMs: number },
): Record<string, unknown> {
  const isSent = nowMs >= message.listedAtMs;
  const price = formatPrice({
    truth: message,
    units: message.segments,
    micros: SEGMENT_MICROS,
    nowMs,
  });
  const status = messageStatusAt(message, nowMs);
  return {
    sid: message.sid,
    account_sid: accountSid,
    messaging_service_sid: null,
    date_created: formatRfc2822(message.createdAtMs),
    date_updated: formatRfc2822(Math.min(nowMs, message.settledAtMs)),
    date_sent: isSent ? formatRfc2822(message.listedAtMs) : null,
    to: message.to,
    from: message.from,
    body: "Invented text",
    num_segments: isSent ? String(message.segments) : "0",
    num_media: "0",
    status,
    error_code: status === "failed" || status === "undelivered" ? jsonNumber("30003") : null,
    error_message: null,
    price,
    // Lower case, as the description of this member has it.
    price_unit: price === null ? null : "usd",
    direction: message.outcome === "received" ? "inbound" : "outbound-api",
    api_version: "2010-04-01",
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}.json`,
    subresource_uris: {},
    ...message.members,
  };
}

/** 0.0075 a segment. */
const SEGMENT_MICROS = 7_500;

/** How far it is, in Twilio's words. */
export function messageStatusAt(message: SimulatedMessage, nowMs: number): TwilioMessageStatus {
  if (nowMs >= message.settledAtMs) return message.outcome;
  return nowMs >= message.listedAtMs ? "sent" : "queued";
}
