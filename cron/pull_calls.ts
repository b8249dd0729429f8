/**
 * Reads what is new under one Bland key: pages of the listing, then each open call by its id.
 *
 * A page is stored before the next one is asked for. The stretch read overlaps the last one; once an
 * hour and once a day it is wider, which finds calls that appeared late.
 *
 * Goes to: `core/carriers/bland/client.ts`, `core/billing/record_calls.ts`.
 *
 * @module
 */
import {
  addTally,
  emptyTally,
  giveUpCall,
  type IntakeTally,
  recordCalls,
} from "../core/billing/record_calls.ts";
import {
  BLAND_PAGE_ROWS_MAX,
  type BlandClient,
  isLastPage,
} from "../core/carriers/bland/client.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, parseInstant } from "../core/clock.ts";
import type { BillingDeps } from "../core/billing/bill_due.ts";
import type { Cursor } from "../core/jobs/cursors.ts";
import { callKey, openCallPrefix } from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import type { Call } from "../core/usage/calls.ts";
import { callId, type CallReport } from "../core/usage/call_usage.ts";

/** What to read and how far back. */
export interface Pull {
  client: BlandClient;
  sourceId: string;
  keyAccountId: string | null;
  cursor: Cursor;
  lookbackDays: number;
  /** No new page is begun after this instant. */
  untilMs: number;
  report: (progress: { done: number; total: number | null; note: string }) => Promise<void>;
}

/** What a pull came to. `completeToMs` is null when the cursor must stay where it is. */
export interface PullOutcome {
  failure: string | null;
  completeToMs: number | null;
  wasHourly: boolean;
  wasDaily: boolean;
  /** Up to where the stretch was read when the time was over; null when it was not. */
  stoppedAtMs: number | null;
  failed: number;
  tally: IntakeTally;
}

const OVERLAP_MS = 15 * MINUTE_MS;
const HOURLY_OVERLAP_MS = DAY_MS;
/** A call that has not ended by then is given up, and shown. */
const OPEN_MS_MAX = 7 * DAY_MS;
/** Times an open call may be unknown to Bland before it is given up. */
const OPEN_READS_AT_ONCE = 4;

/** Pulls pages and open calls; stores everything it gets, bills nothing. */
export async function pullBland(deps: BillingDeps, pull: Pull): Promise<PullOutcome> {
  const nowMs = deps.clock.now();
  const stretch = stretchOf(pull, nowMs);
  const outcome: PullOutcome = {
    failure: null,
    completeToMs: null,
    wasHourly: stretch.isHourly,
    wasDaily: stretch.isDaily,
    stoppedAtMs: null,
    failed: 0,
    tally: emptyTally(),
  };
  await pullPages(deps, { pull, startAtMs: stretch.startAtMs, nowMs, outcome });
  if (outcome.failure === null) await pullOpenCalls(deps, { pull, nowMs, outcome });
  return outcome;
}

function stretchOf(
  { cursor, lookbackDays }: Pull,
  nowMs: number,
): { startAtMs: number; isHourly: boolean; isDaily: boolean } {
  const { completeToMs, stopped } = cursor;
  // Begun again from its start, a long stretch would never be read to its end.
  if (stopped) return { startAtMs: stopped.fromMs, ...stopped };
  if (completeToMs === null) {
    return { startAtMs: nowMs - lookbackDays * DAY_MS, isHourly: true, isDaily: true };
  }
  const isDaily = nowMs - cursor.lastDailyMs >= DAY_MS;
  const isHourly = isDaily || nowMs - cursor.lastHourlyMs >= HOUR_MS;
  const overlapMs = isDaily ? lookbackDays * DAY_MS : isHourly ? HOURLY_OVERLAP_MS : OVERLAP_MS;
  return { startAtMs: Math.min(completeToMs, nowMs) - overlapMs, isHourly, isDaily };
}

async function pullPages(
  deps: BillingDeps,
  { pull, startAtMs, nowMs, outcome }: {
    pull: Pull;
    startAtMs: number;
    nowMs: number;
    outcome: PullOutcome;
  },
): Promise<void> {
  let fromIndex = 0;
  while (true) {
    const page = await pull.client.listCalls({ startAtMs, from: fromIndex });
    if (page.status !== "listed") {
      outcome.failure = `${page.status}: ${page.reason}`;
      return;
    }
    const reports = page.calls.filter((call): call is CallReport & typeof call =>
      call.status !== "unreadable_row"
    );
    for (const row of page.calls) {
      if (row.status !== "unreadable_row") continue;
      outcome.failed++;
      deps.log("error", "[SCHEDULED-SYNC] a row of the listing cannot be read", {
        call: row.id,
        reason: row.reason,
      });
    }
    await takeIn(deps, { pull, reports, nowMs, outcome });
    const done = fromIndex + page.count;
    await pull.report({ done, total: page.totalCount, note: "reading calls" });
    if (
      isLastPage({
        fromIndex,
        count: page.count,
        limit: BLAND_PAGE_ROWS_MAX,
        totalCount: page.totalCount,
      })
    ) {
      outcome.completeToMs = nowMs;
      return;
    }
    fromIndex = done;
    if (deps.clock.now() >= pull.untilMs) {
      // Out of time between two pages: what is stored is stored, the next run goes on from there.
      outcome.stoppedAtMs = createdAtMs(reports.at(-1)) ?? null;
      return;
    }
  }
}

