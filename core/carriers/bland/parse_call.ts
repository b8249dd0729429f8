/**
 * Turns what Bland says about a call into our terms. Pure: nothing is fetched, stored or billed here.
 *
 * @module
 */
import { parseInstant, SECOND_MS } from "../../clock.ts";
import { parseDecimal } from "../../money.ts";
import { normalizeNumber } from "../../numbering.ts";
import type { CallReport, CallStatus } from "../../usage/call_usage.ts";
import { decimalText } from "../json_numbers.ts";
import { parseTalkTime } from "./call_duration.ts";
import { keepRecord, parseClaimedAccountId } from "./call_record.ts";
import { type BlandRow, parseBlandRow, type UnreadableRow } from "./call_row.ts";

/**
 * A call as Bland describes it, from JSON that kept its numbers (`core/carriers/json_numbers.ts`).
 *
 * Final when Bland says it ended (`completed`, a terminal `status`, or a `queue_status` ending in
 * `_error`) **and** a duration is known; otherwise it is to be read again. `fault` is
 * `negative_duration`, `absurd_duration` or `bad_price`, judged only once the call has ended; with a
 * faulty duration it is never final. Starts when it connected, else when it was asked for; `end_at`
 * is the planned end and is not believed. Second legs of warm transfers are calls of their own.
 * Unreadable: no usable id, a typed member of another type, no start, a start without a zone.
 * Source: Bland API reference, `GET /v1/calls` and `GET /v1/calls/{call_id}`.
 */
export function parseBlandCall(value: unknown): CallReport | UnreadableRow {
  const parsed = parseBlandRow(value);
  if (parsed.status === "unreadable_row") return parsed;
  const { row } = parsed;
  const start = parseStart(row);
  if (start.status === "unreadable_row") return { ...start, id: row.call_id };
  return { ...describeParties(row), ...describeCourse(row, start) };
}

type Parties = Pick<
  CallReport,
  "carrier" | "carrierCallId" | "direction" | "from" | "to" | "claimedAccountId" | "record"
>;

function describeParties(row: BlandRow): Parties {
  const direction = row.inbound ? "inbound" : "outbound";
  return {
    carrier: "bland",
    carrierCallId: row.call_id,
    direction: typeof row.inbound === "boolean" ? direction : null,
    from: normalizeNumber(decimalText(row.from) ?? ""),
    to: normalizeNumber(decimalText(row.to) ?? ""),
    claimedAccountId: parseClaimedAccountId(row.metadata),
    record: keepRecord(row),
  };
}

interface Start {
  status: "started";
  startedAtMs: number;
  answeredAtMs: number | null;
}

function describeCourse(row: BlandRow, start: Start): Omit<CallReport, keyof Parties> {
  const hasEnded = hasBlandCallEnded(row);
  const talk = parseTalkTime({
    correctedDuration: row.corrected_duration,
    callLength: row.call_length,
  });
  const cost = parseCost(row.price);
  // While a call goes on, Bland writes 0 or nothing: that is no knowledge about it yet.
  const durationSeconds = hasEnded && talk.status === "known" ? talk.talkSeconds : null;
  const isDurationFaulty = talk.status === "negative_duration" || talk.status === "absurd_duration";
  const { startedAtMs, answeredAtMs } = start;
  return {
    status: describeStatus(row, durationSeconds),
    isFinal: durationSeconds !== null,
    startedAtMs,
    answeredAtMs,
    endedAtMs: durationSeconds === null ? null : startedAtMs + durationSeconds * SECOND_MS,
    durationSeconds,
    costMicros: cost.costMicros,
    costCurrency: cost.costMicros === null ? null : "USD",
    fault: !hasEnded ? null : isDurationFaulty ? talk.status : cost.fault,
  };
}

const TERMINAL_STATUSES = new Map<string, CallStatus>([
  ["completed", "completed"],
  ["no-answer", "no_answer"],
  ["busy", "busy"],
  ["failed", "failed"],
  ["canceled", "canceled"],
]);

function hasBlandCallEnded(row: BlandRow): boolean {
  return row.completed === true || TERMINAL_STATUSES.has(row.status ?? "") ||
    hasQueueFailed(row);
}

function hasQueueFailed(row: BlandRow): boolean {
  return row.queue_status?.endsWith("_error") ?? false;
}

function describeStatus(row: BlandRow, durationSeconds: number | null): CallStatus {
  const told = TERMINAL_STATUSES.get(row.status ?? "");
  if (told) return told;
  if (durationSeconds === null) return "in_progress";
  if (hasQueueFailed(row)) return "failed";
  if (row.answered_by === "no-answer") return "no_answer";
  const wasAnswered = row.answered_by === "human" || row.answered_by === "voicemail" ||
    Boolean(row.started_at) || durationSeconds > 0;
  return wasAnswered ? "completed" : "no_answer";
}

function parseStart(row: BlandRow): Start | { status: "unreadable_row"; reason: string } {
  const name = row.started_at ? "started_at" : "created_at";
  const text = row[name];
  if (!text) return { status: "unreadable_row", reason: "neither started_at nor created_at" };
  const startedAtMs = parseInstant(text);
  if (startedAtMs === null) {
    return { status: "unreadable_row", reason: `${name} is not an instant with a zone` };
  }
  return {
    status: "started",
    startedAtMs,
    answeredAtMs: name === "started_at" ? startedAtMs : null,
  };
}

function parseCost(price: unknown): { costMicros: bigint | null; fault: "bad_price" | null } {
  if (price === undefined || price === null || price === "") {
    return { costMicros: null, fault: null };
  }
  const costMicros = parseDecimal(decimalText(price) ?? "");
  if (costMicros === null || costMicros < 0n) return { costMicros: null, fault: "bad_price" };
  return { costMicros, fault: null };
}
