/**
 * Money of the simulated Telnyx: whole ten-billionths, with an arithmetic of its own.
 *
 * On purpose it shares nothing with the code that sums Telnyx's decimals, so that one can be held
 * against the other.
 *
 * @module
 */

const DIGITS = 10;

/** Ten-billionths of a plain decimal with at most ten decimals; throws for anything else. */
export function toTenBillionths(text: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,10}))?$/.exec(text);
  if (!match) throw new Error(`Cannot simulate the price ${text}: it is no plain decimal`);
  return BigInt((match[1] ?? "") + (match[2] ?? "").padEnd(DIGITS, "0"));
}

/** An amount as Telnyx writes one: `0.0050`, four decimals at least, or `5.0E-3`. */
export function writeAmount(
  amount: bigint,
  { isScientific = false, decimalsMin = 4 }: { isScientific?: boolean; decimalsMin?: number } = {},
): string {
  const size = amount < 0n ? -amount : amount;
  const sign = amount < 0n ? "-" : "";
  if (isScientific && size !== 0n) return sign + writeScientific(size);
  const digits = String(size).padStart(DIGITS + 1, "0");
  const fraction = digits.slice(-DIGITS).replace(/0{1,99}$/, "").padEnd(decimalsMin, "0");
  return `${sign}${digits.slice(0, -DIGITS)}.${fraction}`;
}

/** Micros, half away from zero. */
export function toTruthMicros(amount: bigint): bigint {
  const [whole, rest] = [amount / 10_000n, amount % 10_000n];
  return rest >= 5_000n ? whole + 1n : whole;
}

function writeScientific(size: bigint): string {
  const digits = String(size);
  const fraction = digits.slice(1).replace(/0{1,99}$/, "") || "0";
  return `${digits[0]}.${fraction}E${digits.length - 1 - DIGITS}`;
}
