/**
 * Reading a ledger: its entries by time, and the balance at any past instant.
 *
 * Entries are numbered without gaps and their times never go back, so an instant is found by halving
 * the numbers rather than by reading them all.
 *
 * @module
 */
import { entryKey, entryPrefix, walletKey } from "../kv/keys.ts";
import { formatCursor, listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Entry, EntryKind } from "./entry.ts";
import type { Wallet } from "./wallet.ts";

/** Which entries: from an instant (inclusive), until one (exclusive), of one kind. Newest first. */
export interface EntryQuery {
  /** Whose ledger. */
  accountId: string;
  /** From its beginning when left out. */
  fromMs?: number | undefined;
  /** To its end when left out. */
  untilMs?: number | undefined;
  /** Every kind when left out. */
  kind?: EntryKind | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Entries a page may hold. */
  limit: number;
}

/** Pages read at most for one answer when a kind is asked for; the cursor goes on from there. */
const FILTER_PAGES_MAX = 20;

/** A page of entries, newest first; null when the cursor is not one of ours. */
export async function listEntries(store: Store, query: EntryQuery): Promise<Page<Entry> | null> {
  const { accountId, limit, kind } = query;
  const first = query.fromMs === undefined
    ? 1
    : await countEntriesBefore(store, { accountId, beforeMs: query.fromMs }) + 1;
  const end = query.untilMs === undefined
    ? undefined
    : await countEntriesBefore(store, { accountId, beforeMs: query.untilMs }) + 1;
  const range = {
    prefix: entryPrefix(accountId),
    reverse: true,
    from: entryKey(accountId, first),
    ...(end === undefined ? {} : { until: entryKey(accountId, end) }),
  };
  if (!kind) return await listPage<Entry>(store, { ...range, limit, cursor: query.cursor });
  const found: Page<Entry> = { rows: [], nextCursor: query.cursor ?? null };
  for (let pages = 0; pages < FILTER_PAGES_MAX; pages++) {
    const page = await listPage<Entry>(store, {
      ...range,
      limit: 100,
      cursor: found.nextCursor ?? undefined,
    });
    if (!page) return null;
    for (const row of page.rows) {
      if (row.value.kind !== kind) continue;
      found.rows.push(row);
      if (found.rows.length === limit) {
        return {
          rows: found.rows,
          nextCursor: row.value.seq > first ? formatCursor(row.key.slice(2)) : null,
        };
      }
    }
    found.nextCursor = page.nextCursor;
    if (!page.nextCursor) return found;
  }
  return found;
}

/** The balance after the last entry posted at or before an instant; null when there is no wallet. */
export async function getBalanceAt(
  store: Store,
  { accountId, atMs }: { accountId: string; atMs: number },
): Promise<{ wallet: Wallet; balanceMicros: bigint; seq: number } | null> {
  const wallet = await store.get<Wallet>(walletKey(accountId));
  if (!wallet) return null;
  const seq = await countEntriesBefore(store, { accountId, beforeMs: atMs + 1 });
  const entry = seq === 0 ? null : await store.get<Entry>(entryKey(accountId, seq));
  return { wallet: wallet.value, balanceMicros: entry?.value.balanceAfterMicros ?? 0n, seq };
}

/** How many entries were posted before an instant. */
export async function countEntriesBefore(
  store: Store,
  { accountId, beforeMs }: { accountId: string; beforeMs: number },
): Promise<number> {
  const wallet = await store.get<Wallet>(walletKey(accountId));
  let low = 0;
  let high = wallet?.value.entryCount ?? 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const entry = await store.get<Entry>(entryKey(accountId, middle));
    if (entry && entry.value.atMs < beforeMs) low = middle;
    else high = middle - 1;
  }
  return low;
}
