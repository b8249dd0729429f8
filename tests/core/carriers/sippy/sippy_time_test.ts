import assert from "node:assert/strict";
import fc from "fast-check";
import { formatSippyTime, parseSippyTime } from "../../../../core/carriers/sippy/sippy_time.ts";

const TIMES: [number, string][] = [
  [0, "00:00:00.000 GMT Thu Jan 01 1970"],
  [Date.UTC(2031, 2, 3, 8, 15, 30), "08:15:30.000 GMT Mon Mar 03 2031"],
  [Date.UTC(2028, 1, 29, 23, 59, 59), "23:59:59.000 GMT Tue Feb 29 2028"],
  [Date.UTC(2026, 11, 31, 0, 0, 0), "00:00:00.000 GMT Thu Dec 31 2026"],
  [Date.UTC(9999, 11, 31, 23, 59, 59), "23:59:59.000 GMT Fri Dec 31 9999"],
];

for (const [ms, text] of TIMES) {
  Deno.test(`${text} is written and read`, () => {
    assert.equal(formatSippyTime(ms), text);
    assert.equal(formatSippyTime(ms + 999), text);
    assert.equal(parseSippyTime(text), ms);
  });
}

const READ: [string, number | null][] = [
  ["08:15:30.123 GMT Mon Mar 03 2031", TIMES[1]?.[0] ?? 0],
  ["08:15:30 GMT Mon Mar 03 2031", TIMES[1]?.[0] ?? 0],
  [" 08:15:30.000 GMT Mon Mar  3 2031\n", TIMES[1]?.[0] ?? 0],
  ["20310303T08:15:30", TIMES[1]?.[0] ?? 0],
  ["20310303T08:15:30.5", TIMES[1]?.[0] ?? 0],
  ["2031-03-03T08:15:30Z", TIMES[1]?.[0] ?? 0],
  ["08:15:30.000 GMT Tue Mar 03 2031", null],
  ["08:15:30.000 GMT Mon Mrz 03 2031", null],
  ["08:15:30.000 CET Mon Mar 03 2031", null],
  ["08:15:30.000 GMT Sat Feb 29 2031", null],
  ["24:00:00.000 GMT Tue Mar 04 2031", null],
  ["23:59:60.000 GMT Mon Mar 03 2031", null],
  ["20310229T08:15:30", null],
  ["20310303T08:15:30+02:00", null],
  ["", null],
];

for (const [text, ms] of READ) {
  Deno.test(`${JSON.stringify(text)} is read as ${ms}`, () => {
    assert.equal(parseSippyTime(text), ms);
  });
}

for (const ms of [-1, NaN, Infinity, Date.UTC(10_000, 0, 1)]) {
  Deno.test(`${ms} cannot be written`, () => assert.equal(formatSippyTime(ms), null));
}

Deno.test("every second of 1970 to 9999 reads back, and matches the runtime's own words", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = formatSippyTime(seconds * 1_000) ?? "";
      assert.equal(parseSippyTime(text), seconds * 1_000);
      // `Mon, 03 Mar 2031 08:15:30 GMT`
      const [day, date, month, year, time] = new Date(seconds * 1_000).toUTCString().split(/,? /);
      assert.equal(text, `${time}.000 GMT ${day} ${month} ${date} ${year}`);
    }),
    { numRuns: 2_000 },
  );
});
