/**
 * A job while it runs, as server-sent events out of its row.
 *
 * The row is the truth; the stream only reads it, once a second, whichever process runs the job.
 *
 * Goes to: `core/jobs/job.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import { getJob, type Job } from "../../core/jobs/job.ts";
import type { AppDeps } from "../deps.ts";
import type { LiveProgressMessage } from "./progress.tsx";

/** How often the row is read. */
const LOOK_EVERY_MS = SECOND_MS;
/** A line that says nothing, so that no one on the way takes the stream for dead. */
const KEEP_ALIVE_EVERY_MS = 15 * SECOND_MS;
/** No stream lasts longer; the browser comes back by itself. */
export const STREAM_MS_MAX = 5 * MINUTE_MS;

/** Whether a job has come to an end, good or bad. */
export function isOver(job: Pick<Job, "state">): boolean {
  return job.state === "done" || job.state === "failed";
}

/** A job and how it is told. */
export interface ToldJob {
  /** Which. */
  jobId: string;
  /** The bar and one short line. */
  progressOf: (job: Job) => LiveProgressMessage;
  /** What came of it, in one line. */
  summarize: (job: Job) => string;
}

/**
 * Answers with the events of a job: `progress` whenever it moved, then `done`, and ends.
 *
 * Every event carries the whole state, so one that comes back with `Last-Event-ID` has missed nothing.
 */
export function streamJob(c: Context, { deps, told }: { deps: AppDeps; told: ToldJob }): Response {
  return streamSSE(
    c,
    (stream) => tell(stream, { deps, told, firstId: nextId(c) }),
    (error) => {
      deps.log("warn", "The stream of a job broke", { job: told.jobId, error });
      return Promise.resolve();
    },
  );
}

function nextId(c: Context): number {
  const last = Number(c.req.header("last-event-id") ?? "0");
  return Number.isSafeInteger(last) && last >= 0 ? last + 1 : 1;
}

async function tell(
  stream: SSEStreamingApi,
  { deps, told, firstId }: { deps: AppDeps; told: ToldJob; firstId: number },
): Promise<void> {
  const { clock } = deps;
  const endAtMs = clock.now() + STREAM_MS_MAX;
  const pause = pauseOf(stream, deps);
  let id = firstId;
  let last = "";
  let lastAtMs = clock.now();
  while (!stream.aborted && clock.now() < endAtMs) {
    const job = await getJob(deps.store, told.jobId);
    if (!job || isOver(job)) {
      const text = job ? told.summarize(job) : "The job is not there any more.";
      await stream.writeSSE({ event: "done", id: String(id), data: JSON.stringify({ text }) });
      return;
    }
    const data = JSON.stringify(told.progressOf(job));
    const nowMs = clock.now();
    if (data !== last) await stream.writeSSE({ event: "progress", id: String(id++), data });
    else if (nowMs - lastAtMs >= KEEP_ALIVE_EVERY_MS) await stream.write(": still here\n\n");
    else {
      await pause();
      continue;
    }
    [last, lastAtMs] = [data, nowMs];
    await pause();
  }
}

/** Waits until the next look; at once when the reader has left. */
function pauseOf(stream: SSEStreamingApi, { clock }: Pick<AppDeps, "clock">): () => Promise<void> {
  let wake = () => {};
  stream.onAbort(() => wake());
  return () =>
    new Promise((resolve) => {
      if (stream.aborted) return resolve();
      const cancel = clock.after(LOOK_EVERY_MS, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
}
