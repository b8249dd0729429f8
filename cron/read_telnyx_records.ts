/**
 * Reads the detail records of many Telnyx calls with few requests: windows of time, page by page.
 *
 * A single call is asked for by its session; calls that began near each other share a window, so the
 * number of requests grows with pages of records, not with calls. A window too large for one minute's
 * quota is halved: whatever is read whole stays read, so every run gets further.
 *
 * Comes from: `cron/fetch_telnyx_costs.ts`. Goes to: `cron/telnyx_quota.ts`.
 *
 * @module
 */
import type { TelnyxCallFacts } from "../core/carriers/telnyx/calls/call_facts.ts";
import type { TelnyxClient } from "../core/carriers/telnyx/client.ts";
import type {
  TelnyxDetailRecord,
  UnreadableRecord,
} from "../core/carriers/telnyx/records/detail_records.ts";
import { type Clock, MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { Store } from "../core/kv/store.ts";
import type { Log } from "../core/log.ts";
import type { Call } from "../core/usage/calls.ts";
import { openQuota, type TelnyxQuota } from "./telnyx_quota.ts";

/** Records by call session, and what kept us from having all of them. */
export interface ReadRecords {
  /** By `telnyx_session_id`. */
  records: Map<string, (TelnyxDetailRecord | UnreadableRecord)[]>;
  /** Sessions of which every kind of record was asked for, to the last page: only these may be summed. */
  whole: Set<string>;
  /** Why not everything could be read; null when it was. */
  failure: string | null;
  /** How long Telnyx wants to be left alone; null when it does not. */
  pauseMs: number | null;
}

/** The kinds that make up what a call costs. */
export const RECORD_TYPES = ["sip-trunking", "call-control", "webrtc"] as const;
/** Calls that began further apart than this do not share a window. */
const GAP_MS = 10 * MINUTE_MS;
const MARGIN_MS = MINUTE_MS;
/** Left of each minute to whoever asks for the balance or a single cost meanwhile. */
export const REQUESTS_SPARED = 3;
/** Requests for one window: it must fit one minute's quota, or it would never be read to its end. */
const REQUESTS_MAX = 36;
/** Records were complete 133 s after a call at the latest (measured on a live account, July 2026). */
const RECORDS_LATE_MS = 150 * SECOND_MS;
/** Well before the jobs' leases end. */
const READ_WITHIN_MS = 90 * SECOND_MS;

/** Reads until everything is there, something fails, or Telnyx wants a pause. */
export async function readRecords(
  deps: { log: Log; store: Store; clock: Clock },
  { client, calls }: { client: TelnyxClient; calls: Call[] },
): Promise<ReadRecords> {
  const read: ReadRecords = {
    records: new Map(),
    whole: new Set(),
    failure: null,
    pauseMs: null,
  };
  const quota = await openQuota({ ...deps, spared: REQUESTS_SPARED });
  const reading: Reading = {
    ...deps,
    client,
    quota,
    read,
    untilMs: deps.clock.now() + READ_WITHIN_MS,
  };
  const groups = groupsOf(calls);
  while (groups.length > 0) {
    const group = groups.shift()!;
    const outcome = await readGroup(reading, group);
    if (outcome === "stopped") break;
    if (outcome === "whole") { for (const call of group) read.whole.add(call.carrierCallId); }
    if (outcome === "too_large") groups.unshift(...halve(group));
  }
  await quota.keep();
  const { failure, pauseMs } = read;
  if (failure !== null || pauseMs !== null) {
    deps.log("warn", "[TELNYX DETAIL RECORDS] stopped", { reason: failure ?? "rate limit" });
  }
  return read;
}

interface Reading {
  clock: Clock;
  client: TelnyxClient;
  quota: TelnyxQuota;
  read: ReadRecords;
  /** No request is begun later. */
  untilMs: number;
}

function groupsOf(calls: Call[]): Call[][] {
  const groups = calls.filter(isStartUnknown).map((call) => [call]);
  const placed = calls.filter((call) => !isStartUnknown(call));
  let last: Call[] | undefined;
  for (const call of placed.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    if (last && call.startedAtMs - last.at(-1)!.startedAtMs <= GAP_MS) last.push(call);
    else groups.push(last = [call]);
  }
  return groups;
}

/** Of a leg we may have no more than the price, which comes long after its start. */
function isStartUnknown({ facts }: Call): boolean {
  if (!facts) return false;
  const { legs } = JSON.parse(facts) as TelnyxCallFacts;
  return legs.some((leg) => leg.initiated === null && leg.startTimeMs === null);
}

function halve(group: Call[]): Call[][] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}

