/**
 * A day of Telnyx held against its detail records: missed webhooks are found and billed by it, and every
 * cent is settled or explained.
 *
 * @module
 */
import assert from "node:assert/strict";
import { keepCarrierBalance } from "../../core/billing/carrier_balance.ts";
import {
  getReconciliation,
  listReconciliations,
  type Reconciliation,
} from "../../core/billing/reconciliation.ts";
import { stageCost } from "../../core/billing/apply_cost.ts";
import { billDue } from "../../core/billing/bill_due.ts";
import { DAY_MS, HOUR_MS, utcDay } from "../../core/clock.ts";
import { callByControlKey, intakeKey } from "../../core/kv/keys.ts";
import { keepBalances } from "../../cron/keep_balances.ts";
import { reconcileNow, stageReconciliations } from "../../cron/reconcile_carriers.ts";
import { callOf, chargeOf, checkBooks } from "../support/ledger.ts";
import { openRecordsWorld, type RecordsWorld } from "../support/telnyx_records.ts";
import { ACME_NUMBER, KIWI_NUMBER, START_MS, STRANGER } from "../support/world.ts";

const DAY = utcDay(START_MS);

/** A call of 61 seconds, which costs 0.013600. */
function place(
  { simulator }: RecordsWorld,
  { id, from = ACME_NUMBER, ...placed }: {
    id: string;
    from?: string;
    talkSeconds?: number;
    startedAtMs?: number;
    recordsAfterMs?: number;
  },
): string {
  const { talkSeconds = 61, ...rest } = placed;
  const legs: [{ from: string; to: string; talkSeconds: number }] = [
    { from, to: STRANGER, talkSeconds },
  ];
  return simulator.placeCall({ sessionId: id, legs, isSilent: true, ...rest }).sessionId;
}

async function reconcile(
  telnyx: RecordsWorld,
  day: string = DAY,
): Promise<Reconciliation> {
  const deps = { ...telnyx.sync, kinds: telnyx.kinds };
  return (await reconcileNow(deps, { carrier: "telnyx", day, actor: "test" }))!;
}

const countsOf = ({ matched, oursOnly, theirsOnly, different, openCount }: Reconciliation) => [
  matched.count,
  oursOnly.count,
  theirsOnly.count,
  different.count,
  openCount,
];

Deno.test("calls whose webhooks were lost are found, taken in and billed, once", async () => {
  await using telnyx = await openRecordsWorld();
  await telnyx.hear(place(telnyx, { id: "heard" }));
  place(telnyx, { id: "lost" });
  place(telnyx, { id: "lost-too", from: KIWI_NUMBER, talkSeconds: 10 });
  telnyx.world.clock.advance(DAY_MS);
  const found = await reconcile(telnyx);
  assert.deepEqual(countsOf(found), [1, 0, 2, 0, 0]);
  assert.deepEqual(found.theirsOnly, { count: 2, oursMicros: 0n, theirsMicros: 20_400n });
  assert.deepEqual(found.items.map(({ state, suggestion }) => [state, suggestion]), [
    ["settled", "taken_in"],
    ["settled", "taken_in"],
  ]);
  const lost = await callOf(telnyx.sync.store, "telnyx:lost");
  assert.deepEqual(
    [lost?.accountId, lost?.direction, lost?.from, lost?.durationSeconds, lost?.costMicros],
    ["acme", "outbound", ACME_NUMBER, 61, 13_600n],
  );
  assert.equal(lost?.startedAtMs, Math.floor(START_MS / 1_000) * 1_000);
  assert.equal((await chargeOf(telnyx.sync.store, "telnyx:lost"))?.amountMicros, 13_600n);
  const again = await reconcile(telnyx);
  assert.deepEqual(countsOf(again), [3, 0, 0, 0, 0]);
  assert.equal((await chargeOf(telnyx.sync.store, "telnyx:lost"))?.entries.length, 1);
  await checkBooks(telnyx.sync.store);
});

Deno.test("a call that was taken in is found by its handle, and late webhooks change nothing", async () => {
  await using telnyx = await openRecordsWorld();
  const id = place(telnyx, { id: "late" });
  telnyx.world.clock.advance(DAY_MS);
  await reconcile(telnyx);
  const { callControlId } = telnyx.simulator.calls()[0]!.legs[0];
  const handle = await telnyx.sync.store.get(callByControlKey("telnyx", callControlId));
  assert.deepEqual(handle?.value, { callId: "telnyx:late", v: 1 });
  await telnyx.hear(id);
  await telnyx.run();
  const charge = await chargeOf(telnyx.sync.store, "telnyx:late");
  assert.deepEqual([charge?.amountMicros, charge?.entries.length], [13_600n, 1]);
});

