/**
 * Twilio's callbacks in any order, however often, and whose a call is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assignNumber, releaseNumber } from "../../core/billing/claim_calls.ts";
import { SECOND_MS } from "../../core/clock.ts";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { InboxEvent } from "../../core/jobs/inbox.ts";
import type { SimulatedCallback } from "../../core/carriers/twilio/simulated/callbacks.ts";
import { callOf, chargeOf, checkBooks, rowsOf, walletOf } from "../support/ledger.ts";
import { completed, openTwilioWorld, type TwilioWorld } from "../support/twilio_world.ts";
import { populateAccount, runJobs, seeded } from "../support/world.ts";

const ACME = "+12025550100";
const BETA = "+12025550101";
const THEIRS = "+12125550199";

async function openTenants(): Promise<TwilioWorld> {
  const world = await openTwilioWorld();
  const { deps } = world.program;
  await populateAccount(deps, { id: "acme", number: ACME, micros: 50_000_000n });
  await populateAccount(deps, { id: "beta", number: BETA, micros: 50_000_000n });
  await runJobs(deps);
  return world;
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((one, at) =>
    permutations(all.filter((_, i) => i !== at)).map((rest) => [one, ...rest])
  );
}

Deno.test("the steps of a call in every order, each twice, are one call and one charge", async () => {
  await using world = await openTenants();
  const { clock, program, twilio } = world;
  const startMs = clock.now();
  const sids: string[] = [];
  const plays: SimulatedCallback[][] = [];
  for (const [i, order] of permutations([0, 1, 2, 3]).entries()) {
    const { sid } = twilio.placeCall({
      createdAtMs: startMs + i * SECOND_MS,
      waitSeconds: 5,
      talkSeconds: 61,
      from: ACME,
      to: THEIRS,
    });
    const steps = twilio.callbacksOf(sid);
    assert.equal(steps.length, 4);
    sids.push(sid);
    plays.push([...order, ...order].map((at) => steps[at]!));
  }
  clock.advance(300 * SECOND_MS);
  for (const play of plays) await world.deliver(play);
  const shown = new Set<string>();
  for (const [i, sid] of sids.entries()) {
    const call = (await callOf(program.deps.store, `twilio:${sid}`))!;
    const charge = (await chargeOf(program.deps.store, call.id))!;
    shown.add(JSON.stringify([
      call.status,
      call.durationSeconds,
      call.startedAtMs - startMs - i * SECOND_MS,
      call.endedAtMs! - startMs - i * SECOND_MS,
      charge.state,
      charge.trace?.billedSeconds,
      charge.entries.length,
    ]));
  }
  assert.deepEqual([...shown], [
    JSON.stringify(["completed", 61, 5_000, 66_000, "billed", 120, 0]),
  ]);
  // Four bodies for each call, whatever was sent how often.
  assert.equal((await rowsOf<InboxEvent>(program.deps.store, ["event"])).length, 4 * sids.length);
  const wallet = await world.ask("/api/v1/accounts/acme/wallet");
  assert.deepEqual([wallet.totalMinutesUsed, wallet.freeMinutes[0].used], [48, 48]);
  await checkBooks(program.deps.store);
});

Deno.test("ends that contradict each other come to the same, whichever is told first", async () => {
  for (const order of [[0, 1], [1, 0]]) {
    await using world = await openTenants();
    const { program, clock } = world;
    const told = { sid: "CAboth", seconds: 61, startedAtMs: clock.now(), from: THEIRS, to: ACME };
    const ended = completed(told);
    const unanswered = { ...ended, CallStatus: "no-answer", CallDuration: "0" };
    for (const at of order) await world.say([ended, unanswered][at]!);
    const charge = await chargeOf(program.deps.store, "twilio:CAboth");
    assert.deepEqual([charge?.state, charge?.trace?.billedSeconds], ["billed", 120]);
    await checkBooks(program.deps.store);
  }
});

Deno.test("the listing before, between and after the callbacks comes to the same", async () => {
  await using world = await openTenants();
  const { clock, program, twilio } = world;
  const random = seeded(7);
  const sids: string[] = [];
  for (let i = 0; i < 20; i++) {
    const { sid } = twilio.placeCall({
      waitSeconds: 3,
      talkSeconds: 100,
      from: i % 2 ? ACME : THEIRS,
      to: i % 2 ? THEIRS : ACME,
      direction: i % 2 ? "outbound-api" : "inbound",
    });
    sids.push(sid);
    const steps = twilio.callbacksOf(sid);
    for (let step = 0; step < 6; step++) {
      clock.advance(25 * SECOND_MS);
      if (random() < 0.5) await world.sweep();
      const due = steps.filter(({ atMs }) => atMs <= clock.now());
      const some = due[Math.floor(random() * due.length)];
      if (some) await world.deliver([some]);
    }
    await world.deliver(steps.slice(-1));
  }
  await world.sweep();
  for (const sid of sids) {
    const call = (await callOf(program.deps.store, `twilio:${sid}`))!;
    const charge = (await chargeOf(program.deps.store, call.id))!;
    assert.deepEqual(
      [call.accountId, call.status, call.durationSeconds, call.endedAtMs! - call.startedAtMs],
      ["acme", "completed", 100, 100_000],
    );
    assert.deepEqual([charge.state, charge.trace?.billedSeconds], ["billed", 120]);
  }
  assert.equal((await walletOf(program.deps.store, "acme")).balanceMicros, 50_000_000n);
  await checkBooks(program.deps.store);
});

const OWNERS: [what: string, parameters: Record<string, string>, owner: string | null][] = [
  ["inbound, by the called number", { Direction: "inbound", From: THEIRS, To: ACME }, "acme"],
  ["outbound, by the caller", { Direction: "outbound-api", From: BETA, To: THEIRS }, "beta"],
  ["a dialled leg", { Direction: "outbound-dial", From: ACME, To: THEIRS }, "acme"],
  ["from one tenant to another, inbound", { Direction: "inbound", From: ACME, To: BETA }, "beta"],
  ["the same, outbound", { Direction: "outbound-api", From: ACME, To: BETA }, "acme"],
  ["no direction, ours was called", { From: THEIRS, To: BETA }, "beta"],
  ["no direction, ours has called", { From: BETA, To: THEIRS }, "beta"],
  ["written by hand", { Direction: "inbound", From: THEIRS, To: "+1 (202) 555-0100" }, "acme"],
  ["inbound from ours to nobody's", { Direction: "inbound", From: ACME, To: THEIRS }, null],
  ["a SIP address", { Direction: "inbound", From: THEIRS, To: "sip:x@example.com" }, null],
];

for (const [what, parameters, owner] of OWNERS) {
  Deno.test(`whose it is: ${what}`, async () => {
    await using world = await openTenants();
    await world.say({
      CallSid: "CA1",
      CallStatus: "completed",
      CallDuration: "60",
      ...parameters,
    });
    const call = await world.ask("/api/v1/calls/twilio:CA1");
    assert.equal(call.accountId, owner);
    assert.equal(call.billing.state, owner === null ? "unassigned" : "billed");
  });
}

Deno.test("a number that moved to another tenant: each pays for what began while it held it", async () => {
  await using world = await openTenants();
  const { deps } = world.program;
  const startedAtMs = world.clock.now();
  world.clock.advance(60 * SECOND_MS);
  await releaseNumber(deps, { number: ACME, accountId: "acme", actor: "test" });
  const holding = { accountId: "beta", carrier: null, fromMs: world.clock.now(), toMs: null };
  await assignNumber(deps, { number: ACME, holding, actor: "test" });
  world.clock.advance(600 * SECOND_MS);
  const parties = { from: THEIRS, to: ACME, seconds: 300 };
  await world.say(completed({ sid: "CAold", startedAtMs, ...parties }));
  await world.say(
    completed({ sid: "CAnew", startedAtMs: startedAtMs + 60 * SECOND_MS, ...parties }),
  );
  const owners = await Promise.all(
    ["CAold", "CAnew"].map(async (sid) =>
      (await world.ask(`/api/v1/calls/twilio:${sid}`)).accountId
    ),
  );
  assert.deepEqual(owners, ["acme", "beta"]);
});

Deno.test("callbacks of a number nobody holds wait, and are billed once it is assigned", async () => {
  await using world = await openTenants();
  const { program, clock } = world;
  const number = "+12025550142";
  const startedAtMs = clock.now();
  clock.advance(600 * SECOND_MS);
  for (let i = 0; i < 4; i++) {
    await world.say(completed({
      sid: `CA${i}`,
      seconds: 70,
      startedAtMs: startedAtMs + i * 60 * SECOND_MS,
      from: THEIRS,
      to: number,
    }));
  }
  assert.deepEqual((await world.ask("/api/v1/calls/twilio:CA0")).billing, {
    state: "unassigned",
    reason: "no_owner",
  });
  assert.equal((await rowsOf<CallCharge>(program.deps.store, ["charge"])).length, 0);
  // From the second call on.
  const holding = {
    accountId: "beta",
    carrier: null,
    fromMs: startedAtMs + 60 * SECOND_MS,
    toMs: null,
  };
  await assignNumber(program.deps, { number, holding, actor: "test" });
  await program.minute();
  const { data } = await world.ask("/api/v1/usage-records?account=beta");
  assert.deepEqual(data.map((one: { callId: string }) => one.callId), [
    "twilio:CA3",
    "twilio:CA2",
    "twilio:CA1",
  ]);
  const before = await program.deps.store.list({ prefix: ["charge"] });
  await program.minute();
  assert.deepEqual(await program.deps.store.list({ prefix: ["charge"] }), before);
  assert.equal((await world.ask("/api/v1/calls/twilio:CA0")).billing.state, "unassigned");
  await checkBooks(program.deps.store);
});
