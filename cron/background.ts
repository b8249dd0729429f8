/**
 * Work that somebody woke: done at once, one run after the other, and again when a job is due soon. What it does not get to, the cron does.
 *
 * Comes from: `main.ts`. Goes to: `core/jobs/run_jobs.ts`.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import { type JobKinds, nextDueAtMs, runDueJobs } from "../core/jobs/run_jobs.ts";
import { drainInbox } from "./mod.ts";
import { type NoticeDoors, sendNotices } from "./send_notices.ts";
import type { SyncDeps } from "./sync_calls.ts";

/** Wakes, waits for and stops background work. */
export interface Background {
  /** Has the inbox and the due jobs worked off, soon. */
  nudge: () => void;
  /** Resolves when what was woken so far has ended. */
  idle: () => Promise<void>;
  /** Begins nothing any more. */
  stop: () => void;
}

/** A job due sooner is waited for; what is due later than that the minute finds in time. */
const ALARM_MS_MAX = 20 * MINUTE_MS;

/** Background work of this process: the inbox and the jobs go on side by side. */
export function createBackground(deps: SyncDeps & NoticeDoors, kinds: JobKinds): Background {
  const { clock, log, store } = deps;
  let isStopped = false;
  let cancelAlarm = () => {};

  // A carrier that answers slowly holds up jobs, but never what comes in.
  const jobs = createLane(log, async () => {
    if (isStopped) return;
    const isOver = () => isStopped;
    const runJobs = () =>
      runDueJobs({ ...deps, kinds }, { untilMs: clock.now() + MINUTE_MS, isOver });
    await sendNotices(deps);
    let ran = await runJobs();
    // What the jobs gave people to hear of goes out at once too.
    if (await sendNotices(deps) > 0) ran += await runJobs();
    const dueAtMs = await nextDueAtMs(store);
    if (dueAtMs === null || dueAtMs > clock.now() + ALARM_MS_MAX || isStopped) return;
    cancelAlarm();
    // What was due and did not run is somebody else's for the moment.
    const atLeastMs = ran === 0 ? SECOND_MS : 0;
    cancelAlarm = clock.after(Math.max(atLeastMs, dueAtMs - clock.now()), nudge);
  });
  const inbox = createLane(log, async () => {
    if (isStopped) return;
    await drainInbox(deps, clock.now() + MINUTE_MS);
    jobs.wake();
  });
  function nudge(): void {
    if (!isStopped) inbox.wake();
  }
  return {
    nudge,
    idle: async () => {
      await inbox.idle();
      await jobs.idle();
    },
    stop: () => {
      isStopped = true;
      cancelAlarm();
    },
  };
}

/** Work done one run after the other; a run that has not begun yet stands for all that ask for one. */
function createLane(
  log: SyncDeps["log"],
  work: () => Promise<void>,
): { wake: () => void; idle: () => Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let isWaiting = false;
  function wake(): void {
    if (isWaiting) return;
    isWaiting = true;
    running = running
      .then(() => {
        isWaiting = false;
        return work();
      })
      .catch((error) => log("error", "Background work failed", { error }));
  }
  return { wake, idle: () => running };
}
