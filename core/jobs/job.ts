/**
 * Durable work: a row with a due time, attempts counted before running, and an end everybody can see.
 *
 * A job is staged in the commit of its cause, so it exists exactly when the cause does. It may run more
 * than once; what it does must be idempotent, and each of its own commits is guarded by its gate.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import { jobByUniqueKey, jobDueKey, jobKey, jobPrefix } from "../kv/keys.ts";
import { listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";

/** Where a job stands. `failed` waits for a person. */
export type JobState = "pending" | "running" | "done" | "failed";

/** A durable piece of work. `unique` names the one thing of its kind that it stands for. */
export interface Job {
  id: string;
  kind: string;
  unique: string;
  state: JobState;
  attempts: number;
  /** When it may be taken up; while it runs, when its holder is taken for dead. */
  dueAtMs: number;
  /** Whoever took it last; an older holder's finish is refused. */
  token: string | null;
  /** It was asked for again while it ran: its cause may be younger than what it looked at. */
  isWoken?: boolean;
  lastError: string | null;
  progress: JobProgress | null;
  createdAtMs: number;
  finishedAtMs: number | null;
}

/** How far a job is, for people. `result` holds figures once it is done. */
export interface JobProgress {
  done: number;
  /** Null while nobody knows how much there is. */
  total: number | null;
  note: string;
  result: Record<string, number>;
}

/**
 * A job to stage. An unfinished one of the same kind and name is woken (one that runs goes through once
 * more), a finished one starts again.
 */
export interface JobRequest {
  id: string;
  kind: string;
  unique: string;
  dueAtMs: number;
  atMs: number;
}

/** Stages a job; answers its id, which is the earlier job's when one of that name exists. */
export async function stageJob(batch: Batch, request: JobRequest): Promise<string> {
  const uniqueKey = jobByUniqueKey(request.kind, request.unique);
  const pointer = await batch.getChecked<{ id: string }>(uniqueKey);
  const earlier = pointer && await batch.getChecked<Job>(jobKey(pointer.id));
  if (earlier && (earlier.state === "pending" || earlier.state === "running")) {
    const to: Job = earlier.state === "pending"
      ? { ...earlier, dueAtMs: Math.min(earlier.dueAtMs, request.dueAtMs) }
      : { ...earlier, isWoken: true };
    moveJob(batch, { from: earlier, to });
    return earlier.id;
  }
  const job: Job = {
    id: request.id,
    kind: request.kind,
    unique: request.unique,
    state: "pending",
    attempts: 0,
    dueAtMs: request.dueAtMs,
    token: null,
    lastError: null,
    progress: null,
    createdAtMs: request.atMs,
    finishedAtMs: null,
  };
  batch.set(uniqueKey, { id: job.id });
  moveJob(batch, { from: null, to: job });
  return job.id;
}

/** Stages a job's next state and keeps the due index with it. */
export function moveJob(batch: Batch, { from, to }: { from: Job | null; to: Job }): void {
  const isDue = (job: Job) => job.state === "pending" || job.state === "running";
  if (from && isDue(from)) batch.delete(jobDueKey(from.dueAtMs, from.id));
  if (isDue(to)) batch.set(jobDueKey(to.dueAtMs, to.id), {});
  batch.set(jobKey(to.id), to);
}

/** A job by id, or null. */
export async function getJob(store: Store, jobId: string): Promise<Job | null> {
  return (await store.get<Job>(jobKey(jobId)))?.value ?? null;
}

/** A page of jobs, newest first; null when the cursor is not one of ours. */
export function listJobs(
  store: Store,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Job> | null> {
  return listPage<Job>(store, { prefix: jobPrefix, reverse: true, cursor, limit });
}

/** Lets a person start a job again that has failed or is waiting; a running one is left alone. */
export function retryJob(
  deps: { gates: Gates },
  { jobId, atMs }: { jobId: string; atMs: number },
): Promise<
  { status: "job_due"; job: Job } | { status: "job_not_found" } | { status: "job_running" }
> {
  return deps.gates.change({
    gate: jobKey(jobId),
    stage: async (batch) => {
      const job = await batch.get<Job>(jobKey(jobId));
      if (!job) return { status: "job_not_found" as const };
      if (job.state === "running" && job.dueAtMs > atMs) return { status: "job_running" as const };
      const next: Job = {
        ...job,
        state: "pending",
        attempts: 0,
        dueAtMs: atMs,
        finishedAtMs: null,
      };
      moveJob(batch, { from: job, to: next });
      return { status: "job_due" as const, job: next };
    },
  });
}
