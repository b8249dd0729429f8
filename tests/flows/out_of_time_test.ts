/**
 * Runs that have time for a page only: the next one goes on from there, and all calls are billed in the end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertBooks, openAccounts, placeLoad } from "../support/sync_load.ts";
import { openSyncWorld } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

Deno.test("a first sync that is out of time after every page gets through the week in so many runs", async () => {
  await using world = await openSyncWorld();
  const { bland, clock, kv, deps } = world;
  await openAccounts(deps, 5);
  bland.faults.clampRowsMax = 50;
  const nowMs = clock.now();
  placeLoad(bland, {
    calls: 500,
    accounts: 5,
    fromMs: nowMs - 6 * DAY_MS,
    toMs: nowMs - HOUR_MS,
    random: seeded(5),
  });
  let billed = 0;
  for (let run = 0; run < 14; run++) billed += (await world.syncWell({ withinMs: 0 })).billed;
  assert.equal(billed, 500);
  await assertBooks({ kv, bland, deps, accounts: 5, nowMs: clock.now() });
});

Deno.test("a wider stretch that takes many runs keeps no fresh call waiting for ever", async () => {
  await using world = await openSyncWorld();
  const { bland, clock, kv, deps } = world;
  await openAccounts(deps, 5);
  const random = seeded(6);
  const place = (calls: number, fromMs: number, toMs: number) =>
    placeLoad(bland, { calls, accounts: 5, fromMs, toMs, random });
  place(500, clock.now() - 6 * DAY_MS, clock.now() - HOUR_MS);
  await world.syncWell();
  bland.faults.clampRowsMax = 50;
  // A day later the whole week is read again, and each run has time for one page of it.
  clock.advance(DAY_MS);
  place(20, clock.now() - 2 * HOUR_MS, clock.now() - HOUR_MS);
  let billed = 0;
  for (let run = 0; run < 15; run++) {
    clock.advance(60_000);
    billed += (await world.syncWell({ withinMs: 0 })).billed;
  }
  assert.equal(billed, 20);
  await assertBooks({ kv, bland, deps, accounts: 5, nowMs: clock.now() });
});
