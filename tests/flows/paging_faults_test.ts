/**
 * Bland at its worst while its pages are read: what was stored is billed, the cursor stays, the next run
 * completes, and nothing is billed twice.
 *
 * @module
 */
import assert from "node:assert/strict";
import { getCursor } from "../../core/jobs/cursors.ts";
import { MAIN_SOURCE } from "../../cron/bland_source.ts";
import {
  assertBooks,
  openAccounts,
  placeLoad,
  readRows,
  snapshotMoney,
} from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";

const ACCOUNTS = 5;
const HOUR_MS = 3_600_000;

/** A world with so many ended calls of the last two days, shown in pages of 50. */
async function openPagedWorld(calls = 230): Promise<SyncWorld> {
  const world = await openSyncWorld();
  await openAccounts(world.deps, ACCOUNTS);
  const nowMs = world.clock.now();
  const [fromMs, toMs] = [nowMs - 48 * HOUR_MS, nowMs - HOUR_MS];
  placeLoad(world.bland, { calls, accounts: ACCOUNTS, fromMs, toMs, random: seeded(3) });
  world.bland.faults.clampRowsMax = 50;
  return world;
}

const cursorOf = ({ deps }: SyncWorld) => getCursor(deps.store, MAIN_SOURCE);
const booksOf = ({ kv, bland, deps, clock }: SyncWorld) =>
  assertBooks({ kv, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });

Deno.test("a page that fails fails the run, what came before it is billed, the next run completes", async () => {
  await using world = await openPagedWorld(2_600);
  world.bland.faults.clampRowsMax = null;
  world.bland.faults.failAtIndex = 2_100;
  const { status, reason, counts } = await world.sync();
  assert.equal(status, "carrier_unavailable");
  assert.match(reason ?? "", /HTTP 500/);
  assert.deepEqual([counts.stored, counts.billed], [2_000, 2_000]);
  assert.equal((await readRows(world.kv, "charge")).size, 2_000);
  const cursor = await cursorOf(world);
  assert.equal(cursor.completeToMs, null);
  assert.equal(cursor.failuresInARow, 1);

  world.bland.faults.failAtIndex = null;
  const rest = await world.syncWell();
  assert.deepEqual([rest.stored, rest.billed], [600, 600]);
  assert.equal((await cursorOf(world)).failuresInARow, 0);
  await booksOf(world);
});

Deno.test("a cursor that has been somewhere stays there when a page fails", async () => {
  await using world = await openPagedWorld();
  await world.syncWell();
  const { completeToMs } = await cursorOf(world);
  assert(completeToMs !== null);
  world.clock.advance(3 * HOUR_MS);
  const nowMs = world.clock.now();
  placeLoad(world.bland, {
    calls: 180,
    accounts: ACCOUNTS,
    fromMs: nowMs - 2 * HOUR_MS,
    toMs: nowMs - HOUR_MS,
    random: seeded(4),
  });
  for (let run = 1; run <= 3; run++) {
    let pages = 0;
    const outcome = await world.sync({
      report: () => {
        if (++pages === 2) world.bland.faults.failNext = { httpStatus: 500, count: 1 };
        return Promise.resolve();
      },
    });
    assert.equal(outcome.status, "carrier_unavailable");
    const cursor = await cursorOf(world);
    assert.deepEqual([cursor.completeToMs, cursor.failuresInARow], [completeToMs, run]);
    assert.match(cursor.lastError ?? "", /HTTP 500/);
  }
  await world.syncWell();
  await booksOf(world);
});

/** What Bland does to the third request, and what the run then says. */
const FAILURES: [string, (world: SyncWorld) => void, RegExp][] = [
  ["503", ({ bland }) => void (bland.faults.failNext = { httpStatus: 503, count: 1 }), /HTTP 503/],
  ["429", ({ bland }) => {
    bland.faults.failNext = { httpStatus: 429, count: 1 };
    bland.faults.retryAfter = "30";
  }, /HTTP 429/],
  ["401", ({ bland }) => void (bland.faults.failNext = { httpStatus: 401, count: 1 }), /refused/],
  ["a page of HTML", ({ bland }) => void (bland.faults.htmlNext = 1), /not application\/json/],
  ["cut JSON", ({ bland }) => void (bland.faults.truncateNext = 1), /JSON broken/],
];

