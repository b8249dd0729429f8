/**
 * Months, days and periods where clocks change and months are short: every change of the clocks and every
 * day and month from 2025 to 2030 in zones that make it hard, held against the runtime's formatter, which
 * none of the code under test uses.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DAY_MS, formatInstant, HOUR_MS, MINUTE_MS, monthIn, utcDay } from "../../core/clock.ts";
import { freeMinutesKey } from "../../core/kv/keys.ts";
import type { FreeMinutesPool } from "../../core/rating/free_minutes.ts";
import { lastBoundaryMs, nextBoundaryMs } from "../../core/sms_billing/boundaries.ts";
import { dayStartMs, wallTimeMs } from "../../routes/pages/zone_times.ts";
import { reportOf } from "../support/call_report.ts";
import { sync } from "../support/ledger.ts";
import { openWorld, populateAccount } from "../support/world.ts";

/** East and west, half hours and quarters; clocks that change at midnight, by half an hour, in Ramadan. */
const ZONES = [
  "UTC",
  "America/New_York",
  "America/St_Johns",
  "America/Santiago",
  "America/Havana",
  "Europe/Berlin",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Auckland",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
];
const FROM_MS = Date.UTC(2025, 0, 1);
const UNTIL_MS = Date.UTC(2031, 0, 1);

/** What a wall shows, by the formatter: `2026-11-20T07:00:59`. */
function wallOf(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return (ms) => {
    const part = Object.fromEntries(
      format.formatToParts(ms).map(({ type, value }) => [type, value]),
    );
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
  };
}

/** How far a wall is ahead of UTC. */
function offsetMs(wall: (ms: number) => string, ms: number): number {
  return Date.parse(`${wall(ms)}Z`) - Math.floor(ms / 1_000) * 1_000;
}

