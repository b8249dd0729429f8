import assert from "node:assert/strict";
import { billDue, billParked } from "../../../core/billing/bill_due.ts";
import { changeAccount } from "../../../core/billing/open_account.ts";
import { encodeRow } from "../../../core/kv/codec.ts";
import { ratePlanKey } from "../../../core/kv/keys.ts";
import { putRatePlan } from "../../../core/rating/plans.ts";
import { reportOf, type Told } from "../../support/call_report.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import {
  chargeOf,
  checkBooks,
  entriesOf,
  moneyOf,
  rowsOf,
  sync,
  takeIn,
} from "../../support/ledger.ts";
import {
  EURO_NUMBER,
  KIWI_NUMBER,
  openDoors,
  openWorld,
  populateAccount,
  START_MS,
  type World,
} from "../../support/world.ts";

const money = ({ deps }: World, id = "a", accountId = "acme") =>
  moneyOf(deps.store, { accountId, callId: `bland:${id}` });

const stateOf = async ({ deps }: World, id = "a") =>
  (await chargeOf(deps.store, `bland:${id}`))?.state ?? null;

async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  using world = await openWorld();
  await story(world);
  await checkBooks(world.deps.store);
}

Deno.test("a call of a wallet in another currency is parked, and nothing is charged", () =>
  inWorld(async (world) => {
    const tally = await sync(world.deps, [reportOf("a", { from: EURO_NUMBER })]);
    assert.deepEqual(tally.parked, ["bland:a"]);
    const charge = await chargeOf(world.deps.store, "bland:a");
    assert.deepEqual([charge?.reason, charge?.amountMicros], ["currency_mismatch", 0n]);
    assert.deepEqual(await money(world, "a", "euro"), []);
  }));

async function storeGold(world: World, effectiveFromMs: number | null): Promise<void> {
  const outcome = await putRatePlan(world.deps, {
    plan: { id: "gold", service: "bland_voice", currency: "USD" },
    versions: [{
      effectiveFromMs,
      terms: {
        kind: "per_minute",
        rateMicros: 60_000n,
        increment: { firstSeconds: 1, nextSeconds: 1 },
        freeMinutesPerMonth: 0,
      },
    }],
    expectedStamp: null,
    actor: "test",
    atMs: world.clock.now(),
    auditId: world.deps.ids.id(),
  });
  assert.equal(outcome.status, "stored");
}

const useGold = (world: World) =>
  changeAccount(world.deps, {
    accountId: "acme",
    change: { ratePlans: { bland_voice: "gold" } },
    actor: "test",
  });

Deno.test("a call without a plan is parked, and billed once the plan is stored", () =>
  inWorld(async (world) => {
    await useGold(world);
    await sync(world.deps, [reportOf("a", { seconds: 7 })]);
    assert.equal((await chargeOf(world.deps.store, "bland:a"))?.reason, "no_rate_plan");
    assert.deepEqual((await billParked(world.deps, { actor: "test" })).parked, ["bland:a"]);
    await storeGold(world, null);
    assert.deepEqual((await billParked(world.deps, { actor: "test" })).billed, ["bland:a"]);
    assert.deepEqual(await money(world), ["charge -7000"]);
    assert.deepEqual(await billParked(world.deps, { actor: "test" }), {
      billed: [],
      adjusted: [],
      waiting: [],
      parked: [],
    });
  }));

Deno.test("a thousand calls that stay parked do not keep the next one from being tried", async () => {
  using world = await openWorld();
  const many = Array.from({ length: 1_000 }, (_, i) => reportOf(`e${i}`, { from: EURO_NUMBER }));
  await sync(world.deps, many);
  await populateAccount(world.deps, { id: "zeta", number: "+12025550188", micros: 1_000_000n });
  await changeAccount(world.deps, {
    accountId: "zeta",
    change: { ratePlans: { bland_voice: "gold" } },
    actor: "test",
  });
  await sync(world.deps, [reportOf("z", { from: "+12025550188", seconds: 7 })]);
  await storeGold(world, null);
  assert.deepEqual((await billParked(world.deps, { actor: "test" })).billed, ["bland:z"]);
});

