/**
 * The three calls of the Twilio seed, through the real route with real signatures: free minutes first,
 * then money, to the cent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MINUTE_MS } from "../../core/clock.ts";
import { chargeOf, checkBooks, entriesOf } from "../support/ledger.ts";
import { keyOf } from "../support/app.ts";
import { openTwilioWorld, type TwilioWorld } from "../support/twilio_world.ts";
import { populateAccount, runJobs } from "../support/world.ts";

const OURS = "+18886103810";
const THEIRS = "+12345678901";

/** The wallet of the seed's client with so many free minutes of the month left. */
async function openSeedWorld(freeMinutesLeft: number): Promise<TwilioWorld> {
  const world = await openTwilioWorld();
  const { deps } = world.program;
  await populateAccount(deps, { id: "1", number: OURS, micros: 10_000_000n });
  await runJobs(deps);
  const used = 100 - freeMinutesLeft;
  if (used > 0) await say(world, { CallSid: "CAearlier", CallDuration: String(used * 60) });
  return world;
}

/** Exactly the parameters of the seed. */
function say(world: TwilioWorld, changes: Record<string, string> = {}): Promise<Response> {
  return world.say({
    CallSid: "CAxxxxxxxxxxxx",
    CallDuration: "180",
    To: OURS,
    From: THEIRS,
    CallStatus: "completed",
    ...changes,
  });
}

const SCENARIOS: [left: number, free: number, charge: string, balance: string, left: number][] = [
  [100, 3, "0.000000", "10.000000", 97],
  [0, 0, "0.600000", "9.400000", 0],
  [1, 1, "0.400000", "9.600000", 0],
];

for (const [left, free, charge, balance, leftAfter] of SCENARIOS) {
  Deno.test(`${left} free minutes left and a call of 3: ${charge} is charged`, async () => {
    await using world = await openSeedWorld(left);
    const before = await world.ask("/api/v1/accounts/1/wallet");
    const answer = await say(world);
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "text/xml"]);
    assert.equal(await answer.text(), "<Response></Response>");
    const call = await world.ask("/api/v1/calls/twilio:CAxxxxxxxxxxxx");
    assert.deepEqual(call.billing, { state: "billed", reason: null });
    assert.equal(call.charge.amount.amount, charge);
    assert.equal(call.charge.trace.freeMinutesUsed, free);
    const wallet = await world.ask("/api/v1/accounts/1/wallet");
    assert.equal(wallet.balance.amount, balance);
    assert.equal(wallet.totalMinutesUsed, before.totalMinutesUsed + 3);
    assert.deepEqual(wallet.freeMinutes, [
      { service: "twilio_voice", month: "2026-01", used: 100 - leftAfter, total: 100 },
    ]);
    const { data: [record] } = await world.ask("/api/v1/usage-records?account=1&limit=1");
    assert.deepEqual(record, {
      id: "twilio:CAxxxxxxxxxxxx",
      accountId: "1",
      callId: "twilio:CAxxxxxxxxxxxx",
      seconds: 180,
      billedMinutes: 3,
      freeMinutesUsed: free,
      amount: { amount: charge, currency: "USD" },
      at: call.startedAt,
    });
    await checkBooks(world.program.deps.store);
  });
}

Deno.test("the log says which call was tracked for whom, once, and in the words people look for", async () => {
  await using world = await openSeedWorld(100);
  for (let i = 0; i < 3; i++) await say(world);
  await world.sweep();
  const lines = world.logged.map(({ message }) => message).filter((one) => /Tracked/.test(one));
  assert.deepEqual(lines, ["Tracked call CAxxxxxxxxxxxx: 180 seconds for client 1"]);
});

