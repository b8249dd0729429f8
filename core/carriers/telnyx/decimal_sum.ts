/**
 * Sums of Telnyx's decimal texts, exact: nothing is rounded before the last step, which is not here.
 *
 * @module
 */
import { decimalText } from "../json_numbers.ts";

// Twenty digits before and thirty after the point are far beyond any price.
const DECIMAL = /^([+-]?)(?=\.?\d)(\d{0,20})(?:\.(\d{0,30}))?(?:[eE]([+-]?\d{1,2}))?$/;
const DECIMALS_MAX = 60;
const LENGTH_MAX = 24;

/**
 * The text of a price or rate as Telnyx writes it: `"0.0050"`, `"1.687E-4"`, also a JSON number.
 *
 * Null for anything else, and for more than 24 characters, which no price has.
 */
export function parseDecimalText(value: unknown): string | null {
  const text = decimalText(value)?.trim() ?? "";
  return text.length <= LENGTH_MAX && toExact(text) ? text : null;
}

/**
 * The exact sum as plain decimal text without needless zeros: `"0.0068"`, `"-1.5"`, `"0"`.
 *
 * Of no texts it is `"0"`; null when one of them is no decimal number.
 */
export function sumDecimals(texts: readonly string[]): string | null {
  const terms = texts.map(toExact);
  if (!terms.every((term) => term !== null)) return null;
  const decimals = Math.max(0, ...terms.map((term) => term.decimals));
  const sum = terms.reduce(
    (total, term) => total + term.digits * 10n ** BigInt(decimals - term.decimals),
    0n,
  );
  return formatExact({ digits: sum, decimals });
}

/** `digits / 10 ** decimals`; `decimals` may be negative. */
interface Exact {
  digits: bigint;
  decimals: number;
}

function toExact(text: string): Exact | null {
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const size = BigInt(whole + fraction);
  const decimals = fraction.length - Number(exponent);
  if (Math.abs(decimals) > DECIMALS_MAX) return null;
  return { digits: sign === "-" ? -size : size, decimals };
}

function formatExact({ digits, decimals }: Exact): string {
  const size = digits < 0n ? -digits : digits;
  const text = String(size).padStart(decimals + 1, "0");
  const cut = text.length - decimals;
  const fraction = text.slice(cut).replace(/0{1,99}$/, "");
  const sign = digits < 0n ? "-" : "";
  return sign + text.slice(0, cut) + (fraction === "" ? "" : `.${fraction}`);
}
