/**
 * One UTC day's debits held against Sippy's own list: what agrees, and everything that does not.
 *
 * Comparing is pure; what came of it is kept, one row a day. A day is that of our requests.
 *
 * Goes to: `core/sms_billing/sippy_debit.ts`, `core/kv/page.ts`.
 *
 * @module
 */
import { debitComparisonKey, debitComparisonPrefix } from "../kv/keys.ts";
import { listPage } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { SmsBill } from "./bill.ts";
import { isInDoubt, isSameMoney, referenceIn } from "./sippy_debit.ts";
import type { ListedDebit } from "./sippy_gateway.ts";

/** Who knows it: we say paid and they have none; they have one that is not ours to have; both, and not the same money. */
export const DEBIT_DIFFERENCES = ["ours_only", "theirs_only", "different"] as const;
/** One of {@link DEBIT_DIFFERENCES}. */
export type DebitDifference = typeof DEBIT_DIFFERENCES[number];

/** Something a person must look at. */
export interface DebitItem {
  /** Who knows it. */
  kind: DebitDifference;
  /** What is wrong with it. */
  reason: "no_debit" | "unknown_reference" | "booked_twice" | "bill_not_paid" | "other_amount";
  /** Null when no bill of ours has this reference. */
  billId: string | null;
  /** Whose bill; null without one. */
  accountId: string | null;
  /** The account there. */
  iAccount: number;
  /** Sippy's number of the debit; null when they have none, or do not tell. */
  iPayment: number | null;
  /** What stands in its notes behind `ref=`; null when it cannot be read. */
  reference: string | null;
  /** ISO 4217; of ours, else of theirs; null when neither tells. */
  currency: string | null;
  /** What we asked for; null without a bill. */
  oursMicros: bigint | null;
  /** What they took; null without a debit, or when they do not tell. */
  theirsMicros: bigint | null;
}

/** What a day came to. */
export interface DebitComparison {
  /** UTC, as `2026-11-20`. */
  day: string;
  /** Done when every account's list was read; failed while one could not be. */
  state: "pending" | "done" | "failed";
  /** Why it failed; null when it did not. */
  failure: string | null;
  /** Debits that are on both sides, the same. */
  matched: number;
  /** Bills whose outcome was not known yet: a later comparison of the day has them. */
  waiting: number;
  /** What the paid bills came to, by currency. */
  oursMicros: Record<string, bigint>;
  /** What the debits with a reference of our form came to, by currency. */
  theirsMicros: Record<string, bigint>;
  /** What does not agree; of very many the first {@link ITEMS_MAX}. */
  items: DebitItem[];
  /** How many there are; 0: the day closes. */
  openCount: number;
  /** Accounts up to this one are compared; null before the first. */
  readTo: number | null;
  /** When this comparison began. */
  startedAtMs: number;
  /** When it ended; null until then. */
  finishedAtMs: number | null;
}

/** Items one row keeps, well inside the size of a row. */
export const ITEMS_MAX = 100;

/** A comparison that has read nothing yet. */
export function freshComparison(
  { day, startedAtMs }: { day: string; startedAtMs: number },
): DebitComparison {
  return {
    day,
    state: "pending",
    failure: null,
    matched: 0,
    waiting: 0,
    oursMicros: {},
    theirsMicros: {},
    items: [],
    openCount: 0,
    readTo: null,
    startedAtMs,
    finishedAtMs: null,
  };
}

/** One account of the switch: our bills that asked it, and the debits it lists. */
export interface AccountSides {
  /** The account there. */
  iAccount: number;
  /** Bills of ours whose latest request of the day went to it. */
  bills: readonly SmsBill[];
  /** What it lists around the day. */
  payments: readonly ListedDebit[];
  /** References of bills of other days. */
  knownReferences: ReadonlySet<string>;
}

