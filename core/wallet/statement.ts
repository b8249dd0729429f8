/**
 * Statements: what a wallet began a period with, every entry of it, and what it ended with.
 *
 * A statement is opened once, which fixes its first and its last entry; as entries never change, whatever is
 * read of it afterwards adds up, however much is posted meanwhile.
 *
 * Goes to: `core/wallet/read_entries.ts`.
 *
 * @module
 */
import { entryKey, entryPrefix, walletKey } from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { type Entry, ENTRY_KINDS, type EntryKind } from "./entry.ts";
import { countEntriesBefore } from "./read_entries.ts";
import type { Wallet } from "./wallet.ts";

/** A period of a ledger: `fromMs` inclusive, `untilMs` exclusive; left out: from its beginning, to its end. */
export interface StatementPeriod {
  /** Whose ledger. */
  accountId: string;
  /** Entries posted then or later. */
  fromMs?: number | undefined;
  /** Entries posted before then. */
  untilMs?: number | undefined;
}

/** A statement without its entries. */
export interface Statement {
  /** Whose. */
  accountId: string;
  /** ISO 4217, of every amount. */
  currency: string;
  /** The balance before its first entry. */
  openingMicros: bigint;
  /** The balance after its last one; opening plus the sum of its entries. */
  closingMicros: bigint;
  /** The number of its first entry; one above `lastSeq` when it has none. */
  firstSeq: number;
  /** The number of its last entry. */
  lastSeq: number;
}

/** What a statement's entries add up to. */
export interface StatementTotals {
  /** Money in. */
  inMicros: bigint;
  /** Money out; not above zero. */
  outMicros: bigint;
  /** Both, by kind; kinds without entries are left out. */
  byKindMicros: Partial<Record<EntryKind, bigint>>;
}

/** The statement of a period; null when there is no such wallet. */
export async function openStatement(
  store: Store,
  { accountId, fromMs, untilMs }: StatementPeriod,
): Promise<Statement | null> {
  const wallet = await store.get<Wallet>(walletKey(accountId));
  if (!wallet) return null;
  const { currency, entryCount } = wallet.value;
  const before = fromMs === undefined
    ? 0
    : await countEntriesBefore(store, { accountId, beforeMs: fromMs });
  const counted = untilMs === undefined
    ? entryCount
    : await countEntriesBefore(store, { accountId, beforeMs: untilMs });
  // A period that ends before it begins has no entries, and the balance of its beginning.
  const lastSeq = Math.max(before, counted);
  const balanceAfter = async (seq: number) =>
    seq === 0 ? 0n : (await store.get<Entry>(entryKey(accountId, seq)))!.value.balanceAfterMicros;
  return {
    accountId,
    currency,
    openingMicros: await balanceAfter(before),
    closingMicros: await balanceAfter(lastSeq),
    firstSeq: before + 1,
    lastSeq,
  };
}

/** The entries of a statement, oldest first. */
export async function* readStatement(store: Store, statement: Statement): AsyncGenerator<Entry> {
  const { accountId, firstSeq, lastSeq } = statement;
  if (firstSeq > lastSeq) return;
  const rows = everyRow<Entry>(store, {
    prefix: entryPrefix(accountId),
    from: entryKey(accountId, firstSeq),
    until: entryKey(accountId, lastSeq + 1),
  });
  for await (const { value } of rows) yield value;
}

/** Adds the entries of a statement up. */
export async function sumStatement(store: Store, statement: Statement): Promise<StatementTotals> {
  const totals: StatementTotals = { inMicros: 0n, outMicros: 0n, byKindMicros: {} };
  for await (const { kind, amountMicros } of readStatement(store, statement)) {
    if (amountMicros > 0n) totals.inMicros += amountMicros;
    else totals.outMicros += amountMicros;
    totals.byKindMicros[kind] = (totals.byKindMicros[kind] ?? 0n) + amountMicros;
  }
  const kinds = ENTRY_KINDS.filter((kind) => totals.byKindMicros[kind] !== undefined);
  const byKindMicros = Object.fromEntries(kinds.map((kind) => [kind, totals.byKindMicros[kind]!]));
  return { ...totals, byKindMicros };
}
