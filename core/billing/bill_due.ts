/**
 * Bills everything that is due: many calls of one wallet in one commit.
 *
 * Goes to: `core/billing/bill_call.ts`, `core/billing/log_tally.ts`, `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { stageJob } from "../jobs/job.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  accountKey,
  callDuePrefix,
  callKey,
  callParkedPrefix,
  callWaitingPrefix,
  chargeKey,
  type Key,
  walletKey,
} from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Log } from "../log.ts";
import type { Call } from "../usage/calls.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { Wallet } from "../wallet/wallet.ts";
import { billCall } from "./bill_call.ts";
import { logTally } from "./log_tally.ts";

/** What billing came to, as call ids. */
export interface BillTally {
  /** Charged for the first time, at zero included. */
  billed: string[];
  /** Charged before, and now brought up to what the call says. */
  adjusted: string[];
  /** Not covered by the wallet. */
  waiting: string[];
  /** Not chargeable as things stand. */
  parked: string[];
}

/** The doors billing needs. */
export type BillingDeps = { store: Store; gates: Gates; clock: Clock; ids: Ids; log: Log };

/** Calls of one wallet billed by one commit: three or four rows each, well inside its budget. */
const CALLS_PER_COMMIT = 100;
/** Wallets billed side by side. */
const WALLETS_AT_ONCE = 16;
/** The kind of the job that goes on where a money change left calls waiting that it could pay. */
export const RELEASE_JOB = "release_waiting";

/**
 * Bills what is due, of one account or of all. What becomes due meanwhile is left to the next run.
 *
 * A wallet that cannot be billed does not hold up the others: its error is thrown when all are done.
 */
export async function billDue(
  deps: BillingDeps,
  { accountId, actor, fresh = new Map() }: {
    accountId?: string | undefined;
    actor: string;
    /** Calls as they were just stored. One is used for the due mark of its own revision only. */
    fresh?: ReadonlyMap<string, Call>;
  },
): Promise<BillTally> {
  const tally: BillTally = { billed: [], adjusted: [], waiting: [], parked: [] };
  const prefix = callDuePrefix(accountId);
  const failures: unknown[] = [];
  let after: Key | undefined;
  while (true) {
    const rows = await deps.store.list<object>({ prefix, ...(after ? { after } : {}) });
    if (rows.length === 0) break;
    after = rows.at(-1)!.key;
    const parts = partsOf(rows.map(({ key }) => ({ accountId: key[1]!, ...dueItem(key, fresh) })));
    failures.push(...await billParts(deps, { parts, tally, actor }));
  }
  if (failures.length > 0) throw failures[0];
  return tally;
}

/** Tries parked calls again: a plan may have been stored or assigned since. */
export async function billParked(
  deps: BillingDeps,
  { actor }: { actor: string },
): Promise<BillTally> {
  const tally: BillTally = { billed: [], adjusted: [], waiting: [], parked: [] };
  const parked: (Item & { accountId: string })[] = [];
  for await (const { key } of everyRow<object>(deps.store, { prefix: callParkedPrefix })) {
    parked.push({ accountId: key[1]!, callId: key[2]!, dueKey: null, fresh: null });
  }
  const failures = await billParts(deps, { parts: partsOf(parked), tally, actor });
  if (failures.length > 0) throw failures[0];
  return tally;
}

/** Bills waiting calls of a wallet, oldest first, as far as its money reaches. */
export async function releaseWaiting(
  deps: BillingDeps,
  { accountId, actor }: { accountId: string; actor: string },
): Promise<BillTally> {
  const tally: BillTally = { billed: [], adjusted: [], waiting: [], parked: [] };
  let after: Key | undefined;
  while (true) {
    const prefix = callWaitingPrefix(accountId);
    const rows = await deps.store.list<object>({
      prefix,
      limit: CALLS_PER_COMMIT,
      ...(after ? { after } : {}),
    });
    if (rows.length === 0) return tally;
    after = rows.at(-1)!.key;
    const items = rows.map(({ key }) => ({ callId: key[3]!, dueKey: null, fresh: null }));
    await billItems(deps, { accountId, items, tally, actor });
  }
}

/**
 * Stages, after money came in, the billing of what waits, oldest first. What does not fit this commit
 * becomes a job of the same commit.
 */
export async function stageRelease(
  batch: Batch,
  { accountId, atMs, actor, jobId }: {
    accountId: string;
    atMs: number;
    actor: string;
    jobId: string;
  },
): Promise<void> {
  const wallet = await batch.get<Wallet>(walletKey(accountId));
  if (!wallet || wallet.waitingCount === 0) return;
  const waiting = await batch.list<object>({
    prefix: callWaitingPrefix(accountId),
    limit: CALLS_PER_COMMIT,
  });
  await stageItems(batch, {
    accountId,
    items: waiting.map(({ key }) => ({ callId: key[3]!, dueKey: null, fresh: null })),
    atMs,
    actor,
  });
  if (waiting.length === CALLS_PER_COMMIT) await stageReleaseJob(batch, { accountId, atMs, jobId });
}