type Window = { sessionId: string } | { startedFromMs: number; startedToMs: number };

function windowOf(group: Call[]): Window {
  if (group.length === 1) return { sessionId: group[0]!.carrierCallId };
  const ends = group.map(lastBeginMs);
  return {
    startedFromMs: group[0]!.startedAtMs - MARGIN_MS,
    startedToMs: Math.max(...ends) + MARGIN_MS,
  };
}

/** A leg can have begun until the call ended; of one that has not, until we last heard of it. */
function lastBeginMs(call: Call): number {
  return call.isFinal && call.endedAtMs !== null
    ? Math.max(call.startedAtMs, call.endedAtMs)
    : Math.max(call.startedAtMs, call.learnedAtMs);
}

async function readGroup(
  reading: Reading,
  group: Call[],
): Promise<"whole" | "too_large" | "stopped" | "too_early"> {
  const window = windowOf(group);
  for (const recordType of RECORD_TYPES) {
    // What it takes by session, or by the minute, is the most a window may take.
    const pagesMax = group.length === 1
      ? REQUESTS_MAX
      : Math.floor(Math.min(REQUESTS_MAX, 3 * group.length) / 2);
    const outcome = await readType(reading, { window, recordType, pagesMax });
    if (outcome === "too_large" && group.length === 1) {
      reading.read.failure = "the records do not end";
      return "stopped";
    }
    if (outcome !== "whole") return outcome;
    // Where the first kind has nothing yet, the others need not be asked about.
    if (recordType === RECORD_TYPES[0] && isTooEarly(reading, group)) return "too_early";
  }
  return "whole";
}

/** Nothing has come of any of these calls, and they ended too short a while ago for that to mean much. */
function isTooEarly({ read, clock }: Reading, group: Call[]): boolean {
  return group.every((call) =>
    !read.records.has(call.carrierCallId) && call.endedAtMs !== null &&
    clock.now() - call.endedAtMs < RECORDS_LATE_MS
  );
}

async function readType(
  { client, read, quota, clock, untilMs }: Reading,
  { window, recordType, pagesMax }: { window: Window; recordType: string; pagesMax: number },
): Promise<"whole" | "too_large" | "stopped"> {
  let rowCount = 0;
  for (let page = 1, pages = 1;; page++) {
    // The second kind has about as many pages as the first; half a window is of no use.
    const kinds = recordType === RECORD_TYPES[0] && page > 1 ? 2 : 1;
    read.pauseMs = quota.waitMs(kinds * pages - page + 1);
    if (clock.now() > untilMs) read.failure = "Telnyx answers too slowly";
    if (read.pauseMs !== null || read.failure !== null) return "stopped";
    const answer = await client.listDetailRecords({ recordType, page, ...window });
    quota.note(answer.rateLimit);
    // An account that has none of a kind may refuse the kind itself.
    if (answer.status === "filter_refused" && recordType === "webrtc") return "whole";
    if (answer.status !== "listed") {
      read.failure = `${answer.status}: ${answer.reason}`;
      if (answer.status === "carrier_unavailable" && answer.retryAfterMs !== null) {
        read.pauseMs = answer.retryAfterMs;
        quota.pause(answer.retryAfterMs);
      }
      return "stopped";
    }
    if (answer.totalPages > pagesMax) return "too_large";
    for (const row of answer.rows) {
      const { sessionId } = row;
      if (sessionId !== null) {
        read.records.set(sessionId, [...read.records.get(sessionId) ?? [], row]);
      }
    }
    rowCount += answer.rows.length;
    pages = answer.totalPages;
    if (page < pages) continue;
    if (answer.totalResults === null || rowCount >= answer.totalResults) return "whole";
    read.failure = `${answer.totalResults - rowCount} records are missing from the pages`;
    return "stopped";
  }
}