/** Every instant at which a wall's offset becomes another one, found by halving. */
function changesOf(wall: (ms: number) => string): number[] {
  const found: number[] = [];
  for (let dayMs = FROM_MS; dayMs < UNTIL_MS; dayMs += DAY_MS) {
    let [low, high] = [dayMs, dayMs + DAY_MS];
    const before = offsetMs(wall, low);
    if (offsetMs(wall, high) === before) continue;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetMs(wall, middle) === before) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

const MONTHS = Array.from(
  { length: 72 },
  (_, i) => `${2025 + Math.floor(i / 12)}-${String(i % 12 + 1).padStart(2, "0")}`,
);
const DAYS = Array.from(
  { length: (UNTIL_MS - FROM_MS) / DAY_MS },
  (_, i) => formatInstant(FROM_MS + i * DAY_MS).slice(0, 10),
);
const WALLS = new Map(ZONES.map((zone) => [zone, wallOf(zone)]));
const CHANGES = new Map(ZONES.map((zone) => [zone, changesOf(WALLS.get(zone)!)]));

Deno.test("the zones change their clocks as often as they are here for", () => {
  const counts = new Map([...CHANGES].map(([zone, changes]) => [zone, changes.length]));
  assert.deepEqual(
    ["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"].map((one) =>
      counts.get(one)
    ),
    [0, 0, 12, 12],
  );
  assert.ok([...counts.values()].reduce((sum, count) => sum + count, 0) > 100);
  assert.ok(DAYS.includes("2028-02-29") && !DAYS.includes("2027-02-29"));
});

for (const timeZone of ZONES) {
  const wall = WALLS.get(timeZone)!;
  const changes = CHANGES.get(timeZone)!;

  Deno.test(`${timeZone}: about every change of the clocks a call's month is what the wall shows`, () => {
    for (const changeMs of changes) {
      for (const stepMs of [1, 1_000, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, DAY_MS]) {
        for (const ms of [changeMs - stepMs, changeMs, changeMs + stepMs - 1, changeMs + stepMs]) {
          assert.equal(monthIn(ms, timeZone), wall(ms).slice(0, 7), formatInstant(ms));
        }
      }
    }
  });

  Deno.test(`${timeZone}: every day and month begins where the wall says so, to the millisecond, without a gap`, () => {
    for (const [i, day] of DAYS.entries()) {
      const fromMs = dayStartMs(day, { timeZone })!;
      const untilMs = dayStartMs(day, { timeZone, plusDays: 1 })!;
      assert.equal(wall(fromMs).slice(0, 10), day);
      assert.equal(wall(untilMs - 1).slice(0, 10), day);
      assert.notEqual(wall(fromMs - 1).slice(0, 10), day);
      assert.notEqual(wall(untilMs).slice(0, 10), day);
      assert.equal(monthIn(fromMs, timeZone), day.slice(0, 7));
      assert.equal(monthIn(untilMs - 1, timeZone), day.slice(0, 7));
      const next = DAYS[i + 1];
      if (next !== undefined) assert.equal(dayStartMs(next, { timeZone }), untilMs);
      // As long as a day is, but for the clocks that change in it, at its very beginning too.
      const shiftsMs = changes.filter((ms) => fromMs <= ms && ms < untilMs)
        .map((ms) => offsetMs(wall, ms - 1) - offsetMs(wall, ms));
      assert.equal(untilMs - fromMs, shiftsMs.reduce((sum, ms) => sum + ms, DAY_MS), day);
    }
    for (const none of ["2027-02-29", "2026-04-31", "2025-06-31", "2026-13-01"]) {
      assert.equal(dayStartMs(none, { timeZone }), null);
    }
  });

  Deno.test(`${timeZone}: an hour that is left out or comes twice on the wall has the instant it is said to have`, () => {
    for (const changeMs of changes) {
      const [before, after] = [offsetMs(wall, changeMs - 1), offsetMs(wall, changeMs)];
      const shiftMs = Math.abs(after - before);
      for (const intoMs of [0, MINUTE_MS, shiftMs - MINUTE_MS]) {
        const isGap = after > before;
        // In a gap counted from where the wall jumps, in a fold from where it is set back to.
        const wallMs = changeMs + (isGap ? before : after) + intoMs;
        const text = formatInstant(wallMs).slice(0, 19);
        const ms = wallTimeMs(text, { timeZone })!;
        if (isGap) {
          assert.equal(ms, changeMs + intoMs, text);
          assert.equal(wall(ms), formatInstant(wallMs + shiftMs).slice(0, 19));
        } else {
          assert.equal(ms, changeMs - shiftMs + intoMs, text);
          assert.equal(wall(ms), text);
        }
      }
    }
  });
}

Deno.test("free minutes of a call are drawn from the month its wall showed, at month ends and changes of clocks", async () => {
  for (const timeZone of ["America/Santiago", "Africa/Casablanca", "Pacific/Chatham"]) {
    const wall = WALLS.get(timeZone)!;
    using world = await openWorld();
    const { deps, clock } = world;
    const number = "+12025550177";
    await populateAccount(deps, { id: "zoned", timezone: timeZone, micros: 1_000_000n, number });
    clock.setTo(UNTIL_MS + DAY_MS);
    const starts = [
      ...MONTHS.flatMap((month) => {
        const ms = dayStartMs(`${month}-01`, { timeZone })!;
        return [ms - 1, ms];
      }),
      ...CHANGES.get(timeZone)!.flatMap((ms) => [ms - 1, ms]),
    ].filter((ms) => ms >= FROM_MS);
    const reports = starts.map((startedAtMs, i) =>
      reportOf(`CA${i}`, { carrier: "twilio", from: number, startedAtMs, seconds: 61 })
    );
    const expected = new Map<string, number>();
    for (const ms of starts) {
      const month = wall(ms).slice(0, 7);
      expected.set(month, (expected.get(month) ?? 0) + 120);
    }
    const { billed } = await sync(deps, reports);
    assert.equal(billed.length, starts.length);
    const pools = new Map<string, number>();
    for (const month of new Set([...MONTHS, ...expected.keys()])) {
      const key = freeMinutesKey("zoned", "twilio_voice", month);
      const row = await deps.store.get<FreeMinutesPool>(key);
      if (row) pools.set(month, row.value.usedSeconds);
    }
    assert.deepEqual([...pools].sort(), [...expected].sort());
  }
});

Deno.test("a day's bar and an SMS period are of UTC: no zone of the machine moves one of them", () => {
  const before = Deno.env.get("TZ");
  const instants = [...CHANGES.values()].flat().flatMap((ms) => [ms - 1, ms, ms + HOUR_MS]);
  const read = () =>
    instants.map((ms) => [
      utcDay(ms),
      ...(["daily", "weekly", "monthly"] as const).flatMap((frequency) => [
        lastBoundaryMs(frequency, ms),
        nextBoundaryMs(frequency, ms),
      ]),
    ]);
  const offsets = new Set<number>();
  try {
    const seen = ["UTC", "America/Santiago", "Pacific/Chatham", "Asia/Kolkata"].map((zone) => {
      Deno.env.set("TZ", zone);
      offsets.add(new Date(FROM_MS).getTimezoneOffset());
      return read();
    });
    for (const other of seen) assert.deepEqual(other, seen[0]);
    assert.equal(offsets.size, 4, "the machine's zone did change");
  } finally {
    if (before === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", before);
  }
  const wall = WALLS.get("UTC")!;
  fc.assert(fc.property(fc.integer({ min: FROM_MS, max: UNTIL_MS }), (ms) => {
    assert.equal(utcDay(ms), wall(ms).slice(0, 10));
  }));
});

Deno.test("SMS periods from 2025 to 2030: each day at 02:00, each Monday at 03:00, each first at 04:00, none left out", () => {
  const walk = (frequency: "daily" | "weekly" | "monthly") => {
    const found: string[] = [];
    for (let ms = FROM_MS; (ms = nextBoundaryMs(frequency, ms)!) < UNTIL_MS;) {
      assert.equal(lastBoundaryMs(frequency, ms), ms);
      assert.ok(lastBoundaryMs(frequency, ms - 1)! < ms);
      found.push(formatInstant(ms));
    }
    return found;
  };
  assert.deepEqual(walk("daily"), DAYS.map((day) => `${day}T02:00:00.000Z`));
  const mondays = DAYS.filter((day) => new Date(`${day}T00:00:00Z`).getUTCDay() === 1);
  assert.deepEqual(walk("weekly"), mondays.map((day) => `${day}T03:00:00.000Z`));
  assert.deepEqual(walk("monthly"), MONTHS.map((month) => `${month}-01T04:00:00.000Z`));
});