async function stageReleaseJob(
  batch: Batch,
  { accountId, atMs, jobId }: { accountId: string; atMs: number; jobId: string },
): Promise<void> {
  const wallet = await batch.get<Wallet>(walletKey(accountId));
  if (!wallet || wallet.waitingCount === 0) return;
  await stageJob(batch, { id: jobId, kind: RELEASE_JOB, unique: accountId, dueAtMs: atMs, atMs });
}

interface Item {
  callId: string;
  /** The due mark this item answers; null for calls that wait or are parked. */
  dueKey: Key | null;
  /** The call in the very revision that is due, when it was stored just now. */
  fresh: Call | null;
}

interface Part {
  accountId: string;
  items: Item[];
}

function dueItem(dueKey: Key, fresh: ReadonlyMap<string, Call>): Item {
  const [, accountId, , callId, revision] = dueKey;
  const call = fresh.get(callId!);
  // A later revision has a due mark of its own; this one may only be settled by what it stands for.
  const isDue = call?.accountId === accountId && call?.revision === Number(revision);
  return { callId: callId!, dueKey, fresh: isDue ? call! : null };
}

function partsOf(items: (Item & { accountId: string })[]): Part[] {
  const parts: Part[] = [];
  for (const [accountId, mine] of Map.groupBy(items, (item) => item.accountId)) {
    for (let i = 0; i < mine.length; i += CALLS_PER_COMMIT) {
      parts.push({ accountId, items: mine.slice(i, i + CALLS_PER_COMMIT) });
    }
  }
  return parts;
}

/**
 * Bills every part, {@link WALLETS_AT_ONCE} wallets side by side and the parts of one wallet one after
 * the other: staged together they would only stand in each other's way. Answers what went wrong.
 */
async function billParts(
  deps: BillingDeps,
  { parts, tally, actor }: { parts: Part[]; tally: BillTally; actor: string },
): Promise<unknown[]> {
  const failures: unknown[] = [];
  const wallets = Map.groupBy(parts, (part) => part.accountId).values();
  async function billNext(): Promise<void> {
    // The workers draw from one iterator, so that none waits for the slowest of a round.
    for (const ofWallet of wallets) {
      for (const part of ofWallet) {
        await billItems(deps, { ...part, tally, actor }).catch((error) => failures.push(error));
      }
    }
  }
  await Promise.all(Array.from({ length: WALLETS_AT_ONCE }, billNext));
  return failures;
}

async function billItems(
  deps: BillingDeps,
  { accountId, items, tally, actor }: {
    accountId: string;
    items: Item[];
    tally: BillTally;
    actor: string;
  },
): Promise<void> {
  const atMs = deps.clock.now();
  const jobId = deps.ids.id();
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [
      accountKey(accountId),
      ...readsOf(items),
    ],
    stage: async (batch) => {
      const staged = await stageItems(batch, { accountId, items, atMs, actor });
      if (staged.givesBack) await stageReleaseJob(batch, { accountId, atMs, jobId });
      return staged;
    },
  });
  if (outcome.status === "account_not_found") {
    throw new Error(`Cannot bill ${items.length} calls: account ${accountId} has no wallet`);
  }
  tally.billed.push(...outcome.tally.billed);
  tally.adjusted.push(...outcome.tally.adjusted);
  tally.waiting.push(...outcome.tally.waiting);
  tally.parked.push(...outcome.tally.parked);
  logTally(deps, { accountId, tally: outcome.tally, chargedMicros: outcome.chargedMicros });
}

function readsOf(items: Item[]): Key[] {
  return items.flatMap(({ callId, fresh }) =>
    fresh ? [chargeKey(callId)] : [callKey(callId), chargeKey(callId)]
  );
}

interface StagedItems {
  status: "staged";
  tally: BillTally;
  chargedMicros: bigint;
  /** Whether a call gave money back: others may wait for it. */
  givesBack: boolean;
}

async function stageItems(
  batch: Batch,
  { accountId, items, atMs, actor }: {
    accountId: string;
    items: Item[];
    atMs: number;
    actor: string;
  },
): Promise<StagedItems> {
  const account = await batch.getChecked<Account>(accountKey(accountId));
  if (!account) throw new Error(`Cannot bill calls: account ${accountId} is missing`);
  const staged: StagedItems = {
    status: "staged",
    tally: { billed: [], adjusted: [], waiting: [], parked: [] },
    chargedMicros: 0n,
    givesBack: false,
  };
  await batch.getMany(readsOf(items));
  for (const { callId, dueKey, fresh } of items) {
    if (dueKey) batch.delete(dueKey);
    const call = fresh ?? await batch.get<Call>(callKey(callId));
    if (call?.accountId !== accountId) continue;
    const { status, micros } = await billCall(batch, { call, account, atMs, actor });
    if (status === "unchanged") continue;
    staged.tally[status === "waiting_funds" ? "waiting" : status].push(callId);
    if (status !== "waiting_funds") staged.chargedMicros += micros;
    if (micros < 0n) staged.givesBack = true;
  }
  return staged;
}
