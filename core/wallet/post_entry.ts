/**
 * Stages one ledger line: the only code that changes a balance.
 *
 * Whether the posting was made before is answered by the row that causes it (a charge, a stored money
 * request), which sits beneath the same wallet and lists its entries; here it is written, or refused.
 *
 * Goes to: `core/wallet/entry.ts`, `core/wallet/day_total.ts`, `core/wallet/low_balance.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import { entryKey, walletKey } from "../kv/keys.ts";
import { AMOUNT_MICROS_MAX } from "../money.ts";
import { lowBalanceNotice } from "../notices/causes.ts";
import { type FreshNotice, stageNotice } from "../notices/notice.ts";
import { recordDayChange } from "./day_total.ts";
import { type Entry, type EntryKind, type EntrySource, hashEntry } from "./entry.ts";
import { stepThresholds } from "./low_balance.ts";
import { availableMicros, mayPost, type Wallet } from "./wallet.ts";

/** What to post. Signed: money out is negative. */
export interface Posting {
  /** Whose wallet. */
  accountId: string;
  /** Why money moves. */
  kind: EntryKind;
  /** Never zero. */
  amountMicros: bigint;
  /** What causes it. */
  source: EntrySource;
  /** Cut at {@link DESCRIPTION_LENGTH_MAX} characters. */
  description: string;
  /** Moved up to the time of the newest entry when that is later. */
  atMs: number;
  /** Who: an e-mail, or a program's name such as `sync`. */
  actor: string;
  /** Empty when left out. */
  metadata?: Record<string, string>;
  /** The service whose charges the amount counts into. */
  service?: string;
}

/** Posted, or why not. */
export type PostOutcome =
  | { status: "posted"; entry: Entry; wallet: Wallet }
  | { status: "account_not_found" }
  | { status: "insufficient_funds"; availableMicros: bigint }
  | { status: "balance_out_of_range" };

/** Longest description an entry keeps. */
export const DESCRIPTION_LENGTH_MAX = 200;

/** Stages the entry, the balance and the day's total, or refuses and stages nothing. */
export async function postEntry(batch: Batch, posting: Posting): Promise<PostOutcome> {
  const { accountId, amountMicros } = posting;
  assert(amountMicros !== 0n, "Cannot post an entry of zero");
  const wallet = await batch.get<Wallet>(walletKey(accountId));
  if (!wallet) return { status: "account_not_found" };
  if (!mayPost(wallet, amountMicros)) {
    return { status: "insufficient_funds", availableMicros: availableMicros(wallet) };
  }
  const balanceMicros = wallet.balanceMicros + amountMicros;
  if (balanceMicros > AMOUNT_MICROS_MAX || balanceMicros < -AMOUNT_MICROS_MAX) {
    return { status: "balance_out_of_range" };
  }
  const entry = nextEntry(wallet, posting);

  // From here on it succeeds.
  const { wallet: told, notice } = tellIfLow(wallet, entry);
  const after: Wallet = {
    ...told,
    balanceMicros,
    entryCount: entry.seq,
    lastHash: entry.hash,
    lastEntryAtMs: entry.atMs,
  };
  if (notice) await stageNotice(batch, notice);
  batch.set(entryKey(accountId, entry.seq), entry);
  batch.set(walletKey(accountId), after);
  const { kind, service } = posting;
  await recordDayChange(batch, {
    accountId,
    currency: wallet.currency,
    day: utcDay(entry.atMs),
    change: { kind, amountMicros, ...(service === undefined ? {} : { service }) },
  });
  return { status: "posted", entry, wallet: after };
}

/** The wallet with what people have been told of its thresholds by this entry, and what they are told now. */
function tellIfLow(
  wallet: Wallet,
  { seq, balanceAfterMicros, amountMicros, source, atMs }: Entry,
): { wallet: Wallet; notice: FreshNotice | null } {
  const { lowBalanceToldMicros: _, ...armed } = wallet;
  const isMoneyIn = amountMicros > 0n && source.type === "request";
  const { passedMicros, toldMicros } = stepThresholds(wallet, {
    balanceMicros: balanceAfterMicros,
    isMoneyIn,
  });
  const { accountId, currency } = wallet;
  return {
    wallet: toldMicros === null ? armed : { ...armed, lowBalanceToldMicros: toldMicros },
    notice: passedMicros === null ? null : lowBalanceNotice({
      accountId,
      seq,
      thresholdMicros: passedMicros,
      balanceMicros: balanceAfterMicros,
      currency,
      atMs,
    }),
  };
}

function nextEntry(wallet: Wallet, posting: Posting): Entry {
  const unsealed = {
    seq: wallet.entryCount + 1,
    kind: posting.kind,
    amountMicros: posting.amountMicros,
    balanceAfterMicros: wallet.balanceMicros + posting.amountMicros,
    source: posting.source,
    description: posting.description.slice(0, DESCRIPTION_LENGTH_MAX).toWellFormed(),
    // Clocks of two isolates differ; a ledger reads downward in time all the same.
    atMs: Math.max(posting.atMs, wallet.lastEntryAtMs),
    actor: posting.actor,
    metadata: posting.metadata ?? {},
    prevHash: wallet.lastHash,
  };
  return { ...unsealed, hash: hashEntry(wallet, unsealed) };
}
