/**
 * Calls that have not ended when they are first seen: read again by id until they have, billed once then,
 * given up after a week.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { PlacedCall } from "../../core/carriers/bland/simulated/placed_call.ts";
import type { Call } from "../../core/usage/calls.ts";
import { assertBooks, numberOf, openAccounts, readRows } from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld, THEIR_NUMBER } from "../support/sync_world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

async function openSmallWorld(options: { lookbackDays?: number } = {}): Promise<SyncWorld> {
  const world = await openSyncWorld(options);
  await openAccounts(world.deps, 2);
  return world;
}

function place({ bland }: SyncWorld, call: Partial<PlacedCall>): string {
  return bland.placeCall({ from: numberOf(0), to: THEIR_NUMBER, ...call }).callId;
}

const chargeOf = async ({ kv }: SyncWorld, id: string) =>
  (await readRows<CallCharge>(kv, "charge")).get(`bland:${id}`);
const openCallsOf = async ({ kv }: SyncWorld) => (await readRows(kv, "open_call")).size;
const booksOf = ({ kv, bland, deps, clock }: SyncWorld) =>
  assertBooks({ kv, bland, deps, accounts: 2, nowMs: clock.now() });

Deno.test("a call is queued, in progress, ended: billed once, when it has ended", async () => {
  await using world = await openSmallWorld();
  const { bland, clock } = world;
  const id = place(world, { waitSeconds: 90, talkSeconds: 150 });
  for (const wait of [0, 60_000, 60_000]) {
    clock.advance(wait);
    assert.equal((await world.syncWell()).billed, 0);
    assert.equal(await chargeOf(world, id), undefined);
    assert.equal(await openCallsOf(world), 1);
  }
  clock.advance(121_000);
  assert.equal((await world.syncWell()).billed, 1);
  assert.equal((await chargeOf(world, id))?.amountMicros, 330_000n);
  assert.equal(await openCallsOf(world), 0);
  // The listing shows it all the while, so nobody asks for it by its id.
  assert.equal(bland.requestCount.detail, 0);
  await booksOf(world);
});

Deno.test("a call that began before the stretch is read by its id until it has ended, and once a run", async () => {
  await using world = await openSmallWorld();
  const { bland, clock } = world;
  for (let i = 0; i < 9; i++) place(world, { talkSeconds: 3 * 3_600 });
  await world.syncWell();
  clock.advance(30 * MINUTE_MS);
  await world.syncWell();
  for (let run = 1; run <= 4; run++) {
    clock.advance(MINUTE_MS);
    assert.equal((await world.syncWell()).billed, 0);
    assert.equal(bland.requestCount.detail, 9 * run);
  }
  clock.advance(3 * HOUR_MS);
  assert.equal((await world.syncWell()).billed, 9);
  const asked = bland.requestCount.detail;
  assert.equal(await openCallsOf(world), 0);
  await booksOf(world);
  clock.advance(MINUTE_MS);
  await world.syncWell();
  assert.equal(bland.requestCount.detail, asked);
});

Deno.test("a call scheduled five days ahead, far behind every stretch by then, is billed when it ends", async () => {
  await using world = await openSmallWorld({ lookbackDays: 2 });
  const { clock } = world;
  const id = place(world, { waitSeconds: 5 * 86_400, talkSeconds: 61 });
  for (let day = 0; day < 5; day++) {
    assert.equal((await world.syncWell()).billed, 0);
    clock.advance(DAY_MS);
  }
  clock.advance(2 * MINUTE_MS);
  assert.equal((await world.syncWell()).billed, 1);
  assert.equal((await chargeOf(world, id))?.amountMicros, 220_000n);
  await booksOf(world);
});

Deno.test("a call that never ends is given up after seven days and stands parked", async () => {
  await using world = await openSmallWorld();
  const { bland, clock, kv } = world;
  const id = place(world, { talkSeconds: 40 * 86_400 });
  clock.advance(MINUTE_MS);
  await world.syncWell();
  clock.advance(7 * DAY_MS - 2 * MINUTE_MS);
  await world.syncWell();
  assert.equal(await openCallsOf(world), 1);
  assert.equal(await chargeOf(world, id), undefined);

  clock.advance(HOUR_MS);
  assert.equal((await world.syncWell()).failed, 1);
  assert.equal(await openCallsOf(world), 0);
  assert.deepEqual(
    [(await chargeOf(world, id))?.state, (await chargeOf(world, id))?.reason],
    ["parked", "never_ended"],
  );
  assert.equal((await readRows<Call>(kv, "call")).get(`bland:${id}`)?.fault, "never_ended");
  const asked = bland.requestCount.detail;
  clock.advance(DAY_MS);
  await world.syncWell();
  assert.equal(bland.requestCount.detail, asked);
});

Deno.test("a call scheduled nine days ahead is billed when it has happened", async () => {
  await using world = await openSmallWorld();
  const { clock } = world;
  const id = place(world, { waitSeconds: 9 * 86_400, talkSeconds: 60 });
  for (let day = 0; day < 10; day++) {
    await world.syncWell();
    clock.advance(DAY_MS);
  }
  await world.syncWell();
  assert.equal((await chargeOf(world, id))?.amountMicros, 110_000n);
  await booksOf(world);
});

Deno.test("a call given up stays given up while a long lookback still lists it", async () => {
  await using world = await openSmallWorld({ lookbackDays: 30 });
  const { clock } = world;
  const id = place(world, { talkSeconds: 20 * 86_400 });
  for (let day = 0; day < 10; day++) {
    clock.advance(DAY_MS);
    await world.syncWell();
    clock.advance(MINUTE_MS);
    await world.syncWell();
  }
  assert.equal((await chargeOf(world, id))?.reason, "never_ended");
  assert.equal((await readRows<Call>(world.kv, "call")).get(`bland:${id}`)?.fault, "never_ended");
  // Its end is news all the same, and is billed.
  clock.advance(11 * DAY_MS);
  await world.syncWell();
  assert.equal((await chargeOf(world, id))?.state, "parked");
  assert.equal((await chargeOf(world, id))?.reason, "absurd_duration");
});

Deno.test("an open call that Bland no longer knows is asked for, and given up after a week", async () => {
  await using world = await openSmallWorld();
  const { bland, clock } = world;
  const id = place(world, { talkSeconds: 7_200 });
  await world.syncWell();
  bland.removeCall(id);
  clock.advance(HOUR_MS);
  const counts = await world.syncWell();
  assert.deepEqual([counts.billed, counts.failed], [0, 1]);
  assert.equal(await openCallsOf(world), 1);
  clock.advance(7 * DAY_MS);
  await world.syncWell();
  assert.equal(await openCallsOf(world), 0);
  assert.equal((await chargeOf(world, id))?.reason, "unknown_to_carrier");
});

Deno.test("an open call that cannot be read just now is read by the next run", async () => {
  await using world = await openSmallWorld();
  const { bland, clock } = world;
  place(world, { talkSeconds: 3_600 });
  await world.syncWell();
  clock.advance(2 * HOUR_MS);
  // Wider stretches would list it; this is about the narrow one, an hour later.
  await world.syncWell();
  place(world, { talkSeconds: 3_000 });
  await world.syncWell();
  clock.advance(20 * MINUTE_MS);
  await world.syncWell();
  clock.advance(39 * MINUTE_MS);
  const running = world.sync({
    report: ({ note }) => {
      if (note === "reading calls") bland.faults.failNext = { httpStatus: 500, count: 1 };
      return Promise.resolve();
    },
  });
  const { counts } = await running;
  assert.deepEqual([counts.billed, counts.failed], [0, 1]);
  clock.advance(1_000);
  assert.equal((await world.syncWell()).billed, 1);
  await booksOf(world);
});
