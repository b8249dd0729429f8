/**
 * Calls whose events or records leave something out: they end quietly, or get what they lack.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createSigner } from "../../core/carriers/telnyx/simulated/signer.ts";
import { MINUTE_MS } from "../../core/clock.ts";
import { getEvent, replayEvent } from "../../core/jobs/inbox.ts";
import { callOf, checkBooks, entriesOf, rowsOf } from "../support/ledger.ts";
import {
  openTelnyxWorld,
  OURS,
  SIGNING_SECRET,
  type TelnyxWorld,
  THEIRS,
} from "../support/telnyx_world.ts";
import { populateAccount, runJobs } from "../support/world.ts";

async function openQuietWorld(): Promise<TelnyxWorld> {
  const world = await openTelnyxWorld();
  world.telnyx.faults.sendsCallCost = false;
  return world;
}

async function passMinutes(world: TelnyxWorld, minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    await world.pass(MINUTE_MS, 5_000);
    await world.program.minute();
  }
}

const place = ({ telnyx }: TelnyxWorld, talkSeconds: number, more = {}) =>
  telnyx.placeCall({ legs: [{ from: OURS, to: THEIRS, talkSeconds }], ...more }).sessionId;

for (
  const [what, talkSeconds, states] of [
    ["that nobody answered ends its job quietly", 0, ["done", null]],
    ["that was answered fails its job, and stays estimated", 30, ["failed", null]],
  ] as const
) {
  Deno.test(`a call without any record ${what}`, async () => {
    await using world = await openQuietWorld();
    const sessionId = place(world, talkSeconds, { recordsAfterMs: Infinity });
    await passMinutes(world, 40);
    const job = (await world.jobOf(sessionId))!;
    const call = (await callOf(world.program.deps.store, `telnyx:${sessionId}`))!;
    assert.deepEqual([job.state, call.costMicros], states);
    assert.equal(job.attempts, 7);
  });
}

Deno.test("an unanswered call whose records cannot be read is not taken for one that has none", async () => {
  await using world = await openQuietWorld();
  world.telnyx.faults.failNext = { httpStatus: 500, count: 1_000 };
  const sessionId = place(world, 0);
  await passMinutes(world, 40);
  assert.equal((await world.jobOf(sessionId))?.state, "failed");
});

Deno.test("a call between two customers whose call.initiated was lost is owned by the direction of its records", async () => {
  await using world = await openQuietWorld();
  const { deps } = world.program;
  await populateAccount(deps, { id: "beta", number: THEIRS, micros: 5_000_000n });
  await runJobs(deps);
  world.telnyx.faults.lostKinds = new Set(["call.initiated"]);
  const sessionId = place(world, 61);
  await world.pass(66_000);
  const id = `telnyx:${sessionId}`;
  assert.deepEqual((await callOf(deps.store, id))?.accountId, null);
  await world.pass(2 * MINUTE_MS);
  const call = (await callOf(deps.store, id))!;
  assert.deepEqual([call.accountId, call.direction, call.costMicros], [
    "acme",
    "outbound",
    13_600n,
  ]);
  const money = (await world.entries()).map(({ amountMicros }) => amountMicros);
  assert.deepEqual(money, [-13_600n]);
  assert.equal((await entriesOf(deps.store, "beta")).length, 1);
  assert.deepEqual(await rowsOf(deps.store, ["unassigned_call_by_party"]), []);
  await checkBooks(deps.store);
});

Deno.test("a call of which only the price was told learns from its records who spoke, and is charged", async () => {
  await using world = await openTelnyxWorld();
  const { deps } = world.program;
  world.telnyx.faults.lostKinds = new Set(["call.initiated", "call.answered", "call.hangup"]);
  const sessionId = place(world, 61);
  const startedAtMs = world.clock.now();
  await passMinutes(world, 6);
  const call = (await callOf(deps.store, `telnyx:${sessionId}`))!;
  assert.deepEqual(
    [call.from, call.to, call.accountId, call.isFinal, call.durationSeconds],
    [OURS, THEIRS, "acme", true, 61],
  );
  assert.ok(Math.abs(call.startedAtMs - startedAtMs) < 1_000);
  const money = (await world.entries()).map(({ amountMicros }) => amountMicros);
  assert.deepEqual(money, [-13_600n]);
  assert.deepEqual(await rowsOf(deps.store, ["unassigned_call_by_party"]), []);
  await checkBooks(deps.store);
});

Deno.test("an event of no use to billing stays so when it is replayed", async () => {
  await using world = await openQuietWorld();
  const { deps } = world.program;
  const { telnyx } = world;
  const sessionId = place(world, 5, { isSilent: true });
  const [first] = telnyx.renderWebhooks(sessionId);
  const body = first!.body
    .replace(/"event_type":"[^"]*"/, '"event_type":"call.speak.ended"')
    .replace(/"id":"[^"]*"/, '"id":"of-no-use"');
  const headers = createSigner(SIGNING_SECRET)
    .signHeaders(body, Math.floor(world.clock.now() / 1_000));
  assert.equal((await world.post({ path: first!.path, body, headers })).status, 200);
  const id = "telnyx:of-no-use";
  const before = await getEvent(deps.store, id);
  assert.equal(before?.state, "processed");
  assert.equal((await replayEvent(deps, id)).status, "event_due");
  await world.program.minute();
  assert.deepEqual(await getEvent(deps.store, id), before);
});
