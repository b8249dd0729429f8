/**
 * A day's messages held against Telnyx's messaging records: missed webhooks are found and rated by it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { getReconciliation, type Reconciliation } from "../../core/billing/reconciliation.ts";
import { DAY_MS, MINUTE_MS, utcDay } from "../../core/clock.ts";
import { messageKey } from "../../core/kv/keys.ts";
import type { Message } from "../../core/usage/messages.ts";
import { reconcileNow } from "../../cron/reconcile_carriers.ts";
import { checkBooks } from "../support/ledger.ts";
import { openRecordsWorld, type RecordsWorld } from "../support/telnyx_records.ts";
import { ACME_NUMBER, START_MS, STRANGER } from "../support/world.ts";

const DAY = utcDay(START_MS);

/** A message that costs 0.008200; nobody hears of it by itself. */
function send({ simulator }: RecordsWorld, messageId: string, more = {}): string {
  const text = { from: ACME_NUMBER, to: STRANGER, isSilent: true, sentAtMs: START_MS };
  return simulator.placeMessage({ messageId, ...text, ...more }).messageId;
}

async function reconcile(telnyx: RecordsWorld): Promise<Reconciliation> {
  const deps = { ...telnyx.sync, kinds: telnyx.kinds };
  return (await reconcileNow(deps, { carrier: "telnyx", day: DAY, actor: "test" }))!;
}

const countsOf = ({ messages, openCount }: Reconciliation) => [
  messages!.matched.count,
  messages!.oursOnly.count,
  messages!.theirsOnly.count,
  messages!.different.count,
  openCount,
];

const messageOf = async ({ sync }: RecordsWorld, id: string) =>
  (await sync.store.get<Message>(messageKey(`telnyx:${id}`)))?.value ?? null;

Deno.test("messages whose webhooks were lost are found, taken in and rated, once", async () => {
  await using telnyx = await openRecordsWorld();
  telnyx.world.clock.advance(MINUTE_MS);
  await telnyx.hear(send(telnyx, "heard"));
  send(telnyx, "lost");
  telnyx.world.clock.advance(DAY_MS);
  const found = await reconcile(telnyx);
  assert.deepEqual(countsOf(found), [1, 0, 1, 0, 0]);
  assert.deepEqual(found.messages!.theirsOnly, {
    count: 1,
    oursMicros: 0n,
    theirsMicros: 8_200n,
  });
  assert.deepEqual(found.matched.count, 0);
  const lost = await messageOf(telnyx, "lost");
  assert.deepEqual([lost?.accountId, lost?.direction, lost?.isFinal, lost?.costMicros], [
    "acme",
    "outbound",
    true,
    8_200n,
  ]);
  assert.deepEqual(
    found.items.map(({ callId, usage, suggestion }) => [callId, usage, suggestion]),
    [["telnyx:lost", "message", "taken_in"]],
  );
  assert.deepEqual(countsOf(await reconcile(telnyx)), [2, 0, 0, 0, 0]);
  await checkBooks(telnyx.sync.store);
});

Deno.test("a cost that we lack is taken over; one that differs is left to somebody", async () => {
  await using telnyx = await openRecordsWorld();
  telnyx.world.clock.advance(MINUTE_MS);
  await telnyx.hear(send(telnyx, "unpriced", { hasNullCost: true }));
  await telnyx.hear(send(telnyx, "differs"));
  telnyx.simulator.messages().find(({ messageId }) => messageId === "differs")!.cost = 90_000_000n;
  telnyx.world.clock.advance(DAY_MS);
  const found = await reconcile(telnyx);
  assert.deepEqual(countsOf(found), [0, 0, 0, 2, 1]);
  assert.deepEqual(
    found.items.map((one) => [one.callId, one.state, one.oursMicros, one.theirsMicros]),
    [
      ["telnyx:differs", "open", 8_200n, 9_000n],
      ["telnyx:unpriced", "settled", null, 8_200n],
    ],
  );
  assert.equal((await messageOf(telnyx, "unpriced"))?.costMicros, 8_200n);
  assert.equal((await messageOf(telnyx, "differs"))?.costMicros, 8_200n);
});

Deno.test("a message of ours without a record is named; one that is on its way is not taken in yet", async () => {
  await using telnyx = await openRecordsWorld();
  telnyx.world.clock.advance(MINUTE_MS);
  await telnyx.hear(send(telnyx, "ours", { recordsAfterMs: Infinity }));
  send(telnyx, "fresh", { sentAtMs: telnyx.world.clock.now() });
  telnyx.world.clock.advance(MINUTE_MS);
  const found = await reconcile(telnyx);
  assert.deepEqual(countsOf(found), [0, 1, 1, 0, 2]);
  assert.equal(await messageOf(telnyx, "fresh"), null);
});

Deno.test("a day of many pages of messages is read over the minutes, within the quota", async () => {
  await using telnyx = await openRecordsWorld();
  const { simulator, world } = telnyx;
  for (let i = 0; i < 450; i++) send(telnyx, `message-${i}`);
  simulator.faults.quotaPerMinute = 8;
  world.clock.advance(DAY_MS);
  let found = await reconcile(telnyx);
  assert.equal(found.state, "pending");
  for (let minute = 0; minute < 5 && found.state === "pending"; minute++) {
    world.clock.advance(MINUTE_MS);
    await telnyx.run();
    found = await reconcileState(telnyx);
  }
  assert.deepEqual([found.state, found.messages!.theirsOnly.count], ["done", 450]);
  // Nine pages of messages and one each of two types of calls: none was refused, none read twice.
  assert.equal(simulator.requestCount.detailRecords, 11);
});

async function reconcileState({ sync }: RecordsWorld): Promise<Reconciliation> {
  return (await getReconciliation(sync.store, { carrier: "telnyx", day: DAY }))!;
}
