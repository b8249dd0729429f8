/**
 * A sync while it runs and when it has ended, out of its job's row: in words, and as server-sent events.
 *
 * The row is the truth; the stream only reads it, once a second, whichever process runs the job.
 *
 * Goes to: `core/jobs/job.ts`, `core/billing/sync_outcome.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { noCounts, type SyncCounts } from "../../core/billing/sync_outcome.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import { getJob, type Job } from "../../core/jobs/job.ts";
import type { AppDeps } from "../deps.ts";
import { formatCount } from "./format.ts";
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

/**
 * Answers with the events of a sync: `progress` whenever it moved, then `done`, and ends.
 *
 * Every event carries the whole state, so one that comes back with `Last-Event-ID` has missed nothing.
 */
export function streamSync(
  c: Context,
  { deps, jobId }: { deps: AppDeps; jobId: string },
): Response {
  return streamSSE(
    c,
    (stream) => tell(stream, { deps, jobId, firstId: nextId(c) }),
    (error) => {
      deps.log("warn", "The stream of a sync broke", { job: jobId, error });
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
  { deps, jobId, firstId }: { deps: AppDeps; jobId: string; firstId: number },
): Promise<void> {
  const { clock } = deps;
  const endAtMs = clock.now() + STREAM_MS_MAX;
  const pause = pauseOf(stream, deps);
  let id = firstId;
  let told = "";
  let toldAtMs = clock.now();
  while (!stream.aborted && clock.now() < endAtMs) {
    const job = await getJob(deps.store, jobId);
    if (!job || isOver(job)) {
      const text = job ? summarize(job) : "The job is not there any more.";
      await stream.writeSSE({ event: "done", id: String(id), data: JSON.stringify({ text }) });
      return;
    }
    const data = JSON.stringify(progressOf(job));
    const nowMs = clock.now();
    if (data !== told) await stream.writeSSE({ event: "progress", id: String(id++), data });
    else if (nowMs - toldAtMs >= KEEP_ALIVE_EVERY_MS) await stream.write(": still here\n\n");
    else {
      await pause();
      continue;
    }
    [told, toldAtMs] = [data, nowMs];
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
