/**
 * Fetches calls from the carriers and bills them: one listing per carrier key, then everything due.
 *
 * Any number of runs may overlap: a lease per key saves work, the gates keep it right. When a sync
 * answers, what it fetched is billed, or stands visibly unassigned, waiting or parked.
 *
 * Goes to: `cron/pull_calls.ts`, `core/billing/bill_due.ts`.
 *
 * @module
 */
import { getAccount } from "../core/accounts/account.ts";
import { billDue, type BillingDeps, type BillTally } from "../core/billing/bill_due.ts";
import { rateDueMessages } from "../core/billing/rate_messages.ts";
import { noCounts, type SyncCounts, type SyncOutcome } from "../core/billing/sync_outcome.ts";
import { SECOND_MS } from "../core/clock.ts";
import type { BlandConfig, TelnyxConfig, TwilioConfig } from "../core/config.ts";
import type { Egress } from "../core/egress.ts";
import { type Cursor, getCursor, saveCursor } from "../core/jobs/cursors.ts";
import { withLease } from "../core/jobs/lease.ts";
import { cursorKey } from "../core/kv/keys.ts";
import { syncFailingNotice } from "../core/notices/causes.ts";
import { stageNotice } from "../core/notices/notice.ts";
import { listBlandSources, MAIN_SOURCE } from "./bland_source.ts";
import type { CallSource } from "./call_source.ts";
import { logTracked } from "./log_tracked.ts";
import { pullCalls, type PullOutcome } from "./pull_calls.ts";
import { createTwilioSource } from "./twilio_source.ts";

/** What syncing needs. A carrier that is null or absent is off. */
export type SyncDeps = BillingDeps & {
  egress: Egress;
  bland: BlandConfig | null;
  twilio?: TwilioConfig | null;
  telnyx?: TelnyxConfig | null;
};

/** Which sync: of one account's calls or of all, for whom, and how patient. */
export interface SyncRequest {
  /** Only the keys its calls can be under are read, and only its calls counted. */
  accountId?: string | undefined;
  /** Kept in the entries. */
  actor: string;
  /** How long to wait for a run that is under way. */
  waitMs: number;
  /** No new page is begun later than this from now. */
  withinMs: number;
  /** Hears how far it is, in rows of a listing. */
  report?: (progress: { done: number; total: number | null; note: string }) => Promise<void>;
}

/** Syncs and bills. A failed page fails the run; what was stored before it is billed all the same. */
export async function syncCalls(deps: SyncDeps, request: SyncRequest): Promise<SyncOutcome> {
  const all = await listSources(deps);
  if (all.length === 0) {
    const reason = "no carrier is configured: set BLAND_API_KEY or TWILIO_ACCOUNT_SID";
    return { status: "not_configured", reason, counts: noCounts() };
  }
  const { accountId } = request;
  if (accountId !== undefined && !await getAccount(deps.store, accountId)) {
    return { status: "account_not_found", reason: null, counts: noCounts() };
  }
  const runs: (PullOutcome | null)[] = [];
  for (const source of sourcesOf(all, accountId)) {
    runs.push(await syncSource(deps, { source, request }));
  }
  await request.report?.({ done: 0, total: null, note: "billing" });
  const fresh = new Map(runs.flatMap((run) => [...run?.tally.fresh ?? []]));
  const billed = await billDue(deps, { accountId, actor: request.actor, fresh });
  logTracked(deps, { ids: billed.billed, fresh });
  if (accountId !== undefined) await billDue(deps, { actor: request.actor, fresh });
  await rateDueMessages(deps);
  const outcome = outcomeOf({ runs, billed, accountId });
  logOutcome(deps, outcome);
  return outcome;
}

/** Every carrier key there is, of the carriers that are on. */
export async function listSources(deps: SyncDeps): Promise<CallSource[]> {
  const bland = deps.bland ? await listBlandSources(deps, deps.bland) : [];
  return deps.twilio ? [...bland, createTwilioSource(deps, deps.twilio)] : bland;
}

/** The sources in which an account's calls can be: its own key's, else those shared by all. */
function sourcesOf(all: CallSource[], accountId: string | undefined): CallSource[] {
  if (accountId === undefined) return all;
  const hasOwn = (one: CallSource) => one.accountIds.includes(accountId);
  const bringsBland = all.some((one) => one.carrier === "bland" && hasOwn(one));
  return all.filter((one) =>
    hasOwn(one) || (one.sourceId === MAIN_SOURCE ? !bringsBland : one.carrier !== "bland")
  );
}

