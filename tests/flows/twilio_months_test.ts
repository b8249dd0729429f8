/**
 * Whose month a Twilio call's minutes are of, which plan version prices it, and fifty calls at once that
 * want the same ten free minutes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SECOND_MS } from "../../core/clock.ts";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import { getRatePlan, putRatePlan } from "../../core/rating/plans.ts";
import type { PlanVersion } from "../../core/rating/rate_plan.ts";
import { chargeOf, checkBooks, rowsOf, walletOf } from "../support/ledger.ts";
import {
  completed,
  openTwilioWorld,
  sign,
  type TwilioWorld,
  VOICE,
} from "../support/twilio_world.ts";
import { populateAccount, runJobs } from "../support/world.ts";

const NUMBER = "+6495550100";
const THEIRS = "+12125550199";
const FIRST_MICROS = 100_000_000n;

async function openZoneWorld(
  { timezone = "UTC", startMs = Date.UTC(2026, 0, 20) }: { timezone?: string; startMs?: number } =
    {},
): Promise<TwilioWorld> {
  const world = await openTwilioWorld({ startMs });
  const { deps } = world.program;
  await populateAccount(deps, { id: "zone", timezone, number: NUMBER, micros: FIRST_MICROS });
  await runJobs(deps);
  return world;
}

const atMs = (instant: string) => Temporal.Instant.from(instant).epochMilliseconds;

/** A call of so many seconds that began then, told a moment after its end. */
async function call(
  world: TwilioWorld,
  { sid, startedAtMs, seconds = 60 }: { sid: string; startedAtMs: number; seconds?: number },
): Promise<CallCharge> {
  const endedAtMs = startedAtMs + seconds * SECOND_MS;
  if (world.clock.now() < endedAtMs) world.clock.setTo(endedAtMs + SECOND_MS);
  await world.say(completed({ sid, seconds, startedAtMs, from: THEIRS, to: NUMBER }));
  const charge = await chargeOf(world.program.deps.store, `twilio:${sid}`);
  assert(charge?.state === "billed", charge?.state);
  return charge;
}

// The instant of the start, and the month of the account's zone it belongs to.
const MONTHS: [zone: string, startedAt: string, month: string][] = [
  // The last second of a month, and the first of the next one.
  ["UTC", "2026-01-31T23:59:59Z", "2026-01"],
  ["UTC", "2026-02-01T00:00:00Z", "2026-02"],
  ["Pacific/Auckland", "2026-01-31T10:59:59Z", "2026-01"],
  ["Pacific/Auckland", "2026-01-31T11:00:00Z", "2026-02"],
  ["America/Los_Angeles", "2026-02-01T07:59:59Z", "2026-01"],
  ["America/Los_Angeles", "2026-02-01T08:00:00Z", "2026-02"],
  // Summer time ends in Auckland on 5 April: the last seconds of March and April lie an hour apart.
  ["Pacific/Auckland", "2026-03-31T10:59:59Z", "2026-03"],
  ["Pacific/Auckland", "2026-04-30T11:59:59Z", "2026-04"],
  ["Pacific/Auckland", "2026-04-30T12:00:00Z", "2026-05"],
  // It ends in Los Angeles on 1 November: 01:30 comes twice, both times in November.
  ["America/Los_Angeles", "2026-11-01T06:59:59Z", "2026-10"],
  ["America/Los_Angeles", "2026-11-01T08:30:00Z", "2026-11"],
  ["America/Los_Angeles", "2026-11-01T09:30:00Z", "2026-11"],
  // In Havana the first hour of that very month comes twice.
  ["America/Havana", "2026-11-01T03:59:59Z", "2026-10"],
  ["America/Havana", "2026-11-01T04:00:00Z", "2026-11"],
  ["America/Havana", "2026-11-01T05:00:00Z", "2026-11"],
  // It begins in Los Angeles on 8 March: 02:00 to 03:00 is not there at all.
  ["America/Los_Angeles", "2026-03-08T10:00:00Z", "2026-03"],
];

for (const [timezone, startedAt, month] of MONTHS) {
  Deno.test(`a call at ${startedAt} uses the minutes of ${month} in ${timezone}`, async () => {
    await using world = await openZoneWorld({ timezone });
    const { trace } = await call(world, { sid: "CA1", startedAtMs: atMs(startedAt) });
    assert.equal(trace?.freeMonth, month);
    const { store } = world.program.deps;
    const pools = await store.list<{ usedSeconds: number }>({ prefix: ["free_minutes"] });
    assert.deepEqual(pools.map(({ key, value }) => [key.at(-1), value.usedSeconds]), [[month, 60]]);
    await checkBooks(store);
  });
}

Deno.test("a call over the end of a month uses the minutes of the month it began in", async () => {
  await using world = await openZoneWorld({ timezone: "Pacific/Auckland" });
  const midnightMs = atMs("2026-02-01T00:00:00+13:00");
  await call(world, { sid: "CA0", startedAtMs: atMs("2026-01-25T00:00:00Z"), seconds: 95 * 60 });
  const over = await call(world, {
    sid: "CA1",
    startedAtMs: midnightMs - 60 * SECOND_MS,
    seconds: 10 * 60,
  });
  assert.deepEqual([over.trace?.freeMonth, over.trace?.freeMinutesUsed], ["2026-01", 5]);
  assert.equal(over.amountMicros, 1_000_000n);
  const after = await call(world, { sid: "CA2", startedAtMs: midnightMs, seconds: 30 * 60 });
  assert.deepEqual([after.trace?.freeMonth, after.amountMicros], ["2026-02", 0n]);
  await checkBooks(world.program.deps.store);
});

