/**
 * Closed bills, newest first: by account, by where they stand, by when they were closed.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import {
  accountKey,
  type Key,
  smsBillByAccountPrefix,
  smsBillByStatusPrefix,
  smsBillByTimePrefix,
  smsBillKey,
  timePart,
} from "../kv/keys.ts";
import { formatCursor, listPage } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { BILL_STATUSES, type BillStatus, type SmsBill } from "./bill.ts";

/** Where a closed bill may stand: everything but `open`. */
export type ClosedStatus = Exclude<BillStatus, "open">;
/** See {@link ClosedStatus}. */
export const CLOSED_STATUSES: readonly ClosedStatus[] = BILL_STATUSES.filter((one) =>
  one !== "open"
);

/** A bill and what its account is called. */
export interface NamedBill {
  /** Closed. */
  bill: SmsBill;
  /** Its id again when the account has no row. */
  accountName: string;
}

/** Which bills: by closing (`fromMs` inclusive, `untilMs` exclusive), account and status. */
export interface BillQuery {
  /** Whose; everybody's when left out. */
  accountId?: string | undefined;
  /** Any when left out. */
  status?: ClosedStatus | undefined;
  /** Closed then or later. */
  fromMs?: number | undefined;
  /** Closed before then. */
  untilMs?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Bills a page may hold. */
  limit: number;
}

/** A page of bills, and where the next one starts; null at the end. */
export interface BillPage {
  /** Newest first. */
  bills: NamedBill[];
  /** Also there while nothing was found yet and bills are left to look at. */
  nextCursor: string | null;
}

/** Bills looked at for one answer; a page may be short, even empty, while its cursor goes on. */
export const BILLS_LOOKED_AT_MAX = 2_000;
const PAGE_ROWS_MAX = 200;

/** A page of bills, newest first; null when the cursor is not one of ours. */
export async function listBills(store: Store, query: BillQuery): Promise<BillPage | null> {
  const { status, limit } = query;
  const isSieved = query.accountId !== undefined && status !== undefined;
  const pageRows = isSieved ? PAGE_ROWS_MAX : Math.min(limit, PAGE_ROWS_MAX);
  const bills: SmsBill[] = [];
  let nextCursor = query.cursor ?? null;
  for (let seen = 0; seen < BILLS_LOOKED_AT_MAX; seen += pageRows) {
    const page = await readPlaces(store, { query, pageRows, cursor: nextCursor ?? undefined });
    if (!page) return null;
    const rows = await store.getMany<SmsBill>(page.places.map((place) => smsBillKey(place[1]!)));
    for (const [i, row] of rows.entries()) {
      // A bill may have moved on since its place in the index was read.
      if (!row || (status !== undefined && row.value.status !== status)) continue;
      bills.push(row.value);
      if (bills.length < limit) continue;
      const isLast = i === rows.length - 1 && page.nextCursor === null;
      nextCursor = isLast ? null : formatCursor(page.places[i]!);
      return { bills: await nameBills(store, bills), nextCursor };
    }
    nextCursor = page.nextCursor;
    if (!nextCursor) break;
  }
  return { bills: await nameBills(store, bills), nextCursor };
}

/** A closed bill; null when there is none, or while it still collects. */
export async function getNamedBill(store: Store, billId: string): Promise<NamedBill | null> {
  const row = await store.get<SmsBill>(smsBillKey(billId));
  if (!row || row.value.status === "open") return null;
  return (await nameBills(store, [row.value]))[0]!;
}

/** The bills with the names of their accounts. */
export async function nameBills(store: Store, bills: readonly SmsBill[]): Promise<NamedBill[]> {
  const ids = [...new Set(bills.map(({ accountId }) => accountId))];
  const rows = await store.getMany<Account>(ids.map(accountKey));
  const names = new Map(ids.map((id, i) => [id, rows[i]?.value.name ?? id]));
  return bills.map((bill) => ({ bill, accountName: names.get(bill.accountId)! }));
}

async function readPlaces(
  store: Store,
  { query, pageRows, cursor }: {
    query: BillQuery;
    pageRows: number;
    cursor: string | undefined;
  },
): Promise<{ places: Key[]; nextCursor: string | null } | null> {
  const { fromMs, untilMs } = query;
  const prefix = prefixOf(query);
  const page = await listPage<object>(store, {
    prefix,
    reverse: true,
    limit: pageRows,
    cursor,
    ...(fromMs === undefined ? {} : { from: [...prefix, timePart(fromMs)] }),
    ...(untilMs === undefined ? {} : { until: [...prefix, timePart(untilMs)] }),
  });
  if (!page) return null;
  const places = page.rows.map(({ key }) => key.slice(prefix.length));
  return { places, nextCursor: page.nextCursor };
}

/** Every one of these indexes goes on with the closing and the id, so a cursor fits each of them. */
function prefixOf({ accountId, status }: BillQuery): Key {
  if (accountId !== undefined) return smsBillByAccountPrefix(accountId);
  return status === undefined ? smsBillByTimePrefix : smsBillByStatusPrefix(status);
}
