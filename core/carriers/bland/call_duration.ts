/**
 * Seconds of talk in a Bland call, from two members in two units.
 *
 * @module
 */
import { DAY_MS, SECOND_MS } from "../../clock.ts";
import { divideRounded } from "../../money.ts";
import { decimalText } from "../json_numbers.ts";

/**
 * The longest call believed: 7 days.
 *
 * Bland ends a call after 30 minutes unless told otherwise, and a stuck line may hang for a weekend;
 * what is longer is a mistaken unit or a broken figure, and a person looks at it before it is billed.
 */
export const TALK_SECONDS_MAX = 7 * DAY_MS / SECOND_MS;

/** How long a call took, or why that cannot be said. */
export type TalkTime =
  | { status: "known"; talkSeconds: number }
  | { status: "not_told" }
  | { status: "negative_duration" }
  | { status: "absurd_duration" };

/**
 * Reads `corrected_duration` (seconds), else `call_length` (minutes), rounded half up to whole seconds.
 *
 * Both may be text or a number that kept its text; null, empty or anything else counts as not told.
 * Computed on the digits, so 0.183333333333333 minutes is 11 s and no float rounds first.
 * Source: Bland API reference, `GET /v1/calls/{call_id}`; its list example rounds `call_length` to
 * three places, hence the order.
 */
export function parseTalkTime(
  { correctedDuration, callLength }: { correctedDuration: unknown; callLength: unknown },
): TalkTime {
  const seconds = parseFraction(correctedDuration);
  if (seconds) return toTalkTime(seconds);
  const minutes = parseFraction(callLength);
  if (minutes) return toTalkTime({ ...minutes, numerator: minutes.numerator * 60n });
  return { status: "not_told" };
}

/** A decimal as the ratio of two whole numbers. */
interface Fraction {
  numerator: bigint;
  denominator: bigint;
}

const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/;

function parseFraction(value: unknown): Fraction | null {
  const match = DECIMAL.exec(decimalText(value) ?? "");
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(sign + whole + fraction);
  const scale = BigInt(Number(exponent) - fraction.length);
  return scale < 0n
    ? { numerator: digits, denominator: 10n ** -scale }
    : { numerator: digits * 10n ** scale, denominator: 1n };
}

function toTalkTime({ numerator, denominator }: Fraction): TalkTime {
  if (numerator < 0n) return { status: "negative_duration" };
  const talkSeconds = divideRounded(numerator, denominator);
  if (talkSeconds > BigInt(TALK_SECONDS_MAX)) return { status: "absurd_duration" };
  return { status: "known", talkSeconds: Number(talkSeconds) };
}
