/**
 * How often something came within a minute, counted in this process alone.
 *
 * Comes from: `routes/rate_limits.ts`, `routes/webhooks/refuse_delivery.ts`.
 *
 * @module
 */
import { type Clock, MINUTE_MS, SECOND_MS } from "../core/clock.ts";

/** Counts by name, in fixed windows of one minute that begin with the minute. */
export interface MinuteCounts {
  /** Counts one, and says how many that makes and how long until all begin at nothing again. */
  count(name: string): { count: number; retryAfterSeconds: number };
}

/** What names beyond the largest number of them are counted under, all together. */
const OTHERS = "";

/** Counts of the running minute; at most `namesMax` names are told apart, so that memory is bounded. */
export function createMinuteCounts(
  clock: Pick<Clock, "now">,
  { namesMax = Infinity }: { namesMax?: number } = {},
): MinuteCounts {
  let minute = 0;
  let counts = new Map<string, number>();
  return {
    count(name) {
      const nowMs = clock.now();
      if (Math.floor(nowMs / MINUTE_MS) !== minute) {
        minute = Math.floor(nowMs / MINUTE_MS);
        counts = new Map();
      }
      const told = counts.has(name) || counts.size < namesMax ? name : OTHERS;
      const count = (counts.get(told) ?? 0) + 1;
      counts.set(told, count);
      const retryAfterSeconds = Math.ceil((MINUTE_MS - nowMs % MINUTE_MS) / SECOND_MS);
      return { count, retryAfterSeconds };
    },
  };
}