async function syncSource(
  deps: SyncDeps,
  { source, request }: { source: CallSource; request: SyncRequest },
): Promise<PullOutcome | null> {
  const { sourceId } = source;
  const leased = await withLease(deps, {
    name: `sync:${sourceId}`,
    waitMs: request.waitMs,
    work: async () => {
      const cursor = await getCursor(deps.store, sourceId);
      const pull = await pullCalls(deps, {
        source,
        cursor,
        untilMs: deps.clock.now() + request.withinMs,
        report: request.report ?? (() => Promise.resolve()),
      });
      const after = moveCursor(cursor, { pull, nowMs: deps.clock.now() });
      if (after.failuresInARow === FAILURES_TOLD) await tellOfFailing(deps, { source, after });
      else await saveCursor(deps.store, after);
      return pull;
    },
  });
  return leased.status === "worked" ? leased.result : null;
}

/** Runs in a row that must fail before people hear of it; then not again until one has gone well. */
const FAILURES_TOLD = 5;

/** Keeps where the key stands, and in the same commit that people are told of it. */
async function tellOfFailing(
  deps: SyncDeps,
  { source, after }: { source: CallSource; after: Cursor },
): Promise<void> {
  const { sourceId, keyAccountId: accountId } = source;
  const { failuresInARow: failures, lastError, lastRunAtMs: atMs } = after;
  await deps.gates.change({
    gate: cursorKey(sourceId),
    stage: async (batch) => {
      batch.set(cursorKey(sourceId), after);
      const cause = { sourceId, accountId, failures, reason: lastError ?? "no answer", atMs };
      await stageNotice(batch, syncFailingNotice(cause));
    },
  });
}

function moveCursor(cursor: Cursor, { pull, nowMs }: { pull: PullOutcome; nowMs: number }): Cursor {
  const run = { ...cursor, lastRunAtMs: nowMs, lastError: pull.failure };
  if (pull.failure !== null) return { ...run, failuresInARow: cursor.failuresInARow + 1 };
  const { stoppedAtMs, wasHourly: isHourly, wasDaily: isDaily } = pull;
  if (pull.completeToMs === null) {
    const stopped = stoppedAtMs === null ? null : { fromMs: stoppedAtMs, isHourly, isDaily };
    return { ...run, failuresInARow: 0, stopped: stopped ?? cursor.stopped };
  }
  return {
    ...run,
    failuresInARow: 0,
    stopped: null,
    completeToMs: Math.max(cursor.completeToMs ?? 0, pull.completeToMs),
    lastHourlyMs: isHourly ? nowMs : cursor.lastHourlyMs,
    lastDailyMs: isDaily ? nowMs : cursor.lastDailyMs,
  };
}

function outcomeOf(
  { runs, billed, accountId }: {
    runs: (PullOutcome | null)[];
    billed: BillTally;
    accountId: string | undefined;
  },
): SyncOutcome {
  const counts = noCounts();
  const accounts = new Set<string>();
  for (const run of runs) if (run) addRun(counts, { run, accounts, accountId });
  counts.accounts = accounts.size;
  counts.billed = billed.billed.length;
  counts.waitingFunds = billed.waiting.length;
  counts.failed += billed.parked.length;
  const failed = runs.find((run) => run?.failure);
  if (failed) return { status: "carrier_unavailable", reason: failed.failure, counts };
  const busy = runs.includes(null);
  return {
    status: busy ? "busy" : "synced",
    reason: busy ? "another sync is under way" : null,
    counts,
  };
}

function addRun(
  counts: SyncCounts,
  { run, accounts, accountId }: {
    run: PullOutcome;
    accounts: Set<string>;
    accountId: string | undefined;
  },
): void {
  const { owners, stored, updated, unassigned } = run.tally;
  const isWanted = (id: string) => accountId === undefined || owners.get(id) === accountId;
  for (const [id, owner] of owners) if (owner && isWanted(id)) accounts.add(owner);
  counts.fetched += [...owners.keys()].filter(isWanted).length;
  counts.stored += stored.filter(isWanted).length;
  counts.updated += updated.filter(isWanted).length;
  counts.unassigned += unassigned.filter(isWanted).length;
  counts.failed += run.failed;
}

function logOutcome({ log }: SyncDeps, { status, reason, counts }: SyncOutcome): void {
  const facts = reason === null ? { ...counts } : { reason, ...counts };
  const isFine = status === "synced" || status === "busy";
  log(isFine ? "info" : "error", `[SCHEDULED-SYNC] ${status}`, facts);
}

/** How patient the minute's own run is: it never waits, and begins no page after 40 s. */
export const MINUTE_RUN = { waitMs: 0, withinMs: 40 * SECOND_MS } as const;
/** How patient a run that somebody waits for is. */
export const ASKED_RUN = { waitMs: 45 * SECOND_MS, withinMs: 120 * SECOND_MS } as const;
