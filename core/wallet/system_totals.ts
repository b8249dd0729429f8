/**
 * Totals over all wallets, day by day, always what the entries say.
 *
 * A day is over when no commit can carry its date any more; then its sum is folded into one row. Days
 * that are younger, or not folded yet, are summed from the wallets that moved on them.
 *
 * @module
 */
import { DAY_MS, utcDay } from "../clock.ts";
import { encodeRow } from "../kv/codec.ts";
import { closedDayKey, dayTotalPrefix } from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { type DayTotal, emptyDayTotal, sumDays } from "./day_total.ts";

/** A day is folded no earlier than this after its end: far beyond any clock error or late commit. */
const SETTLED_AFTER_MS = DAY_MS;
/** Days folded back in one go. */
const FOLD_DAYS_MAX = 40;

/** A folded day: totals by currency. */
interface ClosedDay {
  day: string;
  totals: DayTotal[];
}

/** A day's totals, one for each currency that moved; empty for a day without entries. */
export async function getSystemDay(store: Store, day: string): Promise<DayTotal[]> {
  return (await store.get<ClosedDay>(closedDayKey(day)))?.value.totals ??
    await sumOpenDay(store, day);
}

/** The totals of several days, in their order. */
export async function listSystemDays(store: Store, days: readonly string[]): Promise<DayTotal[][]> {
  const rows = await store.getMany<ClosedDay>(days.map(closedDayKey));
  return await Promise.all(days.map((day, i) => rows[i]?.value.totals ?? sumOpenDay(store, day)));
}

/** Folds every day that is over and not folded yet; answers how many. Doing it twice changes nothing. */
export async function foldClosedDays(store: Store, nowMs: number): Promise<number> {
  const newestMs = nowMs - SETTLED_AFTER_MS - DAY_MS;
  const days = Array.from({ length: FOLD_DAYS_MAX }, (_, i) => utcDay(newestMs - i * DAY_MS));
  const rows = await store.getMany<ClosedDay>(days.map(closedDayKey));
  let count = 0;
  for (const [i, day] of days.entries()) {
    if (rows[i]) continue;
    const closed: ClosedDay = { day, totals: await sumOpenDay(store, day) };
    const key = closedDayKey(day);
    await store.commit({ checks: [], puts: [{ key, bytes: encodeRow(key, closed) }], deletes: [] });
    count++;
  }
  return count;
}

/** The UTC days up to and with an instant's, oldest first. */
export function daysUntil(nowMs: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => utcDay(nowMs - (count - 1 - i) * DAY_MS));
}

async function sumOpenDay(store: Store, day: string): Promise<DayTotal[]> {
  const byCurrency = new Map<string, DayTotal>();
  for await (const { value } of everyRow<DayTotal>(store, { prefix: dayTotalPrefix(day) })) {
    const { currency } = value;
    byCurrency.set(
      currency,
      sumDays(byCurrency.get(currency) ?? emptyDayTotal({ day, currency }), [value]),
    );
  }
  return [...byCurrency.values()];
}
