/**
 * What is known of a debit, when it can be known, and what a search of Sippy's list tells. Pure.
 *
 * Sippy has no request id: a reference in the debit's notes, its amount and its narrow window of time
 * are all there is to recognise it by.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../clock.ts";
import type { SippyDebit } from "./bill.ts";
import type { ListedDebit } from "./sippy_gateway.ts";

/**
 * A debit is not sent later than this after its attempt began. Whoever was held up for longer may have
 * been taken for dead, and somebody else may be deciding already.
 */
export const SEND_WITHIN_MS: number = 35 * SECOND_MS;

/** How long a request that was begun in time may still be answered. */
const REQUEST_MS_MAX = 40 * SECOND_MS;
/** By how much the clocks of two machines may differ. */
const CLOCK_ERROR_MS = 30 * SECOND_MS;

/**
 * Nothing is sent again, and no sender is taken for dead, before that: the request itself may still be on
 * its way, and a search that finds nothing would say nothing.
 */
export const SETTLE_MS_MIN: number = SEND_WITHIN_MS + REQUEST_MS_MAX + CLOCK_ERROR_MS;

/** From then on a debit that was executed is listed. */
export function settledAtMs(debit: Pick<SippyDebit, "sentAtMs">, settleMs: number): number {
  return debit.sentAtMs + Math.max(settleMs, SETTLE_MS_MIN);
}

/** Searches after the settle window begin this much after its end, the first one first. */
const LOOKUP_OFFSETS_MS = [0, 5, 15, 30, 60, 120].map((minutes) => minutes * MINUTE_MS);
/** So many searches that found nothing, the last one well after the window, leave it to a person. */
export const EMPTY_LOOKUPS_MAX = 3;
/** So many searches, answered or not, leave it to a person. */
export const LOOKUPS_MAX: number = LOOKUP_OFFSETS_MS.length;

/**
 * When a debit in doubt is searched for next. One whose request has ended may be searched for as early as
 * the installation says: finding it settles it, and what is not found is looked for again long after.
 */
export function lookupDueAtMs(
  debit: Pick<SippyDebit, "sentAtMs" | "lookups" | "state">,
  settleMs: number,
): number {
  const beginsMs = debit.state === "unknown"
    ? debit.sentAtMs + settleMs
    : settledAtMs(debit, settleMs);
  return beginsMs + (LOOKUP_OFFSETS_MS[debit.lookups] ?? 0);
}

/** Whether nobody knows if it was executed. One that is `sending` is so while its sender lives, and after. */
export function isInDoubt(debit: Pick<SippyDebit, "state">): boolean {
  return debit.state === "sending" || debit.state === "unknown";
}

/** Seconds are cut off, and clocks differ. */
const WINDOW_MARGIN_MS = 5 * MINUTE_MS;

/** A stretch of time, both ends included. */
export interface TimeWindow {
  /** Its begin. */
  fromMs: number;
  /** Its end. */
  untilMs: number;
}

/**
 * Where to search: around the payment time we sent, and, should the switch have taken its own, around
 * the latest request. They do not overlap, so that no debit is seen twice.
 */
export function searchWindows(
  { paymentTimeMs, sentAtMs }: Pick<SippyDebit, "paymentTimeMs" | "sentAtMs">,
  settleMs: number,
): TimeWindow[] {
  return mergeWindows([
    { fromMs: paymentTimeMs - WINDOW_MARGIN_MS, untilMs: paymentTimeMs + WINDOW_MARGIN_MS },
    {
      fromMs: sentAtMs - WINDOW_MARGIN_MS,
      untilMs: Math.max(settledAtMs({ sentAtMs }, settleMs), sentAtMs) + WINDOW_MARGIN_MS,
    },
  ]);
}

/** The same stretches of time, in order, without overlaps. */
export function mergeWindows(windows: readonly TimeWindow[]): TimeWindow[] {
  const merged: TimeWindow[] = [];
  for (const window of windows.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    // Ends are rounded to whole seconds on the way.
    if (last && window.fromMs <= last.untilMs + 2 * SECOND_MS) {
      last.untilMs = Math.max(last.untilMs, window.untilMs);
    } else merged.push({ ...window });
  }
  return merged;
}

/** What a list says of one debit. Only `booked` and `not_booked` can be acted on. */
export type DebitFinding =
  | { status: "booked" }
  | { status: "not_booked" }
  | { status: "unclear"; reason: UnclearReason };

/** Why a person must look: twice there, not as we asked for it, or there without its reference. */
export type UnclearReason = "booked_twice" | "booked_differently" | "booked_without_reference";

/** Looks for a debit among those that Sippy lists. */
export function findDebit(
  payments: readonly ListedDebit[],
  { debit, currency }: {
    debit: Pick<SippyDebit, "reference" | "iAccount" | "amountMicros">;
    currency: string;
  },
): DebitFinding {
  const mine = payments.filter(({ iAccount }) => iAccount === null || iAccount === debit.iAccount);
  const named = mine.filter(({ notes }) => notes?.includes(debit.reference));
  if (named.length > 1) return { status: "unclear", reason: "booked_twice" };
  const [one] = named;
  if (one) {
    return isSameMoney(one, { amountMicros: debit.amountMicros, currency })
      ? { status: "booked" }
      : { status: "unclear", reason: "booked_differently" };
  }
  // Whether the switch keeps notes, and how much of them, is not documented.
  const isNameless = (notes: string | null) => debit.reference.startsWith((notes ?? "").trim());
  const isLike = mine.some((payment) =>
    payment.amountMicros === debit.amountMicros && isNameless(payment.notes)
  );
  return isLike
    ? { status: "unclear", reason: "booked_without_reference" }
    : { status: "not_booked" };
}

/** Whether a listed debit is this much of this currency; a currency that is not told is not held against it. */
export function isSameMoney(
  listed: Pick<ListedDebit, "amountMicros" | "currency">,
  { amountMicros, currency }: { amountMicros: bigint; currency: string },
): boolean {
  const isSameCurrency = listed.currency === null ||
    listed.currency.trim().toUpperCase() === currency;
  return listed.amountMicros === amountMicros && isSameCurrency;
}

const REFERENCE = /smsbill ref=([0-9a-f-]{36})/;

/** The reference of a bill; `id` is drawn once and never used again. */
export function formatReference(id: string): string {
  return `smsbill ref=${id}`;
}

/** What stands behind `ref=` in a debit's notes; null when they are not of our form. */
export function referenceIn(notes: string | null): string | null {
  return REFERENCE.exec(notes ?? "")?.[1] ?? null;
}
