/**
 * Calls that Bland shows late, and calls that it shows differently later.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { PlacedCall } from "../../core/carriers/bland/simulated/placed_call.ts";
import type { DayTotal } from "../../core/wallet/day_total.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import {
  accountOf,
  assertBooks,
  numberOf,
  openAccounts,
  readRows,
  snapshotMoney,
} from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld, THEIR_NUMBER } from "../support/sync_world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

async function openSmallWorld(): Promise<SyncWorld> {
  const world = await openSyncWorld();
  await openAccounts(world.deps, 2);
  return world;
}

function place({ bland }: SyncWorld, call: Partial<PlacedCall>): string {
  return bland.placeCall({ from: numberOf(0), to: THEIR_NUMBER, ...call }).callId;
}

const booksOf = ({ kv, bland, deps, clock }: SyncWorld) =>
  assertBooks({ kv, bland, deps, accounts: 2, nowMs: clock.now() });

/** The entries of the first account that calls caused, as kind and amount. */
async function callEntriesOf({ kv }: SyncWorld): Promise<string[]> {
  return [...(await readRows<Entry>(kv, "entry")).values()]
    .filter(({ source }) => source.type === "call")
    .map(({ kind, amountMicros, metadata }) =>
      `${kind} ${amountMicros}${metadata.adjusts ? ` of ${metadata.adjusts}` : ""}`
    );
}

/** How late a row appears, and how long it takes at most until a run finds it. */
const LATE: [string, number, number][] = [
  ["ten minutes late is found by the next run", 10 * MINUTE_MS, 2 * MINUTE_MS],
  ["two hours late is found within the hour", 2 * HOUR_MS, 62 * MINUTE_MS],
  ["three days late is found within the day", 3 * DAY_MS, 24 * HOUR_MS + 2 * MINUTE_MS],
];

for (const [sentence, lateMs, withinMs] of LATE) {
  Deno.test(`a row that appears ${sentence}, and is billed once`, async () => {
    await using world = await openSmallWorld();
    const { bland, clock } = world;
    // The listing is read every minute until the row shows, as in life, but in larger steps.
    const createdAtMs = clock.now();
    place(world, { createdAtMs, talkSeconds: 30, visibleAtMs: createdAtMs + lateMs });
    const steps = 40;
    for (let step = 0; step < steps; step++) {
      await world.syncWell();
      clock.advance(Math.floor(lateMs / steps));
    }
    clock.advance(MINUTE_MS);
    let billed = 0;
    for (const until = clock.now() + withinMs; clock.now() < until && billed === 0;) {
      billed += (await world.syncWell()).billed;
      clock.advance(withinMs / 10);
    }
    assert.equal(billed, 1);
    await booksOf(world);
    const before = await snapshotMoney(world.kv);
    clock.advance(DAY_MS);
    await world.syncWell();
    assert.deepEqual(await snapshotMoney(world.kv), before);
    assert.equal(bland.requestCount.detail, 0);
  });
}

Deno.test("seconds that go up, then down, make one adjustment each, linked to the charge", async () => {
  await using world = await openSmallWorld();
  const { bland, clock } = world;
  const id = place(world, { createdAtMs: clock.now() - HOUR_MS, talkSeconds: 60 });
  await world.syncWell();
  for (
    const [talkSeconds, entry] of [[200, "adjustment -330000 of 2"], [
      59,
      "adjustment 330000 of 2",
    ]] as const
  ) {
    bland.reviseCall(id, { talkSeconds });
    clock.advance(DAY_MS);
    assert.equal((await world.syncWell()).updated, 1);
    assert.equal((await callEntriesOf(world)).at(-1), entry);
    await booksOf(world);
    clock.advance(DAY_MS);
    const before = await snapshotMoney(world.kv);
    await world.syncWell();
    assert.deepEqual(await snapshotMoney(world.kv), before);
  }
  assert.equal((await callEntriesOf(world)).length, 3);
});

Deno.test("seconds that change inside the minute change the trace and no money", async () => {
  await using world = await openSmallWorld();
  const { bland, clock, kv } = world;
  const id = place(world, { createdAtMs: clock.now() - HOUR_MS, talkSeconds: 61 });
  await world.syncWell();
  bland.reviseCall(id, { talkSeconds: 119 });
  clock.advance(HOUR_MS);
  await world.syncWell();
  assert.deepEqual(await callEntriesOf(world), ["charge -220000"]);
  const charge = (await readRows<CallCharge>(kv, "charge")).get(`bland:${id}`);
  assert.equal(charge?.trace?.seconds, 119);
  await booksOf(world);
});

Deno.test("a price that changes moves the carrier cost of the day, once, and no money", async () => {
  await using world = await openSmallWorld();
  const { bland, clock, kv } = world;
  const id = place(world, {
    createdAtMs: clock.now() - HOUR_MS,
    talkSeconds: 61,
    priceText: "0.092",
  });
  await world.syncWell();
  bland.reviseCall(id, { priceText: "0.1234567" });
  for (let run = 0; run < 3; run++) {
    clock.advance(HOUR_MS);
    await world.syncWell();
  }
  assert.deepEqual(await callEntriesOf(world), ["charge -220000"]);
  const days = [...(await readRows<DayTotal>(kv, "day_total")).values()]
    .filter((day) => day.accountId === accountOf(0));
  const costMicros = days.reduce((sum, day) => sum + (day.costMicros.bland_voice ?? 0n), 0n);
  assert.equal(costMicros, 123_457n);
  assert.equal(days.reduce((sum, day) => sum + (day.usageCount.bland_voice ?? 0), 0), 1);
  await booksOf(world);
});

Deno.test("a call of zero seconds that turns out to have lasted is charged then, not adjusted", async () => {
  await using world = await openSmallWorld();
  const { bland, clock } = world;
  const id = place(world, { createdAtMs: clock.now() - HOUR_MS, talkSeconds: 0 });
  assert.equal((await world.syncWell()).billed, 1);
  assert.deepEqual(await callEntriesOf(world), []);
  bland.reviseCall(id, { talkSeconds: 5 });
  clock.advance(HOUR_MS);
  await world.syncWell();
  assert.deepEqual(await callEntriesOf(world), ["charge -110000"]);
  await booksOf(world);
});

Deno.test("a call that disappears after it was billed stays billed", async () => {
  await using world = await openSmallWorld();
  const { bland, clock, kv } = world;
  const id = place(world, { createdAtMs: clock.now() - HOUR_MS, talkSeconds: 60 });
  await world.syncWell();
  const before = await snapshotMoney(kv);
  bland.removeCall(id);
  clock.advance(DAY_MS);
  await world.syncWell();
  assert.deepEqual(await snapshotMoney(kv), before);
});
