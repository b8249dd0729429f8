/**
 * Takes up jobs that are due: one after the other, or together where they share their work.
 *
 * Goes to: `core/jobs/job.ts`, `core/jobs/take_jobs.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Batch } from "../kv/batch.ts";
import { type Gates, Unresolved } from "../kv/gates.ts";
import { jobDuePrefix, jobKey, timePart } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Log } from "../log.ts";
import { gateOf, getJob, type Job, type JobProgress, moveJob } from "./job.ts";
import { putOffJobs, takeJobs } from "./take_jobs.ts";

/** What a run came to. `again` asks for another run after `inMs`, with the reason people will read. */
export type JobResult =
  | { status: "done"; result: Record<string, number> }
  | { status: "again"; reason: string; inMs?: number };

/** Work done job by job. */
export interface SoloJobKind {
  /** Does one job. */
  run: (
    job: Job,
    report: (progress: Omit<JobProgress, "result">) => Promise<void>,
  ) => Promise<JobResult>;
  /** Waits after the first, second, … failed attempt; after the last one the job has failed. */
  retryAfterMs: readonly number[];
}

/** Work of which many jobs share requests. */
export interface GroupJobKind {
  /** Does many jobs; it ends each by `stageJobEnd` beside its effect. */
  runTogether: (jobs: Job[]) => Promise<void>;
  /** Whether so many may run now, where they gather to share work; a job that is asked for alone always may. */
  takeTurn?: (jobs: readonly Job[]) => Promise<Turn>;
  /** See {@link SoloJobKind.retryAfterMs}. */
  retryAfterMs: readonly number[];
}

/** Now, or not before `untilMs`; `soon`: a run has only just begun, and may still take them. */
export type Turn = { status: "now" } | { status: "soon" } | { status: "later"; untilMs: number };

/** One kind of work: what it does, and when to try again. */
export type JobKind = SoloJobKind | GroupJobKind;

/** Kind → what to do. `jobs/` is mechanism: the table comes from outside. */
export type JobKinds = Record<string, JobKind>;

/** Jobs taken up in one go. */
export const JOBS_MAX = 1_000;

/** The doors, and the table of kinds. */
export interface RunDeps {
  /** Where jobs are found. */
  store: Store;
  /** How they change. */
  gates: Gates;
  /** Says what is due. */
  clock: Clock;
  /** Tokens of holders. */
  ids: Ids;
  /** Hears of failures. */
  log: Log;
  /** Kind → what to do. */
  kinds: JobKinds;
}

/**
 * Runs due jobs, the oldest of each kind first, until `untilMs` has come or `isOver` says so, which is asked
 * before each. Answers how many ran.
 */
export async function runDueJobs(
  deps: RunDeps,
  { untilMs, only, isOver = () => false }: {
    untilMs: number;
    only?: string;
    isOver?: () => boolean;
  },
): Promise<number> {
  const jobs = await listDueJobs(deps, only);
  let count = 0;
  for (const [kind, ofKind] of Map.groupBy(jobs, (job) => job.kind)) {
    const shared = groupKind(deps, kind);
    const parts = shared ? [ofKind] : ofKind.map((job) => [job]);
    for (const part of parts) {
      if (deps.clock.now() >= untilMs || isOver()) return count;
      try {
        count += shared
          ? await runGathered(deps, { kind: shared, jobs: part })
          : Number(await runJob(deps, part[0]!.id));
      } catch (error) {
        // One row that cannot be read or written must not keep those behind it from running.
        deps.log("error", "A job could not be taken up or finished", { job: part[0]!.id, error });
      }
    }
  }
  return count;
}

/** Jobs that are due now, of one kind or of all. */
export async function listDueJobs(
  deps: Pick<RunDeps, "store" | "clock" | "log">,
  only?: string,
): Promise<Job[]> {
  const due = await deps.store.list<object>({
    prefix: jobDuePrefix,
    until: [...jobDuePrefix, timePart(deps.clock.now() + 1)],
    limit: JOBS_MAX,
  });
  const jobs = await readJobs(deps, due.map(({ key }) => key[2]!));
  return only === undefined ? jobs : jobs.filter((job) => job.kind === only);
}

async function readJobs(
  { store, log }: Pick<RunDeps, "store" | "log">,
  ids: string[],
): Promise<Job[]> {
  const found = await Promise.allSettled(ids.map((id) => getJob(store, id)));
  return found.flatMap((one, i) => {
    if (one.status === "fulfilled") return one.value ?? [];
    // One row that cannot be read must not keep those behind it from running.
    log("error", "A job cannot be read", { job: ids[i], error: one.reason });
    return [];
  });
}

/** When the next job is due; null when there is none. */
export async function nextDueAtMs(store: Store): Promise<number | null> {
  const [first] = await store.list<object>({ prefix: jobDuePrefix, limit: 1 });
  return first ? Number(first.key[1]) : null;
}

function groupKind(deps: RunDeps, name: string): GroupJobKind | null {
  const kind = deps.kinds[name];
  return kind && "runTogether" in kind ? kind : null;
}

