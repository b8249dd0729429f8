import assert from "node:assert/strict";
import { findMissingCosts } from "../../../core/billing/unsettled.ts";
import { DAY_MS, MINUTE_MS } from "../../../core/clock.ts";
import { openRecordsWorld, type RecordsWorld } from "../../support/telnyx_records.ts";
import { ACME_NUMBER, START_MS, STRANGER } from "../../support/world.ts";
import { countUnsettled } from "../../../routes/pages/overview/count_unsettled.ts";

async function use(telnyx: RecordsWorld, recordsAfterMs: number): Promise<void> {
  const { simulator } = telnyx;
  simulator.faults.sendsCallCost = false;
  const parties = { from: ACME_NUMBER, to: STRANGER };
  simulator.placeCall({
    sessionId: "call",
    legs: [{ ...parties, talkSeconds: 61 }],
    recordsAfterMs,
    isSilent: true,
  });
  const text = { ...parties, hasNullCost: true, recordsAfterMs, isSilent: true };
  simulator.placeMessage({ messageId: "message", ...text });
  telnyx.world.clock.advance(2 * MINUTE_MS);
  await telnyx.hear("call");
  await telnyx.hear("message");
}

Deno.test("a cost that is looked for is missing, with what was charged by estimate", async () => {
  await using telnyx = await openRecordsWorld();
  await use(telnyx, MINUTE_MS);
  const missing = await findMissingCosts(telnyx.sync.store);
  assert.deepEqual(missing, {
    calls: [
      { id: "telnyx:call", startedAtMs: START_MS, chargedMicros: 30_000n, currency: "USD" },
    ],
    messages: [
      { id: "telnyx:message", startedAtMs: START_MS, chargedMicros: null, currency: null },
    ],
    isMore: false,
  });
  telnyx.world.clock.advance(MINUTE_MS);
  await telnyx.run();
  const found = await findMissingCosts(telnyx.sync.store);
  assert.deepEqual([found.calls, found.messages], [[], []]);
});

Deno.test("a cost that was given up is missing still, and grows old", async () => {
  await using telnyx = await openRecordsWorld();
  await use(telnyx, Infinity);
  for (let i = 0; i < 8; i++) {
    telnyx.world.clock.advance(20 * MINUTE_MS);
    await telnyx.run();
  }
  telnyx.world.clock.advance(DAY_MS);
  const nowMs = telnyx.world.clock.now();
  const { estimated, unpriced } = await countUnsettled(telnyx.sync.store, { nowMs, waiting: [] });
  assert.deepEqual([estimated.byAge, unpriced.byAge], [[0, 0, 1, 0], [0, 0, 1, 0]]);
  assert.deepEqual(estimated.amounts, [{ amount: "0.030000", currency: "USD" }]);
});
