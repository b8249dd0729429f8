/**
 * Free minutes: a pool per account, service and calendar month of the call's start in the account's zone.
 *
 * A pool exists by its month, so nothing ever resets it. Its row is beneath the wallet.
 *
 * @module
 */

/** What a month has used; its size comes from the plan version that prices the call. */
export interface FreeMinutesPool {
  /** Seconds drawn by billed calls, after the increment. */
  usedSeconds: number;
}

/** Seconds still free for one call that has already used `ownSeconds` of the pool; never negative. */
export function freeSecondsLeft(
  pool: FreeMinutesPool | null,
  { freeMinutesPerMonth, ownSeconds }: { freeMinutesPerMonth: number; ownSeconds: number },
): number {
  return Math.max(0, freeMinutesPerMonth * 60 - ((pool?.usedSeconds ?? 0) - ownSeconds));
}
