/**
 * The true time as a clock: carriers live by it.
 *
 * @module
 */
import { type Clock, withSleep } from "../../../core/clock.ts";
import type { Timeline } from "../timeline.ts";

/** A clock that never errs, over the run's time. */
export function trueClock(timeline: Timeline): Clock {
  return withSleep({ now: timeline.now, after: timeline.after });
}