Deno.test("a call that ends without a talk, and every step before the end, charges nothing", async () => {
  await using world = await openSeedWorld(100);
  const { store } = world.program.deps;
  const steps = ["queued", "initiated", "ringing", "in-progress"];
  for (const [i, CallStatus] of steps.entries()) {
    await say(world, { CallSid: `CAstep${i}`, CallStatus, CallDuration: "180" });
    const call = await world.ask(`/api/v1/calls/twilio:CAstep${i}`);
    assert.deepEqual([call.status, call.billing, call.charge], [
      "in_progress",
      { state: "open", reason: "not_final" },
      null,
    ]);
  }
  const ends = { busy: "busy", "no-answer": "no_answer", failed: "failed", canceled: "canceled" };
  for (const [CallStatus, status] of Object.entries(ends)) {
    await say(world, { CallSid: `CAend-${CallStatus}`, CallStatus, CallDuration: "180" });
    const call = await world.ask(`/api/v1/calls/twilio:CAend-${CallStatus}`);
    assert.deepEqual([call.status, call.durationSeconds, call.billing.state], [
      status,
      0,
      "billed",
    ]);
    assert.equal(call.charge.amount.amount, "0.000000");
  }
  assert.equal((await entriesOf(store, "1")).length, 1);
  const wallet = await world.ask("/api/v1/accounts/1/wallet");
  assert.deepEqual([wallet.totalMinutesUsed, wallet.freeMinutes[0].used], [0, 0]);
});

Deno.test("a duration nobody can use is parked and shown, and the listing's word bills it", async () => {
  await using world = await openSeedWorld(0);
  await say(world, { CallDuration: "-5" });
  const parked = await world.ask("/api/v1/calls/twilio:CAxxxxxxxxxxxx");
  assert.deepEqual(parked.billing, { state: "parked", reason: "negative_duration" });
  world.twilio.placeCall({
    sid: "CAxxxxxxxxxxxx",
    createdAtMs: world.clock.now() - 5 * MINUTE_MS,
    talkSeconds: 61,
    direction: "inbound",
    from: THEIRS,
    to: OURS,
  });
  await world.sweep();
  const billed = await world.ask("/api/v1/calls/twilio:CAxxxxxxxxxxxx");
  assert.deepEqual([billed.billing.state, billed.charge.amount.amount], ["billed", "0.400000"]);
});

Deno.test("an account reads its own usage with its key, and nobody else's", async () => {
  await using world = await openSeedWorld(100);
  const { deps } = world.program;
  await populateAccount(deps, { id: "2", number: "+18886103811" });
  await say(world);
  const mine = await keyOf({ deps }, "1");
  const theirs = await keyOf({ deps }, "2");
  assert.equal((await world.ask("/api/v1/usage-records", mine)).data.length, 1);
  assert.equal((await world.ask("/api/v1/usage-records", theirs)).data.length, 0);
  assert.equal((await world.ask("/api/v1/accounts/1/wallet", mine)).totalMinutesUsed, 3);
  assert.equal((await world.ask("/api/v1/accounts/1/wallet", theirs)).code, "account_not_found");
});

Deno.test("minutes come back before money when the listing knows a call was shorter", async () => {
  await using world = await openSeedWorld(2);
  const { store } = world.program.deps;
  await say(world, { CallDuration: "300" });
  const placed = {
    sid: "CAxxxxxxxxxxxx",
    createdAtMs: world.clock.now() - 5 * MINUTE_MS,
    direction: "inbound",
    from: THEIRS,
    to: OURS,
  } as const;
  const stateOf = async () => {
    const charge = (await chargeOf(store, "twilio:CAxxxxxxxxxxxx"))!;
    const wallet = await world.ask("/api/v1/accounts/1/wallet");
    return [charge.amountMicros, charge.entries.length, wallet.freeMinutes[0].used];
  };
  assert.deepEqual(await stateOf(), [600_000n, 1, 100]);
  world.twilio.placeCall({ ...placed, talkSeconds: 230 });
  await world.sweep();
  assert.deepEqual(await stateOf(), [600_000n, 1, 99]);
  world.twilio.reviseCall("CAxxxxxxxxxxxx", { talkSeconds: 150 });
  await world.sweep();
  assert.deepEqual(await stateOf(), [600_000n, 1, 98]);
  world.twilio.reviseCall("CAxxxxxxxxxxxx", { talkSeconds: 90 });
  await world.sweep();
  assert.deepEqual(await stateOf(), [400_000n, 2, 98]);
  world.twilio.reviseCall("CAxxxxxxxxxxxx", { talkSeconds: 290 });
  await world.sweep();
  assert.deepEqual(await stateOf(), [600_000n, 3, 100]);
  await checkBooks(store);
});
