/**
 * Every kind of durable job, and when each is tried again.
 *
 * Goes to: `core/billing/bill_due.ts`, `core/billing/claim_calls.ts`, `cron/sync_calls.ts`,
 * `cron/fetch_telnyx_costs.ts`, `cron/fetch_message_costs.ts`, `cron/telnyx_turn.ts`,
 * `cron/reconcile_carriers.ts`, `cron/run_sms_cycle.ts`, `core/sms_billing/bulk_bills.ts`.
 *
 * @module
 */
import { RELEASE_JOB, releaseWaiting } from "../core/billing/bill_due.ts";
import { CLAIM_JOB, claimCalls } from "../core/billing/claim_calls.ts";
import { RECONCILIATION_JOB } from "../core/billing/reconciliation.ts";
import { SYNC_JOB } from "../core/billing/sync_outcome.ts";
import { VERIFICATION_JOB, verifyLedgerJob } from "../core/billing/verify_ledger.ts";
import { MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import { getJob, type Job, type JobProgress } from "../core/jobs/job.ts";
import {
  type JobKinds,
  type JobResult,
  listDueJobs,
  runDueJobs,
  type SoloJobKind,
} from "../core/jobs/run_jobs.ts";
import { paymentKinds } from "../core/sms_billing/pay_kinds.ts";
import type { PayDeps } from "../core/sms_billing/pay_change.ts";
import { BILL_BULK_JOB, billBulkKind } from "../core/sms_billing/bulk_bills.ts";
import { SMS_CYCLE_JOB } from "../core/sms_billing/close_due.ts";
import { applySmsTerms, SMS_TERMS_JOB } from "../core/sms_billing/terms.ts";
import { fetchMessageCosts } from "./fetch_message_costs.ts";
import {
  COST_RETRIES_MS,
  fetchCallCosts,
  TELNYX_COST_JOB,
  TELNYX_MESSAGE_COST_JOB,
} from "./fetch_telnyx_costs.ts";
import { runReconciliation } from "./reconcile_carriers.ts";
import { runSmsCycle } from "./run_sms_cycle.ts";
import { type NoticeDoors, noticeKinds } from "./send_notices.ts";
import { ASKED_RUN, syncCalls, type SyncDeps } from "./sync_calls.ts";
import { takeTurn } from "./telnyx_turn.ts";

const RETRIES = [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS] as const;

/** How long a debit may still show up at Sippy, where nobody has said otherwise. */
const SETTLE_MS = 5 * MINUTE_MS;

/** The table of kinds over these doors. */
export function jobKinds(deps: SyncDeps & NoticeDoors & Partial<PayDeps>): JobKinds {
  return {
    ...noticeKinds(deps),
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
    [SMS_TERMS_JOB]: {
      retryAfterMs: RETRIES,
      run: async (_job, report) => {
        const note = "accounts brought to the new terms";
        const tell = (done: number) => report({ done, total: null, note });
        return { status: "done", result: { accounts: await applySmsTerms(deps, tell) } };
      },
    },
    ...paymentKinds({ sippy: null, settleMs: SETTLE_MS, ...deps }),
    [BILL_BULK_JOB]: billBulkKind(deps),
    [SMS_CYCLE_JOB]: {
      retryAfterMs: RETRIES,
      run: (job, report) => runSmsCycle(deps, { frequency: job.unique, report }),
    },
    [SYNC_JOB]: syncKind(deps),
    [TELNYX_COST_JOB]: {
      retryAfterMs: COST_RETRIES_MS,
      takeTurn: ({ length: count }) => takeTurn(deps, { kind: "calls", count }),
      runTogether: (jobs) => fetchCallCosts(deps, jobs),
    },
    [TELNYX_MESSAGE_COST_JOB]: {
      retryAfterMs: COST_RETRIES_MS,
      takeTurn: ({ length: count }) => takeTurn(deps, { kind: "messages", count }),
      runTogether: (jobs) => fetchMessageCosts(deps, jobs),
    },
    [RECONCILIATION_JOB]: {
      retryAfterMs: RETRIES,
      run: (job) => runReconciliation(deps, job),
    },
  };
}

/** Tries every cost job that is due now; answers what came of them. */
export async function processCallCosts(
  deps: SyncDeps,
): Promise<{ processed: number; succeeded: number; failed: number; retried: number }> {
  const due = await listDueJobs(deps, TELNYX_COST_JOB);
  const untilMs = deps.clock.now() + ASKED_RUN.withinMs;
  await runDueJobs({ ...deps, kinds: jobKinds(deps) }, { untilMs, only: TELNYX_COST_JOB });
  const after = await Promise.all(due.map((job) => getJob(deps.store, job.id)));
  const count = (state: Job["state"]) => after.filter((job) => job?.state === state).length;
  return {
    processed: due.length,
    succeeded: count("done"),
    failed: count("failed"),
    retried: count("pending"),
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
