/**
 * Reads the detail records of many Telnyx calls with few requests: windows of time, page by page.
 *
 * A single call is asked for by its session; calls that began near each other share a window, so the
 * number of requests grows with pages of records, not with calls. A window of many pages is read when
 * its total says that all of it is there. One too large for one minute's quota is halved: whatever is
 * read whole stays read, so every run gets further.
 *
 * Comes from: `cron/fetch_telnyx_costs.ts`. Goes to: `cron/telnyx_windows.ts`,
 * `cron/telnyx_quota.ts`, `cron/telnyx_record_types.ts`.
 *
 * @module
 */
import type { TelnyxCallFacts } from "../core/carriers/telnyx/calls/call_facts.ts";
import { describeLeg } from "../core/carriers/telnyx/calls/leg_course.ts";
import type { TelnyxClient } from "../core/carriers/telnyx/client.ts";
import type {
  TelnyxDetailRecord,
  UnreadableRecord,
} from "../core/carriers/telnyx/records/detail_records.ts";
import { findGap } from "../core/carriers/telnyx/records/find_gap.ts";
import { TELNYX_PAGE_ROWS_MAX } from "../core/carriers/telnyx/records/record_query.ts";
import { type Clock, MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { Store } from "../core/kv/store.ts";
import type { Log } from "../core/log.ts";
import type { Call } from "../core/usage/calls.ts";
import { openQuota, type TelnyxQuota } from "./telnyx_quota.ts";
import { groupsOf, halve, type Window, windowOf } from "./telnyx_windows.ts";
import { hasWebrtc, MAIN_TYPES, noteWebrtc, WEBRTC_TYPE } from "./telnyx_record_types.ts";

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

/** Left of each minute to whoever asks for the balance or a single cost meanwhile. */
export const REQUESTS_SPARED = 3;
/** Pages of one type of a window: both types must fit one minute's quota, or it would never be read. */
const PAGES_MAX = 18;
/** Records were complete 133 s after a call at the latest (measured on a live account, July 2026). */
const RECORDS_LATE_MS = 150 * SECOND_MS;
/** What takes many pages is read once all of it is there, or was waited for so long. */
const RECORDS_AWAITED_MS = 5 * MINUTE_MS;
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
  store: Store;
  clock: Clock;
  client: TelnyxClient;
  quota: TelnyxQuota;
  read: ReadRecords;
  /** No request is begun later. */
  untilMs: number;
}

type GroupOutcome = "whole" | "too_large" | "stopped" | "too_early";

/** The first page of each type tells whether the others are worth asking for. */
async function readGroup(reading: Reading, group: Call[]): Promise<GroupOutcome> {
  const window = windowOf(group);
  const heads: Page[] = [];
  for (const recordType of MAIN_TYPES) {
    const head = await readPage(reading, { window, recordType, page: 1 });
    if (!head) return "stopped";
    if (head.totalPages > (group.length === 1 ? PAGES_MAX : Math.min(PAGES_MAX, group.length))) {
      if (group.length > 1) return "too_large";
      reading.read.failure = "the records do not end";
      return "stopped";
    }
    if (isTooEarly(reading, { group, head })) return "too_early";
    heads.push(head);
  }
  // Half a window is of no use.
  if (
    !mayAsk(
      reading,
      heads.reduce((sum, { totalPages }) => sum + Math.max(0, totalPages - 1), 0),
    )
  ) {
    return "stopped";
  }
  for (const head of heads) if (!await readRest(reading, { window, head })) return "stopped";
  return await readWebrtc(reading, { window, group }) ? "whole" : "stopped";
}

/**
 * Nothing has come of any of these calls, or not all where all is many pages, and the last of them ended
 * too short a while ago for that to mean much.
 */
function isTooEarly(
  { read, clock }: Reading,
  { group, head }: { group: Call[]; head: Page },
): boolean {
  const ageMs = clock.now() -
    Math.max(...group.map(({ endedAtMs, learnedAtMs }) => endedAtMs ?? learnedAtMs));
  const awaited = group.reduce((sum, call) => sum + countLegs(call, ageMs), 0);
  const rowCount = head.totalResults ?? awaited;
  if (Math.max(awaited, rowCount) > TELNYX_PAGE_ROWS_MAX) {
    return rowCount < awaited && ageMs < RECORDS_AWAITED_MS;
  }
  return group.every((call) =>
    !read.records.has(call.carrierCallId) && call.endedAtMs !== null &&
    clock.now() - call.endedAtMs < RECORDS_LATE_MS
  );
}

