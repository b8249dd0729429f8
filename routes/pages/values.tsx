/**
 * Single values as they stand in a sentence, a card or a cell: money, time, and what is not known.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatInstant } from "../../core/clock.ts";
import type { Money } from "../../core/money.ts";
import {
  formatMoneyText,
  formatTime,
  formatUtc,
  type MoneyStyle,
  type TimeStyle,
} from "./format.ts";
import { WORDS } from "./strings.ts";

/** What {@link MoneyText} shows. */
export interface MoneyTextProps extends MoneyStyle {
  /** Null is shown as not known, never as zero. */
  money: Money | null;
}

/**
 * An amount, its exact decimal text kept beside it as the machine-readable value.
 *
 * With `isSigned` the sign is written both ways and coloured in addition.
 */
export function MoneyText({ money, isSigned, minDecimals }: MoneyTextProps): JSX.Element {
  if (money === null) return <Unknown />;
  const tone = isSigned && /[1-9]/.test(money.amount) ? toneOf(money.amount) : "";
  return (
    <data class={`money${tone}`} value={money.amount}>
      {formatMoneyText(money, { isSigned, minDecimals })}
    </data>
  );
}

function toneOf(amount: string): string {
  return amount.startsWith("-") ? " negative" : " positive";
}

/** What {@link TimeText} shows. */
export interface TimeTextProps extends TimeStyle {
  /** Milliseconds since 1970 UTC; null is shown as not known. */
  atMs: number | null;
}

/** An instant on the wall clock of a zone, with UTC in its title. */
export function TimeText({ atMs, timeZone, precision }: TimeTextProps): JSX.Element {
  if (atMs === null) return <Unknown />;
  return (
    <time datetime={formatInstant(atMs)} title={formatUtc(atMs)}>
      {formatTime(atMs, { timeZone, precision })}
    </time>
  );
}

/** What {@link AsOf} shows. */
export interface AsOfProps {
  /** When the page's numbers were read. */
  nowMs: number;
  /** Up to when the carrier has told us everything; null when nothing was pulled yet. */
  completeToMs: number | null;
  /** IANA name of the zone the times are shown in. */
  timeZone: string;
}

/** The cut-off of the numbers on a usage page: without it they look wrong within the hour. */
export function AsOf({ nowMs, completeToMs, timeZone }: AsOfProps): JSX.Element {
  return (
    <p class="as-of soft">
      {WORDS.value.asOf} <TimeText atMs={nowMs} timeZone={timeZone} />, {WORDS.value.completeTo}
      {" "}
      <TimeText atMs={completeToMs} timeZone={timeZone} precision="minute" />
    </p>
  );
}

/** A dash for the eye and words for the ear where a value is not known. */
export function Unknown(): JSX.Element {
  return (
    <span class="unknown soft">
      <span aria-hidden="true">–</span>
      <span class="unseen">{WORDS.value.unknown}</span>
    </span>
  );
}
