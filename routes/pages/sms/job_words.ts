/**
 * Jobs of SMS billing in words: cycles, and what is done with many bills.
 *
 * @module
 */
import type { Job } from "../../../core/jobs/job.ts";
import { BILL_BULK_JOB } from "../../../core/sms_billing/bulk_bills.ts";
import { SMS_CYCLE_JOB } from "../../../core/sms_billing/close_due.ts";
import { formatCount } from "../format.ts";
import type { LiveProgressMessage } from "../progress.tsx";
import { SMS_PATH } from "./bill_words.tsx";

/** Where a job of SMS billing is watched. */
export function jobHref(jobId: string): string {
  return `${SMS_PATH}/jobs/${encodeURIComponent(jobId)}`;
}

/** Whether a job is one of SMS billing's that are watched. */
export function isSmsJob({ kind }: Pick<Job, "kind">): boolean {
  return kind === SMS_CYCLE_JOB || kind === BILL_BULK_JOB;
}

/** How far a job is: the bar and one short line. */
export function progressOf({ state, kind, progress }: Job): LiveProgressMessage {
  if (state === "pending" && !progress) return { done: 0, total: null, text: "Starting …" };
  const { done = 0, total = null } = progress ?? {};
  const of = total === null ? "" : ` of ${formatCount(total)}`;
  const what = kind === SMS_CYCLE_JOB ? "accounts billed" : "bills done";
  return { done, total, text: `${formatCount(done)}${of} ${what}` };
}

/** What came of a job, in one line. */
export function summarize(job: Job): string {
  if (job.state === "failed") return `It failed: ${job.lastError ?? "no reason is known"}.`;
  const figures = Object.entries(job.progress?.result ?? {});
  const words = figures.map(([name, count]) => `${name} ${formatCount(count)}`).join(", ");
  return words === "" ? "Nothing was to be done." : words;
}
