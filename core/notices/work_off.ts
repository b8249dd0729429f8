/**
 * Many jobs that each wait for a stranger's server, a few of them at once, for a limited time.
 *
 * Comes from: `core/notices/deliver.ts`, `core/notices/mail_notices.ts`.
 * Goes to: `core/jobs/run_jobs.ts`.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { gateOf, type Job } from "../jobs/job.ts";
import { type JobResult, stageJobEnd } from "../jobs/run_jobs.ts";
import type { Gates } from "../kv/gates.ts";
import type { Store } from "../kv/store.ts";
import type { Log } from "../log.ts";

/** The doors of sending. */
export type SendDeps = { store: Store; gates: Gates; clock: Clock; ids: Ids; log: Log };

/** Nothing is begun later than this: other work waits behind, and the jobs' leases run. */
const BEGIN_WITHIN_MS = 20 * SECOND_MS;
const AT_ONCE = 12;

/** Does every job and ends it by what it came to. What there was no time for is due again at once. */
export async function workOff(
  deps: SendDeps,
  { jobs, retryAfterMs, work }: {
    jobs: Job[];
    retryAfterMs: readonly number[];
    work: (job: Job) => Promise<JobResult>;
  },
): Promise<void> {
  const untilMs = deps.clock.now() + BEGIN_WITHIN_MS;
  const waiting = jobs.values();
  async function workNext(): Promise<void> {
    // The workers draw from one iterator, so that none waits for the slowest of a round.
    for (const job of waiting) {
      const result: JobResult = deps.clock.now() < untilMs
        ? await tryWork(deps, { job, work })
        : { status: "again", reason: job.lastError ?? "not begun yet", inMs: 0 };
      await endJob(deps, { job, retryAfterMs, result });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, workNext));
}

async function tryWork(
  deps: SendDeps,
  { job, work }: { job: Job; work: (job: Job) => Promise<JobResult> },
): Promise<JobResult> {
  try {
    return await work(job);
  } catch (error) {
    // One that throws must not stop its neighbours; its reason is kept where people look.
    deps.log("error", `Job ${job.kind} failed`, { job: job.id, error });
    return { status: "again", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function endJob(
  deps: SendDeps,
  { job, retryAfterMs, result }: { job: Job; retryAfterMs: readonly number[]; result: JobResult },
): Promise<void> {
  const nowMs = deps.clock.now();
  await deps.gates.change({
    gate: gateOf(job),
    stage: (batch) => stageJobEnd(batch, { job, retryAfterMs, result, nowMs }),
  }).catch((error) =>
    // Its lease ends, and it runs once more: at least once, with the same id.
    deps.log("error", "A job's end could not be kept", { job: job.id, error })
  );
}
