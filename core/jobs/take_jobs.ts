/**
 * Takes jobs that are due, or puts them off, many in one commit.
 *
 * Comes from: `core/jobs/run_jobs.ts`. Goes to: `core/jobs/job.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import { jobKey } from "../kv/keys.ts";
import { gateOf, isUnfinished, type Job, moveJob } from "./job.ts";

/** A run that has not ended by then is taken for dead. */
export const JOB_LEASE_MS = 120_000;
/** Jobs changed by one commit: three rows each. */
const JOBS_PER_COMMIT = 100;

/** Takes those that are still due; counts the attempt. */
export async function takeJobs(
  deps: { gates: Gates; clock: Clock; ids: Ids },
  jobs: readonly Job[],
): Promise<Job[]> {
  const token = deps.ids.id();
  const nowMs = deps.clock.now();
  return await changeDue(deps, {
    jobs,
    stage: (batch, job) => {
      if (job.token === token) return job;
      return isDue(job, nowMs) ? stageTaking(batch, { job, token, nowMs }) : null;
    },
  });
}

/** Makes those that are still due and that nobody runs due at `untilMs`; no attempt is counted. */
export async function putOffJobs(
  deps: { gates: Gates; clock: Clock },
  { jobs, untilMs }: { jobs: readonly Job[]; untilMs: number },
): Promise<void> {
  const nowMs = deps.clock.now();
  await changeDue(deps, {
    jobs,
    stage: (batch, job) => {
      if (!isDue(job, nowMs)) return null;
      const later = { ...job, dueAtMs: untilMs };
      moveJob(batch, { from: job, to: later });
      return later;
    },
  });
}

const isDue = (job: Job, nowMs: number): boolean => isUnfinished(job) && job.dueAtMs <= nowMs;

/** Stages each job's change beneath its gate; answers those that `stage` answered. */
async function changeDue(
  { gates }: { gates: Gates },
  { jobs, stage }: { jobs: readonly Job[]; stage: (batch: Batch, job: Job) => Job | null },
): Promise<Job[]> {
  const changed: Job[] = [];
  for (const [, ofGate] of Map.groupBy(jobs, (job) => gateOf(job).join("/"))) {
    for (let i = 0; i < ofGate.length; i += JOBS_PER_COMMIT) {
      const part = ofGate.slice(i, i + JOBS_PER_COMMIT);
      changed.push(
        ...await gates.change({
          gate: gateOf(part[0]!),
          reads: part.map(({ id }) => jobKey(id)),
          stage: async (batch) => {
            const rows = await batch.getMany<Job>(part.map(({ id }) => jobKey(id)));
            return rows.flatMap((job) => (job && stage(batch, job)) ?? []);
          },
        }),
      );
    }
  }
  return changed;
}

function stageTaking(
  batch: Batch,
  { job, token, nowMs }: { job: Job; token: string; nowMs: number },
): Job {
  const taken: Job = {
    ...job,
    state: "running",
    attempts: job.attempts + 1,
    token,
    isWoken: false,
    dueAtMs: nowMs + JOB_LEASE_MS,
  };
  moveJob(batch, { from: job, to: taken });
  return taken;
}