for (const [name, break_, reason] of FAILURES) {
  Deno.test(`${name} in the middle of the pages: the run fails, the next one completes`, async () => {
    await using world = await openPagedWorld();
    const { bland } = world;
    let pages = 0;
    const outcome = await world.sync({
      // Told after every page, so the next request is the one that goes wrong.
      report: () => {
        if (++pages === 2) break_(world);
        return Promise.resolve();
      },
    });
    assert.equal(outcome.status, "carrier_unavailable");
    assert.match(outcome.reason ?? "", reason);
    assert.deepEqual([outcome.counts.stored, outcome.counts.billed], [100, 100]);
    assert.equal((await cursorOf(world)).completeToMs, null);
    bland.faults.retryAfter = null;
    const rest = await world.syncWell();
    assert.equal(rest.billed, 130);
    await booksOf(world);
  });
}

Deno.test("an answer slower than the deadline fails the run and not the money", async () => {
  await using world = await openPagedWorld();
  const { bland, clock } = world;
  let pages = 0;
  const running = world.sync({
    report: () => {
      if (++pages === 1) bland.faults.slowMs = 60_000;
      return Promise.resolve();
    },
  });
  while (bland.requestCount.list < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  clock.advance(16_000);
  const outcome = await running;
  assert.equal(outcome.status, "carrier_unavailable");
  assert.equal(outcome.counts.billed, 50);
  bland.faults.slowMs = 0;
  clock.advance(60_000);
  await world.syncWell();
  await booksOf(world);
});

Deno.test("rows that come twice, in a page and across pages, are billed once", async () => {
  await using world = await openPagedWorld();
  world.bland.faults.hasDuplicateRows = true;
  world.bland.faults.clampRowsMax = 51;
  const counts = await world.syncWell();
  assert.deepEqual([counts.fetched, counts.stored, counts.billed], [230, 230, 230]);
  await booksOf(world);
});

Deno.test("rows that shift while pages are read are found by the next runs", async () => {
  await using world = await openPagedWorld();
  const { bland, clock } = world;
  let pages = 0;
  // Two rows of the first page disappear after it was read: what follows moves up and two are skipped.
  const gone = bland.calls().slice(3, 5).map((call) => ({ ...call }));
  const counts = await world.syncWell({
    report: () => {
      if (++pages === 1) { for (const { callId } of gone) bland.removeCall(callId); }
      return Promise.resolve();
    },
  });
  assert.equal(counts.stored, 228);
  for (const { priceText, ...call } of gone) {
    bland.placeCall({ ...call, ...(priceText === null ? {} : { priceText }) });
  }
  clock.advance(24 * HOUR_MS);
  const later = await world.syncWell();
  assert.deepEqual([later.stored, later.billed], [2, 2]);
  await booksOf(world);
});

Deno.test("calls placed while pages are read shift nothing: new ones come last", async () => {
  await using world = await openPagedWorld();
  const { bland, clock } = world;
  const random = seeded(9);
  await world.syncWell({
    report: () => {
      const nowMs = clock.now();
      placeLoad(bland, {
        calls: 7,
        accounts: ACCOUNTS,
        fromMs: nowMs - 30_000,
        toMs: nowMs - 20_000,
        random,
      });
      if (bland.calls().length > 400) bland.faults.clampRowsMax = 1_000;
      return Promise.resolve();
    },
  });
  clock.advance(HOUR_MS / 2);
  await world.syncWell();
  await booksOf(world);
});

Deno.test("a listing that hides its total is read to its last page", async () => {
  await using world = await openPagedWorld(2_350);
  world.bland.faults.clampRowsMax = null;
  world.bland.faults.hidesTotalCount = true;
  const counts = await world.syncWell();
  assert.equal(counts.billed, 2_350);
  assert.equal(world.bland.requestCount.list, 3);
  await booksOf(world);
});

Deno.test("rows with the members of the documented example only are billed the same", async () => {
  await using world = await openPagedWorld();
  const { bland, kv, deps, clock } = world;
  // Such rows do not say which side is ours, so only outbound and inbound numbers of ours tell.
  bland.faults.hasMinimalRows = true;
  await world.syncWell();
  await booksOf(world);
  const before = await snapshotMoney(kv);
  // The full rows come later and say more, but nothing that costs more.
  bland.faults.hasMinimalRows = false;
  clock.advance(24 * HOUR_MS);
  const { billed } = await world.syncWell();
  assert.equal(billed, 0);
  const entries = (rows: Map<string, string>) => [...rows].filter(([key]) => /^entry/.test(key));
  assert.deepEqual(entries(await snapshotMoney(kv)), entries(before));
  await assertBooks({ kv, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });
});