function createdAtMs(report: CallReport | undefined): number | null {
  const text = report?.record.created_at;
  return text ? parseInstant(text) : null;
}

async function takeIn(
  deps: BillingDeps,
  { pull, reports, nowMs, outcome }: {
    pull: Pull;
    reports: CallReport[];
    nowMs: number;
    outcome: PullOutcome;
  },
): Promise<void> {
  const { sourceId, keyAccountId } = pull;
  const found = await recordCalls(deps, {
    carrier: "bland",
    sourceId,
    keyAccountId,
    reports,
    atMs: nowMs,
  });
  addTally(outcome.tally, found);
}

/** Reads again what the listing did not show: calls that began before its stretch and have not ended. */
async function pullOpenCalls(
  deps: BillingDeps,
  { pull, nowMs, outcome }: { pull: Pull; nowMs: number; outcome: PullOutcome },
): Promise<void> {
  const open: string[] = [];
  for await (
    const { key } of everyRow<object>(deps.store, { prefix: openCallPrefix(pull.sourceId) })
  ) {
    if (!outcome.tally.owners.has(key[2]!)) open.push(key[2]!);
  }
  for (let i = 0; i < open.length && deps.clock.now() < pull.untilMs; i += OPEN_READS_AT_ONCE) {
    const part = open.slice(i, i + OPEN_READS_AT_ONCE);
    const reports = await Promise.all(
      part.map((id) => readOpenCall(deps, { pull, id, nowMs, outcome })),
    );
    await takeIn(deps, { pull, reports: reports.filter((one) => one !== null), nowMs, outcome });
  }
}

async function readOpenCall(
  deps: BillingDeps,
  { pull, id, nowMs, outcome }: { pull: Pull; id: string; nowMs: number; outcome: PullOutcome },
): Promise<CallReport | null> {
  const answer = await pull.client.getCall(id.slice("bland:".length));
  const stored = await deps.store.get<Call>(callKey(id));
  const isOld = stored !== null && nowMs - stored.value.startedAtMs > OPEN_MS_MAX;
  if (answer.status === "found") {
    if (!answer.call.isFinal && isOld) {
      await giveUp(deps, { id, reason: "never_ended", nowMs, outcome });
    }
    return answer.call.isFinal || !isOld ? answer.call : null;
  }
  if (answer.status === "call_not_found" && isOld) {
    await giveUp(deps, { id, reason: "unknown_to_carrier", nowMs, outcome });
    return null;
  }
  outcome.failed++;
  deps.log("warn", "[SCHEDULED-SYNC] an open call cannot be read", {
    call: id,
    reason: answer.status,
  });
  return null;
}

async function giveUp(
  deps: BillingDeps,
  { id, reason, nowMs, outcome }: {
    id: string;
    reason: string;
    nowMs: number;
    outcome: PullOutcome;
  },
): Promise<void> {
  await giveUpCall(deps, { carrier: "bland", id, reason, atMs: nowMs });
  outcome.failed++;
  deps.log("error", "[SCHEDULED-SYNC] gave up an open call", { call: id, reason });
}

/** Reads one call by its id and stores it: what a verified webhook asks for. */
export async function pullBlandCall(
  deps: BillingDeps,
  { client, sourceId, keyAccountId, carrierCallId }: {
    client: BlandClient;
    sourceId: string;
    keyAccountId: string | null;
    carrierCallId: string;
  },
): Promise<
  { status: "stored"; isFinal: boolean; accountId: string | null } | {
    status: "failed";
    reason: string;
  }
> {
  const answer = await client.getCall(carrierCallId);
  if (answer.status !== "found") return { status: "failed", reason: answer.status };
  const { call } = answer;
  const atMs = deps.clock.now();
  const tally = await recordCalls(deps, {
    carrier: "bland",
    sourceId,
    keyAccountId,
    reports: [call],
    atMs,
  });
  return {
    status: "stored",
    isFinal: call.isFinal,
    accountId: tally.owners.get(callId(call)) ?? null,
  };
}
