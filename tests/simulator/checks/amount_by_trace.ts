/**
 * The amount a trace stands for, by an arithmetic of its own: schoolbook, on whole micro-units.
 *
 * @module
 */
import type { Fields } from "../commits.ts";

/** Micros of a plain decimal with up to six decimals. */
export function toMicros(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text);
  if (!match) throw new Error(`Cannot read the amount ${text}`);
  const [, sign, whole, fraction = ""] = match;
  const size = BigInt(whole!) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
  return sign ? -size : size;
}

/** Half up, for what is never negative. */
export function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator;
  return (numerator - whole * denominator) * 2n >= denominator ? whole + 1n : whole;
}

/** Seconds after the increment. */
export function roundedUpSeconds(
  seconds: number,
  { firstSeconds, nextSeconds }: { firstSeconds: number; nextSeconds: number },
): number {
  if (seconds === 0) return 0;
  let billed = firstSeconds;
  while (billed < seconds) billed += nextSeconds;
  return billed;
}

/** Micros. */
export function amountByTrace(trace: Fields): bigint {
  if (trace.kind === "per_minute") {
    const billed = roundedUpSeconds(trace.seconds, trace.increment) - trace.freeSecondsUsed;
    return roundedQuotient(BigInt(billed) * toMicros(trace.rate), 60n);
  }
  if (trace.seconds === 0) return 0n;
  if (trace.cost === null) {
    return BigInt(roundedUpSeconds(trace.seconds, { firstSeconds: 60, nextSeconds: 60 }) / 60) *
      toMicros(trace.rate);
  }
  return markedUp(trace) + toMicros(trace.fixedFee);
}

/** The cost with its percents, rounded once. */
export function markedUp(trace: Fields): bigint {
  const percentE4 = toMicros(trace.markupPercent) / 100n;
  return roundedQuotient(toMicros(trace.cost) * (1_000_000n + percentE4), 1_000_000n);
}
