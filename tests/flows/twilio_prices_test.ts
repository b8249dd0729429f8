/**
 * Twilio's prices, which come late or never: none yet, zero and never are three states, and none of
 * them moves a customer's money.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../core/clock.ts";
import { checkBooks, entriesOf, rowsOf, walletOf } from "../support/ledger.ts";
import type { DayTotal } from "../../core/wallet/day_total.ts";
import { keyOf } from "../support/app.ts";
import { MESSAGES, openTwilioWorld, sign, type TwilioWorld } from "../support/twilio_world.ts";
import { populateAccount, runJobs } from "../support/world.ts";

const NUMBER = "+12025550100";
const THEIRS = "+12125550199";

async function openPriceWorld(): Promise<TwilioWorld> {
  const world = await openTwilioWorld();
  const { deps } = world.program;
  await populateAccount(deps, { id: "acme", number: NUMBER, micros: 10_000_000n });
  await runJobs(deps);
  return world;
}

const costOf = async (world: TwilioWorld, path: string) => {
  const { cost } = await world.ask(`/api/v1/${path}`);
  return [cost.state, cost.amount?.amount ?? null];
};

const countedCost = async (world: TwilioWorld, service: string) =>
  (await rowsOf<DayTotal>(world.program.deps.store, ["day_total"]))
    .reduce((sum, { costMicros }) => sum + (costMicros[service] ?? 0n), 0n);

Deno.test("a price that comes later is the cost; a price of zero is exact; one that never comes is named so", async () => {
  await using world = await openPriceWorld();
  const { twilio, clock, program } = world;
  const parties = { from: THEIRS, to: NUMBER, direction: "inbound" as const, talkSeconds: 61 };
  const { sid: late } = twilio.placeCall({ ...parties, priceAfterMs: 2 * HOUR_MS });
  const { sid: zero } = twilio.placeCall({ ...parties, priceText: "-0.00000" });
  const { sid: never } = twilio.placeCall({ ...parties, priceAfterMs: null });
  const { sid: busy } = twilio.placeCall({ ...parties, talkSeconds: 0, outcome: "busy" });
  clock.advance(62_000);
  for (const sid of [late, zero, never]) await world.deliver(twilio.callbacksOf(sid));
  for (const sid of [late, zero, never]) {
    assert.deepEqual(await costOf(world, `calls/twilio:${sid}`), ["none", null]);
  }
  await world.sweep();
  // Twilio charges nothing for a call that did not connect, and writes no price for it either.
  assert.deepEqual(await costOf(world, `calls/twilio:${busy}`), ["never_priced", null]);
  clock.advance(10 * MINUTE_MS);
  await program.minute();
  assert.deepEqual(await costOf(world, `calls/twilio:${late}`), ["none", null]);
  assert.deepEqual(await costOf(world, `calls/twilio:${zero}`), ["exact", "0.000000"]);
  clock.advance(2 * HOUR_MS);
  await program.minute();
  assert.deepEqual(await costOf(world, `calls/twilio:${late}`), ["exact", "0.028000"]);
  assert.equal(await countedCost(world, "twilio_voice"), 28_000n);

  clock.advance(3 * DAY_MS - 3 * HOUR_MS);
  await program.minute();
  assert.deepEqual(await costOf(world, `calls/twilio:${never}`), ["none", null]);
  clock.advance(HOUR_MS);
  await program.minute();
  assert.deepEqual(await costOf(world, `calls/twilio:${never}`), ["never_priced", null]);
  // It was a guess, which a later price overturns.
  twilio.reviseCall(never, { priceText: "-0.03000", pricedAtMs: clock.now() });
  clock.advance(DAY_MS);
  await program.minute();
  assert.deepEqual(await costOf(world, `calls/twilio:${never}`), ["exact", "0.030000"]);
  assert.equal(await countedCost(world, "twilio_voice"), 58_000n);
  assert.equal((await walletOf(program.deps.store, "acme")).entryCount, 1);
  await checkBooks(program.deps.store);
});

Deno.test("a cost in another currency is shown and never added up; a broken price parks the call", async () => {
  await using world = await openPriceWorld();
  const { twilio, clock, program } = world;
  const parties = { from: THEIRS, to: NUMBER, direction: "inbound" as const, talkSeconds: 60 };
  const { sid: euro } = twilio.placeCall({ ...parties, members: { price_unit: "EUR" } });
  const { sid: positive } = twilio.placeCall({ ...parties, members: { price: "0.01400" } });
  clock.advance(5 * MINUTE_MS);
  await program.minute();
  const call = await world.ask(`/api/v1/calls/twilio:${euro}`);
  assert.deepEqual(call.cost.amount, { amount: "0.014000", currency: "EUR" });
  assert.equal(call.billing.state, "billed");
  assert.equal(await countedCost(world, "twilio_voice"), 0n);
  assert.deepEqual((await world.ask(`/api/v1/calls/twilio:${positive}`)).billing, {
    state: "parked",
    reason: "bad_price",
  });
});

Deno.test("a message's callbacks tell its state, the sweep its segments and price; then it is rated, and charged by its bill", async () => {
  await using world = await openPriceWorld();
  const { twilio, clock, program } = world;
  const { sid } = twilio.placeMessage({
    from: NUMBER,
    to: THEIRS,
    segments: 3,
    priceAfterMs: 30 * MINUTE_MS,
  });
  const { sid: inbound } = twilio.placeMessage({ from: THEIRS, to: NUMBER, outcome: "received" });
  const { sid: failed } = twilio.placeMessage({ from: NUMBER, to: THEIRS, outcome: "failed" });
  const { sid: lost } = twilio.placeMessage({ from: NUMBER, to: THEIRS, segments: 2 });
  clock.advance(5_000);
  for (const each of [sid, inbound, failed]) {
    const steps = twilio.callbacksOf(each);
    await world.deliver([...steps.toReversed(), ...steps]);
  }
  const read = (id: string) => world.ask(`/api/v1/messages/twilio:${id}`);
  assert.deepEqual((await read(sid)).billing, { state: "open", reason: "no_cost_yet" });
  assert.equal((await read(sid)).status, "delivered");
  assert.deepEqual([(await read(inbound)).direction, (await read(inbound)).segments], [
    "inbound",
    1,
  ]);
  assert.equal((await read(lost)).code, "not_found");
  clock.advance(HOUR_MS);
  await program.minute();
  const message = await read(sid);
  assert.deepEqual(
    [message.segments, message.charge.amount.amount, message.cost.state, message.billing.reason],
    [3, "0.022500", "exact", "waits_for_bill"],
  );
  assert.equal((await read(lost)).charge.amount.amount, "0.015000");
  assert.deepEqual(await costOf(world, `messages/twilio:${failed}`), ["none", null]);
  clock.advance(3 * DAY_MS);
  await program.minute();
  assert.deepEqual(await costOf(world, `messages/twilio:${failed}`), ["never_priced", null]);
  const mine = await world.ask("/api/v1/messages", await keyOf({ deps: program.deps }, "acme"));
  assert.equal(mine.data.length, 4);
  const bill = (await entriesOf(program.deps.store, "acme")).at(-1)!;
  assert.deepEqual([bill.seq, bill.kind, bill.amountMicros], [2, "payment", -45_000n]);
  assert.equal(await countedCost(world, "twilio_sms"), 22_500n + 15_000n + 7_500n);
});

Deno.test("a message's callback under the address for calls is kept and understood as what it is", async () => {
  await using world = await openPriceWorld();
  const parameters = { MessageSid: "SM1", MessageStatus: "sent", From: NUMBER, To: THEIRS };
  await world.post(sign(parameters));
  await world.say(parameters, MESSAGES);
  const { data } = await world.ask("/api/v1/messages");
  assert.deepEqual(data.map((one: { id: string }) => one.id), ["twilio:SM1"]);
});
