/**
 * When a wallet is low: each threshold is told of once, when the balance passes it downwards, and is armed
 * again by money that somebody puts in.
 *
 * A cost that becomes exact may lift a balance a little and let it sink again; that tells nothing twice.
 *
 * Comes from: `core/wallet/post_entry.ts`.
 *
 * @module
 */
import type { Wallet } from "./wallet.ts";

/** What a posting does to the thresholds of a wallet. */
export interface ThresholdStep {
  /** The lowest threshold that was passed and had not been told of; null when none was. */
  passedMicros: bigint | null;
  /** The lowest threshold that has been told of by now: those above it have been too. Null: none. */
  toldMicros: bigint | null;
}

/** Judges one posting by the wallet before it and the balance after it. */
export function stepThresholds(
  wallet: Wallet,
  { balanceMicros, isMoneyIn }: { balanceMicros: bigint; isMoneyIn: boolean },
): ThresholdStep {
  const thresholds = wallet.lowBalanceThresholdsMicros;
  const told = wallet.lowBalanceToldMicros ?? null;
  if (isMoneyIn) {
    // Those the balance has reached again are armed; those it is still below have been told.
    const still = told === null
      ? []
      : thresholds.filter((one) => one >= told && one > balanceMicros);
    return { passedMicros: null, toldMicros: lowest(still) };
  }
  const passed = lowest(
    thresholds.filter((one) =>
      wallet.balanceMicros >= one && balanceMicros < one && (told === null || one < told)
    ),
  );
  return { passedMicros: passed, toldMicros: passed ?? told };
}

function lowest(all: readonly bigint[]): bigint | null {
  return all.reduce<bigint | null>((low, one) => low === null || one < low ? one : low, null);
}
