/**
 * Verifies the ledger wallet by wallet: as one look from the command line, or as a durable job whose
 * row remembers the last wallet seen, so that ten thousand wallets survive a restart.
 *
 * Goes to: `core/billing/prove_wallets.ts`, `core/jobs/job.ts`.
 *
 * @module
 */
import { stageJob } from "../jobs/job.ts";
import type { JobResult, SoloJobKind } from "../jobs/run_jobs.ts";
import { verificationKey, verificationPrefix, walletKey, walletPrefix } from "../kv/keys.ts";
import { listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Difference } from "../wallet/verify.ts";
import type { BillingDeps } from "./bill_due.ts";
import { proveWallets } from "./prove_wallets.ts";

/** What a verification has found so far. */
export interface Verification {
  /** Sorts by time. */
  id: string;
  /** Null: all wallets. */
  accountId: string | null;
  /** Done when the last wallet was looked at, whatever was found. */
  state: "running" | "done";
  /** Wallets looked at. */
  wallets: number;
  /** Entries looked at. */
  entries: number;
  /** The first difference of each wallet that has one, at most {@link DIFFERENCES_KEPT_MAX} of them. */
  differences: Difference[];
  /** How many wallets differ, kept here or not. */
  differenceCount: number;
  /** The last wallet looked at; null before the first. */
  lastAccountId: string | null;
  /** Who asked for it. */
  actor: string;
  /** When it was asked for. */
  startedAtMs: number;
  /** Null while it runs. */
  finishedAtMs: number | null;
}

/** The kind of the job that does the looking; its unique name is the verification's id. */
export const VERIFICATION_JOB = "ledger_verification";
/** Differences one verification keeps, well inside the size of a row. */
export const DIFFERENCES_KEPT_MAX = 100;
/** How long one run of the job looks before it lets others have their turn. */
const SLICE_MS = 20_000;
const WALLETS_PER_STEP = 32;
const RETRY_AFTER_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000];

/** Begun, or why not. `jobId` runs it, now or with the next jobs that are due. */
export type VerificationOutcome =
  | { status: "verification_started"; verification: Verification; jobId: string }
  | { status: "account_not_found" };

/** Stores a verification and the job that will carry it out, in one commit. */
export async function startVerification(
  deps: BillingDeps,
  { accountId, actor }: { accountId: string | null; actor: string },
): Promise<VerificationOutcome> {
  if (accountId !== null && !await deps.store.get(walletKey(accountId))) {
    return { status: "account_not_found" };
  }
  const [id, jobId, atMs] = [deps.ids.id(), deps.ids.id(), deps.clock.now()];
  const verification: Verification = {
    id,
    accountId,
    state: "running",
    wallets: 0,
    entries: 0,
    differences: [],
    differenceCount: 0,
    lastAccountId: null,
    actor,
    startedAtMs: atMs,
    finishedAtMs: null,
  };
  return await deps.gates.change<VerificationOutcome>({
    gate: verificationKey(id),
    stage: async (batch) => {
      if (!await batch.get(verificationKey(id))) {
        batch.set(verificationKey(id), verification);
        await stageJob(batch, {
          id: jobId,
          kind: VERIFICATION_JOB,
          unique: id,
          dueAtMs: atMs,
          atMs,
        });
      }
      return { status: "verification_started", verification, jobId };
    },
  });
}

/** A verification by id, or null. */
export async function getVerification(store: Store, id: string): Promise<Verification | null> {
  return (await store.get<Verification>(verificationKey(id)))?.value ?? null;
}

/** A page of verifications, newest first; null when the cursor is not one of ours. */
export function listVerifications(
  store: Store,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Verification> | null> {
  return listPage<Verification>(store, {
    prefix: verificationPrefix,
    reverse: true,
    cursor,
    limit,
  });
}

/** The job kind of {@link VERIFICATION_JOB}: looks for a while, then asks for another run. */
export function verifyLedgerJob(deps: BillingDeps): SoloJobKind {
  return {
    retryAfterMs: RETRY_AFTER_MS,
    run: async (job, report): Promise<JobResult> => {
      const untilMs = deps.clock.now() + SLICE_MS;
      let verification = await getVerification(deps.store, job.unique);
      while (verification?.state === "running") {
        verification = await lookFurther(deps, verification);
        const { state, wallets, entries } = verification;
        await report({ done: wallets, total: null, note: `${entries} entries` });
        if (state === "running" && deps.clock.now() >= untilMs) {
          return { status: "again", reason: "more wallets to look at", inMs: 0 };
        }
      }
      if (!verification) return { status: "done", result: {} };
      const { wallets, entries, differenceCount } = verification;
      return { status: "done", result: { wallets, entries, differences: differenceCount } };
    },
  };
}

/** Looks at every wallet, storing nothing; `onProgress` hears of each step. */
export async function verifyAllWallets(
  deps: { store: Store },
  onProgress: (seen: { wallets: number; entries: number }) => void,
): Promise<{ wallets: number; entries: number; differences: Difference[] }> {
  const found = { wallets: 0, entries: 0, differences: [] as Difference[] };
  let after: string | null = null;
  while (true) {
    const accountIds = await listWallets(deps.store, after);
    if (accountIds.length === 0) return found;
    after = accountIds.at(-1)!;
    for (const proof of await proveWallets(deps.store, accountIds)) {
      found.wallets += 1;
      found.entries += proof.entries;
      if (proof.difference) found.differences.push(proof.difference);
    }
    onProgress({ wallets: found.wallets, entries: found.entries });
  }
}

/** Looks at the next few wallets and stores what was found; answers the row as it is then. */
async function lookFurther(deps: BillingDeps, from: Verification): Promise<Verification> {
  const accountIds = from.accountId === null
    ? await listWallets(deps.store, from.lastAccountId)
    : [from.accountId];
  const proofs = await proveWallets(deps.store, accountIds);
  const differences = proofs.flatMap(({ difference }) => difference ?? []);
  const isDone = from.accountId !== null || accountIds.length < WALLETS_PER_STEP;
  const to: Verification = {
    ...from,
    state: isDone ? "done" : "running",
    wallets: from.wallets + proofs.length,
    entries: from.entries + proofs.reduce((sum, { entries }) => sum + entries, 0),
    differences: [...from.differences, ...differences].slice(0, DIFFERENCES_KEPT_MAX),
    differenceCount: from.differenceCount + differences.length,
    lastAccountId: accountIds.at(-1) ?? from.lastAccountId,
    finishedAtMs: isDone ? deps.clock.now() : null,
  };
  return await deps.gates.change({
    gate: verificationKey(from.id),
    stage: async (batch) => {
      const now = (await batch.get<Verification>(verificationKey(from.id)))!;
      // Somebody else who took up the same job may have come further.
      const isBehind = now.state === "done" || now.lastAccountId !== from.lastAccountId;
      if (isBehind) return now;
      batch.set(verificationKey(from.id), to);
      return to;
    },
  });
}

async function listWallets(store: Store, afterAccountId: string | null): Promise<string[]> {
  const rows = await store.list<object>({
    prefix: walletPrefix,
    limit: WALLETS_PER_STEP,
    ...(afterAccountId === null ? {} : { after: walletKey(afterAccountId) }),
  });
  return rows.map(({ key }) => key[1]!);
}
