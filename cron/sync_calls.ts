/**
 * Fetches calls from the carriers and bills them: one listing per carrier key, then everything due.
 *
 * Any number of runs may overlap: a lease per key saves work, the gates keep it right. When a sync
 * answers, what it fetched is billed, or stands visibly unassigned, waiting or parked.
 *
 * Goes to: `cron/pull_bland.ts`, `core/billing/bill_due.ts`.
 *
 * @module
 */
import type { AccountSecret } from "../core/accounts/account.ts";
import { getAccount } from "../core/accounts/account.ts";
import { billDue, type BillingDeps, type BillTally } from "../core/billing/bill_due.ts";
import { noCounts, type SyncCounts, type SyncOutcome } from "../core/billing/sync_outcome.ts";
import { createBlandClient } from "../core/carriers/bland/client.ts";
import { SECOND_MS } from "../core/clock.ts";
import type { BlandConfig } from "../core/config.ts";
import type { Egress } from "../core/egress.ts";
import { type Cursor, getCursor, saveCursor } from "../core/jobs/cursors.ts";
import { withLease } from "../core/jobs/lease.ts";
import { accountSecretKey, accountWithBlandKeyPrefix } from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import { pullBland, type PullOutcome } from "./pull_bland.ts";

/** What syncing needs. */
export type SyncDeps = BillingDeps & { egress: Egress; bland: BlandConfig | null };

/** Which sync: of one account's calls or of all, for whom, and how patient. */
export interface SyncRequest {
  accountId?: string | undefined;
  actor: string;
  /** How long to wait for a run that is under way. */
  waitMs: number;
  /** No new page is begun later than this from now. */
  withinMs: number;
  report?: (progress: { done: number; total: number | null; note: string }) => Promise<void>;
}

/** One Bland key and whose calls come through it; null: numbers and metadata tell. */
export interface BlandSource {
  sourceId: string;
  apiKey: string;
  keyAccountId: string | null;
  /** Accounts that bring this key. */
  accountIds: string[];
}

/** The source of the installation's own key. */
export const MAIN_SOURCE = "bland:main";

/** Syncs and bills. A failed page fails the run; what was stored before it is billed all the same. */
export async function syncCalls(deps: SyncDeps, request: SyncRequest): Promise<SyncOutcome> {
  const { bland } = deps;
  if (!bland) {
    return { status: "not_configured", reason: "BLAND_API_KEY is not set", counts: noCounts() };
  }
  const account = request.accountId === undefined
    ? null
    : await getAccount(deps.store, request.accountId);
  if (request.accountId !== undefined && !account) {
    return { status: "account_not_found", reason: null, counts: noCounts() };
  }
  const all = await listBlandSources(deps, bland);
  const own = all.filter((one) => account && one.accountIds.includes(account.id));
  const sources = account
    ? (own.length > 0 ? own : all.filter((one) => one.sourceId === MAIN_SOURCE))
    : all;
  const runs: { run: PullOutcome | null; source: BlandSource }[] = [];
  for (const source of sources) {
    runs.push({ run: await syncSource(deps, { source, bland, request }), source });
  }
  await request.report?.({ done: 0, total: null, note: "billing" });
  const fresh = new Map(runs.flatMap(({ run }) => [...run?.tally.fresh ?? []]));
  const billed = await billDue(deps, { accountId: request.accountId, actor: request.actor, fresh });
  if (request.accountId !== undefined) await billDue(deps, { actor: request.actor, fresh });
  const outcome = outcomeOf({ runs, billed, accountId: request.accountId });
  logOutcome(deps, outcome);
  return outcome;
}

/** Every Bland key there is: the installation's, and those that accounts bring. */
export async function listBlandSources(deps: SyncDeps, bland: BlandConfig): Promise<BlandSource[]> {
  const sources: BlandSource[] = [{
    sourceId: MAIN_SOURCE,
    apiKey: bland.apiKey.reveal(),
    keyAccountId: null,
    accountIds: [],
  }];
  const ids: string[] = [];
  for await (const { key } of everyRow<object>(deps.store, { prefix: accountWithBlandKeyPrefix })) {
    ids.push(key[1]!);
  }
  const secrets = await deps.store.getMany<AccountSecret>(ids.map(accountSecretKey));
  ids.forEach((accountId, i) => {
    const apiKey = secrets[i]?.value.blandApiKey;
    if (!apiKey) return;
    const shared = sources.find((one) => one.apiKey === apiKey);
    if (!shared) {
      const sourceId = `bland:account:${accountId}`;
      sources.push({ sourceId, apiKey, keyAccountId: accountId, accountIds: [accountId] });
      return;
    }
    // A key that several bring cannot tell whose a call is: numbers and metadata must.
    shared.keyAccountId = null;
    shared.accountIds.push(accountId);
  });
  return sources;
}

async function syncSource(
  deps: SyncDeps,
  { source, bland, request }: { source: BlandSource; bland: BlandConfig; request: SyncRequest },
): Promise<PullOutcome | null> {
  const { sourceId } = source;
  const leased = await withLease(deps, {
    name: `sync:${sourceId}`,
    waitMs: request.waitMs,
    work: async () => {
      const cursor = await getCursor(deps.store, sourceId);
      const pull = await pullBland(deps, {
        client: createBlandClient({ ...deps, baseUrl: bland.baseUrl, apiKey: source.apiKey }),
        sourceId,
        keyAccountId: source.keyAccountId,
        cursor,
        lookbackDays: bland.lookbackDays,
        untilMs: deps.clock.now() + request.withinMs,
        report: request.report ?? (() => Promise.resolve()),
      });
      await saveCursor(deps.store, moveCursor(cursor, { pull, nowMs: deps.clock.now() }));
      return pull;
    },
  });
  return leased.status === "worked" ? leased.result : null;
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
    runs: { run: PullOutcome | null; source: BlandSource }[];
    billed: BillTally;
    accountId: string | undefined;
  },
): SyncOutcome {
  const counts = noCounts();
  const accounts = new Set<string>();
  for (const { run } of runs) if (run) addRun(counts, { run, accounts, accountId });
  counts.accounts = accounts.size;
  counts.billed = billed.billed.length;
  counts.waitingFunds = billed.waiting.length;
  counts.failed += billed.parked.length;
  const failed = runs.find(({ run }) => run?.failure);
  if (failed) return { status: "carrier_unavailable", reason: failed.run!.failure, counts };
  const busy = runs.some(({ run }) => run === null);
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
  log(status === "synced" ? "info" : "error", `[SCHEDULED-SYNC] ${status}`, facts);
}

/** How patient the minute's own run is: it never waits, and begins no page after 40 s. */
export const MINUTE_RUN = { waitMs: 0, withinMs: 40 * SECOND_MS } as const;
/** How patient a run that somebody waits for is. */
export const ASKED_RUN = { waitMs: 45 * SECOND_MS, withinMs: 120 * SECOND_MS } as const;
