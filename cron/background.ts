/**
 * Work that somebody woke: done at once, one run after the other, and again when a job is due within the
 * minute. What it does not get to, the cron does.
 *
 * Comes from: `main.ts`. Goes to: `core/jobs/run_jobs.ts`.
 *
 * @module
 */
import { MINUTE_MS } from "../core/clock.ts";
import { type JobKinds, nextDueAtMs, runDueJobs } from "../core/jobs/run_jobs.ts";
import { drainInbox } from "./mod.ts";
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

/** Background work of this process. */
export function createBackground(deps: SyncDeps, kinds: JobKinds): Background {
  const { clock, log, store } = deps;
  let running: Promise<void> = Promise.resolve();
  let isWaiting = false;
  let isStopped = false;
  let cancelAlarm = () => {};

  async function work(): Promise<void> {
    isWaiting = false;
    if (isStopped) return;
    const untilMs = clock.now() + MINUTE_MS;
    await drainInbox(deps, untilMs);
    await runDueJobs({ ...deps, kinds }, { untilMs });
    const dueAtMs = await nextDueAtMs(store);
    if (dueAtMs === null || dueAtMs > clock.now() + MINUTE_MS || isStopped) return;
    cancelAlarm();
    cancelAlarm = clock.after(Math.max(0, dueAtMs - clock.now()), nudge);
  }
  function nudge(): void {
    // One run that has not begun yet sees everything that was stored before it begins.
    if (isWaiting || isStopped) return;
    isWaiting = true;
    running = running.then(work).catch((error) =>
      log("error", "Background work failed", { error })
    );
  }
  return {
    nudge,
    idle: () => running,
    stop: () => {
      isStopped = true;
      cancelAlarm();
    },
  };
}
