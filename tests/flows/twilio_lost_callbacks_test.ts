/**
 * A thousand Twilio calls whose callbacks are lost, sent twice, late and out of order, beside a sweep
 * that runs whenever it likes: every call is charged once, and pools and wallets are what they must be.
 *
 * What they must be is computed here from the simulator's truth and from nothing the program wrote.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setWallet } from "../../core/billing/set_wallet.ts";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { HeardDay } from "../../core/billing/record_calls.ts";
import type { SimulatedCallback } from "../../core/carriers/twilio/simulated/callbacks.ts";
import type { SimulatedCall } from "../../core/carriers/twilio/simulated/call.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import { type InboxEvent, replayEvent } from "../../core/jobs/inbox.ts";
import type { DayTotal } from "../../core/wallet/day_total.ts";
import { checkBooks, rowsOf, walletOf } from "../support/ledger.ts";
import { findDoubled, readRows, snapshotMoney } from "../support/sync_load.ts";
import { openTwilioWorld, type TwilioWorld } from "../support/twilio_world.ts";
import { populateAccount, runJobs, seeded } from "../support/world.ts";

const CALLS = 1_000;
// In these thirty hours January ends in Auckland, then in UTC, then in Los Angeles.
const FROM_MS = Date.UTC(2026, 0, 31, 4);
const TO_MS = FROM_MS + 30 * HOUR_MS;
const FIRST_MICROS = 1_000_000_000n;
const THEIRS = "+12125550199";
const ACCOUNTS = [
  { id: "utc", timezone: "UTC", number: "+12025550100" },
  { id: "auckland", timezone: "Pacific/Auckland", number: "+6495550100" },
  { id: "angeles", timezone: "America/Los_Angeles", number: "+13105550100" },
] as const;

async function openLoadWorld(seed: number): Promise<TwilioWorld> {
  const world = await openTwilioWorld({ startMs: FROM_MS, seed });
  const { deps } = world.program;
  for (const account of ACCOUNTS) {
    await populateAccount(deps, { ...account, micros: FIRST_MICROS });
  }
  await setWallet(deps, {
    accountId: "utc",
    settings: { policy: "overdraw" },
    isExpected: () => true,
    actor: "test",
  });
  await runJobs(deps);
  return world;
}

/** Places the calls and answers their callbacks as they will arrive: lost, doubled, late, mixed up. */
function placeCalls(
  { twilio, clock }: TwilioWorld,
  random: () => number,
): { arrivals: (SimulatedCallback & { arrivesAtMs: number })[]; lost: Set<string> } {
  const arrivals: (SimulatedCallback & { arrivesAtMs: number })[] = [];
  const lost = new Set<string>();
  for (let i = 0; i < CALLS; i++) {
    const ours = ACCOUNTS[Math.floor(random() * ACCOUNTS.length)]!.number;
    const isInbound = random() < 0.5;
    const outcome = random() < 0.9 ? "completed" : random() < 0.5 ? "no-answer" : "busy";
    const createdAtMs = FROM_MS +
      Math.floor((i * (TO_MS - FROM_MS)) / CALLS / SECOND_MS) * SECOND_MS;
    const call = twilio.placeCall({
      createdAtMs: Math.max(createdAtMs, clock.now()),
      waitSeconds: Math.floor(random() * 20),
      talkSeconds: outcome === "completed" ? Math.floor(random() ** 3 * 1_500) : 0,
      outcome,
      direction: isInbound ? "inbound" : "outbound-api",
      from: isInbound ? THEIRS : ours,
      to: isInbound ? ours : THEIRS,
      ...(outcome === "completed" ? { priceAfterMs: drawPrice(random) } : {}),
    });
    if (random() < 0.2) {
      lost.add(call.sid);
      continue;
    }
    for (const callback of twilio.callbacksOf(call.sid)) {
      const copies = random() < 0.2 ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const lateMs = (random() < 0.2 ? 3 * HOUR_MS : 3 * SECOND_MS) * random();
        arrivals.push({ ...callback, arrivesAtMs: Math.ceil(callback.atMs + lateMs) });
      }
    }
  }
  arrivals.sort((a, b) => a.arrivesAtMs - b.arrivesAtMs);
  return { arrivals, lost };
}

/** From at once to five hours after the end; one of ten never. */
function drawPrice(random: () => number): number | null {
  return random() < 0.1 ? null : Math.floor(random() * 5 * HOUR_MS);
}

/** Lets the hours pass: what arrives arrives, and now and then somebody sweeps. */
async function live(
  world: TwilioWorld,
  { arrivals, random }: {
    arrivals: ReturnType<typeof placeCalls>["arrivals"];
    random: () => number;
  },
): Promise<void> {
  let nextSweepMs = FROM_MS;
  const untilMs = TO_MS + 4 * HOUR_MS;
  while (arrivals.length > 0 || world.clock.now() < untilMs) {
    const next = arrivals[0]?.arrivesAtMs ?? Infinity;
    if (nextSweepMs <= next) {
      world.clock.setTo(Math.max(world.clock.now(), nextSweepMs));
      const together = arrivals.splice(0, 3).map((one) => world.post(one));
      await Promise.all([world.program.minute(), ...together]);
      nextSweepMs += Math.ceil((1 + random() * 40) * MINUTE_MS);
      continue;
    }
    world.clock.setTo(Math.max(world.clock.now(), next));
    const answer = await world.post(arrivals.shift()!);
    assert.equal(answer.status, 200);
    if (random() < 0.3) await world.program.idle();
  }
  await world.program.idle();
  // The widest gap between two sweeps is behind us, so the next one looks a day back.
  world.clock.advance(HOUR_MS);
  await world.program.minute();
}

