/**
 * Every kind of durable job, and when each is tried again.
 *
 * Goes to: `core/billing/bill_due.ts`, `core/billing/claim_calls.ts`, `cron/sync_calls.ts`.
 *
 * @module
 */
import { RELEASE_JOB, releaseWaiting } from "../core/billing/bill_due.ts";
import { CLAIM_JOB, claimCalls } from "../core/billing/claim_calls.ts";
import { SYNC_JOB } from "../core/billing/sync_outcome.ts";
import { VERIFICATION_JOB, verifyLedgerJob } from "../core/billing/verify_ledger.ts";
import { MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { Job, JobProgress } from "../core/jobs/job.ts";
import type { JobKinds, JobResult, SoloJobKind } from "../core/jobs/run_jobs.ts";
import { ASKED_RUN, syncCalls, type SyncDeps } from "./sync_calls.ts";

const RETRIES = [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS] as const;

/** The table of kinds over these doors. */
export function jobKinds(deps: SyncDeps): JobKinds {
  return {
    [RELEASE_JOB]: {
      retryAfterMs: RETRIES,
      run: async (job) => {
        const tally = await releaseWaiting(deps, { accountId: job.unique, actor: "job" });
        return {
          status: "done",
          result: { billed: tally.billed.length, waitingFunds: tally.waiting.length },
        };
      },
    },
    [CLAIM_JOB]: {
      retryAfterMs: RETRIES,
      run: async (job) => {
        const tally = await claimCalls(deps, { claim: job.unique, actor: "job" });
        return { status: "done", result: { claimed: tally.claimed, billed: tally.billed.length } };
      },
    },
    [VERIFICATION_JOB]: verifyLedgerJob(deps),
    [SYNC_JOB]: syncKind(deps),
  };
}

function syncKind(deps: SyncDeps): SoloJobKind {
  return {
    retryAfterMs: [],
    run: async (
      job: Job,
      report: (progress: Omit<JobProgress, "result">) => Promise<void>,
    ): Promise<JobResult> => {
      const accountId = job.unique === "all" ? undefined : job.unique;
      const outcome = await syncCalls(deps, { accountId, actor: "sync", ...ASKED_RUN, report });
      if (outcome.status === "synced") return { status: "done", result: { ...outcome.counts } };
      return { status: "again", reason: outcome.reason ?? outcome.status };
    },
  };
}
