/**
 * Amounts, times, durations and counts as people read them on a page.
 *
 * Money goes from decimal text to `Intl` as text: no amount ever becomes a JavaScript number here.
 *
 * @module
 */
import { formatInstant } from "../../core/clock.ts";
import type { Money } from "../../core/money.ts";

/** How an amount is written. */
export interface MoneyStyle {
  /** Writes `+` before amounts above zero, for columns of entries. Default: only `−` is written. */
  isSigned?: boolean | undefined;
  /** At least so many decimals (0-6), to line a column up. Default: the currency's usual number. */
  minDecimals?: number | undefined;
}

const PLAIN_DECIMAL = /^-?\d{1,30}(\.\d{1,6})?$/;

/**
 * `−$1,234.0123`: exact, at least the currency's usual decimals and up to six, never cut.
 *
 * The minus is U+2212, as wide as a digit and read aloud. A currency that is no ISO code follows the
 * number as it is. Throws for an amount that is not plain decimal text of at most six decimals.
 */
export function formatMoneyText(money: Money, style: MoneyStyle = {}): string {
  if (!PLAIN_DECIMAL.test(money.amount)) {
    throw new RangeError("Cannot format money: the amount is not a plain decimal text");
  }
  const amount = money.amount as Intl.StringNumericLiteral;
  const isIso = /^[A-Z]{3}$/.test(money.currency);
  const text = moneyFormat(isIso ? money.currency : null, style).format(amount);
  return (isIso ? text : `${text} ${money.currency}`.trim()).replace("-", "\u2212");
}

function moneyFormat(currency: string | null, style: MoneyStyle): Intl.NumberFormat {
  const { isSigned = false, minDecimals } = style;
  return keep(`money ${currency} ${isSigned} ${minDecimals}`, () =>
    new Intl.NumberFormat("en", {
      ...(currency ? { style: "currency", currency } : { minimumFractionDigits: 2 }),
      ...(minDecimals === undefined ? {} : { minimumFractionDigits: minDecimals }),
      maximumFractionDigits: 6,
      signDisplay: isSigned ? "exceptZero" : "negative",
    }));
}

/** `12,345`. */
export function formatCount(count: number | bigint): string {
  return keep("count", () => new Intl.NumberFormat("en")).format(count);
}

/** `12.3%` of a ratio given as decimal text (`"0.1234"`); at most one decimal. */
export function formatPercent(ratio: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(ratio)) {
    throw new RangeError("Cannot format a ratio: it is not a plain decimal text");
  }
  const format = keep(
    "percent",
    () => new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 }),
  );
  return format.format(ratio as Intl.StringNumericLiteral).replace("-", "\u2212");
}

/** `1h 2m 5s` of whole seconds; `0s` for none. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return "0s";
  const parts = {
    hours: Math.floor(seconds / 3600),
    minutes: Math.floor(seconds / 60) % 60,
    seconds: Math.floor(seconds) % 60,
  };
  return keep("duration", () => new Intl.DurationFormat("en", { style: "narrow" })).format(parts);
}

/** How long ago or how old, in its largest unit: `45s`, `12 min`, `3 h`, `2 d`. Milliseconds in. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${formatCount(Math.floor(seconds / 86_400))} d`;
}

/** Where and how finely a time is shown. */
export interface TimeStyle {
  /** IANA name of the zone whose wall clock is shown. */
  timeZone: string;
  /** Default `second`. A day is shown without clock and without zone. */
  precision?: "second" | "minute" | "day" | undefined;
}

/** `20 Nov 2026, 10:06:22 CET`: an instant on the wall clock of a zone, with its abbreviation. */
export function formatTime(atMs: number, style: TimeStyle): string {
  const { timeZone, precision = "second" } = style;
  const text = keep(`time ${precision} ${timeZone}`, () =>
    new Intl.DateTimeFormat("en-GB", {
      timeZone,
      day: "2-digit",
      month: "short",
      year: "numeric",
      ...(precision === "day" ? {} : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      ...(precision === "second" ? { second: "2-digit" } : {}),
    })).format(atMs);
  return precision === "day" ? text : `${text} ${zoneAbbreviation(atMs, timeZone)}`;
}

/** No English knows every zone's short name: Britain says CET, America EST, Australia AEDT. */
const ABBREVIATING = ["en-GB", "en-US", "en-AU", "en-IN"];

/** `CET`, `EST`, `NZDT`; `GMT+9` where English has no short name. */
function zoneAbbreviation(atMs: number, timeZone: string): string {
  const names = ABBREVIATING.map((locale) => {
    const format = keep(
      `zone ${locale} ${timeZone}`,
      () => new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" }),
    );
    return format.formatToParts(atMs).find((part) => part.type === "timeZoneName")?.value ?? "";
  });
  return names.find((name) => /^[A-Z]+$/.test(name)) ?? names[0] ?? timeZone;
}

/** `2026-11-20 09:06:22 UTC`, for titles and small print. */
export function formatUtc(atMs: number): string {
  return `${formatInstant(atMs).slice(0, 19).replace("T", " ")} UTC`;
}

/** `20 Nov` of `2026-11-20`. */
export function formatDay(day: string): string {
  return Temporal.PlainDate.from(day).toLocaleString("en-GB", { day: "numeric", month: "short" });
}

/** `November 2026` of `2026-11`. */
export function formatMonth(month: string): string {
  return Temporal.PlainDate.from(`${month}-01`)
    .toLocaleString("en-GB", { month: "long", year: "numeric" });
}

type Format = Intl.NumberFormat | Intl.DateTimeFormat | Intl.DurationFormat;

/** Making a format costs more than a page: each is made once. Zones and currencies bound their number. */
const kept = new Map<string, Format>();

function keep<F extends Format>(key: string, make: () => F): F {
  const known = kept.get(key) as F | undefined;
  if (known) return known;
  const format = make();
  kept.set(key, format);
  return format;
}
