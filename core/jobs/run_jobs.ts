/**
 * Takes up jobs that are due: one after the other, each under its own row.
 *
 * Goes to: `core/jobs/job.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { type Gates, Unresolved } from "../kv/gates.ts";
import { jobDuePrefix, jobKey, timePart } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Log } from "../log.ts";
import { type Job, type JobProgress, moveJob } from "./job.ts";

/** What a run came to. `again` asks for another run after `inMs`, with the reason people will read. */
export type JobResult =
  | { status: "done"; result: Record<string, number> }
  | { status: "again"; reason: string; inMs?: number };

/** One kind of work: what it does, and when to try again after the nth failed attempt. */
export interface JobKind {
  run: (
    job: Job,
    report: (progress: Omit<JobProgress, "result">) => Promise<void>,
  ) => Promise<JobResult>;
  /** Waits after the first, second, … failed attempt; after the last one the job has failed. */
  retryAfterMs: readonly number[];
}

/** Kind → what to do. `jobs/` is mechanism: the table comes from outside. */
export type JobKinds = Record<string, JobKind>;

/** A run that has not ended by then is taken for dead. */
export const JOB_LEASE_MS = 120_000;
/** Jobs taken up in one go. */
export const JOBS_MAX = 100;

type Deps = { store: Store; gates: Gates; clock: Clock; ids: Ids; log: Log; kinds: JobKinds };

/** Runs what is due now, oldest first, until nothing is or `untilMs` has come. Answers how many ran. */
export async function runDueJobs(deps: Deps, { untilMs }: { untilMs: number }): Promise<number> {
  const due = await deps.store.list<object>({
    prefix: jobDuePrefix,
    until: [...jobDuePrefix, timePart(deps.clock.now() + 1)],
    limit: JOBS_MAX,
  });
  let count = 0;
  for (const { key } of due) {
    if (deps.clock.now() >= untilMs) break;
    try {
      if (await runJob(deps, key[2]!)) count++;
    } catch (error) {
      // One row that cannot be read or written must not keep those behind it from running.
      deps.log("error", "A job could not be taken up or finished", { job: key[2], error });
    }
  }
  return count;
}

/** Runs one job now if it is due; false when somebody else has it or it is over. */
export async function runJob(deps: Deps, jobId: string): Promise<boolean> {
  const taken = await takeJob(deps, jobId);
  if (!taken) return false;
  const kind = deps.kinds[taken.kind];
  if (!kind) {
    await finishJob(deps, {
      job: taken,
      retryAfterMs: [],
      result: { status: "again", reason: "unknown kind" },
    });
    return true;
  }
  const result = await runKind(deps, { kind, job: taken });
  await finishJob(deps, { job: taken, retryAfterMs: kind.retryAfterMs, result });
  return true;
}

async function runKind(deps: Deps, { kind, job }: { kind: JobKind; job: Job }): Promise<JobResult> {
  const report = (progress: Omit<JobProgress, "result">) =>
    changeJob(deps, { job, change: (now) => ({ ...now, progress: { ...progress, result: {} } }) });
  try {
    return await kind.run(job, report);
  } catch (error) {
    // A job that throws must not stop its neighbours; its reason is kept where people look.
    deps.log(error instanceof Unresolved ? "warn" : "error", `Job ${job.kind} failed`, {
      job: job.id,
      error,
    });
    return { status: "again", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function takeJob(deps: Deps, jobId: string): Promise<Job | null> {
  const token = deps.ids.id();
  const nowMs = deps.clock.now();
  return await deps.gates.change<Job | null>({
    gate: jobKey(jobId),
    stage: async (batch) => {
      const job = await batch.get<Job>(jobKey(jobId));
      if (job?.token === token) return job;
      const isDue = job && (job.state === "pending" || job.state === "running") &&
        job.dueAtMs <= nowMs;
      if (!isDue) return null;
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
    },
  });
}

async function finishJob(
  deps: Deps,
  { job, retryAfterMs, result }: { job: Job; retryAfterMs: readonly number[]; result: JobResult },
): Promise<void> {
  const nowMs = deps.clock.now();
  await changeJob(deps, {
    job,
    change: (now) => {
      const progress = now.progress ?? { done: 0, total: null, note: "", result: {} };
      if (result.status === "done" && now.isWoken) {
        return { ...now, state: "pending", attempts: 0, dueAtMs: nowMs, isWoken: false };
      }
      if (result.status === "done") {
        return {
          ...now,
          state: "done",
          finishedAtMs: nowMs,
          progress: { ...progress, result: result.result },
        };
      }
      const waitMs = result.inMs ?? retryAfterMs[job.attempts - 1];
      const next = { ...now, lastError: result.reason };
      return waitMs === undefined
        ? { ...next, state: "failed", finishedAtMs: nowMs }
        : { ...next, state: "pending", dueAtMs: nowMs + waitMs };
    },
  });
}

async function changeJob(
  deps: Deps,
  { job, change }: { job: Job; change: (now: Job) => Job },
): Promise<void> {
  await deps.gates.change({
    gate: jobKey(job.id),
    stage: async (batch) => {
      const now = await batch.get<Job>(jobKey(job.id));
      // Fencing: whoever lost the job to somebody else no longer speaks for it.
      if (now?.token !== job.token || now?.state !== "running") return;
      moveJob(batch, { from: now, to: change(now) });
    },
  });
}