Deno.test("a cost that differs is taken over from the records, with one adjustment", async () => {
  await using telnyx = await openRecordsWorld();
  await telnyx.hear(place(telnyx, { id: "wrong" }));
  const cost = {
    costMicros: 10_000n,
    costCurrency: "USD",
    costDetail: { source: "call_cost_webhook", rate: null, billedSeconds: 60, fetchedAtMs: 1 },
    course: null,
  };
  await telnyx.sync.gates.change({
    gate: intakeKey("telnyx"),
    stage: (batch) => stageCost(batch, { callId: "telnyx:wrong", cost, atMs: 1 }),
  });
  await billDue(telnyx.sync, { actor: "test" });
  const earlier = await chargeOf(telnyx.sync.store, "telnyx:wrong");
  telnyx.world.clock.advance(DAY_MS);
  const found = await reconcile(telnyx);
  assert.deepEqual(countsOf(found), [0, 0, 0, 1, 0]);
  assert.deepEqual(found.different, { count: 1, oursMicros: 10_000n, theirsMicros: 13_600n });
  assert.equal(found.items[0]?.suggestion, "corrected");
  const after = await chargeOf(telnyx.sync.store, "telnyx:wrong");
  assert.equal(after?.amountMicros, 13_600n);
  assert.equal(after?.entries.length, earlier!.entries.length + 1);
});

Deno.test("what the records do not have is left open, or explained", async () => {
  await using telnyx = await openRecordsWorld();
  await telnyx.hear(place(telnyx, { id: "no-record", recordsAfterMs: Infinity }));
  await telnyx.hear(place(telnyx, { id: "silent", talkSeconds: 0, recordsAfterMs: Infinity }));
  telnyx.world.clock.advance(DAY_MS);
  const found = await reconcile(telnyx);
  assert.deepEqual(
    found.items.map(({ callId, state, suggestion }) => [callId, state, suggestion]).sort(),
    [
      ["telnyx:no-record", "open", "no_record"],
      ["telnyx:silent", "explained", "never_answered"],
    ],
  );
  assert.equal(found.openCount, 1);
});

Deno.test("a call belongs to the day it began, whatever the day of its legs", async () => {
  await using telnyx = await openRecordsWorld();
  const midnightMs = Date.UTC(2026, 1, 1);
  const { sessionId } = telnyx.simulator.placeCall({
    sessionId: "over-midnight",
    startedAtMs: midnightMs - 10_500,
    isSilent: true,
    legs: [
      { from: ACME_NUMBER, to: STRANGER, talkSeconds: 120 },
      { from: ACME_NUMBER, to: STRANGER, afterSeconds: 30, talkSeconds: 60 },
    ],
  });
  assert.equal(sessionId, "over-midnight");
  telnyx.world.clock.advance(2 * DAY_MS);
  assert.deepEqual(countsOf(await reconcile(telnyx, "2026-02-01")), [0, 0, 0, 0, 0]);
  assert.deepEqual(countsOf(await reconcile(telnyx)), [0, 0, 1, 0, 0]);
  assert.deepEqual(countsOf(await reconcile(telnyx, "2026-02-01")), [0, 0, 0, 0, 0]);
  const [truth] = telnyx.simulator.truth().calls;
  assert.equal(
    (await callOf(telnyx.sync.store, "telnyx:over-midnight"))?.costMicros,
    truth?.costMicros,
  );
});

Deno.test("a day of more pages than the quota allows is read over several runs", async () => {
  await using telnyx = await openRecordsWorld();
  for (let i = 0; i < 220; i++) {
    place(telnyx, { id: `call-${i}`, startedAtMs: START_MS - i * 60_000 });
  }
  telnyx.world.clock.advance(DAY_MS);
  telnyx.simulator.faults.quotaPerMinute = 8;
  let found = await reconcile(telnyx);
  assert.equal(found.state, "pending");
  const asked = () => telnyx.simulator.requestCount.detailRecords;
  for (let i = 0; i < 5 && found.state === "pending"; i++) {
    telnyx.world.clock.advance(61_000);
    await telnyx.run();
    found = (await getReconciliation(telnyx.sync.store, { carrier: "telnyx", day: DAY }))!;
  }
  assert.deepEqual(countsOf(found), [0, 0, 220, 0, 0]);
  assert(asked() <= 12, `no page twice: ${asked()} requests`);
});

