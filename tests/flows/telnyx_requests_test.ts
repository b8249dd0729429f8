/**
 * How many requests 500 calls take: pages of records, and few looks beside them, whenever the records
 * come.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import type { Call } from "../../core/usage/calls.ts";
import { checkBooks, rowsOf, walletOf } from "../support/ledger.ts";
import { openTelnyxWorld, OURS, type TelnyxWorld, THEIRS } from "../support/telnyx_world.ts";
import { seeded } from "../support/world.ts";
import type { Program } from "../../main.ts";

const CALLS = 500;
/** Ten pages of each of two types and two looks; yesterday's comparison takes three more. */
const REQUESTS_MAX = 25;

/** Calls that end at random instants of one minute; answers when the last of them has ended. */
function placeMany(
  world: TelnyxWorld,
  {
    random,
    recordsAfterMs,
    count = CALLS,
    talkSeconds: draw = () => 1 + Math.floor(random() * 240),
  }: {
    random: () => number;
    recordsAfterMs: () => number;
    count?: number;
    talkSeconds?: () => number;
  },
): number {
  const endMs = world.clock.now() + 5 * MINUTE_MS;
  for (let i = 0; i < count; i++) {
    const talkSeconds = draw();
    const startedAtMs = endMs + Math.floor(random() * MINUTE_MS) - (talkSeconds + 2) * SECOND_MS;
    const legs: [{ from: string; to: string; talkSeconds: number }] = [
      { from: OURS, to: THEIRS, talkSeconds },
    ];
    world.telnyx.placeCall({ legs, startedAtMs, recordsAfterMs: recordsAfterMs() });
  }
  return endMs + MINUTE_MS;
}

const openCount = async ({ program }: TelnyxWorld) =>
  (await rowsOf<Call>(program.deps.store, ["call"])).filter((call) => call.costMicros === null)
    .length;

async function assertExact(world: TelnyxWorld): Promise<void> {
  const truth = new Map(world.telnyx.truth().calls.map((one) => [one.sessionId, one]));
  const calls = await rowsOf<Call>(world.program.deps.store, ["call"]);
  assert.equal(calls.length, truth.size);
  for (const call of calls) {
    assert.equal(call.costMicros, truth.get(call.carrierCallId)!.costMicros);
  }
  const sum = [...truth.values()].reduce((total, { costMicros }) => total + costMicros, 0n);
  const { balanceMicros } = await walletOf(world.program.deps.store, "acme");
  assert.equal(1_000_000_000n - balanceMicros, sum);
  await checkBooks(world.program.deps.store);
}

/** Asks for what is due, in each minute and in between; answers when the last call became exact. */
async function passUntilExact(world: TelnyxWorld, programs: Program[]): Promise<number> {
  await world.pass(4 * MINUTE_MS, 5_000);
  // In steps so small that jobs come due one by one, as they do in life.
  await world.pass(90 * SECOND_MS, 200);
  let exactAtMs = 0;
  for (let minute = 0; minute < 12; minute++) {
    await world.pass(MINUTE_MS, 1_000);
    await Promise.all(programs.map((program) => program.minute()));
    if (exactAtMs === 0 && await openCount(world) === 0) exactAtMs = world.clock.now();
  }
  return exactAtMs;
}

const DELAYS: [
  name: string,
  range: [leastMs: number, mostMs: number],
  exactWithinMs: number,
  processes: number,
][] = [
  ["at once", [0, 0], 4 * MINUTE_MS, 1],
  ["after 20 s", [20_000, 20_000], 4 * MINUTE_MS, 2],
  ["after up to a minute", [0, 60_000], 4 * MINUTE_MS, 1],
  ["after 133 s", [133_000, 133_000], 7 * MINUTE_MS, 1],
  ["after one to five minutes", [60_000, 300_000], 7 * MINUTE_MS, 1],
  ["after up to five minutes", [0, 300_000], 7 * MINUTE_MS, 2],
];

for (const [name, range, exactWithinMs, processes] of DELAYS) {
  Deno.test(`500 calls ending in one minute, records ${name}, ${processes} at work: 25 requests at most`, async () => {
    await using world = await openTelnyxWorld({ seed: processes });
    const random = seeded(processes * 7 + 5);
    const programs = [world.program];
    if (processes === 2) programs.push(world.openProcess(99));
    world.telnyx.faults.sendsCallCost = false;
    const [leastMs, mostMs] = range;
    const recordsAfterMs = () => Math.floor(leastMs + random() * (mostMs - leastMs));
    const endMs = placeMany(world, { random, recordsAfterMs });
    const exactAtMs = await passUntilExact(world, programs);
    await assertExact(world);
    assert.deepEqual(world.answered.filter(({ status }) => status !== 200), []);
    assert.ok(world.answered.length <= REQUESTS_MAX, `${world.answered.length} requests`);
    assert.ok(exactAtMs - endMs <= exactWithinMs, `exact after ${exactAtMs - endMs} ms`);
  });
}

Deno.test("records of one type minutes after those of the other: exact once both are there, 25 requests", async () => {
  await using world = await openTelnyxWorld();
  const random = seeded(3);
  world.telnyx.faults.sendsCallCost = false;
  world.telnyx.faults.trunkRecordsAfterMs = 100 * SECOND_MS;
  placeMany(world, { random, recordsAfterMs: () => 20 * SECOND_MS });
  await passUntilExact(world, [world.program]);
  await assertExact(world);
  assert.ok(world.answered.length <= REQUESTS_MAX, `${world.answered.length} requests`);
});

for (const lie of ["hasDuplicateRows", "ignoresFilters"] as const) {
  Deno.test(`a Telnyx of which ${lie}: it costs requests and no money`, async () => {
    await using world = await openTelnyxWorld();
    const { telnyx } = world;
    const random = seeded(4);
    telnyx.faults.sendsCallCost = false;
    telnyx.faults[lie] = true;
    const recordsAfterMs = () => Math.floor(random() * 60_000);
    placeMany(world, { random, recordsAfterMs, count: 200 });
    await passUntilExact(world, [world.program]);
    await assertExact(world);
    assert.deepEqual(world.answered.filter(({ status }) => status !== 200), []);
  });
}

Deno.test("a pass that the quota cut short goes on in the next minute, not when it would be its turn", async () => {
  await using world = await openTelnyxWorld();
  const random = seeded(6);
  world.telnyx.faults.sendsCallCost = false;
  world.telnyx.faults.quotaPerMinute = 30;
  // Calls that began so far apart are two windows, of twenty requests and of ten.
  const rest = { random, recordsAfterMs: () => 0, count: 250 };
  placeMany(world, { ...rest, talkSeconds: () => 20 * 60 });
  const endMs = placeMany(world, rest);
  await passUntilExact(world, [world.program]);
  await assertExact(world);
  const atMs = world.answered.map((one) => one.atMs).filter((one) => one > endMs);
  const takenMs = Math.max(...atMs) - Math.min(...atMs);
  assert.ok(takenMs > 0 && takenMs <= 2 * MINUTE_MS, `${takenMs} ms`);
  assert.deepEqual(world.answered.filter(({ status }) => status !== 200), []);
});
