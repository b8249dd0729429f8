import assert from "node:assert/strict";
import {
  DAY_MS,
  formatInstant,
  HOUR_MS,
  isTimeZone,
  monthIn,
  parseInstant,
  systemClock,
  testClock,
  utcDay,
} from "../../core/clock.ts";

Deno.test("a test clock keeps the machine's pace and stands ahead by what it was moved", () => {
  const clock = testClock();
  const before = systemClock().now();
  clock.advance(DAY_MS);
  clock.advance(HOUR_MS);
  const aheadMs = clock.now() - before;
  assert(aheadMs >= DAY_MS + HOUR_MS && aheadMs < DAY_MS + HOUR_MS + 5_000);
});

Deno.test("advancing rings what became due, in the order of the hours, and leaves the rest", () => {
  const clock = testClock();
  const rung: string[] = [];
  clock.after(3 * HOUR_MS, () => rung.push("third"));
  clock.after(HOUR_MS, () => rung.push("first"));
  clock.after(2 * HOUR_MS, () => rung.push("second"));
  const cancelLast = clock.after(5 * HOUR_MS, () => rung.push("last"));
  clock.advance(HOUR_MS - 60_000);
  assert.deepEqual(rung, []);
  clock.advance(60_000);
  assert.deepEqual(rung, ["first"]);
  clock.advance(3 * HOUR_MS);
  assert.deepEqual(rung, ["first", "second", "third"]);
  cancelLast();
  clock.advance(DAY_MS);
  assert.deepEqual(rung, ["first", "second", "third"]);
});

Deno.test("an alarm canceled by one that rings in the same step stays silent and leaves no timer", () => {
  const clock = testClock();
  const rung: string[] = [];
  const cancels: (() => void)[] = [];
  clock.after(1_000, () => cancels.forEach((cancel) => cancel()));
  cancels.push(clock.after(2_000, () => rung.push("due in the same step")));
  cancels.push(clock.after(DAY_MS, () => rung.push("due later")));
  clock.advance(5_000);
  clock.advance(2 * DAY_MS);
  assert.deepEqual(rung, []);
});

Deno.test("an alarm rings once even when its hour comes by itself", async () => {
  const clock = testClock();
  let count = 0;
  clock.after(1, () => count++);
  await clock.sleep(20);
  clock.advance(DAY_MS);
  assert.equal(count, 1);
});

Deno.test("sleep ends when the clock is moved past it", async () => {
  const clock = testClock();
  const asleep = clock.sleep(30 * DAY_MS);
  clock.advance(30 * DAY_MS);
  await asleep;
});

Deno.test("a month's wait does not ring at once, on either clock", async () => {
  for (const clock of [systemClock(), testClock()]) {
    let rung = false;
    const cancel = clock.after(60 * DAY_MS, () => rung = true);
    await systemClock().sleep(30);
    cancel();
    assert.equal(rung, false);
  }
});

Deno.test("a clock moves forward in whole milliseconds only", () => {
  const clock = testClock();
  for (const ms of [-1, 0.5, NaN, Infinity]) {
    assert.throws(() => clock.advance(ms), /Cannot advance the clock/);
  }
  clock.advance(0);
});

const INSTANTS: [string, string | null][] = [
  ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000Z"],
  ["2026-11-20T10:00:00.123456+00:00", "2026-11-20T10:00:00.123Z"],
  ["2026-11-20T10:00:00.999999999Z", "2026-11-20T10:00:00.999Z"],
  ["2026-11-20T10:00:00+05:30", "2026-11-20T04:30:00.000Z"],
  ["2026-11-20T10:00:00-0800", "2026-11-20T18:00:00.000Z"],
  ["2026-11-20t10:00:00z", "2026-11-20T10:00:00.000Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ["1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"],
  ["2026-11-20T10:00:00", null],
  ["2026-11-20 10:00:00Z", null],
  ["2026-11-20", null],
  ["2026-11-20T10:00Z", null],
  ["2016-12-31T23:59:60Z", null],
  ["2026-02-29T00:00:00Z", null],
  ["2026-04-31T00:00:00Z", null],
  ["2026-13-01T00:00:00Z", null],
  ["2026-11-20T24:00:00Z", null],
  ["2026-11-20T10:60:00Z", null],
  ["2026-11-20T10:00:00+24:00", null],
  ["2026-11-20T10:00:00+01:00[Europe/Paris]", null],
  ["2026-11-20T10:00:00Z\n", null],
  ["Fri, 20 Nov 2026 10:00:00 +0000", null],
  ["1795168800000", null],
  ["", null],
];

for (const [text, expected] of INSTANTS) {
  Deno.test(`parseInstant() takes ${JSON.stringify(text)} for ${expected}`, () => {
    const ms = parseInstant(text);
    assert.equal(ms === null ? null : formatInstant(ms), expected);
  });
}

const MONTHS: [string, string, string][] = [
  ["2026-01-31T10:59:59.999Z", "Pacific/Auckland", "2026-01"],
  ["2026-01-31T11:00:00.000Z", "Pacific/Auckland", "2026-02"],
  ["2026-09-30T10:59:59.999Z", "Pacific/Auckland", "2026-09"],
  ["2026-09-30T11:00:00.000Z", "Pacific/Auckland", "2026-10"],
  ["2026-06-30T11:59:59.999Z", "Pacific/Auckland", "2026-06"],
  ["2026-06-30T12:00:00.000Z", "Pacific/Auckland", "2026-07"],
  ["2026-02-01T07:59:59.999Z", "America/Los_Angeles", "2026-01"],
  ["2026-02-01T08:00:00.000Z", "America/Los_Angeles", "2026-02"],
  ["2026-11-01T06:59:59.999Z", "America/Los_Angeles", "2026-10"],
  ["2026-11-01T07:00:00.000Z", "America/Los_Angeles", "2026-11"],
  ["2025-12-31T23:59:59.999Z", "UTC", "2025-12"],
  ["2026-01-01T00:00:00.000Z", "UTC", "2026-01"],
];

for (const [instant, timeZone, month] of MONTHS) {
  Deno.test(`${instant} falls in ${month} in ${timeZone}`, () => {
    assert.equal(monthIn(parseInstant(instant) ?? NaN, timeZone), month);
  });
}

Deno.test("a UTC day ends at midnight UTC", () => {
  const midnight = parseInstant("2026-11-21T00:00:00Z") ?? NaN;
  assert.equal(utcDay(midnight - 1), "2026-11-20");
  assert.equal(utcDay(midnight), "2026-11-21");
});

Deno.test("a time zone is a name the runtime knows", () => {
  assert.equal(isTimeZone("Pacific/Auckland"), true);
  assert.equal(isTimeZone("UTC"), true);
  assert.equal(isTimeZone("Mars/Olympus"), false);
  assert.equal(isTimeZone(""), false);
});
