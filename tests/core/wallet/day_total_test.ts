import assert from "node:assert/strict";
import { addToDay, emptyDayTotal, sumDays } from "../../../core/wallet/day_total.ts";

const empty = emptyDayTotal({ day: "2026-01-31", currency: "USD", accountId: "acme" });

Deno.test("a charge counts into its kind with its sign, into its service as what we took", () => {
  const day = addToDay(empty, { kind: "charge", amountMicros: -110_000n, service: "bland_voice" });
  assert.deepEqual(day.byKindMicros, { charge: -110_000n });
  assert.deepEqual(day.chargedMicros, { bland_voice: 110_000n });
  assert.equal(day.entryCount, 1);
  assert.deepEqual(empty.byKindMicros, {}, "the day before it stays as it was");
});

Deno.test("an adjustment takes back from what its service took", () => {
  const charged = addToDay(empty, { kind: "charge", amountMicros: -110_000n, service: "sms" });
  const day = addToDay(charged, { kind: "adjustment", amountMicros: 10_000n, service: "sms" });
  assert.deepEqual(day.chargedMicros, { sms: 100_000n });
  assert.deepEqual(day.byKindMicros, { charge: -110_000n, adjustment: 10_000n });
});

Deno.test("cost and usage count without an entry, money by hand without a service", () => {
  const used = addToDay(empty, { service: "bland_voice", costMicros: 9n, usageCount: 1 });
  assert.deepEqual([used.entryCount, used.byKindMicros], [0, {}]);
  assert.deepEqual([used.costMicros, used.usageCount], [{ bland_voice: 9n }, { bland_voice: 1 }]);
  const paid = addToDay(empty, { kind: "top_up", amountMicros: 5n });
  assert.deepEqual([paid.chargedMicros, paid.byKindMicros], [{}, { top_up: 5n }]);
});

Deno.test("several days add up, name by name, and none of them changes", () => {
  const a = addToDay(empty, { kind: "charge", amountMicros: -2n, service: "sms", usageCount: 1 });
  const b = addToDay(a, { service: "sms", costMicros: 1n, usageCount: 1 });
  const sum = sumDays(emptyDayTotal({ day: "2026-01-31", currency: "USD" }), [a, b]);
  assert.deepEqual(sum.byKindMicros, { charge: -4n });
  assert.deepEqual(sum.chargedMicros, { sms: 4n });
  assert.deepEqual(sum.costMicros, { sms: 1n });
  assert.deepEqual(sum.usageCount, { sms: 3 });
  assert.equal(sum.entryCount, 2);
  assert.deepEqual(a.usageCount, { sms: 1 });
});
