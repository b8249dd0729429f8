/**
 * A cycle of SMS billing that a person asked for, as a job with progress.
 *
 * Goes to: `core/sms_billing/close_due.ts`.
 *
 * @module
 */
import { MINUTE_MS } from "../core/clock.ts";
import type { JobProgress } from "../core/jobs/job.ts";
import type { JobResult } from "../core/jobs/run_jobs.ts";
import { closeDueBills } from "../core/sms_billing/close_due.ts";
import type { SmsDeps } from "../core/sms_billing/deps.ts";
import { SMS_FREQUENCIES } from "../core/sms_billing/settings.ts";

/** Well inside the lease of a job, so that nobody takes it up twice. */
const WITHIN_MS = MINUTE_MS;

/** Closes what is due of one frequency, or of all when the name is none of them. */
export async function runSmsCycle(
  deps: SmsDeps,
  { frequency, report }: {
    frequency: string;
    report: (progress: Omit<JobProgress, "result">) => Promise<void>;
  },
): Promise<JobResult> {
  const untilMs = deps.clock.now() + WITHIN_MS;
  const { stuck, ...tally } = await closeDueBills(deps, {
    frequency: SMS_FREQUENCIES.find((one) => one === frequency),
    actor: "cycle",
    untilMs,
    report: (done) => report({ done, total: null, note: "accounts billed" }),
  });
  if (stuck > 0) return { status: "again", reason: `${stuck} accounts could not be billed` };
  if (deps.clock.now() >= untilMs) return { status: "again", reason: "more is due", inMs: 0 };
  return { status: "done", result: tally };
}
