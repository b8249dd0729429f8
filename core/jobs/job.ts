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
import { jobByUniqueKey, jobDueKey, jobKey, jobPrefix, type Key } from "../kv/keys.ts";
import { listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";

/** Where a job stands. `failed` waits for a person. */
export type JobState = "pending" | "running" | "done" | "failed";

/** A durable piece of work. `unique` names the one thing of its kind that it stands for. */
export interface Job {
  /** Time-ordered. */
  id: string;
  /** What is to be done; the table of kinds says how. */
  kind: string;
  /** Names the one thing of its kind. */
  unique: string;
  /** The gate beneath which it is written, when many are written together; absent: its own row. */
  gate?: string[];
  /** Where it stands. */
  state: JobState;
  /** Runs begun, this one included. */
  attempts: number;
  /** When it may be taken up; while it runs, when its holder is taken for dead. */
  dueAtMs: number;
  /** Whoever took it last; an older holder's finish is refused. */
  token: string | null;
  /** It was asked for again while it ran: its cause may be younger than what it looked at. */
  isWoken?: boolean;
  /** Why the last run did not end it; null when none failed. */
  lastError: string | null;
  /** How far it is; null before the first word. */
  progress: JobProgress | null;
  /** When it was first staged. */
  createdAtMs: number;
  /** When it was done or failed; null before. */
  finishedAtMs: number | null;
}

/** How far a job is, for people. `result` holds figures once it is done. */
export interface JobProgress {
  /** Of `total`, in units of the kind's own. */
  done: number;
  /** Null while nobody knows how much there is. */
  total: number | null;
  /** What it is doing. */
  note: string;
  /** By name; empty until then. */
  result: Record<string, number>;
}

/**
 * A job to stage. An unfinished one of the same kind and name is woken (one that runs goes through once
 * more), a finished one starts again.
 */
export interface JobRequest {
  /** A fresh id, used when there is none of that name. */
  id: string;
  /** What is to be done. */
  kind: string;
  /** Names the one thing of its kind. */
  unique: string;
  /** When it may be taken up. */
  dueAtMs: number;
  /** Now. */
  atMs: number;
  /** The gate of the very commit it is staged in, when jobs of the kind live beneath it. */
  gate?: Key;
}

/** Stages a job; answers its id, which is the earlier job's when one of that name exists. */
export async function stageJob(batch: Batch, request: JobRequest): Promise<string> {
  const uniqueKey = jobByUniqueKey(request.kind, request.unique);
  // Beneath its own gate nobody else writes it; from elsewhere its rows must be held on to.
  const read = <T extends object>(key: Key) =>
    request.gate ? batch.get<T>(key) : batch.getChecked<T>(key);
  const pointer = await read<{ id: string }>(uniqueKey);
  const earlier = pointer && await read<Job>(jobKey(pointer.id));
  if (earlier && isUnfinished(earlier)) {
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
    ...(request.gate ? { gate: [...request.gate] } : {}),
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
  if (from && isUnfinished(from)) batch.delete(jobDueKey(from.dueAtMs, from.id));
  if (isUnfinished(to)) batch.set(jobDueKey(to.dueAtMs, to.id), {});
  batch.set(jobKey(to.id), to);
}

/** Whether it is still to be done. */
export function isUnfinished(job: Job): boolean {
  return job.state === "pending" || job.state === "running";
}

/** The gate a job is written beneath. */
export function gateOf(job: Pick<Job, "id" | "gate">): Key {
  return job.gate ?? jobKey(job.id);
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

/** Lets a person start any job again, one that is done too; a running one is left alone. */
export async function retryJob(
  deps: { gates: Gates; store: Store },
  { jobId, atMs }: { jobId: string; atMs: number },
): Promise<
  { status: "job_due"; job: Job } | { status: "job_not_found" } | { status: "job_running" }
> {
  const known = await getJob(deps.store, jobId);
  if (!known) return { status: "job_not_found" };
  return await deps.gates.change({
    gate: gateOf(known),
    stage: async (batch) => {
      const job = (await batch.get<Job>(jobKey(jobId)))!;
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
