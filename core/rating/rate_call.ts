/**
 * Prices one finished call: pure, exact, and with a trace that alone reproduces the amount.
 *
 * Rounded once per charge, half away from zero, at the micro-unit.
 *
 * @module
 */
import { divideRounded, formatMicros, parseAmount } from "../money.ts";
import type { Increment, PerMinuteTerms } from "./rate_plan.ts";

/** Everything a charge was computed from, frozen with it. Amounts are decimal text. */
export interface CallTrace {
  /** The plan's id. */
  plan: string;
  /** Its version. */
  version: number;
  /** How it prices. */
  kind: "per_minute";
  /** ISO 4217. */
  currency: string;
  /** Seconds talked, as the carrier reports them; 0 when nobody answered. */
  seconds: number;
  /** Seconds after the increment. */
  billedSeconds: number;
  /** What the seconds were rounded up by. */
  increment: Increment;
  /** The month whose free minutes were drawn on; null on plans without. */
  freeMonth: string | null;
  /** Of the billed ones. */
  freeSecondsUsed: number;
  /** The same in minutes, a started one counting whole. */
  freeMinutesUsed: number;
  /** Per minute. */
  rate: string;
  /** In words that a calculator understands. */
  formula: string;
  /** The charge. */
  result: string;
}

/** A call to price: on which terms, and what is left of its month's free minutes. */
export interface CallToRate {
  /** The plan's id. */
  plan: string;
  /** Its version. */
  version: number;
  /** ISO 4217. */
  currency: string;
  /** The terms of that version. */
  terms: PerMinuteTerms;
  /** Seconds talked; 0 when nobody answered. */
  seconds: number;
  /** As `2026-11`; null on plans without free minutes. */
  freeMonth: string | null;
  /** What other calls have left of the month; what this one used before is in it. */
  freeSecondsLeft: number;
  /** What the call was charged for before, when this is an adjustment. */
  earlier?: Pick<CallTrace, "billedSeconds" | "freeSecondsUsed"> | null;
}

/** Seconds after rounding up to the increment; zero stays zero. */
export function billedSeconds(seconds: number, { firstSeconds, nextSeconds }: Increment): number {
  if (seconds <= 0) return 0;
  if (seconds <= firstSeconds) return firstSeconds;
  return firstSeconds + Math.ceil((seconds - firstSeconds) / nextSeconds) * nextSeconds;
}

/** The charge of a call, as its trace; free minutes go before money. */
export function rateCall(call: CallToRate): CallTrace {
  const { terms } = call;
  const billed = billedSeconds(call.seconds, terms.increment);
  const freeSecondsUsed = freeSecondsOf(call, billed);
  const rate = formatMicros(terms.rateMicros);
  const paidSeconds = billed - freeSecondsUsed;
  const result = formatMicros(priceOf(paidSeconds, terms.rateMicros));
  return {
    plan: call.plan,
    version: call.version,
    kind: "per_minute",
    currency: call.currency,
    seconds: call.seconds,
    billedSeconds: billed,
    increment: terms.increment,
    freeMonth: call.freeMonth,
    freeSecondsUsed,
    freeMinutesUsed: Math.ceil(freeSecondsUsed / 60),
    rate,
    formula: `(${billed} s billed - ${freeSecondsUsed} s free) / 60 * ${rate} = ${result}`,
    result,
  };
}

/** Free minutes go before money, both ways: a call that turns out shorter gives minutes back first. */
function freeSecondsOf({ freeSecondsLeft, earlier }: CallToRate, billed: number): number {
  const left = Math.max(0, freeSecondsLeft);
  if (!earlier) return Math.min(billed, left);
  const { billedSeconds: before, freeSecondsUsed: used } = earlier;
  if (billed < before) return Math.max(0, used - (before - billed));
  return used + Math.min(billed - before, Math.max(0, left - used));
}

/** The amount a trace stands for, computed again from the trace alone. Throws on a trace that lacks a part. */
export function amountOfTrace(
  trace: Pick<CallTrace, "seconds" | "increment" | "freeSecondsUsed" | "rate">,
): bigint {
  const rateMicros = parseAmount(trace.rate);
  if (rateMicros === null) {
    throw new TypeError(`Cannot recompute a charge: the rate ${trace.rate} is not an amount`);
  }
  return priceOf(billedSeconds(trace.seconds, trace.increment) - trace.freeSecondsUsed, rateMicros);
}

function priceOf(paidSeconds: number, rateMicros: bigint): bigint {
  return divideRounded(BigInt(paidSeconds) * rateMicros, 60n);
}
