import assert from "node:assert/strict";
import { billDue } from "../../../core/billing/bill_due.ts";
import { assignNumber, claimCalls, releaseNumber } from "../../../core/billing/claim_calls.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import { openAccount } from "../../../core/billing/open_account.ts";
import type { AssignOutcome } from "../../../core/accounts/numbers.ts";
import { reportOf, ringing } from "../../support/call_report.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { callOf, checkBooks, moneyOf, rowsOf, sync, takeIn } from "../../support/ledger.ts";
import {
  ACME_NUMBER,
  KIWI_NUMBER,
  openDoors,
  openWorld,
  runJobs,
  START_MS,
  STRANGER,
  topUp,
  type World,
} from "../../support/world.ts";

const NUMBER = "+12025550177";

const assign = (
  { deps }: Pick<World, "deps">,
  accountId: string,
  fromMs = 0,
  carrier: string | null = null,
): Promise<AssignOutcome> =>
  assignNumber(deps, {
    number: NUMBER,
    holding: { accountId, carrier, fromMs, toMs: null },
    actor: "test",
  });

const open = ({ deps }: World, id: string) =>
  openAccount(deps, {
    request: {
      id,
      name: id,
      email: null,
      currency: "USD",
      timezone: "UTC",
      sippyAccountId: null,
      ratePlans: {},
    },
    actor: "test",
  });

const ownerOf = async ({ deps }: World, id = "a") =>
  (await callOf(deps.store, `bland:${id}`))?.accountId ?? null;
const money = ({ deps }: World, accountId: string, id = "a") =>
  moneyOf(deps.store, { accountId, callId: `bland:${id}` });

async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  using world = await openWorld();
  await story(world);
  await checkBooks(world.deps.store);
}

Deno.test("a call of nobody is kept and charged to nobody", () =>
  inWorld(async (world) => {
    const tally = await takeIn(world.deps, [reportOf("a", { from: NUMBER })]);
    assert.deepEqual(tally.unassigned, ["bland:a"]);
    await billDue(world.deps, { actor: "test" });
    assert.equal((await rowsOf(world.deps.store, ["charge"])).length, 0);
  }));

Deno.test("a number assigned backdated bills the calls since then, and only those", () =>
  inWorld(async (world) => {
    await sync(world.deps, [
      reportOf("before", { from: NUMBER, startedAtMs: START_MS - 10_001 }),
      reportOf("at", { from: NUMBER, startedAtMs: START_MS - 10_000 }),
      ringing("open", { from: NUMBER, startedAtMs: START_MS - 5 }),
      reportOf("other", { from: "+12025550178" }),
    ]);
    await assign(world, "acme", START_MS - 10_000);
    await runJobs(world.deps);
    assert.deepEqual(
      [await money(world, "acme", "at"), await money(world, "acme", "before")],
      [["charge -110000"], []],
    );
    assert.deepEqual(
      [await ownerOf(world, "before"), await ownerOf(world, "open"), await ownerOf(world, "other")],
      [null, "acme", null],
    );
    await sync(world.deps, [reportOf("open", { from: NUMBER, startedAtMs: START_MS - 5 })]);
    assert.deepEqual(await money(world, "acme", "open"), ["charge -110000"]);
  }));

Deno.test("a number that moved bills each account for its own time", () =>
  inWorld(async (world) => {
    await assign(world, "acme");
    world.clock.advance(60_000);
    await releaseNumber(world.deps, { number: NUMBER, accountId: "acme", actor: "test" });
    await assign(world, "kiwi", START_MS + 60_000);
    await sync(world.deps, [
      reportOf("a", { from: NUMBER, startedAtMs: START_MS + 59_999 }),
      reportOf("b", { from: NUMBER, startedAtMs: START_MS + 60_000 }),
    ]);
    assert.deepEqual([await ownerOf(world, "a"), await ownerOf(world, "b")], ["acme", "kiwi"]);
  }));

Deno.test("one number on two carriers is two accounts', and one call id on two carriers is two calls", () =>
  inWorld(async (world) => {
    await assign(world, "acme", 0, "bland");
    await assign(world, "kiwi", 0, "twilio");
    await sync(world.deps, [reportOf("a", { from: NUMBER })]);
    await sync(world.deps, [reportOf("a", { from: NUMBER, carrier: "twilio", seconds: 101 * 60 })]);
    assert.deepEqual(await money(world, "acme"), ["charge -110000"]);
    const twilio = await moneyOf(world.deps.store, { accountId: "kiwi", callId: "twilio:a" });
    assert.deepEqual(twilio, ["charge -200000"]);
  }));

