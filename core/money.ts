/**
 * Money: whole micro-units of a currency as bigint, and the one place where it is rounded.
 *
 * 1 USD is 1 000 000 micros. No float ever holds money; text comes in through {@link parseDecimal},
 * leaves through {@link formatMicros}, and a ratio is taken by {@link divideRounded} alone.
 *
 * @module
 */

/** Micro-units in one unit of a currency. */
export const MICROS_PER_UNIT = 1_000_000n;

/** No single amount or balance of ours reaches a trillion units; anything above is a mistake. */
export const AMOUNT_MICROS_MAX = 1_000_000_000_000n * MICROS_PER_UNIT;

/** An amount as every answer shows it: six decimals always, `-` for negative, ISO 4217 currency. */
export interface Money {
  /** Six decimals always. */
  amount: string;
  /** ISO 4217, upper case. */
  currency: string;
}

const DECIMAL = /^([+-]?)(\d{0,30})(?:\.(\d{0,60}))?(?:[eE]([+-]?\d{1,2}))?$/;

/**
 * Micros of a carrier's decimal text, exponent allowed (`"1.687E-4"` is 169).
 *
 * More than six decimals are rounded half away from zero, once, here. Null when the text is not a
 * decimal number or is larger than {@link AMOUNT_MICROS_MAX}.
 */
export function parseDecimal(text: string): bigint | null {
  const match = DECIMAL.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return null;
  const digits = BigInt(whole + fraction);
  const scale = 6 - fraction.length + Number(exponent);
  const size = scale >= 0
    ? digits * 10n ** BigInt(scale)
    : divideRounded(digits, 10n ** BigInt(-scale));
  if (size > AMOUNT_MICROS_MAX) return null;
  return sign === "-" ? -size : size;
}

/**
 * Micros of an amount a person or program of ours wrote: plain decimal, at most six decimals.
 *
 * Null for anything else; more than six decimals are refused, never rounded away silently.
 */
export function parseAmount(text: string): bigint | null {
  return /^-?\d{1,12}(\.\d{1,6})?$/.test(text) ? parseDecimal(text) : null;
}

/** Six decimals always: `12.345000`, `-0.110000`. */
export function formatMicros(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  const whole = size / MICROS_PER_UNIT;
  const fraction = (size % MICROS_PER_UNIT).toString().padStart(6, "0");
  return `${micros < 0n ? "-" : ""}${whole}.${fraction}`;
}

/** The API's money object. */
export function formatMoney(micros: bigint, currency: string): Money {
  return { amount: formatMicros(micros), currency };
}

/** `numerator / denominator`, rounded half away from zero: the only rounding of money there is. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError("Cannot divide money: the divisor is not positive");
  const size = numerator < 0n ? -numerator : numerator;
  const rounded = (size * 2n + denominator) / (denominator * 2n);
  return numerator < 0n ? -rounded : rounded;
}
