/**
 * Reads what is new under one carrier key: pages of the listing, then each open call by its id.
 *
 * A page is stored before the next one is asked for. The stretch read overlaps the last one; once an
 * hour and once a day it is wider, which finds calls that appeared late.
 *
 * Comes from: `cron/sync_calls.ts`. Goes to: `core/billing/record_calls.ts`,
 * `core/billing/record_messages.ts`.
 *
 * @module
 */
import type { BillingDeps } from "../core/billing/bill_due.ts";
import {
  addTally,
  emptyTally,
  giveUpCall,
  type IntakeTally,
  recordCalls,
} from "../core/billing/record_calls.ts";
import { recordMessages } from "../core/billing/record_messages.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/clock.ts";
import type { Cursor } from "../core/jobs/cursors.ts";
import { callKey, openCallPrefix } from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import type { Call } from "../core/usage/calls.ts";
import type { CallReport } from "../core/usage/call_usage.ts";
import type { CallSource } from "./call_source.ts";

/** What to read and how far back. */
export interface Pull {
  /** The carrier key. */
  source: CallSource;
  /** Where it stands. */
  cursor: Cursor;
  /** No new page is begun after this instant. */
  untilMs: number;
  /** Hears how far it is. */
  report: (progress: { done: number; total: number | null; note: string }) => Promise<void>;
}

/** What a pull came to. `completeToMs` is null when the cursor must stay where it is. */
export interface PullOutcome {
  /** Why it did not come to its end; null when nothing failed. */
  failure: string | null;
  /** Everything created before this instant is stored. */
  completeToMs: number | null;
  /** It read the hourly, wider stretch. */
  wasHourly: boolean;
  /** It read the daily, widest stretch. */
  wasDaily: boolean;
  /** Up to where the stretch was read when the time was over; null when it was not. */
  stoppedAtMs: number | null;
  /** Rows and calls that could not be read. */
  failed: number;
  /** What was stored. */
  tally: IntakeTally;
}

const OVERLAP_MS = 15 * MINUTE_MS;
const HOURLY_OVERLAP_MS = DAY_MS;
/** A call that has not ended so long after it was answered is given up, and shown. */
const OPEN_MS_MAX = 7 * DAY_MS;
/** One that has not begun may be scheduled far ahead: its start is when it was ordered. */
const SCHEDULED_MS_MAX = 60 * DAY_MS;
const OPEN_READS_AT_ONCE = 4;

/** Pulls pages and open calls; stores everything it gets, bills nothing. */
export async function pullCalls(deps: BillingDeps, pull: Pull): Promise<PullOutcome> {
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
  { cursor, source }: Pull,
  nowMs: number,
): { startAtMs: number; isHourly: boolean; isDaily: boolean } {
  const { completeToMs, stopped } = cursor;
  const lookbackMs = source.lookbackDays * DAY_MS;
  // Begun again from its start, a long stretch would never be read to its end.
  if (stopped) return { startAtMs: stopped.fromMs, ...stopped };
  if (completeToMs === null) {
    return { startAtMs: nowMs - lookbackMs, isHourly: true, isDaily: true };
  }
  const isDaily = nowMs - cursor.lastDailyMs >= DAY_MS;
  const isHourly = isDaily || nowMs - cursor.lastHourlyMs >= HOUR_MS;
  const overlapMs = isDaily ? lookbackMs : isHourly ? HOURLY_OVERLAP_MS : OVERLAP_MS;
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
  for await (const page of pull.source.pages(startAtMs)) {
    if (page.status === "failed") {
      outcome.failure = page.reason;
      return;
    }
    for (const { id, reason } of page.unreadable) {
      outcome.failed++;
      deps.log("error", "[SCHEDULED-SYNC] a row of the listing cannot be read", {
        row: id,
        reason,
      });
    }
    await takeIn(deps, { pull, reports: page.calls, nowMs, outcome });
    const { carrier, sourceId } = pull.source;
    await recordMessages(deps, { carrier, sourceId, reports: page.messages, atMs: nowMs });
    await pull.report({ done: page.done, total: page.total, note: "reading calls" });
    if (!page.isLast && deps.clock.now() >= pull.untilMs) {
      // Out of time between two pages: what is stored is stored, the next run goes on from there.
      outcome.stoppedAtMs = page.resumeAtMs;
      return;
    }
  }
  outcome.completeToMs = nowMs;
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
  const { carrier, sourceId, keyAccountId } = pull.source;
  const intake = {
    carrier,
    sourceId,
    keyAccountId,
    reports,
    atMs: nowMs,
    heardBy: "listing" as const,
  };
  addTally(outcome.tally, await recordCalls(deps, intake));
}

/** Reads again what the listing did not show: calls that began before its stretch and have not ended. */
async function pullOpenCalls(
  deps: BillingDeps,
  { pull, nowMs, outcome }: { pull: Pull; nowMs: number; outcome: PullOutcome },
): Promise<void> {
  const open: string[] = [];
  const prefix = openCallPrefix(pull.source.sourceId);
  for await (const { key } of everyRow<object>(deps.store, { prefix })) {
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
  const answer = await pull.source.readCall(id.slice(id.indexOf(":") + 1));
  const stored = await deps.store.get<Call>(callKey(id));
  const isOld = stored !== null && isGivenUp(stored.value, nowMs);
  if (answer.status === "found") {
    if (answer.call.isFinal || !isOld) return answer.call;
    await giveUp(deps, { pull, id, reason: "never_ended", nowMs });
    return null;
  }
  if (answer.status === "call_not_found" && isOld) {
    await giveUp(deps, { pull, id, reason: "unknown_to_carrier", nowMs });
    return null;
  }
  outcome.failed++;
  const reason = answer.status === "failed" ? answer.reason : answer.status;
  deps.log("warn", "[SCHEDULED-SYNC] an open call cannot be read", { call: id, reason });
  return null;
}

function isGivenUp({ startedAtMs, answeredAtMs }: Call, nowMs: number): boolean {
  const limitMs = answeredAtMs === null ? SCHEDULED_MS_MAX : OPEN_MS_MAX;
  return nowMs - (answeredAtMs ?? startedAtMs) > limitMs;
}

async function giveUp(
  deps: BillingDeps,
  { pull, id, reason, nowMs }: { pull: Pull; id: string; reason: string; nowMs: number },
): Promise<void> {
  await giveUpCall(deps, { carrier: pull.source.carrier, id, reason, atMs: nowMs });
  deps.log("error", "[SCHEDULED-SYNC] gave up an open call", { call: id, reason });
}
