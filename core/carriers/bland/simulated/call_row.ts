/**
 * Writes a simulated call the way Bland's documentation shows one, at the present of the clock.
 *
 * @module
 */
import { formatInstant, SECOND_MS } from "../../../clock.ts";
import { divideRounded } from "../../../money.ts";
import { type JsonNumber, jsonNumber } from "../../json_numbers.ts";
import type { SimulatedCall } from "./call_list.ts";

/** A call's row; numbers are raw JSON numbers once written by `formatJsonKeepingNumbers`. */
export type RenderedRow = Record<string, unknown>;

/** All members that concern billing; until the call has ended it has no price and no duration. */
export function renderCallRow(
  { call, nowMs }: { call: SimulatedCall; nowMs: number },
): RenderedRow {
  const hasEnded = nowMs >= endedAtMs(call);
  const isConnected = call.outcome === "completed" && nowMs >= call.startedAtMs;
  return {
    call_id: call.callId,
    c_id: call.callId,
    created_at: renderInstant(call.createdAtMs),
    started_at: isConnected ? renderInstant(call.startedAtMs) : null,
    end_at: hasEnded ? renderInstant(endedAtMs(call)) : null,
    call_length: hasEnded ? renderMinutes(call.talkSeconds) : jsonNumber("0"),
    corrected_duration: hasEnded ? String(call.talkSeconds) : null,
    price: hasEnded ? renderPrice(call) : null,
    completed: hasEnded && call.outcome !== "failed",
    queue_status: renderQueueStatus(call, nowMs),
    ...(hasEnded ? { status: call.outcome } : {}),
    answered_by: hasEnded ? renderAnsweredBy(call) : null,
    error_message: call.outcome === "failed" && hasEnded ? "Call failed" : null,
    inbound: call.isInbound,
    to: call.to,
    from: call.from,
    max_duration: jsonNumber("30"),
    batch_id: null,
    metadata: call.metadata,
    is_proxy_agent_call: call.isProxyAgentCall,
    ...call.members,
  };
}

/** Only the members of the documented list example. */
export function renderListExampleRow(
  input: { call: SimulatedCall; nowMs: number },
): RenderedRow {
  const row = renderCallRow(input);
  return Object.fromEntries(LIST_EXAMPLE_MEMBERS.map((name) => [name, row[name] ?? null]));
}

const LIST_EXAMPLE_MEMBERS = [
  "call_id",
  "created_at",
  "call_length",
  "to",
  "from",
  "completed",
  "queue_status",
  "error_message",
  "answered_by",
  "batch_id",
];

/** When a call is over. */
export function endedAtMs(call: SimulatedCall): number {
  return call.startedAtMs + call.talkSeconds * SECOND_MS;
}

// Six digits and an offset, as Bland writes them: 2031-03-03T08:15:30.120000+00:00
function renderInstant(ms: number): string {
  return formatInstant(ms).replace("Z", "000+00:00");
}

/** Seconds as minutes with up to 15 decimals, as in the documented 0.183333333333333. */
function renderMinutes(seconds: number): JsonNumber {
  const digits = String(divideRounded(BigInt(seconds) * 10n ** 15n, 60n)).padStart(16, "0");
  return jsonNumber(trimZeros(`${digits.slice(0, -15)}.${digits.slice(-15)}`));
}

/** 0.09 a minute, rounded to three decimals; an attempt that came to nothing costs 0.015. */
function renderPrice(call: SimulatedCall): JsonNumber {
  if (call.priceText !== null) return jsonNumber(call.priceText);
  if (call.talkSeconds === 0) return jsonNumber(call.isInbound ? "0" : "0.015");
  const digits = String(divideRounded(BigInt(call.talkSeconds) * 90n, 60n)).padStart(4, "0");
  return jsonNumber(trimZeros(`${digits.slice(0, -3)}.${digits.slice(-3)}`));
}

function trimZeros(decimal: string): string {
  return decimal.replace(/\.?0{1,99}$/, "");
}

function renderQueueStatus(call: SimulatedCall, nowMs: number): string {
  if (nowMs >= endedAtMs(call)) return call.outcome === "failed" ? "call_error" : "complete";
  return nowMs >= call.startedAtMs ? "started" : "queued";
}

function renderAnsweredBy(call: SimulatedCall): string | null {
  if (call.outcome === "completed") return "human";
  return call.outcome === "no-answer" ? "no-answer" : null;
}
