import assert from "node:assert/strict";
import { LEASE_MS, withLease } from "../../../core/jobs/lease.ts";
import { encodeRow } from "../../../core/kv/codec.ts";
import { leaseKey } from "../../../core/kv/keys.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { openDoors, openWorld, START_MS, type World } from "../../support/world.ts";

const KEY = leaseKey("sync");
const holderOf = async ({ deps }: World) =>
  (await deps.store.get<{ token: string; untilMs: number }>(KEY))?.value ?? null;
const other = (world: World, seed = 5): World => ({
  ...world,
  deps: openDoors({ ...world, seed }),
});

function hold<T>(
  world: World,
  work: () => Promise<T>,
  waitMs = 0,
): ReturnType<typeof withLease<T>> {
  return withLease(world.deps, { name: "sync", waitMs, work });
}

/** Work that goes on until it is told to end. */
function started(
  world: World,
): { running: Promise<void>; end: () => void; over: Promise<unknown> } {
  const running = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const over = hold(world, () => (running.resolve(), end.promise));
  return { running: running.promise, end: end.resolve, over };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("work is done while the lease is held, its result is told, and the lease is free again", async () => {
  using world = await openWorld({ isEmpty: true });
  const answer = await hold(world, async () => {
    assert.equal((await holderOf(world))?.untilMs, START_MS + LEASE_MS);
    return 7;
  });
  assert.deepEqual(answer, { status: "worked", result: 7 });
  assert.equal(await holderOf(world), null);
  assert.equal(world.clock.waiting(), 0);
});

Deno.test("work that throws gives the lease back", async () => {
  using world = await openWorld({ isEmpty: true });
  await assert.rejects(hold(world, () => Promise.reject(new Error("no"))), /no/);
  assert.deepEqual([await holderOf(world), world.clock.waiting()], [null, 0]);
});

Deno.test("a second worker is told that the first is busy, at once or after its patience", async () => {
  using world = await openWorld({ isEmpty: true });
  const first = started(world);
  await first.running;
  for (const waitMs of [0, 1_000]) {
    const startedAtMs = world.clock.now();
    const answer = await hold(other(world), () => Promise.resolve(1), waitMs);
    assert.deepEqual(answer, { status: "busy" });
    assert.ok(world.clock.now() >= startedAtMs + waitMs);
  }
  first.end();
  await first.over;
  assert.equal((await hold(other(world), () => Promise.resolve(1))).status, "worked");
});

Deno.test("a second worker that is patient enough goes on when the first is done", async () => {
  using world = await openWorld({ isEmpty: true });
  const first = started(world);
  await first.running;
  const second = hold(other(world), () => Promise.resolve("second"), 3_600_000);
  first.end();
  assert.deepEqual(await second, { status: "worked", result: "second" });
  await first.over;
});

Deno.test("a lease is renewed as long as the work goes on", async () => {
  using world = await openWorld({ isEmpty: true });
  const first = started(world);
  await first.running;
  for (let i = 0; i < 10; i++) {
    world.clock.advance(2_000);
    await turn();
    assert.equal((await holderOf(world))?.untilMs, world.clock.now() + LEASE_MS);
  }
  assert.equal((await hold(other(world), () => Promise.resolve(1))).status, "busy");
  first.end();
  await first.over;
});

Deno.test("a dead holder holds up the next one for six seconds, not longer and not shorter", async () => {
  using world = await openWorld({ isEmpty: true });
  await world.kv.set(KEY, encodeRow(KEY, { token: "dead", untilMs: START_MS + LEASE_MS }));
  assert.ok(LEASE_MS <= 10_000);
  world.clock.advance(LEASE_MS - 1);
  assert.equal((await hold(world, () => Promise.resolve(1))).status, "busy");
  world.clock.advance(1);
  assert.equal((await hold(world, () => Promise.resolve(1))).status, "worked");
});

Deno.test("a holder that lost its lease neither takes it back nor gives the other's away", async () => {
  using world = await openWorld({ isEmpty: true });
  const first = started(world);
  await first.running;
  const theirs = { token: "theirs", untilMs: START_MS + 60_000 };
  await world.kv.set(KEY, encodeRow(KEY, theirs));
  world.clock.advance(2_000);
  await turn();
  assert.equal((await holderOf(world))?.token, "theirs");
  first.end();
  await first.over;
  assert.equal((await holderOf(world))?.token, "theirs");
});

Deno.test("of ten who want the lease at once one works at a time", async () => {
  using world = await openWorld({ isEmpty: true });
  let working = 0;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, seed) =>
      hold(other(world, seed), async () => {
        assert.equal(++working, 1);
        await turn();
        working--;
      }, 3_600_000)),
  );
  assert.ok(answers.every(({ status }) => status === "worked"));
});

Deno.test("a lease whose reply was lost is found to be our own", async () => {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv, isEmpty: true });
  faulty.hooks.commit = ({ n }) => n === 1 ? "throws_after" : undefined;
  assert.equal((await hold(world, () => Promise.resolve(1), 1_000)).status, "worked");
  assert.equal(await holderOf(world), null);
});

Deno.test("a renewal that hangs while the work ends does not take the lease again afterwards", async () => {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv, isEmpty: true });
  const first = started(world);
  await first.running;
  const late = Promise.withResolvers<void>();
  let reads = 0;
  faulty.hooks.read = () => ++reads === 1 ? late.promise : undefined;
  world.clock.advance(2_000);
  world.clock.advance(2_000);
  first.end();
  await turn();
  late.resolve();
  await first.over;
  await turn();
  assert.equal(await holderOf(world), null);
});
