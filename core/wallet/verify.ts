/**
 * Proves a wallet: every entry in its place, sealed and chained, and the balance their sum.
 *
 * @module
 */
import { utcDay } from "../clock.ts";
import { dayTotalKey, entryPrefix, type Key, walletKey } from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { addToDay, type DayTotal, emptyDayTotal } from "./day_total.ts";
import { type Entry, hashEntry } from "./entry.ts";
import { FIRST_HASH, type Wallet } from "./wallet.ts";

/** The first thing that does not add up in a wallet; `seq` 0 means the wallet or a day, not an entry. */
export interface Difference {
  accountId: string;
  seq: number;
  reason: string;
}

/** What was found in one wallet. */
export interface WalletProof {
  entries: number;
  difference: Difference | null;
}

/** Times a wallet that is busy is read again before its state is taken as it is. */
const FENCE_TRIES = 5;

/**
 * Recomputes one wallet from its entries and hashes, and its daily totals with it.
 *
 * Pages are no snapshot of each other, so the wallet is read before and after; if it moved, again.
 */
export async function verifyWallet(store: Store, accountId: string): Promise<WalletProof> {
  let proof: WalletProof = { entries: 0, difference: null };
  for (let tries = 0; tries < FENCE_TRIES; tries++) {
    const before = await store.get<Wallet>(walletKey(accountId));
    if (!before) {
      return { entries: 0, difference: { accountId, seq: 0, reason: "the wallet is missing" } };
    }
    proof = await proveEntries(store, before.value);
    const after = await store.get<Wallet>(walletKey(accountId));
    if (!proof.difference || after?.versionstamp === before.versionstamp) return proof;
  }
  return proof;
}

async function proveEntries(store: Store, wallet: Wallet): Promise<WalletProof> {
  const { accountId } = wallet;
  const days = new Map<string, Pick<DayTotal, "byKindMicros" | "entryCount">>();
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
    const day = utcDay(entry.atMs);
    const total = days.get(day) ?? emptyDayTotal({ day, currency: wallet.currency });
    days.set(
      day,
      addToDay(total as DayTotal, { kind: entry.kind, amountMicros: entry.amountMicros }),
    );
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
  const wrongDay = await findWrongDay(store, { accountId, days });
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

async function findWrongDay(
  store: Store,
  { accountId, days }: {
    accountId: string;
    days: Map<string, Pick<DayTotal, "byKindMicros" | "entryCount">>;
  },
): Promise<string | null> {
  const names = [...days.keys()];
  const keys: Key[] = names.map((day) => dayTotalKey(day, accountId));
  const rows = await store.getMany<DayTotal>(keys);
  const wrong = names.findIndex((day, i) => {
    const kept = rows[i]?.value;
    const said = days.get(day)!;
    const kinds = Object.keys({
      ...said.byKindMicros,
      ...kept?.byKindMicros,
    }) as (keyof DayTotal["byKindMicros"])[];
    return !kept || kept.entryCount !== said.entryCount ||
      kinds.some((kind) => (kept.byKindMicros[kind] ?? 0n) !== (said.byKindMicros[kind] ?? 0n));
  });
  return wrong < 0 ? null : names[wrong]!;
}