/** Legs with a record to come; one that nobody answered need not have any, and is not waited for long. */
function countLegs({ facts }: Call, ageMs: number): number {
  if (!facts) return 1;
  const { legs } = JSON.parse(facts) as TelnyxCallFacts;
  if (ageMs < RECORDS_LATE_MS) return legs.length;
  return legs.filter((leg) => describeLeg(leg).status !== "unanswered").length;
}

/** Read where the account is known to have any, or where the other types leave something open. */
async function readWebrtc(
  reading: Reading,
  { window, group }: { window: Window; group: Call[] },
): Promise<boolean> {
  const { read: { records }, clock } = reading;
  const isOpen = group.some(({ carrierCallId, facts, endedAtMs, learnedAtMs }) => {
    if (clock.now() - (endedAtMs ?? learnedAtMs) < RECORDS_LATE_MS) return false;
    const mine = records.get(carrierCallId);
    return !mine || findGap({ facts: facts ?? null, records: mine, isLastTry: false }).gap !== null;
  });
  if (!isOpen && !await hasWebrtc(reading)) return true;
  const head = await readPage(reading, { window, recordType: WEBRTC_TYPE, page: 1 });
  if (!head || !await readRest(reading, { window, head })) return false;
  if (head.rowCount > 0) await noteWebrtc(reading);
  return true;
}

interface Page {
  recordType: string;
  rowCount: number;
  totalPages: number;
  totalResults: number | null;
}

/** The other pages; false when not all of them could be had. */
async function readRest(
  reading: Reading,
  { window, head }: { window: Window; head: Page },
): Promise<boolean> {
  let { rowCount, totalPages, totalResults } = head;
  for (let page = 2; page <= totalPages; page++) {
    if (page > PAGES_MAX) return fails(reading, "the records do not end");
    const next = await readPage(reading, { window, recordType: head.recordType, page });
    if (!next) return false;
    rowCount += next.rowCount;
    ({ totalPages, totalResults } = next);
  }
  if (totalResults === null || rowCount >= totalResults) return true;
  return fails(reading, `${totalResults - rowCount} records are missing from the pages`);
}

function fails({ read }: Reading, reason: string): false {
  read.failure = reason;
  return false;
}

/** Whether so many requests may be sent now; says in `read` why not. */
function mayAsk({ read, quota, clock, untilMs }: Reading, requests: number): boolean {
  read.pauseMs = quota.waitMs(requests);
  if (clock.now() > untilMs) read.failure = "Telnyx answers too slowly";
  return read.pauseMs === null && read.failure === null;
}

/** Asks for one page and keeps its rows; null when it cannot be had. */
async function readPage(
  reading: Reading,
  { window, recordType, page }: { window: Window; recordType: string; page: number },
): Promise<Page | null> {
  const { client, read, quota } = reading;
  if (!mayAsk(reading, 1)) return null;
  const answer = await client.listDetailRecords({ recordType, page, ...window });
  quota.note(answer.rateLimit);
  // An account that has none of a kind may refuse the kind itself.
  if (answer.status === "filter_refused" && recordType === WEBRTC_TYPE) {
    return { recordType, rowCount: 0, totalPages: 0, totalResults: 0 };
  }
  if (answer.status !== "listed") {
    read.failure = `${answer.status}: ${answer.reason}`;
    if (answer.status === "carrier_unavailable" && answer.retryAfterMs !== null) {
      read.pauseMs = answer.retryAfterMs;
      quota.pause(answer.retryAfterMs);
    }
    return null;
  }
  for (const row of answer.rows) {
    const { sessionId } = row;
    if (sessionId === null) continue;
    const known = read.records.get(sessionId);
    if (known) known.push(row);
    else read.records.set(sessionId, [row]);
  }
  const { totalPages, totalResults } = answer;
  return { recordType, rowCount: answer.rows.length, totalPages, totalResults };
}