const ownerOf = (call: SimulatedCall) =>
  ACCOUNTS.find(({ number }) => number === (call.direction === "inbound" ? call.to : call.from))!;

const minutesOf = (call: SimulatedCall) => Math.ceil(call.talkSeconds / 60);

const monthOf = (ms: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).toPlainDate().toString()
    .slice(0, 7);

/** Minutes of each account and month. */
function expectedMinutes(calls: readonly SimulatedCall[]): Map<string, number> {
  const minutes = new Map<string, number>();
  for (const call of calls) {
    const { id, timezone } = ownerOf(call);
    const name = `${id}/twilio_voice/${monthOf(call.listedAtMs, timezone)}`;
    minutes.set(name, (minutes.get(name) ?? 0) + minutesOf(call));
  }
  return minutes;
}

/** Every minute above a hundred of a month is 0.20, whatever the order in which they were charged. */
function expectedBalance(accountId: string, calls: readonly SimulatedCall[]): bigint {
  const paid = [...expectedMinutes(calls)].filter(([name]) => name.startsWith(`${accountId}/`))
    .reduce((sum, [, minutes]) => sum + Math.max(0, minutes - 100), 0);
  return FIRST_MICROS - BigInt(paid) * 200_000n;
}

/** Twilio's 0.014 a started minute of each call that has a price by then. */
function expectedCost(calls: readonly SimulatedCall[], nowMs: number): bigint {
  return calls.filter(({ pricedAtMs }) => pricedAtMs !== null && pricedAtMs <= nowMs)
    .reduce((sum, call) => sum + BigInt(minutesOf(call)) * 14_000n, 0n);
}

async function countedCost({ kv }: TwilioWorld): Promise<bigint> {
  const days = await readRows<DayTotal>(kv, "day_total");
  return [...days.values()].reduce((sum, day) => sum + (day.costMicros.twilio_voice ?? 0n), 0n);
}

async function assertTruth(world: TwilioWorld): Promise<void> {
  const { kv, twilio, clock, program: { deps: { store } } } = world;
  const calls = twilio.calls();
  const charges = await readRows<CallCharge>(kv, "charge");
  assert.equal(charges.size, CALLS);
  assert.deepEqual(new Set([...charges.values()].map(({ state }) => state)), new Set(["billed"]));
  for (const call of calls) {
    const charge = charges.get(`twilio:${call.sid}`);
    assert.equal(charge?.accountId, ownerOf(call).id);
    assert.equal(charge?.trace?.seconds, call.talkSeconds);
  }
  const pools = await readRows<{ usedSeconds: number }>(kv, "free_minutes");
  const expected = [...expectedMinutes(calls)].map(([name, minutes]) =>
    [name, Math.min(100, minutes) * 60] as const
  );
  assert.equal(expected.length, 6);
  assert.deepEqual(
    new Map([...pools].map(([name, { usedSeconds }]) => [name, usedSeconds])),
    new Map(expected),
  );
  for (const { id } of ACCOUNTS) {
    assert.equal((await walletOf(store, id)).balanceMicros, expectedBalance(id, calls), id);
    const minutes = calls.filter((call) => ownerOf(call).id === id)
      .reduce((sum, call) => sum + minutesOf(call), 0);
    assert.equal((await walletOf(store, id)).billedSecondsTotal, minutes * 60);
  }
  assert.equal(await countedCost(world), expectedCost(calls, clock.now()));
  assert.deepEqual(await findDoubled(kv), []);
  await checkBooks(store);
}

for (const seed of [1, 2]) {
  Deno.test(`a thousand calls, callbacks lost, doubled and late (seed ${seed}): each is charged once`, async () => {
    await using world = await openLoadWorld(seed);
    const { program, clock, twilio } = world;
    const random = seeded(100 + seed);
    const { arrivals, lost } = placeCalls(world, random);
    await live(world, { arrivals, random });
    await assertTruth(world);

    // Every call was heard of in one way, and those whose callbacks were lost by looking.
    const heard = await rowsOf<HeardDay>(program.deps.store, ["heard_day", "twilio"]);
    const listing = heard.reduce((sum, day) => sum + day.listing, 0);
    assert.equal(heard.reduce((sum, day) => sum + day.webhook, listing), CALLS);
    assert(listing >= lost.size && listing < CALLS / 2, `${listing} of ${lost.size}`);

    // All of it once more: delivered again, taken up again, swept far and wide.
    const money = await snapshotMoney(world.kv);
    for (const call of twilio.calls()) {
      if (lost.has(call.sid)) continue;
      for (const callback of twilio.callbacksOf(call.sid)) await world.post(callback);
    }
    const events = await rowsOf<InboxEvent>(program.deps.store, ["event"]);
    for (const { id } of events) await replayEvent(program.deps, id);
    for (let i = 0; i < 20; i++) await program.minute();
    await program.idle();
    const due = await program.deps.store.list({ prefix: ["event_due"] });
    assert.equal(due.length, 0);
    assert.deepEqual(await snapshotMoney(world.kv), money);

    // A day later all prices there will ever be are there, and no money has moved.
    const entries = await readRows(world.kv, "entry");
    clock.advance(DAY_MS);
    await world.sweep();
    await assertTruth(world);
    assert(twilio.calls().every((call) => (call.pricedAtMs ?? 0) <= clock.now()));
    assert.deepEqual(await readRows(world.kv, "entry"), entries);
  });
}