Deno.test("a carrier that does not answer leaves the earlier result and says why", async () => {
  await using telnyx = await openRecordsWorld();
  await telnyx.hear(place(telnyx, { id: "one" }));
  telnyx.world.clock.advance(DAY_MS);
  await reconcile(telnyx);
  telnyx.simulator.faults.failNext = { httpStatus: 401, count: 1 };
  const failed = await reconcile(telnyx);
  assert.deepEqual([failed.state, failed.failure, failed.matched.count], [
    "failed",
    "credentials_refused",
    1,
  ]);
  telnyx.world.clock.advance(HOUR_MS);
  await telnyx.run();
  const healed = await getReconciliation(telnyx.sync.store, { carrier: "telnyx", day: DAY });
  assert.deepEqual([healed?.state, healed?.failure], ["done", null]);
});

Deno.test("the balance's movement stands beside the day's costs, with the unexplained rest", async () => {
  await using telnyx = await openRecordsWorld();
  await keepCarrierBalance(telnyx.sync.store, {
    carrier: "telnyx",
    balance: {
      balanceMicros: 90_000_000n,
      pendingMicros: 0n,
      creditLimitMicros: 0n,
      availableMicros: 90_000_000n,
      currency: "USD",
      atMs: START_MS - DAY_MS,
    },
  });
  place(telnyx, { id: "call" });
  const sent = { from: ACME_NUMBER, to: STRANGER, isSilent: true };
  telnyx.simulator.placeMessage({ messageId: "message", ...sent });
  telnyx.world.clock.advance(HOUR_MS);
  await telnyx.hear("message");
  await keepBalances(telnyx.sync);
  telnyx.world.clock.advance(DAY_MS);
  const { movement } = await reconcile(telnyx);
  assert.deepEqual(
    [movement?.fromMicros, movement?.callCostMicros, movement?.messageCostMicros],
    [90_000_000n, 13_600n, 8_200n],
  );
  assert.equal(movement?.toMicros, 100_000_000n - 13_600n - 8_200n);
  assert.equal(movement.unexplainedMicros, 10_000_000n, "somebody put money in");
});

Deno.test("the crontab stages yesterday once, due when late calls have their records", async () => {
  await using telnyx = await openRecordsWorld();
  telnyx.world.clock.advance(2 * HOUR_MS);
  await stageReconciliations(telnyx.sync);
  await stageReconciliations(telnyx.sync);
  assert.equal(await telnyx.run(), 0);
  const staged = await getReconciliation(telnyx.sync.store, { carrier: "telnyx", day: DAY });
  assert.equal(staged?.state, "pending");
  telnyx.world.clock.advance(5 * HOUR_MS);
  assert.equal(await telnyx.run(), 1);
  const done = await getReconciliation(telnyx.sync.store, { carrier: "telnyx", day: DAY });
  assert.equal(done?.state, "done");
  await stageReconciliations(telnyx.sync);
  telnyx.world.clock.advance(HOUR_MS);
  assert.equal(await telnyx.run(), 0, "a day that is done is not compared again by itself");
});

Deno.test("days between, and one compared before it was over, are compared when the crons are back", async () => {
  await using telnyx = await openRecordsWorld();
  await reconcile(telnyx);
  telnyx.world.clock.advance(4 * DAY_MS);
  await stageReconciliations(telnyx.sync);
  telnyx.world.clock.advance(6 * HOUR_MS);
  assert.equal(await telnyx.run(), 4);
  const page = await listReconciliations(telnyx.sync.store, { carrier: "telnyx", limit: 10 });
  assert.deepEqual(page?.rows.map(({ day, state }) => `${day} ${state}`), [
    "2026-02-03 done",
    "2026-02-02 done",
    "2026-02-01 done",
    "2026-01-31 done",
  ]);
});

Deno.test("a carrier that is off is not reconciled", async () => {
  await using telnyx = await openRecordsWorld();
  const deps = { ...telnyx.sync, kinds: telnyx.kinds };
  assert.equal(await reconcileNow(deps, { carrier: "twilio", day: DAY, actor: "test" }), null);
});
