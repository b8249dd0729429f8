/**
 * A call leg in the simulated Twilio: as somebody places it, as it really is, as Twilio shows it.
 *
 * @module
 */
import { SECOND_MS } from "../../../clock.ts";
import type { TwilioCallStatus } from "../fields/call_status.ts";
import { formatRfc2822 } from "../fields/rfc_2822.ts";
import { formatPrice, type PriceTruth } from "./price.ts";
import type { ListedThing } from "./row_list.ts";

/** How a simulated call ends, in Twilio's words. */
export type SimulatedCallOutcome = "completed" | "busy" | "no-answer" | "failed" | "canceled";

/** A call leg as it really is; `listedAtMs` is its start. */
export interface SimulatedCall extends ListedThing, PriceTruth {
  /** The leg that made this one. */
  parentCallSid: string | null;
  /** When it was asked for. */
  createdAtMs: number;
  /** Whole; 0 for one that nobody answered. */
  talkSeconds: number;
  /** How it ends once `listedAtMs` plus the talk has come. */
  outcome: SimulatedCallOutcome;
  /** In Twilio's words. */
  direction: "inbound" | "outbound-api" | "outbound-dial";
  /** Who calls. */
  from: string;
  /** Who is called. */
  to: string;
  /** Members of its row to write differently, raw; for odd rows. */
  members: Record<string, unknown>;
}

/** A call to place; what is absent has a plain default. */
export interface PlacedCall {
  /** A fresh one when absent. */
  sid?: string;
  /** No parent when absent. */
  parentCallSid?: string;
  /** Now when absent. */
  createdAtMs?: number;
  /** From being asked for to connecting; 0 when absent. */
  waitSeconds?: number;
  /** 0 when absent. */
  talkSeconds?: number;
  /** `completed` when absent. */
  outcome?: SimulatedCallOutcome;
  /** `outbound-api` when absent. */
  direction?: SimulatedCall["direction"];
  /** Who calls. */
  from: string;
  /** Who is called. */
  to: string;
  /** As Twilio would write it, `-0.01400`; Twilio's own rate when absent. */
  priceText?: string;
  /** From its end to its price; a minute when absent, and null for a price that never comes. */
  priceAfterMs?: number | null;
  /** Hidden until this instant; visible from its creation when absent. */
  visibleAtMs?: number;
  /** All its callbacks are lost. */
  isSilent?: boolean;
  /** Members of its row to write differently, raw. */
  members?: Record<string, unknown>;
}

/** What may change about a call once it is there. */
export type CallRevision = Partial<
  Pick<SimulatedCall, "talkSeconds" | "outcome" | "priceText" | "pricedAtMs" | "members">
>;

/** Fills in what was left out; a call that does not connect has no price for good. */
export function completeCall(
  deps: { sid: () => string; nowMs: number },
  placed: PlacedCall,
): SimulatedCall {
  const { createdAtMs = deps.nowMs, waitSeconds = 0, talkSeconds = 0 } = placed;
  const { outcome = "completed", priceAfterMs = outcome === "completed" ? 60 * SECOND_MS : null } =
    placed;
  const listedAtMs = createdAtMs + waitSeconds * SECOND_MS;
  return {
    sid: placed.sid ?? deps.sid(),
    parentCallSid: placed.parentCallSid ?? null,
    createdAtMs,
    listedAtMs,
    talkSeconds,
    outcome,
    direction: placed.direction ?? "outbound-api",
    from: placed.from,
    to: placed.to,
    priceText: placed.priceText ?? null,
    pricedAtMs: priceAfterMs === null ? null : listedAtMs + talkSeconds * SECOND_MS + priceAfterMs,
    visibleAtMs: placed.visibleAtMs ?? createdAtMs,
    members: placed.members ?? {},
  };
}

/** When a call is over. */
export function endedAtMs(call: SimulatedCall): number {
  return call.listedAtMs + call.talkSeconds * SECOND_MS;
}

/** Its row in `Calls.json`, at the present of the clock. */
export function renderCallRow(
  { call, accountSid, nowMs }: { call: SimulatedCall; accountSid: string; nowMs: number },
): Record<string, unknown> {
  const hasEnded = nowMs >= endedAtMs(call);
  const dateOf = (atMs: number) => nowMs >= atMs ? formatRfc2822(atMs) : null;
  return {
    sid: call.sid,
    account_sid: accountSid,
    parent_call_sid: call.parentCallSid,
    date_created: formatRfc2822(call.createdAtMs),
    date_updated: formatRfc2822(Math.min(nowMs, endedAtMs(call))),
    start_time: dateOf(call.listedAtMs),
    end_time: dateOf(endedAtMs(call)),
    to: call.to,
    from: call.from,
    phone_number_sid: null,
    status: statusAt(call, nowMs),
    duration: hasEnded ? renderDuration(call) : null,
    price: formatPrice({ truth: call, units: startedMinutes(call), micros: CALL_MICROS, nowMs }),
    price_unit: "USD",
    direction: call.direction,
    answered_by: null,
    api_version: "2010-04-01",
    queue_time: "0",
    trunk_sid: null,
    uri: `/2010-04-01/Accounts/${accountSid}/Calls/${call.sid}.json`,
    subresource_uris: {},
    ...call.members,
  };
}

/** 0.014 a minute. */
const CALL_MICROS = 14_000;

function startedMinutes(call: SimulatedCall): number {
  return Math.ceil(call.talkSeconds / 60);
}

// Documented as empty for a call that was not answered; a zero has been seen as well.
function renderDuration(call: SimulatedCall): string | null {
  if (call.outcome === "completed") return String(call.talkSeconds);
  return call.outcome === "no-answer" ? "0" : null;
}

function statusAt(call: SimulatedCall, nowMs: number): TwilioCallStatus {
  if (nowMs >= endedAtMs(call)) return call.outcome;
  if (nowMs >= call.listedAtMs) return "in-progress";
  return nowMs > call.createdAtMs ? "ringing" : "queued";
}
