/**
 * Reads the detail records of many Telnyx calls with few requests: windows of time, page by page.
 *
 * A single call is asked for by its session; calls that began near each other share a window, so the
 * number of requests grows with pages of records, not with calls. Telnyx allows 40 requests in each UTC
 * minute: what its headers say is left is respected.
 *
 * Comes from: `cron/fetch_telnyx_costs.ts`.
 *
 * @module
 */
import type { TelnyxClient } from "../core/carriers/telnyx/client.ts";
import type {
  TelnyxDetailRecord,
  UnreadableRecord,
} from "../core/carriers/telnyx/records/detail_records.ts";
import { MINUTE_MS } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Call } from "../core/usage/calls.ts";

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
const RECORD_TYPES = ["sip-trunking", "call-control", "webrtc"] as const;
/** Calls that began further apart than this do not share a window. */
const GAP_MS = 10 * MINUTE_MS;
const MARGIN_MS = MINUTE_MS;
/** Left to whoever asks for the balance or a single cost meanwhile. */
const REQUESTS_SPARED = 3;
const PAGES_MAX = 200;

/** Reads until everything is there, something fails, or Telnyx wants a pause. */
export async function readRecords(
  deps: { log: Log },
  { client, calls }: { client: TelnyxClient; calls: Call[] },
): Promise<ReadRecords> {
  const read: ReadRecords = {
    records: new Map(),
    whole: new Set(),
    failure: null,
    pauseMs: null,
  };
  for (const { window, sessionIds } of windowsOf(calls)) {
    for (const recordType of RECORD_TYPES) {
      await readType({ client, window, recordType, read });
      if (read.failure !== null || read.pauseMs !== null) {
        deps.log("warn", "[TELNYX DETAIL RECORDS] stopped", {
          reason: read.failure ?? "rate limit",
        });
        return read;
      }
    }
    for (const sessionId of sessionIds) read.whole.add(sessionId);
  }
  return read;
}

type Window = { sessionId: string } | { startedFromMs: number; startedToMs: number };

function windowsOf(calls: Call[]): { window: Window; sessionIds: string[] }[] {
  const groups: Call[][] = [];
  for (const call of calls.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    const last = groups.at(-1);
    if (last && call.startedAtMs - last.at(-1)!.startedAtMs <= GAP_MS) last.push(call);
    else groups.push([call]);
  }
  return groups.map((group) => {
    const sessionIds = group.map((call) => call.carrierCallId);
    if (group.length === 1) return { window: { sessionId: sessionIds[0]! }, sessionIds };
    const ends = group.map((call) => call.endedAtMs ?? call.startedAtMs);
    const startedFromMs = group[0]!.startedAtMs - MARGIN_MS;
    return {
      window: { startedFromMs, startedToMs: Math.max(...ends) + MARGIN_MS },
      sessionIds,
    };
  });
}

async function readType(
  { client, window, recordType, read }: {
    client: TelnyxClient;
    window: Window;
    recordType: string;
    read: ReadRecords;
  },
): Promise<void> {
  for (let page = 1; page <= PAGES_MAX; page++) {
    const answer = await client.listDetailRecords({ recordType, page, ...window });
    // An account that has none of a kind may refuse the kind itself.
    if (answer.status === "filter_refused" && recordType === "webrtc") return;
    if (answer.status !== "listed") {
      read.failure = answer.status;
      if (answer.status === "carrier_unavailable") read.pauseMs = answer.retryAfterMs;
      return;
    }
    for (const row of answer.rows) {
      const sessionId = row.status === "record" ? row.sessionId : null;
      if (sessionId === null) continue;
      read.records.set(sessionId, [...read.records.get(sessionId) ?? [], row]);
    }
    if (page >= answer.totalPages) break;
    if (answer.rateLimit && answer.rateLimit.remaining <= REQUESTS_SPARED) {
      read.pauseMs = answer.rateLimit.resetMs;
      return;
    }
  }
}
