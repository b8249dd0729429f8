/**
 * Running a job that a commit has just left behind, before the answer goes out.
 *
 * @module
 */
import { RELEASE_JOB } from "../../core/billing/bill_due.ts";
import { jobByUniqueKey } from "../../core/kv/keys.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import type { AppDeps } from "../deps.ts";

/** Runs the job now. One that cannot run stays due and is taken up later: what was committed stands. */
export async function runSoon(deps: AppDeps, jobId: string): Promise<void> {
  try {
    await deps.actions.runJob(jobId);
  } catch (error) {
    deps.log("warn", "A job could not be run at once", { job: jobId, error });
    deps.actions.nudge();
  }
}

/** Bills the calls of a wallet that still wait because they were too many for the commit before. */
export async function releaseSoon(
  deps: AppDeps,
  { accountId, waitingCount }: Wallet,
): Promise<void> {
  if (waitingCount === 0) return;
  const job = await deps.store.get<{ id: string }>(jobByUniqueKey(RELEASE_JOB, accountId));
  if (job) await runSoon(deps, job.value.id);
}