const OWNERS: [string, Parameters<typeof reportOf>[1], string | null][] = [
  ["outbound from acme", { from: ACME_NUMBER, to: STRANGER }, "acme"],
  ["outbound to acme", { from: STRANGER, to: ACME_NUMBER }, null],
  ["inbound to acme", { direction: "inbound", from: STRANGER, to: ACME_NUMBER }, "acme"],
  ["inbound from acme", { direction: "inbound", from: ACME_NUMBER, to: STRANGER }, null],
  ["from acme to kiwi, outbound", { from: ACME_NUMBER, to: KIWI_NUMBER }, "acme"],
  [
    "from acme to kiwi, inbound",
    { direction: "inbound", from: ACME_NUMBER, to: KIWI_NUMBER },
    "kiwi",
  ],
  ["to acme, nobody knows which way", { direction: null, from: STRANGER, to: ACME_NUMBER }, "acme"],
  ["from acme, claimed by kiwi", { claimedAccountId: "kiwi" }, "kiwi"],
  ["from acme, claimed by nobody we know", { claimedAccountId: "ghost" }, "acme"],
  ["claimed by acme alone", { from: "+1", claimedAccountId: "acme" }, "acme"],
];
for (const [what, told, owner] of OWNERS) {
  Deno.test(`a call ${what} is ${owner ?? "nobody"}'s`, () =>
    inWorld(async (world) => {
      await sync(world.deps, [reportOf("a", told)]);
      assert.equal(await ownerOf(world), owner);
    }));
}

Deno.test("a call that comes through an account's own key is that account's", () =>
  inWorld(async (world) => {
    await takeIn(world.deps, [reportOf("a", { claimedAccountId: "kiwi" })], "euro");
    assert.equal(await ownerOf(world), "euro");
  }));

Deno.test("calls that named an account before it existed are its own once it is opened", () =>
  inWorld(async (world) => {
    await sync(world.deps, [reportOf("a", { from: "+1", claimedAccountId: "fresh" })]);
    await open(world, "fresh");
    await runJobs(world.deps);
    await topUp(world.deps, { accountId: "fresh", micros: 1_000_000n });
    assert.deepEqual(await money(world, "fresh"), ["charge -110000"]);
  }));

Deno.test("what an earlier report claimed decides, though the later one does not repeat it", () =>
  inWorld(async (world) => {
    const silent = ["metadata_account_id"];
    await sync(world.deps, [reportOf("a", { from: "+1", claimedAccountId: "fresh" })]);
    await open(world, "fresh");
    const tally = await takeIn(world.deps, [reportOf("a", { from: "+1", seconds: 61 }, silent)]);
    assert.deepEqual([tally.unassigned, await ownerOf(world)], [[], "fresh"]);
  }));

Deno.test("a number that a short row leaves out decides all the same once it is assigned", () =>
  inWorld(async (world) => {
    await sync(world.deps, [ringing("a", { from: NUMBER })]);
    await assign(world, "acme");
    const short = reportOf("a", { from: "", to: "" }, ["from", "to"]);
    assert.deepEqual((await takeIn(world.deps, [short])).unassigned, []);
    assert.equal(await ownerOf(world), "acme");
  }));

Deno.test("a call that was queued before its number moved and began after it is the new holder's", () =>
  inWorld(async (world) => {
    await assign(world, "acme");
    await sync(world.deps, [ringing("a", { from: NUMBER, startedAtMs: START_MS - 1_000 })]);
    assert.equal(await ownerOf(world), "acme");
    await releaseNumber(world.deps, { number: NUMBER, accountId: "acme", actor: "test" });
    await assign(world, "kiwi", START_MS);
    await sync(world.deps, [reportOf("a", { from: NUMBER, startedAtMs: START_MS + 1_000 })]);
    assert.equal(await ownerOf(world), "kiwi");
    assert.deepEqual([await money(world, "acme"), await money(world, "kiwi")], [
      [],
      ["charge -110000"],
    ]);
    // Once it has been billed it stays whose it is, whatever is reported.
    await sync(world.deps, [
      reportOf("a", { from: NUMBER, startedAtMs: START_MS - 1_000, seconds: 61 }),
    ]);
    assert.deepEqual(await money(world, "kiwi"), ["charge -110000", "adjustment -110000"]);
  }));

Deno.test("a call that names its account only when it has ended is that account's", () =>
  inWorld(async (world) => {
    await sync(world.deps, [ringing("a")]);
    await sync(world.deps, [reportOf("a", { claimedAccountId: "kiwi" })]);
    assert.deepEqual([await money(world, "acme"), await money(world, "kiwi")], [
      [],
      ["charge -110000"],
    ]);
  }));

Deno.test("a call that was due once, if only to be parked, keeps its owner", () =>
  inWorld(async (world) => {
    await sync(world.deps, [ringing("a", { fault: "bad_price", record: { price: "-1" } })]);
    await sync(world.deps, [ringing("a", { costMicros: 1n })]);
    await sync(world.deps, [reportOf("a", { costMicros: 1n, claimedAccountId: "kiwi" })]);
    assert.deepEqual([await money(world, "acme"), await money(world, "kiwi")], [
      ["charge -110000"],
      [],
    ]);
  }));