Deno.test("a call is priced by the version in force when it started, and keeps it when it changes", () =>
  inWorld(async (world) => {
    await storeGold(world, START_MS - 1_000);
    await useGold(world);
    await sync(world.deps, [
      reportOf("before", { startedAtMs: START_MS - 1_001, seconds: 7 }),
      reportOf("at", { startedAtMs: START_MS - 1_000, seconds: 7 }),
    ]);
    assert.equal(await stateOf(world, "before"), "parked");
    assert.deepEqual(await money(world, "at"), ["charge -7000"]);
    // The account moves to another plan: a call that was priced keeps its own.
    await changeAccount(world.deps, {
      accountId: "acme",
      change: { ratePlans: {} },
      actor: "test",
    });
    await sync(world.deps, [reportOf("at", { startedAtMs: START_MS - 1_000, seconds: 9 })]);
    assert.deepEqual(await money(world, "at"), ["charge -7000", "adjustment -2000"]);
    await billParked(world.deps, { actor: "test" });
    assert.deepEqual(await money(world, "before"), ["charge -110000"]);
  }));

Deno.test("a call whose start moves behind a new version keeps the one that priced it first", () =>
  inWorld(async (world) => {
    const terms = {
      kind: "per_minute" as const,
      increment: { firstSeconds: 1, nextSeconds: 1 },
      freeMinutesPerMonth: 0,
    };
    await putRatePlan(world.deps, {
      plan: { id: "gold", service: "bland_voice", currency: "USD" },
      versions: [
        { effectiveFromMs: null, terms: { ...terms, rateMicros: 60_000n } },
        { effectiveFromMs: START_MS, terms: { ...terms, rateMicros: 600_000n } },
      ],
      expectedStamp: null,
      actor: "test",
      atMs: START_MS,
      auditId: "a",
    });
    await useGold(world);
    await sync(world.deps, [reportOf("a", { startedAtMs: START_MS - 1, seconds: 7 })]);
    await sync(world.deps, [reportOf("a", { startedAtMs: START_MS, seconds: 8 })]);
    await sync(world.deps, [reportOf("b", { startedAtMs: START_MS, seconds: 8 })]);
    assert.deepEqual(await money(world, "a"), ["charge -7000", "adjustment -1000"]);
    assert.deepEqual(await money(world, "b"), ["charge -80000"]);
  }));

Deno.test("a plan of another kind or service parks the call", () =>
  inWorld(async (world) => {
    for (const plan of ["telnyx_voice", "sms", "twilio_voice"]) {
      await changeAccount(world.deps, {
        accountId: "acme",
        change: { ratePlans: { bland_voice: plan } },
        actor: "test",
      });
      await sync(world.deps, [reportOf(plan)]);
      assert.equal(await stateOf(world, plan), "parked");
    }
    const charge = await chargeOf(world.deps.store, "bland:sms");
    assert.deepEqual([charge?.state, charge?.reason], ["parked", "no_rate_plan"]);
  }));

const twilio = (id: string, told: Told) => reportOf(id, { carrier: "twilio", ...told });

const MONTHS: [number: string, account: string, startedAt: string, month: string][] = [
  [KIWI_NUMBER, "kiwi", "2026-01-31T10:59:59Z", "2026-01"],
  [KIWI_NUMBER, "kiwi", "2026-01-31T11:00:00Z", "2026-02"],
  ["+12135550100", "angel", "2026-02-01T07:59:59Z", "2026-01"],
  ["+12135550100", "angel", "2026-02-01T08:00:00Z", "2026-02"],
  // After the clocks went forward there, the month begins an hour earlier in UTC.
  ["+12135550100", "angel", "2026-04-01T06:59:59Z", "2026-03"],
  ["+12135550100", "angel", "2026-04-01T07:00:00Z", "2026-04"],
  [KIWI_NUMBER, "kiwi", "2026-04-30T11:59:59Z", "2026-04"],
  [KIWI_NUMBER, "kiwi", "2026-04-30T12:00:00Z", "2026-05"],
];