/** The comparison with one more account in it. */
export function addAccount(comparison: DebitComparison, sides: AccountSides): DebitComparison {
  const after = structuredClone(comparison);
  const { iAccount, bills, knownReferences } = sides;
  const mine = sides.payments.filter((one) => one.iAccount === null || one.iAccount === iAccount);
  const byReference = Map.groupBy(mine, ({ notes }) => referenceIn(notes));
  byReference.delete(null);
  for (const payment of [...byReference.values()].flat()) addTo(after.theirsMicros, payment);
  for (const bill of bills) {
    const reference = referenceIn(bill.sippy?.reference ?? null);
    const named = byReference.get(reference) ?? [];
    byReference.delete(reference);
    compareBill(after, { bill, named, iAccount });
  }
  for (const [reference, payments] of byReference) {
    if (reference === null || knownReferences.has(reference)) continue;
    for (const payment of payments) {
      addItem(after, {
        kind: "theirs_only",
        reason: "unknown_reference",
        bill: null,
        payment,
        iAccount,
      });
    }
  }
  return { ...after, readTo: iAccount };
}

function compareBill(
  after: DebitComparison,
  { bill, named, iAccount }: { bill: SmsBill; named: readonly ListedDebit[]; iAccount: number },
): void {
  if (bill.status === "paid") {
    addTo(after.oursMicros, { amountMicros: bill.sippy!.amountMicros, currency: bill.currency });
    const wanted = { amountMicros: bill.sippy!.amountMicros, currency: bill.currency };
    const same = named.find((payment) => isSameMoney(payment, wanted));
    const [first] = same ? [same] : named;
    if (same) after.matched++;
    else if (first) {
      addItem(after, { kind: "different", reason: "other_amount", bill, payment: first, iAccount });
    } else {
      addItem(after, { kind: "ours_only", reason: "no_debit", bill, payment: null, iAccount });
    }
    for (const payment of named.filter((one) => one !== first)) {
      addItem(after, { kind: "theirs_only", reason: "booked_twice", bill, payment, iAccount });
    }
  } else if (bill.sippy && bill.status === "processing" && isInDoubt(bill.sippy)) {
    after.waiting++;
  } else {
    for (const payment of named) {
      addItem(after, { kind: "theirs_only", reason: "bill_not_paid", bill, payment, iAccount });
    }
  }
}

function addItem(
  after: DebitComparison,
  { kind, reason, bill, payment, iAccount }: Pick<DebitItem, "kind" | "reason" | "iAccount"> & {
    bill: SmsBill | null;
    payment: ListedDebit | null;
  },
): void {
  after.openCount++;
  if (after.items.length >= ITEMS_MAX) return;
  after.items.push({
    kind,
    reason,
    billId: bill?.id ?? null,
    accountId: bill?.accountId ?? null,
    iAccount,
    iPayment: payment?.iPayment ?? null,
    reference: referenceIn(bill?.sippy?.reference ?? payment?.notes ?? null),
    currency: bill?.currency ?? payment?.currency ?? null,
    oursMicros: bill?.sippy?.amountMicros ?? null,
    theirsMicros: payment?.amountMicros ?? null,
  });
}

function addTo(
  sums: Record<string, bigint>,
  { amountMicros, currency }: Pick<ListedDebit, "amountMicros" | "currency">,
): void {
  const name = /^[A-Za-z]{3}$/.test(currency ?? "") ? currency!.toUpperCase() : "unknown";
  sums[name] = (sums[name] ?? 0n) + (amountMicros ?? 0n);
}

/** What a day came to, or null when it was never compared. */
export async function getDebitComparison(
  store: Store,
  day: string,
): Promise<DebitComparison | null> {
  return (await store.get<DebitComparison>(debitComparisonKey(day)))?.value ?? null;
}

/** A page of days, newest first; null when the cursor is not one of ours. */
export async function listDebitComparisons(
  store: Store,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ rows: DebitComparison[]; nextCursor: string | null } | null> {
  const prefix = debitComparisonPrefix;
  const page = await listPage<DebitComparison>(store, { prefix, reverse: true, cursor, limit });
  return page && { ...page, rows: page.rows.map(({ value }) => value) };
}
