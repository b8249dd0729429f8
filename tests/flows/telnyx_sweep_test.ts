/**
 * The nightly sweep over Telnyx: calls whose hangup was lost, and costs that were not found in time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS } from "../../core/clock.ts";
import { listJobs } from "../../core/jobs/job.ts";
import { openCallPrefix } from "../../core/kv/keys.ts";
import { sweepTelnyx } from "../../cron/sweep_telnyx.ts";
import { TELNYX_SOURCE } from "../../cron/take_in_telnyx.ts";
import { callOf, chargeOf } from "../support/ledger.ts";
import { openRecordsWorld, type RecordsWorld } from "../support/telnyx_records.ts";
import { ACME_NUMBER, STRANGER } from "../support/world.ts";

const SESSION = "session-of-the-sweep";
const ID = `telnyx:${SESSION}`;

async function call(
  telnyx: RecordsWorld,
  { hears = () => true, recordsAfterMs = 20_000 }: {
    hears?: (kind: string) => boolean;
    recordsAfterMs?: number;
  },
): Promise<void> {
  telnyx.simulator.faults.sendsCallCost = false;
  telnyx.simulator.placeCall({
    sessionId: SESSION,
    legs: [{ from: ACME_NUMBER, to: STRANGER, talkSeconds: 61 }],
    recordsAfterMs,
    isSilent: true,
  });
  await telnyx.hear(SESSION, hears);
}

const openCount = async ({ sync }: RecordsWorld): Promise<number> =>
  (await sync.store.list({ prefix: openCallPrefix(TELNYX_SOURCE) })).length;

Deno.test("a call whose hangup was lost is ended and billed by its records", async () => {
  await using telnyx = await openRecordsWorld();
  await call(telnyx, { hears: (kind) => kind !== "call.hangup" });
  telnyx.world.clock.advance(HOUR_MS);
  assert.equal((await sweepTelnyx(telnyx.sync)).openCalls, 0, "too young to be asked about");
  telnyx.world.clock.advance(4 * HOUR_MS);
  assert.equal((await sweepTelnyx(telnyx.sync)).openCalls, 1);
  await telnyx.run();
  const found = await callOf(telnyx.sync.store, ID);
  assert.deepEqual([found?.isFinal, found?.durationSeconds, found?.costMicros], [
    true,
    61,
    13_600n,
  ]);
  assert.equal((await chargeOf(telnyx.sync.store, ID))?.amountMicros, 13_600n);
  assert.equal(await openCount(telnyx), 0);
});

Deno.test("a call that its records do not end either is asked about each night, then given up", async () => {
  await using telnyx = await openRecordsWorld();
  await call(telnyx, { hears: (kind) => kind !== "call.hangup", recordsAfterMs: Infinity });
  for (let day = 1; day < 7; day++) {
    telnyx.world.clock.advance(DAY_MS);
    assert.deepEqual(await sweepTelnyx(telnyx.sync), { openCalls: 1, givenUp: 0, retried: 0 });
    await telnyx.run();
  }
  telnyx.world.clock.advance(DAY_MS + HOUR_MS);
  assert.equal((await sweepTelnyx(telnyx.sync)).givenUp, 1);
  assert.equal((await callOf(telnyx.sync.store, ID))?.fault, "never_ended");
  assert.equal(await openCount(telnyx), 0);
  const jobs = (await listJobs(telnyx.sync.store, { limit: 50 }))!.rows;
  assert.equal(jobs.filter(({ value }) => value.unique === SESSION).length, 1, "one job, again");
});

Deno.test("a cost that was not found in time gets one more round each night", async () => {
  await using telnyx = await openRecordsWorld();
  await call(telnyx, { recordsAfterMs: 3 * HOUR_MS });
  for (const waitMs of [90, 25, 60, 120, 240, 480, 960].map((seconds) => seconds * 1_000)) {
    telnyx.world.clock.advance(waitMs);
    await telnyx.run();
  }
  const jobs = (await listJobs(telnyx.sync.store, { limit: 50 }))!.rows;
  assert.equal(jobs.find(({ value }) => value.unique === SESSION)?.value.state, "failed");
  telnyx.world.clock.advance(DAY_MS);
  assert.deepEqual(await sweepTelnyx(telnyx.sync), { openCalls: 0, givenUp: 0, retried: 1 });
  await telnyx.run();
  assert.equal((await callOf(telnyx.sync.store, ID))?.costMicros, 13_600n);
  assert.equal((await sweepTelnyx(telnyx.sync)).retried, 0);
});

Deno.test("what failed more than a week ago is left to people, and nothing happens while off", async () => {
  await using telnyx = await openRecordsWorld();
  await call(telnyx, { recordsAfterMs: Infinity });
  for (let i = 0; i < 8; i++) {
    telnyx.world.clock.advance(20 * 60_000);
    await telnyx.run();
  }
  assert.deepEqual(
    await sweepTelnyx({ ...telnyx.sync, telnyx: null }),
    { openCalls: 0, givenUp: 0, retried: 0 },
  );
  telnyx.world.clock.advance(8 * DAY_MS);
  assert.equal((await sweepTelnyx(telnyx.sync)).retried, 0);
});
