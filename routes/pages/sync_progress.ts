/**
 * A sync while it runs and when it has ended, out of its job's row: in words, and as server-sent events.
 *
 * Goes to: `routes/pages/job_stream.ts`, `core/billing/sync_outcome.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import { noCounts, type SyncCounts } from "../../core/billing/sync_outcome.ts";
import type { Job } from "../../core/jobs/job.ts";
import type { AppDeps } from "../deps.ts";
import { formatCount } from "./format.ts";
import { streamJob } from "./job_stream.ts";
import type { LiveProgressMessage } from "./progress.tsx";

/** The figures of a sync that is done; zeros while it is not. */
export function countsOf(job: Pick<Job, "progress">): SyncCounts {
  return { ...noCounts(), ...job.progress?.result };
}

/** How far a sync is: the bar and one short line. */
export function progressOf(job: Job): LiveProgressMessage {
  const { state, progress } = job;
  if (state === "pending" || !progress) return { done: 0, total: null, text: "Starting …" };
  const { done, total, note } = progress;
  if (note === "billing") return { done: 0, total: null, text: "Billing what is due …" };
  const of = total === null ? "" : ` of ${formatCount(total)}`;
  return { done, total, text: `${formatCount(done)}${of} calls read` };
}

/** What came of a sync, in one line. */
export function summarize(job: Job): string {
  if (job.state === "failed") return `The sync failed: ${job.lastError ?? "no reason is known"}.`;
  const { fetched, stored, billed, waitingFunds } = countsOf(job);
  return `fetched ${fetched}, new ${stored}, billed ${billed}, waiting ${waitingFunds}`;
}

/** What was fetched, split without rest: every call was new, had changed, or was known as it is. */
export function proofLine(counts: SyncCounts): string {
  const { fetched, stored, updated } = counts;
  const unchanged = fetched - stored - updated;
  return `${formatCount(fetched)} ${fetched === 1 ? "call" : "calls"}: ` +
    `${formatCount(stored)} new, ${formatCount(updated)} changed, ` +
    `${formatCount(unchanged)} unchanged`;
}

/** Answers with the events of a sync, see {@link streamJob}. */
export function streamSync(
  c: Context,
  { deps, jobId }: { deps: AppDeps; jobId: string },
): Response {
  return streamJob(c, { deps, told: { jobId, progressOf, summarize } });
}
