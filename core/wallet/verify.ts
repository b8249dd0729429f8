/**
 * Proves a wallet: every entry in its place, sealed and chained, and the balance their sum.
 *
 * @module
 */
import { utcDay } from "../clock.ts";
import { dayTotalKey, entryKey, entryPrefix, type Key, walletKey } from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { addToDay, type DayTotal, emptyDayTotal } from "./day_total.ts";
import { type Entry, hashEntry } from "./entry.ts";
import { FIRST_HASH, type Wallet } from "./wallet.ts";

/** The first thing that does not add up in a wallet; `seq` 0 means the wallet or a day, not an entry. */
export interface Difference {
  /** Whose wallet. */
  accountId: string;
  /** The number of the entry. */
  seq: number;
  /** In words, for people. */
  reason: string;
}

/** What was found in one wallet. */
export interface WalletProof {
  /** Entries found right, up to the first difference. */
  entries: number;
  /** Null when everything adds up. */
  difference: Difference | null;
}

/**
 * Recomputes one wallet from its entries and hashes, and its daily totals with it.
 *
 * A wallet that moves meanwhile is no difference: entries up to the number the wallet was read with
 * never change, and the one day that may still grow is compared with a wallet of the same snapshot.
 */
export async function verifyWallet(store: Store, accountId: string): Promise<WalletProof> {
  const wallet = await store.get<Wallet>(walletKey(accountId));
  return wallet ? await proveEntries(store, wallet.value) : {
    entries: 0,
    difference: { accountId, seq: 0, reason: "the wallet is missing" },
  };
}

async function proveEntries(store: Store, wallet: Wallet): Promise<WalletProof> {
  const { accountId } = wallet;
  const days = new Map<string, DayTotal>();
  let last = { seq: 0, balanceAfterMicros: 0n, hash: FIRST_HASH, atMs: 0 } as Entry;
  const differ = (seq: number, reason: string): WalletProof => ({
    entries: last.seq,
    difference: { accountId, seq, reason },
  });
  for await (const { value: entry } of everyRow<Entry>(store, { prefix: entryPrefix(accountId) })) {
    // Entries posted after the wallet was read belong to the next look.
    if (entry.seq > wallet.entryCount) break;
    const reason = faultOf(wallet, { last, entry });
    if (reason) return differ(last.seq + 1, reason);
    addEntry(days, entry);
    last = entry;
  }
  if (last.seq !== wallet.entryCount) return differ(last.seq + 1, "the entry is missing");
  if (last.hash !== wallet.lastHash) return differ(last.seq, "the wallet names another last hash");
  if (last.balanceAfterMicros !== wallet.balanceMicros) {
    return differ(
      0,
      `the balance is ${wallet.balanceMicros}, the entries sum to ${last.balanceAfterMicros} micros`,
    );
  }
  const wrongDay = await findWrongDay(store, { accountId, days, last });
  return wrongDay
    ? differ(0, `the total of ${wrongDay} is not what its entries say`)
    : { entries: last.seq, difference: null };
}

function faultOf(wallet: Wallet, { last, entry }: { last: Entry; entry: Entry }): string | null {
  if (entry.seq !== last.seq + 1) return "the entry is missing";
  if (entry.prevHash !== last.hash) return "the entry does not continue the one before";
  if (entry.hash !== hashEntry(wallet, entry)) return "the entry does not match its hash";
  if (entry.balanceAfterMicros !== last.balanceAfterMicros + entry.amountMicros) {
    return "the balance after it is wrong";
  }
  return entry.atMs < last.atMs ? "the entry is older than the one before" : null;
}

function addEntry(days: Map<string, DayTotal>, { atMs, kind, amountMicros }: Entry): void {
  const day = utcDay(atMs);
  // Only kinds and their sums are compared, so the currency of the sum says nothing.
  const total = days.get(day) ?? emptyDayTotal({ day, currency: "" });
  days.set(day, addToDay(total, { kind, amountMicros }));
}

/** Entries never go back in time, so only the day of the last one can have grown since it was read. */
async function findWrongDay(
  store: Store,
  { accountId, days, last }: { accountId: string; days: Map<string, DayTotal>; last: Entry },
): Promise<string | null> {
  const keys: Key[] = [...days.keys()].map((day) => dayTotalKey(day, accountId));
  const kept = new Map(
    (await store.getMany<DayTotal>(keys)).flatMap((row) => row ? [[row.key[1]!, row.value]] : []),
  );
  if (last.seq > 0) await catchUp(store, { accountId, days, kept, last });
  return [...days].find(([day, said]) => !isSameDay(kept.get(day), said))?.[0] ?? null;
}

/** Brings the last day up to one snapshot: its total, and the entries the wallet counts by then. */
async function catchUp(
  store: Store,
  { accountId, days, kept, last }: {
    accountId: string;
    days: Map<string, DayTotal>;
    kept: Map<string, DayTotal>;
    last: Entry;
  },
): Promise<void> {
  const day = utcDay(last.atMs);
  // Two keys are one group of a read, and so one snapshot.
  const [wallet, total] = await store.getMany<Wallet | DayTotal>([
    walletKey(accountId),
    dayTotalKey(day, accountId),
  ]);
  if (total) kept.set(day, total.value as DayTotal);
  else kept.delete(day);
  const { entryCount } = wallet!.value as Wallet;
  const since = Array.from({ length: entryCount - last.seq }, (_, i) => last.seq + 1 + i);
  const rows = await store.getMany<Entry>(since.map((seq) => entryKey(accountId, seq)));
  for (const row of rows) if (row && utcDay(row.value.atMs) === day) addEntry(days, row.value);
}

function isSameDay(kept: DayTotal | undefined, said: DayTotal): boolean {
  const kinds = Object.keys({
    ...said.byKindMicros,
    ...kept?.byKindMicros,
  }) as (keyof DayTotal["byKindMicros"])[];
  return kept?.entryCount === said.entryCount &&
    kinds.every((kind) => (kept.byKindMicros[kind] ?? 0n) === (said.byKindMicros[kind] ?? 0n));
}
