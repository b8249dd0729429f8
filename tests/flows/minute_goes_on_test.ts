/**
 * The minute goes on: over missed ticks, dead runs, a database or a Bland that is away.
 *
 * @module
 */
import assert from "node:assert/strict";
import { LEASE_MS } from "../../core/jobs/lease.ts";
import { encodeRow } from "../../core/kv/codec.ts";
import { leaseKey, tickKey } from "../../core/kv/keys.ts";
import { runMinute, type Tick } from "../../cron/mod.ts";
import { MAIN_SOURCE } from "../../cron/bland_source.ts";
import { syncCalls } from "../../cron/sync_calls.ts";
import { faultyKv } from "../support/faulty_kv.ts";
import { assertBooks, openAccounts, placeLoad, snapshotMoney } from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";

const ACCOUNTS = 4;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

async function openSmallWorld(): Promise<SyncWorld> {
  const world = await openSyncWorld();
  await openAccounts(world.deps, ACCOUNTS);
  return world;
}

const random = seeded(21);

/** Places calls that were created in the last so many minutes; some of them still go on. */
function placeRecent({ bland, clock }: SyncWorld, input: { calls: number; minutes: number }): void {
  const nowMs = clock.now();
  const fromMs = nowMs - input.minutes * MINUTE_MS;
  placeLoad(bland, { calls: input.calls, accounts: ACCOUNTS, fromMs, toMs: nowMs, random });
}

const booksOf = ({ kv, bland, deps, clock }: SyncWorld) =>
  assertBooks({ kv, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });

const tickOf = async ({ deps }: SyncWorld) => (await deps.store.get<Tick>(tickKey))?.value;

for (const [name, hours] of [["3 hours", 3], ["3 days", 72]] as const) {
  Deno.test(`ticks missed for ${name} are caught up by the next one`, async () => {
    await using world = await openSmallWorld();
    await world.minute();
    world.clock.advance(hours * HOUR_MS);
    placeRecent(world, { calls: 150, minutes: hours * 60 });
    world.clock.advance(21 * MINUTE_MS);
    await world.minute();
    await booksOf(world);
  });
}

Deno.test("minute after minute for six hours of traffic, a third of the ticks missed", async () => {
  await using world = await openSmallWorld();
  for (let minute = 0; minute < 360; minute += 5) {
    placeRecent(world, { calls: 4, minutes: 5 });
    world.clock.advance(5 * MINUTE_MS);
    if (random() < 2 / 3) await world.minute();
  }
  world.clock.advance(HOUR_MS);
  await world.minute();
  await booksOf(world);
});

Deno.test("a run that died holds up the next one for the lease at most, which is below 10 s", async () => {
  await using world = await openSmallWorld();
  assert(LEASE_MS < 10_000);
  placeRecent(world, { calls: 40, minutes: 600 });
  const { store, clock } = world.deps;
  const key = leaseKey(`sync:${MAIN_SOURCE}`);
  const lease = { token: "of the dead", untilMs: clock.now() + LEASE_MS };
  const puts = [{ key, bytes: encodeRow(key, lease) }];
  await store.commit({ checks: [], puts, deletes: [] });

  assert.equal((await world.sync({ waitMs: 0 })).status, "busy");
  // Somebody who waits gets his turn as soon as the time of the dead is over.
  const waiting = world.syncWell();
  await new Promise((resolve) => setTimeout(resolve, 50));
  world.clock.advance(LEASE_MS);
  assert.equal((await waiting).stored, 40);
  world.clock.advance(HOUR_MS);
  await world.syncWell();
  await booksOf(world);
});

Deno.test("a run paused past its lease and the one that took over bill every call once", async () => {
  await using world = await openSmallWorld();
  const { bland, clock, deps, openProcess } = world;
  placeRecent(world, { calls: 200, minutes: 600 });
  bland.faults.clampRowsMax = 20;
  const other = openProcess();
  let pages = 0;
  let taken: Promise<unknown> = Promise.resolve();
  await world.syncWell({
    report: async () => {
      if (++pages !== 4) return;
      // No renewal comes through while this run stands still, and another one takes over meanwhile.
      await deps.store.commit({
        checks: [],
        puts: [],
        deletes: [leaseKey(`sync:${MAIN_SOURCE}`)],
      });
      taken = syncCalls(other, { actor: "test", waitMs: 0, withinMs: 60_000 });
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
  });
  await taken;
  clock.advance(HOUR_MS);
  await world.syncWell();
  await booksOf(world);
});

Deno.test("a minute without Bland ends, says so, and the next one does the work", async () => {
  await using world = await openSmallWorld();
  const { bland, clock, logged, openProcess } = world;
  placeRecent(world, { calls: 30, minutes: 300 });
  clock.advance(HOUR_MS);
  // Nobody listens on this port: the discard service of another age.
  await runMinute(openProcess({ baseUrl: "http://127.0.0.1:9" }));
  bland.faults.failNext = { httpStatus: 503, count: 1 };
  clock.advance(MINUTE_MS);
  await world.minute();
  const failures = logged.filter(({ message }) => message.includes("carrier_unavailable"));
  assert.equal(failures.length, 2);
  clock.advance(MINUTE_MS);
  await world.minute();
  await booksOf(world);
});

Deno.test("a minute without a carrier ends as well", async () => {
  await using world = await openSmallWorld();
  await runMinute(world.openProcess({ bland: null }));
  assert((await tickOf(world)) !== undefined);
});

Deno.test("a minute on a closed database ends and throws nothing", async () => {
  await using world = await openSmallWorld();
  const kv = await Deno.openKv(":memory:");
  const process = world.openProcess({ kv });
  kv.close();
  await runMinute(process);
  assert(
    world.logged.some(({ message }) => message.includes('The cron row "sync carriers" failed')),
  );
});

Deno.test("a minute on a database that never answers ends within 50 s, and the next one works", async () => {
  await using world = await openSmallWorld();
  const { clock, kv, openProcess } = world;
  placeRecent(world, { calls: 30, minutes: 300 });
  clock.advance(HOUR_MS);
  let isHanging = true;
  const away = Promise.withResolvers<void>();
  const hang = async () => {
    if (isHanging) await away.promise;
  };
  const slow = faultyKv(kv, { read: hang, commit: async () => void await hang() });
  const startedMs = clock.now();
  let isOver = false;
  const minute = runMinute(openProcess({ kv: slow.kv })).then(() => void (isOver = true));
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    clock.advance(500);
  }
  await minute;
  assert(clock.now() - startedMs <= 51_000, `took ${clock.now() - startedMs} ms of its clock`);
  isHanging = false;
  away.resolve();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await world.minute();
  await booksOf(world);
});

Deno.test("the database goes away in the middle of a sync: what is unknown is found out later", async () => {
  await using world = await openSmallWorld();
  const { clock, kv, openProcess } = world;
  placeRecent(world, { calls: 120, minutes: 300 });
  clock.advance(HOUR_MS);
  const draw = seeded(77);
  // Half of the commits fail, before or after they were applied.
  const torn = faultyKv(kv, {
    commit: () => draw() < 0.25 ? "throws_after" : draw() < 0.3 ? "throws_before" : undefined,
  });
  const process = openProcess({ kv: torn.kv });
  for (let i = 0; i < 3; i++) {
    await runMinute(process);
    clock.advance(MINUTE_MS);
  }
  assert(torn.counts.asked > torn.counts.applied);
  await world.minute();
  await booksOf(world);
  const before = await snapshotMoney(kv);
  await world.minute();
  assert.deepEqual(await snapshotMoney(kv), before);
});