Deno.test("a callback of last month that comes late still uses last month's minutes", async () => {
  await using world = await openZoneWorld();
  const startedAtMs = atMs("2026-01-25T00:00:00Z");
  world.clock.setTo(atMs("2026-03-02T00:00:00Z"));
  const late = await call(world, { sid: "CA1", startedAtMs });
  assert.equal(late.trace?.freeMonth, "2026-01");
  const wallet = await world.ask("/api/v1/accounts/zone/wallet");
  assert.deepEqual(
    wallet.freeMinutes.map(({ month, used }: Record<string, unknown>) => [
      month,
      used,
    ]),
    [["2026-03", 0]],
  );
});

/** From an instant on, another price and another number of free minutes. */
async function addVersion(
  world: TwilioWorld,
  { fromMs, rateMicros, freeMinutes }: { fromMs: number; rateMicros: bigint; freeMinutes: number },
): Promise<void> {
  const { deps } = world.program;
  const stored = (await getRatePlan(deps.store, "twilio_voice"))!;
  const { versions, ...plan } = stored.value;
  const terms = {
    kind: "per_minute" as const,
    rateMicros,
    increment: { firstSeconds: 60, nextSeconds: 60 },
    freeMinutesPerMonth: freeMinutes,
  };
  const added: Omit<PlanVersion, "version"> = { effectiveFromMs: fromMs, terms };
  const outcome = await putRatePlan(deps, {
    plan,
    versions: [...versions, added],
    expectedStamp: stored.versionstamp,
    actor: "test",
    atMs: deps.clock.now(),
    auditId: deps.ids.id(),
  });
  assert.equal(outcome.status, "stored");
}

const PLAN_CHANGES: [freeMinutes: number, free: number, micros: bigint][] = [
  // 60 minutes of the month are used when the plan changes; then a call of 50 minutes at 0.30.
  [200, 50, 0n],
  [100, 40, 3_000_000n],
  [60, 0, 15_000_000n],
  [30, 0, 15_000_000n],
  [0, 0, 15_000_000n],
];

for (const [freeMinutes, free, micros] of PLAN_CHANGES) {
  Deno.test(`a plan that gives ${freeMinutes} free minutes from mid-month on counts those already used`, async () => {
    await using world = await openZoneWorld();
    const changeMs = atMs("2026-02-15T00:00:00Z");
    await addVersion(world, { fromMs: changeMs, rateMicros: 300_000n, freeMinutes });
    const before = await call(world, {
      sid: "CA1",
      startedAtMs: changeMs - SECOND_MS,
      seconds: 60 * 60,
    });
    assert.deepEqual([before.trace?.version, before.amountMicros], [1, 0n]);
    const after = await call(world, { sid: "CA2", startedAtMs: changeMs, seconds: 50 * 60 });
    assert.deepEqual(
      [after.trace?.version, after.trace?.freeMinutesUsed, after.amountMicros],
      [2, free, micros],
    );
    // One more of the old version's days, told late: the pool is the month's, the terms are its own.
    const late = await call(world, { sid: "CA3", startedAtMs: changeMs - 2 * SECOND_MS });
    assert.equal(late.trace?.version, 1);
    const isLeft = 60 + free < 100;
    assert.equal(late.amountMicros, isLeft ? 0n : 200_000n);
  });
}

Deno.test("fifty calls that end at once and want ten free minutes use exactly ten of them", async () => {
  await using world = await openZoneWorld();
  const { program, clock } = world;
  await call(world, { sid: "CAfirst", startedAtMs: clock.now(), seconds: 90 * 60 });
  const startedAtMs = clock.now();
  clock.advance(10 * 60 * SECOND_MS);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const parameters = completed({
        sid: `CA${String(i).padStart(32, "0")}`,
        seconds: 45,
        startedAtMs: startedAtMs + i * SECOND_MS,
        from: THEIRS,
        to: NUMBER,
      });
      // Each twice, as a proxy may repeat what it could not see answered.
      const told = await Promise.all([
        world.post(sign(parameters, VOICE)),
        world.post(sign(parameters, VOICE)),
      ]);
      return told.map(({ status }) => status);
    }),
  );
  assert.deepEqual(new Set(answers.flat()), new Set([200]));
  await Promise.all([program.minute(), program.minute(), program.sync({ actor: "test" })]);
  await program.idle();
  const { store } = program.deps;
  const charges = (await rowsOf<CallCharge>(store, ["charge"])).filter(({ callId }) =>
    callId !== "twilio:CAfirst"
  );
  assert.equal(charges.length, 50);
  assert.equal(charges.filter(({ amountMicros }) => amountMicros === 0n).length, 10);
  assert.equal(charges.filter(({ amountMicros }) => amountMicros === 200_000n).length, 40);
  assert.equal((await walletOf(store, "zone")).balanceMicros, FIRST_MICROS - 40n * 200_000n);
  const pools = await rowsOf<{ usedSeconds: number }>(store, ["free_minutes"]);
  assert.deepEqual(pools.map(({ usedSeconds }) => usedSeconds), [100 * 60]);
  await checkBooks(store);
});
