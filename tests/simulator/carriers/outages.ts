/**
 * Times at which a carrier answers nobody.
 *
 * @module
 */
import type { World } from "../world.ts";

/** Whether a carrier is away, and how it goes away. */
export function createOutages(
  { timeline, faults }: World,
): { isAway(): boolean; beginOutage(ms: number): void } {
  let untilMs = 0;
  return {
    isAway: () => !faults.isCalm() && timeline.now() < untilMs,
    beginOutage: (ms) => void (untilMs = Math.max(untilMs, timeline.now() + ms)),
  };
}
