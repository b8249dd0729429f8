/**
 * What one UTC day's entries of one wallet add up to, kept in the commit that writes the entries.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { dayTotalKey } from "../kv/keys.ts";
import type { EntryKind } from "./entry.ts";

/** Totals of a day; but for `byKindMicros`, its records are by service. */
export interface DayTotal {
  /** UTC, as `2026-11-20`. */
  day: string;
  /** Absent in sums over several wallets. */
  accountId?: string;
  /** ISO 4217; of every amount here. */
  currency: string;
  /** Sums of its entries: money out is negative. */
  byKindMicros: Partial<Record<EntryKind, bigint>>;
  /** What we took less what we gave back, so mostly positive. */
  chargedMicros: Record<string, bigint>;
  /** What carriers took from us, in the wallet's currency only. */
  costMicros: Record<string, bigint>;
  /** Usage billed for the first time on this day. */
  usageCount: Record<string, number>;
  /** Entries posted on it. */
  entryCount: number;
}

/** A day on which nothing happened. */
export function emptyDayTotal(of: { day: string; currency: string; accountId?: string }): DayTotal {
  return {
    ...of,
    byKindMicros: {},
    chargedMicros: {},
    costMicros: {},
    usageCount: {},
    entryCount: 0,
  };
}

/** What a change adds to a day. */
export interface DayChange {
  /** Of the entry; absent when there is none. */
  kind?: EntryKind;
  /** The entry's, signed as it is. */
  amountMicros?: bigint;
  /** Whose charges, cost and count change; absent: nobody's. */
  service?: string;
  /** What carriers took more than was counted before; may be negative. */
  costMicros?: bigint;
  /** Usage billed for the first time. */
  usageCount?: number;
}

/** The day with the change in it; the original stays as it was. */
export function addToDay(total: DayTotal, change: DayChange): DayTotal {
  const next = { ...total };
  const amountMicros = change.amountMicros ?? 0n;
  if (change.kind) {
    next.byKindMicros = {
      ...total.byKindMicros,
      [change.kind]: (total.byKindMicros[change.kind] ?? 0n) + amountMicros,
    };
    next.entryCount += 1;
  }
  const { service } = change;
  if (service === undefined) return next;
  next.chargedMicros = {
    ...total.chargedMicros,
    [service]: (total.chargedMicros[service] ?? 0n) - amountMicros,
  };
  if (change.costMicros) {
    next.costMicros = {
      ...total.costMicros,
      [service]: (total.costMicros[service] ?? 0n) + change.costMicros,
    };
  }
  if (change.usageCount) {
    next.usageCount = {
      ...total.usageCount,
      [service]: (total.usageCount[service] ?? 0) + change.usageCount,
    };
  }
  return next;
}

/** Stages a change of one wallet's day. */
export async function recordDayChange(
  batch: Batch,
  { accountId, currency, day, change }: {
    accountId: string;
    currency: string;
    day: string;
    change: DayChange;
  },
): Promise<void> {
  const key = dayTotalKey(day, accountId);
  const total = (await batch.get<DayTotal>(key)) ?? emptyDayTotal({ day, currency, accountId });
  batch.set(key, addToDay(total, change));
}

/** The sum of several days' or wallets' totals in one currency. */
export function sumDays(into: DayTotal, totals: Iterable<DayTotal>): DayTotal {
  const sum = { ...into, byKindMicros: { ...into.byKindMicros } };
  sum.chargedMicros = { ...into.chargedMicros };
  sum.costMicros = { ...into.costMicros };
  sum.usageCount = { ...into.usageCount };
  for (const total of totals) {
    addEach(
      sum.byKindMicros as Record<string, bigint>,
      total.byKindMicros as Record<string, bigint>,
      0n,
    );
    addEach(sum.chargedMicros, total.chargedMicros, 0n);
    addEach(sum.costMicros, total.costMicros, 0n);
    for (const [name, count] of Object.entries(total.usageCount)) {
      sum.usageCount[name] = (sum.usageCount[name] ?? 0) + count;
    }
    sum.entryCount += total.entryCount;
  }
  return sum;
}

function addEach(into: Record<string, bigint>, from: Record<string, bigint>, zero: bigint): void {
  for (const [name, micros] of Object.entries(from)) into[name] = (into[name] ?? zero) + micros;
}
