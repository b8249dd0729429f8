import assert from "node:assert/strict";
import {
  costOfFacts,
  type TelnyxCallCost,
} from "../../../../../core/carriers/telnyx/calls/call_cost.ts";
import type { TelnyxLegCost } from "../../../../../core/carriers/telnyx/calls/leg_cost.ts";
import { answered, cost, factsOf, hangup, initiated } from "./call_events.ts";

const PART = { part: "sip-trunking", rateText: "0.005", currency: "USD", billedSeconds: 60 };
const part = (costText: string | null, changes = {}) => ({ ...PART, costText, ...changes });

/** A finished one-leg call with the price as changed. */
function costOf(changes: Partial<TelnyxLegCost>): TelnyxCallCost {
  return costOfFacts(factsOf(
    initiated({ atSeconds: 0 }),
    answered({ atSeconds: 1 }),
    hangup({ atSeconds: 40 }),
    cost({ atSeconds: 45, cost: changes }),
  ));
}

Deno.test("costOfFacts() sums the parts exactly, rounds once, takes the longest", () => {
  assert.deepEqual(costOf({}), {
    status: "complete",
    costMicros: 6_800n,
    amountText: "0.0068",
    rateText: "0.0068",
    billedSeconds: 60,
    currency: "USD",
  });
  const parts = [part("4.0E-7"), part("4.0E-7", { billedSeconds: 120 }), part("0.0000")];
  const sum = costOf({ totalText: null, parts });
  assert.deepEqual(sum.status === "complete" && [sum.costMicros, sum.billedSeconds], [1n, 120]);
});

Deno.test("a price of exactly zero is a price", () => {
  const zero = costOf({ totalText: "0.0000", parts: [part("0.0000"), part("0E-8")] });
  assert.equal(zero.status === "complete" ? zero.costMicros : null, 0n);
});

const UNUSABLE: readonly [why: string, changes: Partial<TelnyxLegCost>][] = [
  ["an error", { status: "error" }],
  ["no parts, so no currency", { totalText: "0.0068", parts: [] }],
  ["too many parts", { parts: null }],
  ["a part that is no decimal", { parts: [part("0.0068"), part(null)] }],
  ["a negative part", { totalText: null, parts: [part("-0.0068")] }],
  ["a part without a currency", { parts: [part("0.0068", { currency: null })] }],
  ["parts that do not add up to the total", { totalText: "0.0069" }],
];

for (const [why, changes] of UNUSABLE) {
  Deno.test(`costOfFacts(): ${why} is no price`, () => {
    assert.deepEqual(costOf(changes), { status: "none" });
  });
}

Deno.test("the total may be spelled another way, or be missing", () => {
  assert.equal(costOf({ totalText: "6.80E-3" }).status, "complete");
  assert.equal(costOf({ totalText: null }).status, "complete");
});

Deno.test("costOfFacts() is partial until every leg has hung up and told", () => {
  const b = (atSeconds: number) => ({ atSeconds, leg: "leg-b" });
  const events = [initiated({ atSeconds: 0 }), cost({ atSeconds: 9 })];
  assert.equal(costOfFacts(factsOf(...events)).status, "partial");
  events.push(hangup({ atSeconds: 8 }));
  assert.equal(costOfFacts(factsOf(...events)).status, "complete");
  events.push(initiated(b(1)));
  assert.equal(costOfFacts(factsOf(...events)).status, "partial");
  events.push(hangup(b(7)));
  assert.equal(costOfFacts(factsOf(...events)).status, "partial");
  events.push(cost({ ...b(9), cost: { status: "error" } }));
  assert.equal(costOfFacts(factsOf(...events)).status, "partial");
  events.push(cost(b(10)));
  const sum = costOfFacts(factsOf(...events));
  assert.equal(sum.status === "complete" ? sum.costMicros : null, 13_600n);
});

Deno.test("another currency is named, and its sum kept apart", () => {
  const parts = [part("0.005", { currency: "EUR" }), part("0.001", { currency: "EUR" })];
  const euros = costOf({ totalText: null, parts });
  assert.deepEqual(
    euros.status === "other_currency" && [euros.currency, euros.sum?.costMicros],
    ["EUR", 6_000n],
  );
  const mixed = costOf({
    totalText: null,
    parts: [part("0.005"), part("0.1", { currency: "EUR" })],
  });
  assert.deepEqual(mixed, { status: "other_currency", currency: "EUR", sum: null });
  const facts = factsOf(
    hangup({ atSeconds: 1 }),
    cost({ atSeconds: 2, cost: { totalText: null, parts } }),
  );
  assert.equal(costOfFacts(facts, "EUR").status, "complete");
});
