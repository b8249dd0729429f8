import assert from "node:assert/strict";
import { giveTurnBack, takeTurn } from "../../cron/telnyx_turn.ts";
import { openDoors, openWorld, START_MS, type World } from "../support/world.ts";

const take = ({ deps }: Pick<World, "deps">, count = 1) => takeTurn(deps, { kind: "calls", count });

Deno.test("who comes first has the turn; ten seconds and half a second for each that waits lie between two", async () => {
  const rows: [count: number, distanceMs: number][] = [
    [1, 10_500],
    [20, 20_000],
    [339, 179_500],
    [340, 180_000],
    [5_000, 180_000],
  ];
  for (const [count, distanceMs] of rows) {
    using world = await openWorld({ isEmpty: true });
    assert.deepEqual(await take(world, count), { status: "now" });
    world.clock.advance(10_000);
    assert.deepEqual(await take(world, count), {
      status: "later",
      untilMs: START_MS + distanceMs,
    });
    world.clock.advance(distanceMs - 10_001);
    assert.equal((await take(world, count)).status, "later");
    world.clock.advance(1);
    assert.deepEqual(await take(world, count), { status: "now" });
  }
});

Deno.test("who comes within ten seconds leaves what is due to the one who has the turn", async () => {
  using world = await openWorld({ isEmpty: true });
  await take(world);
  world.clock.advance(9_999);
  assert.deepEqual(await take(world, 300), { status: "soon" });
});

Deno.test("a turn that was put off is not taken early by one that waits alone", async () => {
  using world = await openWorld({ isEmpty: true });
  await take(world);
  world.clock.advance(10_000);
  const many = await take(world, 300);
  assert.deepEqual(await take(world, 1), many);
  world.clock.advance(30_000);
  assert.deepEqual(await take(world, 1), many);
});

Deno.test("of two processes at one instant one has the turn; messages do not wait for calls", async () => {
  using world = await openWorld({ isEmpty: true });
  const other = openDoors({ kv: world.kv, clock: world.clock, seed: 77 });
  const both = await Promise.all([take(world), take({ deps: other })]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["now", "soon"]);
  const messages = await takeTurn(world.deps, { kind: "messages", count: 1 });
  assert.deepEqual(messages, { status: "now" });
});

Deno.test("a turn given back is free; a clock put back keeps nobody waiting", async () => {
  using world = await openWorld({ isEmpty: true });
  await take(world);
  await giveTurnBack(world.deps, "calls");
  assert.deepEqual(await take(world), { status: "now" });
  world.clock.setTo(START_MS - 3_600_000);
  assert.deepEqual(await take(world), { status: "now" });
});