Deno.test("a call seen through two carrier keys stays the one's who had it first", () =>
  inWorld(async (world) => {
    const intake = { carrier: "bland" as const, atMs: START_MS };
    await recordCalls(world.deps, {
      ...intake,
      sourceId: "bland:account:kiwi",
      keyAccountId: "kiwi",
      reports: [ringing("a")],
    });
    await sync(world.deps, [reportOf("a")]);
    assert.deepEqual(await money(world, "kiwi"), ["charge -110000"]);
  }));

Deno.test("a claim that is settled twice, or by two at once, bills once", () =>
  inWorld(async (world) => {
    const reports = Array.from({ length: 70 }, (_, i) => reportOf(`c${i}`, { from: NUMBER }));
    await sync(world.deps, reports);
    await assign(world, "acme");
    const others = [11, 12, 13].map((seed) => openDoors({ ...world, seed }));
    const tallies = await Promise.all(
      [world.deps, ...others].map((deps) => claimCalls(deps, { claim: NUMBER, actor: "test" })),
    );
    assert.equal(tallies.reduce((sum, { claimed }) => sum + claimed, 0), 70);
    await billDue(world.deps, { actor: "test" });
    assert.deepEqual(await money(world, "acme", "c69"), ["charge -110000"]);
  }));

/** A world whose commits to an intake can be held up just before they are made. */
async function withPausedIntake(
  story: (
    it: { world: World; bare: World; paused: Promise<void>; goOn: () => void },
  ) => Promise<void>,
): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv });
  const bare = { ...world, deps: openDoors({ ...world, seed: 7 }) };
  const paused = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let count = 0;
  faulty.hooks.commit = async ({ keys }) => {
    if (keys.some((key) => key.startsWith("call/")) && count++ === 0) {
      paused.resolve();
      await goOn.promise;
    }
    return undefined;
  };
  await story({ world, bare, paused: paused.promise, goOn: goOn.resolve });
  await checkBooks(world.deps.store);
}

Deno.test("a call taken in while its number is assigned is that account's, whoever commits first", () =>
  withPausedIntake(async ({ world, bare, paused, goOn }) => {
    const syncing = sync(world.deps, [reportOf("a", { from: NUMBER })]);
    await paused;
    await assign(bare, "acme");
    await runJobs(bare.deps);
    goOn();
    await syncing;
    await runJobs(world.deps);
    assert.equal(await ownerOf(world), "acme");
    assert.deepEqual(await money(world, "acme"), ["charge -110000"]);
  }));

Deno.test("a call taken in while its number moves is billed to one account", () =>
  withPausedIntake(async ({ world, bare, paused, goOn }) => {
    await assign(bare, "acme");
    world.clock.advance(1_000);
    const started = reportOf("a", { from: NUMBER, startedAtMs: START_MS + 5_000 });
    const syncing = sync(world.deps, [started]);
    await paused;
    await releaseNumber(bare.deps, { number: NUMBER, accountId: "acme", actor: "test" });
    await assign(bare, "kiwi", START_MS + 1_000);
    await runJobs(bare.deps);
    goOn();
    await syncing;
    assert.equal(await ownerOf(world), "kiwi");
    assert.deepEqual([await money(world, "acme"), await money(world, "kiwi")], [
      [],
      ["charge -110000"],
    ]);
  }));

Deno.test("a call taken in while the account it names is opened is that account's", () =>
  withPausedIntake(async ({ world, bare, paused, goOn }) => {
    const syncing = sync(world.deps, [reportOf("a", { claimedAccountId: "fresh" })]);
    await paused;
    await open(bare, "fresh");
    goOn();
    await syncing;
    assert.equal(await ownerOf(world), "fresh");
  }));

Deno.test("a later part of an intake does not go by owners read before a number moved", () =>
  withPausedIntake(async ({ world, bare, paused, goOn }) => {
    const reports = Array.from({ length: 200 }, (_, i) => reportOf(`c${i}`, { from: NUMBER }));
    const taking = takeIn(world.deps, reports);
    await paused;
    await assign(bare, "acme");
    goOn();
    const { unassigned } = await taking;
    assert.deepEqual(unassigned, []);
  }));

Deno.test("a number assigned while an earlier claim of it is being settled is settled too", () =>
  withPausedIntake(async ({ world, bare, paused, goOn }) => {
    await sync(bare.deps, [
      reportOf("late", { from: NUMBER, startedAtMs: START_MS - 1_000 }),
      reportOf("early", { from: NUMBER, startedAtMs: START_MS - 9_000 }),
    ]);
    await assign(bare, "acme", START_MS - 2_000);
    const settling = runJobs(world.deps);
    await paused;
    // The person corrects the date while the job, which has looked already, still works.
    await assign(bare, "acme", START_MS - 10_000);
    goOn();
    await settling;
    await runJobs(bare.deps);
    await runJobs(bare.deps);
    assert.deepEqual([await ownerOf(world, "late"), await ownerOf(world, "early")], [
      "acme",
      "acme",
    ]);
  }));
