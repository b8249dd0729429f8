import assert from "node:assert/strict";
import fc from "fast-check";
import { formatMicros } from "../../../core/money.ts";
import {
  amountOfCostPlus,
  formatPercent,
  rateCostPlus,
  type UsageToMarkUp,
} from "../../../core/rating/rate_cost_plus.ts";

const base: UsageToMarkUp = {
  plan: "telnyx_voice",
  version: 1,
  currency: "USD",
  terms: {
    kind: "cost_plus",
    markupPercentE4: 0,
    fixedFeeMicros: 0n,
    estimateRateMicros: 15_000n,
  },
  seconds: 61,
  carrierBilledSeconds: null,
  costMicros: null,
};
const withTerms = (terms: Partial<UsageToMarkUp["terms"]>) => ({ ...base.terms, ...terms });

const rows: [string, UsageToMarkUp, string][] = [
  ["an estimate counts started minutes", base, "0.030000"],
  ["sixty seconds are one minute", { ...base, seconds: 60 }, "0.015000"],
  ["no talk is free while estimated", { ...base, seconds: 0 }, "0.000000"],
  ["no talk is free at any cost", {
    ...base,
    seconds: 0,
    costMicros: 5_000n,
    terms: withTerms({ fixedFeeMicros: 7n }),
  }, "0.000000"],
  ["the exact cost replaces the estimate", { ...base, costMicros: 18_000n }, "0.018000"],
  ["a markup is taken on the cost", {
    ...base,
    costMicros: 18_000n,
    terms: withTerms({ markupPercentE4: 125_000 }),
  }, "0.020250"],
  ["half a micro goes away from zero", {
    ...base,
    costMicros: 1n,
    terms: withTerms({ markupPercentE4: 500_000 }),
  }, "0.000002"],
  ["the fee comes on top of an exact cost, even of zero", {
    ...base,
    costMicros: 0n,
    terms: withTerms({ fixedFeeMicros: 1_000n }),
  }, "0.001000"],
];
for (const [sentence, usage, result] of rows) {
  Deno.test(`rateCostPlus(): ${sentence}`, () => {
    const trace = rateCostPlus(usage);
    assert.equal(trace.result, result);
    assert.equal(trace.estimated, usage.costMicros === null);
  });
}

Deno.test("a trace by cost alone reproduces its amount", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 90_000 }),
    fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
    fc.integer({ min: 0, max: 10_000_000 }),
    fc.bigInt({ min: 0n, max: 10n ** 9n }),
    (seconds, costMicros, markupPercentE4, feeMicros) => {
      const terms = withTerms({ markupPercentE4, fixedFeeMicros: feeMicros });
      const trace = rateCostPlus({ ...base, seconds, costMicros, terms });
      assert.equal(formatMicros(amountOfCostPlus(trace)), trace.result);
      const parsed = JSON.parse(JSON.stringify(trace));
      assert.equal(formatMicros(amountOfCostPlus(parsed)), trace.result);
    },
  ));
});

Deno.test("formatPercent() writes a markup as people say it", () => {
  assert.deepEqual([0, 125_000, 1_000_000, 1].map(formatPercent), ["0", "12.5", "100", "0.0001"]);
});
