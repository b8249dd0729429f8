import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonNumber } from "../../../../core/carriers/json_numbers.ts";
import { parseTalkTime, TALK_SECONDS_MAX } from "../../../../core/carriers/bland/call_duration.ts";

type Expected = number | "not_told" | "negative_duration" | "absurd_duration";

function read(correctedDuration: unknown, callLength: unknown): Expected {
  const talk = parseTalkTime({ correctedDuration, callLength });
  return talk.status === "known" ? talk.talkSeconds : talk.status;
}

const n = jsonNumber;
const ROWS: readonly [corrected: unknown, callLength: unknown, expected: Expected, why: string][] =
  [
    ["45", n("0.75"), 45, "both agree"],
    ["46", n("0.75"), 46, "corrected_duration wins"],
    [n("45"), undefined, 45, "corrected_duration as a number"],
    ["0", n("0.75"), 0, "a corrected 0 is told"],
    ["44.4", undefined, 44, "a fraction below the half"],
    ["44.5", undefined, 45, "the half goes up"],
    ["44.49999999999999999999", undefined, 44, "no float rounds first"],
    ["", n("0.75"), 45, "empty falls back"],
    [null, n("0.75"), 45, "null falls back"],
    [undefined, n("0.75"), 45, "absent falls back"],
    ["45s", n("0.75"), 45, "a unit falls back"],
    [" 45 ", n("0.75"), 45, "blanks fall back"],
    ["NaN", n("0.75"), 45, "NaN falls back"],
    ["0x2d", n("0.75"), 45, "hex falls back"],
    ["1,5", n("0.75"), 45, "a comma falls back"],
    ["+45", n("0.75"), 45, "a plus falls back"],
    [45, n("0.75"), 45, "a number without its text falls back"],
    [{}, n("0.75"), 45, "an object falls back"],
    [null, n("0.183333333333333"), 11, "documented: 11 s"],
    [null, n("0.316666666666667"), 19, "documented: 19 s"],
    [null, n("0.834"), 50, "documented: 50.04 s"],
    [null, n("0.75"), 45, "documented: 45 s"],
    [null, n("0"), 0, "no talk"],
    [null, n("-0"), 0, "no talk, with a sign"],
    [null, n("0.0083"), 0, "0.498 s is nothing"],
    [null, n("0.008333333333333333"), 0, "just below half a second is nothing"],
    [null, n("0.008333333333333334"), 1, "just above half a second is one"],
    [null, n("7.5e-1"), 45, "an exponent"],
    [null, "0.75", 45, "minutes as text"],
    [null, null, "not_told", "neither"],
    [undefined, undefined, "not_told", "neither is there"],
    ["", "", "not_told", "both empty"],
    [null, true, "not_told", "not a figure"],
    ["-1", n("0.75"), "negative_duration", "negative, even with another figure"],
    [null, n("-0.75"), "negative_duration", "negative minutes"],
    ["-0.001", null, "negative_duration", "a little negative"],
    [String(TALK_SECONDS_MAX), null, TALK_SECONDS_MAX, "seven days"],
    [String(TALK_SECONDS_MAX + 1), null, "absurd_duration", "seven days and a second"],
    [null, n("10080"), TALK_SECONDS_MAX, "seven days in minutes"],
    [null, n("10080.01"), "absurd_duration", "a little more in minutes"],
    [null, n("1e99"), "absurd_duration", "a figure without end"],
    ["9".repeat(30), null, "absurd_duration", "thirty digits"],
    ["9".repeat(31), n("0.75"), 45, "beyond thirty digits is no figure"],
  ];

for (const [corrected, callLength, expected, why] of ROWS) {
  Deno.test(`parseTalkTime(): ${why}`, () => {
    assert.equal(read(corrected, callLength), expected);
  });
}

Deno.test("parseTalkTime() gets whole seconds back from minutes written with a dozen decimals", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: TALK_SECONDS_MAX }), (seconds) => {
    const minutes = JSON.stringify(seconds / 60);
    assert.equal(read(null, n(minutes)), seconds);
  }));
});
