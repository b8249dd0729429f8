/**
 * Seconds of talk, from the text Twilio writes them in.
 *
 * @module
 */
import { DAY_MS, SECOND_MS } from "../../../clock.ts";
import { decimalText } from "../../json_numbers.ts";

/** The longest call believed: 7 days; a longer one is a broken figure and a person looks at it. */
export const TALK_SECONDS_MAX = 7 * DAY_MS / SECOND_MS;

/** Why a duration cannot be used. */
export type TalkFault = "negative_duration" | "absurd_duration" | "bad_duration";

/** How long a call took, or why that cannot be said. */
export type TalkTime =
  | { status: "known"; talkSeconds: number }
  | { status: "not_told" }
  | { status: TalkFault };

/**
 * Reads `duration` of a call, or `CallDuration` of a callback: whole seconds as text.
 *
 * Null and empty are not told; a number that kept its text is taken, too. Never to be handed the `Duration` of a callback, which is in minutes.
 * Source: Twilio OpenAPI, `api.v2010.account.call`; the status callback's parameters.
 */
export function parseTalkTime(value: unknown): TalkTime {
  if (value === null || value === "") return { status: "not_told" };
  const text = decimalText(value) ?? "";
  if (/^-\d{1,30}$/.test(text)) return { status: "negative_duration" };
  if (!/^\d{1,30}$/.test(text)) return { status: "bad_duration" };
  const talkSeconds = Number(text);
  return talkSeconds > TALK_SECONDS_MAX
    ? { status: "absurd_duration" }
    : { status: "known", talkSeconds };
}
