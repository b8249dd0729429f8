/**
 * How many requests a key may send in a minute.
 *
 * Counted in this process alone: counting in the database would make every read of the API a write as
 * well. With several isolates a key may therefore get its limit from each of them, which protects each
 * isolate just as well; nothing about money rests on it.
 *
 * Goes to: `routes/minute_counts.ts`.
 *
 * @module
 */
import { type Clock, MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { Caller } from "./caller.ts";
import { createMinuteCounts } from "./minute_counts.ts";

/** Requests a minute with the admin key. */
export const ADMIN_REQUESTS_MAX = 12_000;
/** Requests a minute with one account key. */
export const ACCOUNT_REQUESTS_MAX = 600;

/** Within the limit or not, with the headers that say so. */
export interface RateVerdict {
  /** Whether the request may go ahead. */
  isWithin: boolean;
  /** `RateLimit-Policy` and `RateLimit`. */
  headers: Record<string, string>;
  /** Until the window ends. */
  retryAfterSeconds: number;
}

/** Counts requests by caller. */
export interface RateLimits {
  /** Counts one; null for callers without a limit. */
  count(caller: Caller): RateVerdict | null;
}

/** Fixed windows of one minute that begin with the minute. */
export function createRateLimits(clock: Pick<Clock, "now">): RateLimits {
  const counts = createMinuteCounts(clock);
  return {
    count(caller) {
      const max = limitOf(caller);
      if (max === null) return null;
      const { count, retryAfterSeconds } = counts.count(caller.actor);
      return {
        isWithin: count <= max,
        retryAfterSeconds,
        headers: {
          "RateLimit-Policy": `"default";q=${max};w=${MINUTE_MS / SECOND_MS}`,
          "RateLimit": `"default";r=${Math.max(0, max - count)};t=${retryAfterSeconds}`,
        },
      };
    },
  };
}

function limitOf(caller: Caller): number | null {
  if (caller.kind === "admin_program") return ADMIN_REQUESTS_MAX;
  return caller.kind === "account_program" ? ACCOUNT_REQUESTS_MAX : null;
}
