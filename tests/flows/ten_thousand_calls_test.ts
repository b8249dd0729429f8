/**
 * The size of the job: ten thousand calls of two hundred accounts in one sync, again, and thrice at once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ASKED_RUN, syncCalls } from "../../cron/sync_calls.ts";
import { assertBooks, openAccounts, placeLoad, snapshotMoney } from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";

const ACCOUNTS = 200;
const DAY_MS = 86_400_000;

/** A world with accounts and the calls of the last six days, ended all of them. */
async function openBusyWorld(calls: number, accounts: number): Promise<SyncWorld> {
  const world = await openSyncWorld();
  await openAccounts(world.deps, accounts);
  const nowMs = world.clock.now();
  placeLoad(world.bland, {
    calls,
    accounts,
    fromMs: nowMs - 6 * DAY_MS,
    toMs: nowMs - 3_600_000,
    random: seeded(7),
  });
  return world;
}

Deno.test("10 000 calls of 200 accounts: ten pages, every wallet to the micro, and again nothing", async () => {
  await using world = await openBusyWorld(10_000, ACCOUNTS);
  const { kv, bland, deps, clock } = world;
  const counts = await world.syncWell();
  assert.deepEqual(counts, {
    accounts: ACCOUNTS,
    fetched: 10_000,
    stored: 10_000,
    updated: 0,
    billed: 10_000,
    waitingFunds: 0,
    unassigned: 0,
    failed: 0,
  });
  assert.deepEqual(bland.requestCount, { list: 10, detail: 0, me: 0 });
  await assertBooks({ kv, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });

  const before = await snapshotMoney(kv);
  assert(before.size > 10_000 + ACCOUNTS);
  clock.advance(DAY_MS / 2);
  const again = await world.syncWell();
  assert.equal(again.billed + again.stored + again.updated, 0);
  assert.deepEqual(await snapshotMoney(kv), before);
});

Deno.test("three syncs at once bill every call once, whatever becomes of their lease", async () => {
  await using world = await openBusyWorld(2_500, 40);
  const { kv, bland, clock, deps, openProcess } = world;
  // Whoever looks finds no lease, so all of them work side by side all the time.
  const thief = setInterval(() => void kv.delete(["lease", "sync:bland:main"]), 1);
  const processes = [deps, openProcess(), openProcess(), deps];
  const outcomes = await Promise.all(
    processes.map((process) => syncCalls(process, { actor: "test", ...ASKED_RUN })),
  );
  clearInterval(thief);
  assert.deepEqual(outcomes.map(({ status }) => status), processes.map(() => "synced"));
  assert.equal(outcomes.reduce((sum, { counts }) => sum + counts.stored, 0), 2_500);
  assert.equal(outcomes.reduce((sum, { counts }) => sum + counts.billed, 0), 2_500);
  await assertBooks({ kv, bland, deps, accounts: 40, nowMs: clock.now() });

  const before = await snapshotMoney(kv);
  await Promise.all(
    processes.map((process) => syncCalls(process, { actor: "test", ...ASKED_RUN })),
  );
  assert.deepEqual(await snapshotMoney(kv), before);
});

Deno.test("calls keep coming while three processes sync every few moments", async () => {
  await using world = await openBusyWorld(600, 12);
  const { kv, bland, clock, deps, openProcess } = world;
  const random = seeded(11);
  const processes = [deps, openProcess(), openProcess()];
  for (let round = 0; round < 12; round++) {
    const nowMs = clock.now();
    const running = processes.map((process) =>
      syncCalls(process, { actor: "test", ...ASKED_RUN, waitMs: 0 })
    );
    placeLoad(bland, { calls: 60, accounts: 12, fromMs: nowMs - 900_000, toMs: nowMs, random });
    await Promise.all(running);
    clock.advance(61_000);
  }
  clock.advance(1_200_000);
  await world.syncWell();
  await assertBooks({ kv, bland, deps, accounts: 12, nowMs: clock.now() });
});
