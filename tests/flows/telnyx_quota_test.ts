/**
 * Telnyx's quota and its bad days: whatever it answers, a call ends exact or visibly estimated, once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import type { Job } from "../../core/jobs/job.ts";
import type { Call } from "../../core/usage/calls.ts";
import { ADMIN } from "../support/app.ts";
import { checkBooks, rowsOf, walletOf } from "../support/ledger.ts";
import { openTelnyxWorld, OURS, type TelnyxWorld, THEIRS } from "../support/telnyx_world.ts";
import { seeded } from "../support/world.ts";

async function callsOf({ program }: TelnyxWorld): Promise<Call[]> {
  return await rowsOf<Call>(program.deps.store, ["call"]);
}

async function passMinutes(world: TelnyxWorld, minutes: number, stepMs = 5_000): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    await world.pass(MINUTE_MS, stepMs);
    await world.program.minute();
  }
}

async function placeMany(world: TelnyxWorld, count: number, seed = 5): Promise<void> {
  const random = seeded(seed);
  const endMs = world.clock.now() + 5 * MINUTE_MS;
  for (let i = 0; i < count; i++) {
    const talkSeconds = 1 + Math.floor(random() * 240);
    // They all end in one minute.
    const startedAtMs = endMs + Math.floor(random() * MINUTE_MS) - (talkSeconds + 2) * SECOND_MS;
    world.telnyx.placeCall({ legs: [{ from: OURS, to: THEIRS, talkSeconds }], startedAtMs });
  }
  await world.pass(4 * MINUTE_MS, 10_000);
}

async function assertExact(world: TelnyxWorld): Promise<void> {
  const truth = new Map(world.telnyx.truth().calls.map((one) => [one.sessionId, one]));
  const calls = await callsOf(world);
  assert.equal(calls.length, truth.size);
  for (const call of calls) {
    assert.equal(call.costMicros, truth.get(call.carrierCallId)!.costMicros);
  }
  const sum = [...truth.values()].reduce((total, { costMicros }) => total + costMicros, 0n);
  const { balanceMicros } = await walletOf(world.program.deps.store, "acme");
  assert.equal(1_000_000_000n - balanceMicros, sum);
  await checkBooks(world.program.deps.store);
}

Deno.test("an hour without Telnyx: estimates stand, jobs fail visibly, and a retry makes them exact", async () => {
  await using world = await openTelnyxWorld();
  const { telnyx } = world;
  telnyx.faults.sendsCallCost = false;
  telnyx.faults.failNext = { httpStatus: 503, count: 1_000_000 };
  await placeMany(world, 20);
  await passMinutes(world, 60, 20_000);
  const jobs = await rowsOf<Job>(world.program.deps.store, ["job"]);
  const cost = jobs.filter(({ kind }) => kind === "telnyx_call_cost");
  assert.deepEqual(new Set(cost.map(({ state }) => state)), new Set(["failed"]));
  assert.ok(cost.every(({ lastError }) => lastError?.includes("503")), cost[0]?.lastError ?? "");
  assert.equal((await world.entries()).length, 20);
  telnyx.faults.failNext.count = 0;
  for (const { id } of cost) {
    await world.ask(`/api/v1/jobs/${id}/retries`, { method: "POST", headers: ADMIN });
  }
  await passMinutes(world, 4, 20_000);
  await assertExact(world);
});

for (let seed = 1; seed <= 6; seed++) {
  Deno.test(`429s, HTML, cut and empty answers at any page: exact or estimated, never in between (seed ${seed})`, async () => {
    await using world = await openTelnyxWorld({ seed });
    const { telnyx } = world;
    const random = seeded(seed * 31);
    telnyx.faults.sendsCallCost = false;
    telnyx.faults.recordsAfterMs = 40 * SECOND_MS;
    telnyx.faults.trunkRecordsAfterMs = seed % 2 * 60 * SECOND_MS;
    telnyx.faults.hasDuplicateRows = seed % 3 === 0;
    telnyx.faults.isScientific = seed % 2 === 0;
    await placeMany(world, 120, seed);
    const truth = new Map(telnyx.truth().calls.map((one) => [one.sessionId, one.costMicros]));
    for (let i = 0; i < 45; i++) {
      const fault = Math.floor(random() * 6);
      const count = Math.floor(random() * 4);
      if (fault === 0) telnyx.faults.failNext = { httpStatus: 429, count };
      if (fault === 1) telnyx.faults.failNext = { httpStatus: 500, count };
      if (fault === 2) telnyx.faults.htmlNext = count;
      if (fault === 3) telnyx.faults.truncateNext = count;
      if (fault === 4) telnyx.faults.emptyNext = count;
      await passMinutes(world, 1, 20_000);
      for (const call of await callsOf(world)) {
        if (call.costMicros === null) continue;
        assert.equal(call.costMicros, truth.get(call.carrierCallId), call.id);
      }
    }
    const calls = await callsOf(world);
    const failed = (await rowsOf<Job>(world.program.deps.store, ["job"]))
      .filter(({ kind, state }) => kind === "telnyx_call_cost" && state === "failed");
    const open = calls.filter(({ costMicros }) => costMicros === null);
    assert.equal(failed.length, open.length);
    assert.equal(calls.length, 120);
    await checkBooks(world.program.deps.store);
  });
}