for (const [from, accountId, startedAt, month] of MONTHS) {
  Deno.test(`a call of ${accountId} at ${startedAt} draws on the free minutes of ${month}`, () =>
    inWorld(async (world) => {
      await populateAccount(world.deps, {
        id: "angel",
        timezone: "America/Los_Angeles",
        number: "+12135550100",
      });
      await sync(world.deps, [twilio("a", { from, startedAtMs: Date.parse(startedAt) })]);
      const pools = await world.deps.store.list<{ usedSeconds: number }>({
        prefix: ["free_minutes"],
      });
      assert.deepEqual(pools.map(({ key, value }) => [...key.slice(1), value.usedSeconds]), [
        [accountId, "twilio_voice", month, 60],
      ]);
    }));
}

Deno.test("free minutes go before money, partly too, and come back when a call gets shorter", () =>
  inWorld(async (world) => {
    await sync(world.deps, [twilio("a", { seconds: 99 * 60 })]);
    await sync(world.deps, [twilio("b", { seconds: 180 })]);
    const read = (id: string) =>
      moneyOf(world.deps.store, { accountId: "acme", callId: `twilio:${id}` });
    assert.deepEqual([await read("a"), await read("b")], [[], ["charge -400000"]]);
    await sync(world.deps, [twilio("a", { seconds: 97 * 60 })]);
    await sync(world.deps, [twilio("b", { seconds: 181 })]);
    assert.deepEqual(await read("b"), ["charge -400000"]);
    const used = async () =>
      (await rowsOf<{ usedSeconds: number }>(world.deps.store, ["free_minutes"]))[0]?.usedSeconds;
    assert.equal(await used(), 99 * 60);
    await sync(world.deps, [twilio("b", { seconds: 61 })]);
    assert.deepEqual(await read("b"), ["charge -400000"], "minutes come back before money");
    assert.equal(await used(), 97 * 60);
    await sync(world.deps, [twilio("b", { seconds: 60 })]);
    assert.deepEqual(await read("b"), ["charge -400000", "adjustment 200000"]);
    assert.equal(await used(), 97 * 60);
  }));

Deno.test("fifty bills at once in five processes use ten free minutes once", () =>
  inWorld(async (world) => {
    await sync(world.deps, [twilio("first", { seconds: 90 * 60 })]);
    const reports = Array.from({ length: 50 }, (_, i) => twilio(`c${i}`, { seconds: 60 }));
    await takeIn(world.deps, reports);
    const others = Array.from({ length: 5 }, (_, i) => openDoors({ ...world, seed: 10 + i }));
    await Promise.all(others.map((deps) => billDue(deps, { actor: "test" })));
    const paid = (await entriesOf(world.deps.store, "acme")).filter(({ kind }) =>
      kind === "charge"
    );
    assert.equal(paid.length, 40);
    assert.ok(paid.every(({ amountMicros }) => amountMicros === -200_000n));
  }));

Deno.test("a plan that changes between pricing and committing makes the price again", async () => {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv });
  const bare = openDoors({ ...world, seed: 3 });
  await storeGold({ ...world, deps: bare }, null);
  await useGold({ ...world, deps: bare });
  await takeIn(world.deps, [reportOf("a", { seconds: 10 })]);
  let isDone = false;
  faulty.hooks.commit = async () => {
    if (isDone) return undefined;
    isDone = true;
    const key = ratePlanKey("gold");
    const plan = (await bare.store.get<{ versions: { terms: object }[] }>(key))!.value;
    const versions = plan.versions.map((one) => ({
      ...one,
      terms: { ...one.terms, rateMicros: 120_000n },
    }));
    await kv.set(key, encodeRow(key, { ...plan, versions }));
    return undefined;
  };
  await billDue(world.deps, { actor: "test" });
  assert.deepEqual(await money(world), ["charge -20000"]);
});
