import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAmount } from "../../../core/money.ts";
import {
  amountOfTrace,
  billedSeconds,
  type CallToRate,
  rateCall,
} from "../../../core/rating/rate_call.ts";
import type { PerMinuteTerms } from "../../../core/rating/rate_plan.ts";

const INCREMENTS: [first: number, next: number, [seconds: number, billed: number][]][] = [
  [60, 60, [[0, 0], [1, 60], [59, 60], [60, 60], [61, 120], [120, 120], [121, 180]]],
  [30, 6, [[0, 0], [1, 30], [29, 30], [30, 30], [31, 36], [36, 36], [37, 42], [60, 60], [61, 66]]],
  [1, 1, [[0, 0], [1, 1], [2, 2], [59, 59], [61, 61]]],
  [60, 1, [[1, 60], [60, 60], [61, 61]]],
];
for (const [firstSeconds, nextSeconds, rows] of INCREMENTS) {
  for (const [seconds, billed] of rows) {
    Deno.test(`${seconds} s at ${firstSeconds}/${nextSeconds} are billed as ${billed}`, () => {
      assert.equal(billedSeconds(seconds, { firstSeconds, nextSeconds }), billed);
    });
  }
}

function callOf(
  { rate = "0.110000", first = 60, next = 60, seconds = 60, left = 0 }: {
    rate?: string;
    first?: number;
    next?: number;
    seconds?: number;
    left?: number;
  },
): CallToRate {
  const terms: PerMinuteTerms = {
    kind: "per_minute",
    rateMicros: parseAmount(rate)!,
    increment: { firstSeconds: first, nextSeconds: next },
    freeMinutesPerMonth: 100,
  };
  return {
    plan: "bland_voice",
    version: 1,
    currency: "USD",
    terms,
    seconds,
    freeMonth: "2026-01",
    freeSecondsLeft: left,
  };
}

const PRICES: [string, Parameters<typeof callOf>[0], result: string, freeSeconds: number][] = [
  ["a started minute", { seconds: 1 }, "0.110000", 0],
  ["two started minutes", { seconds: 61 }, "0.220000", 0],
  ["no time at all", { seconds: 0, left: 600 }, "0.000000", 0],
  [
    "a second of a rate that does not divide",
    { rate: "0.10", first: 1, next: 1, seconds: 1 },
    "0.001667",
    0,
  ],
  [
    "half a micro, rounded away from zero",
    { rate: "0.00003", first: 1, next: 1, seconds: 1 },
    "0.000001",
    0,
  ],
  [
    "just less than half a micro",
    { rate: "0.000029", first: 1, next: 1, seconds: 1 },
    "0.000000",
    0,
  ],
  ["a call that is free", { rate: "0.20", seconds: 180, left: 180 }, "0.000000", 180],
  ["one free minute of three", { rate: "0.20", seconds: 180, left: 60 }, "0.400000", 60],
  ["a free second of a minute", { rate: "0.20", seconds: 60, left: 1 }, "0.196667", 1],
  ["more free minutes than it needs", { rate: "0.20", seconds: 61, left: 6_000 }, "0.000000", 120],
  ["less than nothing left", { rate: "0.20", seconds: 60, left: -60 }, "0.200000", 0],
  ["a rate of zero", { rate: "0.00", seconds: 600 }, "0.000000", 0],
];
for (const [what, call, result, freeSecondsUsed] of PRICES) {
  Deno.test(`rateCall() charges ${result} for ${what}`, () => {
    const trace = rateCall(callOf(call));
    assert.equal(trace.result, result);
    assert.equal(trace.freeSecondsUsed, freeSecondsUsed);
    assert.equal(amountOfTrace(trace), parseAmount(result));
  });
}

Deno.test("a trace names everything the amount was computed from", () => {
  assert.deepEqual(rateCall(callOf({ rate: "0.20", seconds: 170, left: 60 })), {
    plan: "bland_voice",
    version: 1,
    kind: "per_minute",
    currency: "USD",
    seconds: 170,
    billedSeconds: 180,
    increment: { firstSeconds: 60, nextSeconds: 60 },
    freeMonth: "2026-01",
    freeSecondsUsed: 60,
    freeMinutesUsed: 1,
    rate: "0.200000",
    formula: "(180 s billed - 60 s free) / 60 * 0.200000 = 0.400000",
    result: "0.400000",
  });
});

const terms = fc.record({
  kind: fc.constant("per_minute" as const),
  rateMicros: fc.bigInt({ min: 0n, max: 100_000_000n }),
  increment: fc.record({
    firstSeconds: fc.integer({ min: 1, max: 120 }),
    nextSeconds: fc.integer({ min: 1, max: 120 }),
  }),
  freeMinutesPerMonth: fc.integer({ min: 0, max: 10_000 }),
});
const call = fc.record({
  terms,
  seconds: fc.integer({ min: 0, max: 100_000 }),
  freeSecondsLeft: fc.integer({ min: -1_000, max: 200_000 }),
});

Deno.test("a trace written to text and read again reproduces its amount, whatever the terms", () => {
  fc.assert(fc.property(call, (given) => {
    const trace = rateCall({
      ...given,
      plan: "p",
      version: 3,
      currency: "USD",
      freeMonth: "2026-01",
    });
    const { seconds, increment, freeSecondsUsed, rate, result } = JSON.parse(JSON.stringify(trace));
    assert.equal(amountOfTrace({ seconds, increment, freeSecondsUsed, rate }), parseAmount(result));

    // The same again in another way: count blocks, then round once.
    let billed = seconds > 0 ? increment.firstSeconds : 0;
    while (billed < seconds) billed += increment.nextSeconds;
    const free = Math.min(billed, Math.max(0, given.freeSecondsLeft));
    assert.deepEqual([trace.billedSeconds, trace.freeSecondsUsed], [billed, free]);
    const sixtieths = BigInt(billed - free) * given.terms.rateMicros;
    const rounded = sixtieths / 60n + (sixtieths % 60n >= 30n ? 1n : 0n);
    assert.equal(parseAmount(result), rounded);
  }));
});

Deno.test("a trace whose rate is no amount is a bug, never zero", () => {
  const trace = rateCall(callOf({}));
  for (const rate of ["", "1e3", "0,11"]) {
    assert.throws(() => amountOfTrace({ ...trace, rate }), /Cannot recompute a charge/);
  }
});
