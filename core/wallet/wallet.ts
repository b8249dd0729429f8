/**
 * A wallet: one account's prepaid money in one currency, and the sentence that says who may spend.
 *
 * @module
 */

/** What happens to a charge that `available` cannot cover: it waits, or the balance goes below zero. */
export type Policy = "wait" | "overdraw";

/** The wallet row: the gate of everything beneath it. */
export interface Wallet {
  /** Whose. */
  accountId: string;
  /** ISO 4217, as the account's. */
  currency: string;
  /** The sum of all entries. */
  balanceMicros: bigint;
  /** The sum of open holds. */
  heldMicros: bigint;
  /** What may be spent beyond the balance; 0 or more. */
  creditLimitMicros: bigint;
  /** See {@link Policy}. */
  policy: Policy;
  /** Balances below which it counts as low; 0 or more each. */
  lowBalanceThresholdsMicros: bigint[];
  /** The lowest of them that people were told of since money came in; absent: none. */
  lowBalanceToldMicros?: bigint;
  /** Entries so far; the next one is numbered one higher. */
  entryCount: number;
  /** Hash of the newest entry; {@link FIRST_HASH} while there is none. */
  lastHash: string;
  /** When the newest entry was posted: later ones are never earlier. */
  lastEntryAtMs: number;
  /** Seconds billed over all calls, free ones included. */
  billedSecondsTotal: number;
  /** Calls that wait for money. */
  waitingCount: number;
  /** What those calls would still cost. */
  waitingMicros: bigint;
}

/** What the first entry of a wallet has in place of an earlier hash. */
export const FIRST_HASH: string = "0".repeat(64);

/** A wallet nobody has put money into yet. */
export function emptyWallet(
  { accountId, currency }: { accountId: string; currency: string },
): Wallet {
  return {
    accountId,
    currency,
    balanceMicros: 0n,
    heldMicros: 0n,
    creditLimitMicros: 0n,
    policy: "wait",
    lowBalanceThresholdsMicros: [],
    entryCount: 0,
    lastHash: FIRST_HASH,
    lastEntryAtMs: 0,
    billedSecondsTotal: 0,
    waitingCount: 0,
    waitingMicros: 0n,
  };
}

/** What may be spent: balance − held + credit limit. */
export function availableMicros(wallet: Wallet): bigint {
  return wallet.balanceMicros - wallet.heldMicros + wallet.creditLimitMicros;
}

/** Money in always may; money out as far as the wallet's policy allows. */
export function mayPost(wallet: Wallet, amountMicros: bigint): boolean {
  return amountMicros >= 0n || wallet.policy === "overdraw" ||
    availableMicros(wallet) + amountMicros >= 0n;
}