/** Runs them when it is their turn; before that they are put off, to the same instant. */
async function runGathered(
  deps: RunDeps,
  { kind, jobs }: { kind: GroupJobKind; jobs: Job[] },
): Promise<number> {
  const turn: Turn = await kind.takeTurn?.(jobs) ?? { status: "now" };
  if (turn.status === "now") return await runTogether(deps, { kind, jobs });
  if (turn.status === "later") await putOffJobs(deps, { jobs, untilMs: turn.untilMs });
  return 0;
}

async function runTogether(
  deps: RunDeps,
  { kind, jobs }: { kind: GroupJobKind; jobs: Job[] },
): Promise<number> {
  const taken = await takeJobs(deps, jobs);
  if (taken.length === 0) return 0;
  try {
    await kind.runTogether(taken);
  } catch (error) {
    // Those that were ended before it threw stay so; the others have had their attempt.
    deps.log("error", `Jobs ${taken[0]!.kind} failed together`, { jobs: taken.length, error });
    const reason = error instanceof Error ? error.message : String(error);
    const result: JobResult = { status: "again", reason };
    const { retryAfterMs } = kind;
    for (const job of taken) await finishJob(deps, { job, retryAfterMs, result });
  }
  return taken.length;
}

/** Runs one job now if it is due; false when somebody else has it or it is over. */
export async function runJob(deps: RunDeps, jobId: string): Promise<boolean> {
  const job = await getJob(deps.store, jobId);
  if (!job) return false;
  const shared = groupKind(deps, job.kind);
  if (shared) return await runTogether(deps, { kind: shared, jobs: [job] }) > 0;
  const kind = deps.kinds[job.kind] as SoloJobKind | undefined;
  const [taken] = await takeJobs(deps, [job]);
  if (!taken) return false;
  const result: JobResult = kind
    ? await runKind(deps, { kind, job: taken })
    : { status: "again", reason: "unknown kind" };
  await finishJob(deps, { job: taken, retryAfterMs: kind?.retryAfterMs ?? [], result });
  return true;
}

async function runKind(
  deps: RunDeps,
  { kind, job }: { kind: SoloJobKind; job: Job },
): Promise<JobResult> {
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

async function finishJob(
  deps: RunDeps,
  { job, retryAfterMs, result }: { job: Job; retryAfterMs: readonly number[]; result: JobResult },
): Promise<void> {
  const nowMs = deps.clock.now();
  await deps.gates.change({
    gate: gateOf(job),
    stage: (batch) => stageJobEnd(batch, { job, retryAfterMs, result, nowMs }),
  });
}

/**
 * Stages how a run ended, beneath the job's gate, in the commit of its effect.
 *
 * False, and nothing staged, when somebody else has taken the job meanwhile: then the effect must not
 * be staged either.
 */
export async function stageJobEnd(
  batch: Batch,
  { job, retryAfterMs, result, nowMs }: {
    job: Job;
    retryAfterMs: readonly number[];
    result: JobResult;
    nowMs: number;
  },
): Promise<boolean> {
  const now = await batch.get<Job>(jobKey(job.id));
  // Fencing: whoever lost the job to somebody else no longer speaks for it.
  if (now?.token !== job.token || now?.state !== "running") return false;
  moveJob(batch, { from: now, to: endOf(now, { retryAfterMs, result, nowMs }) });
  return true;
}

function endOf(
  now: Job,
  { retryAfterMs, result, nowMs }: {
    retryAfterMs: readonly number[];
    result: JobResult;
    nowMs: number;
  },
): Job {
  if (result.status === "done" && now.isWoken) {
    return { ...now, state: "pending", attempts: 0, dueAtMs: nowMs, isWoken: false };
  }
  if (result.status === "done") {
    const progress = now.progress ?? { done: 0, total: null, note: "", result: {} };
    const done = { ...progress, result: result.result };
    return { ...now, state: "done", lastError: null, finishedAtMs: nowMs, progress: done };
  }
  const next = { ...now, lastError: result.reason };
  // A run that was put off, not tried, does not count.
  if (result.inMs !== undefined) {
    return { ...next, state: "pending", attempts: now.attempts - 1, dueAtMs: nowMs + result.inMs };
  }
  const waitMs = retryAfterMs[now.attempts - 1];
  if (waitMs !== undefined) return { ...next, state: "pending", dueAtMs: nowMs + waitMs };
  return now.isWoken
    ? { ...next, state: "pending", attempts: 0, dueAtMs: nowMs, isWoken: false }
    : { ...next, state: "failed", finishedAtMs: nowMs };
}

async function changeJob(
  deps: RunDeps,
  { job, change }: { job: Job; change: (now: Job) => Job },
): Promise<void> {
  await deps.gates.change({
    gate: gateOf(job),
    stage: async (batch) => {
      const now = await batch.get<Job>(jobKey(job.id));
      if (now?.token !== job.token || now?.state !== "running") return;
      moveJob(batch, { from: now, to: change(now) });
    },
  });
}
