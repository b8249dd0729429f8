import assert from "node:assert/strict";
import { billDue } from "../../../core/billing/bill_due.ts";
import { encodeRow } from "../../../core/kv/codec.ts";
import { accountKey, callDueKey, callDuePrefix, walletKey } from "../../../core/kv/keys.ts";
import { reportOf, ringing, type Told } from "../../support/call_report.ts";
import {
  callOf,
  chargeOf,
  checkBooks,
  entriesOf,
  moneyOf,
  rowsOf,
  sync,
  takeIn,
  walletOf,
} from "../../support/ledger.ts";
import {
  KIWI_NUMBER,
  openDoors,
  openWorld,
  populateAccount,
  seeded,
  START_MS,
  topUp,
  type World,
} from "../../support/world.ts";

const money = ({ deps }: World, id = "a", accountId = "acme") =>
  moneyOf(deps.store, { accountId, callId: `bland:${id}` });

const stateOf = async ({ deps }: World, id = "a") =>
  (await chargeOf(deps.store, `bland:${id}`))?.state ?? null;

/** The world with `acme` having exactly so much. */
async function withBalance(micros: bigint, story: (world: World) => Promise<void>): Promise<void> {
  using world = await openWorld();
  await topUp(world.deps, { accountId: "acme", micros: micros - 50_000_000n });
  await story(world);
  await checkBooks(world.deps.store);
}

async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  using world = await openWorld();
  await story(world);
  await checkBooks(world.deps.store);
}

Deno.test("the same report ten times makes one entry", () =>
  inWorld(async (world) => {
    for (let i = 0; i < 10; i++) await sync(world.deps, [reportOf("a", { seconds: 61 })]);
    assert.deepEqual(await money(world), ["charge -220000"]);
    assert.deepEqual(await world.deps.store.list({ prefix: callDuePrefix() }), []);
  }));

Deno.test("a due mark in the name of another account charges nobody, and goes", () =>
  inWorld(async (world) => {
    await takeIn(world.deps, [reportOf("a")]);
    const key = callDueKey("kiwi", START_MS, "bland:a", 1);
    await world.kv.set(key, encodeRow(key, {}));
    await billDue(world.deps, { actor: "test" });
    assert.deepEqual([await money(world), await money(world, "a", "kiwi")], [
      ["charge -110000"],
      [],
    ]);
    assert.deepEqual(await world.deps.store.list({ prefix: callDuePrefix() }), []);
  }));

Deno.test("the same reports by five runs at once, in one process and in five, make one entry each", () =>
  inWorld(async (world) => {
    const reports = ["a", "b", "c"].map((id) => reportOf(id));
    await Promise.all(Array.from({ length: 5 }, () => sync(world.deps, reports)));
    const others = Array.from({ length: 5 }, (_, i) => openDoors({ ...world, seed: 10 + i }));
    const more = ["d", "e", "f"].map((id) => reportOf(id));
    await Promise.all(others.map((deps) => sync(deps, [...more, ...reports])));
    for (const id of "abcdef") assert.deepEqual(await money(world, id), ["charge -110000"]);
    assert.equal((await entriesOf(world.deps.store, "acme")).length, 1 + 6);
  }));

Deno.test("reports in any order and split come to the same charges", () =>
  inWorld(async (world) => {
    const random = seeded(4);
    const reports = Array.from({ length: 30 }, (_, i) => reportOf(`c${i}`, { seconds: i * 7 }));
    for (let round = 0; round < 4; round++) {
      const shuffled = reports.toSorted(() => random() - 0.5);
      await sync(world.deps, shuffled.slice(0, 17));
      await sync(world.deps, shuffled.slice(11));
    }
    for (let i = 0; i < 30; i++) {
      const minutes = Math.ceil((i * 7) / 60);
      const expected = minutes === 0 ? [] : [`charge -${minutes * 110_000}`];
      assert.deepEqual(await money(world, `c${i}`), expected);
    }
  }));

Deno.test("a call is billed when it has ended and not before", () =>
  inWorld(async (world) => {
    await sync(world.deps, [ringing("a")]);
    assert.equal(await stateOf(world), null);
    assert.deepEqual(await money(world), []);
    await sync(world.deps, [reportOf("a", { seconds: 30 })]);
    assert.deepEqual(await money(world), ["charge -110000"]);
    await sync(world.deps, [ringing("a")]);
    assert.deepEqual(await money(world), ["charge -110000"]);
  }));

Deno.test("a page that shows a call ended and then running believes the end", () =>
  inWorld(async (world) => {
    await sync(world.deps, [reportOf("a"), ringing("a")]);
    assert.deepEqual(await money(world), ["charge -110000"]);
    const tally = await takeIn(world.deps, [ringing("b"), reportOf("b", { seconds: 1 })]);
    assert.deepEqual([tally.stored, tally.updated], [["bland:b"], []]);
    await billDue(world.deps, { actor: "sync" });
    assert.deepEqual(await money(world, "b"), ["charge -110000"]);
  }));

Deno.test("each change of a billed call makes one adjustment, linked to the charge", () =>
  inWorld(async (world) => {
    const seconds = [60, 130, 130, 59, 0, 200];
    for (const one of seconds) {
      for (let i = 0; i < 3; i++) await sync(world.deps, [reportOf("a", { seconds: one })]);
    }
    assert.deepEqual(await money(world), [
      "charge -110000",
      "adjustment -220000",
      "adjustment 220000",
      "adjustment 110000",
      "adjustment -440000",
    ]);
    const entries = await entriesOf(world.deps.store, "acme");
    assert.deepEqual(entries.slice(2).map(({ metadata }) => metadata.adjusts), Array(4).fill("2"));
    assert.equal((await walletOf(world.deps.store, "acme")).billedSecondsTotal, 240);
  }));

Deno.test("a change that costs nothing makes no entry, and the trace is the newest", () =>
  inWorld(async (world) => {
    await sync(world.deps, [reportOf("a", { seconds: 30, costMicros: 5n })]);
    const { adjusted } = await sync(world.deps, [reportOf("a", { seconds: 31, costMicros: 7n })]);
    assert.deepEqual(adjusted, ["bland:a"]);
    assert.deepEqual(await money(world), ["charge -110000"]);
    const charge = await chargeOf(world.deps.store, "bland:a");
    assert.deepEqual([charge?.trace?.seconds, charge?.costMicros, charge?.revision], [31, 7n, 2]);
    const [day] = await rowsOf<{ costMicros: unknown; usageCount: unknown }>(
      world.deps.store,
      [
        "day_total",
        "2026-01-31",
        "acme",
      ].slice(0, 2),
    );
    assert.deepEqual([day?.costMicros, day?.usageCount], [{ bland_voice: 7n }, { bland_voice: 1 }]);
  }));

const FREE_OF_CHARGE: [string, Told][] = [
  ["nobody answered", { status: "no_answer", seconds: 45 }],
  ["was busy", { status: "busy", seconds: 45 }],
  ["took no time", { seconds: 0 }],
  ["failed", { status: "failed", seconds: 0 }],
];

for (const [what, told] of FREE_OF_CHARGE) {
  Deno.test(`a call that ${what} is billed at zero with a trace, no entry, and its cost`, () =>
    inWorld(async (world) => {
      const tally = await sync(world.deps, [reportOf("a", { ...told, costMicros: 9n })]);
      assert.deepEqual(tally.billed, ["bland:a"]);
      const charge = await chargeOf(world.deps.store, "bland:a");
      assert.deepEqual(
        [charge?.state, charge?.amountMicros, charge?.trace?.result, charge?.costMicros],
        ["billed", 0n, "0.000000", 9n],
      );
      assert.deepEqual(await money(world), []);
      assert.equal((await rowsOf(world.deps.store, ["free_minutes"])).length, 0);
    }));
}

Deno.test("a cost in another currency is kept with the call and never counted", () =>
  inWorld(async (world) => {
    await sync(world.deps, [reportOf("a", { costMicros: 9n, costCurrency: "EUR" })]);
    assert.equal((await callOf(world.deps.store, "bland:a"))?.costMicros, 9n);
    assert.equal((await chargeOf(world.deps.store, "bland:a"))?.costMicros, 0n);
    const days = await rowsOf<{ costMicros: object }>(world.deps.store, ["day_total"]);
    assert.ok(days.every(({ costMicros }) => Object.keys(costMicros).length === 0));
  }));

Deno.test("a start that moves, before and after the charge, moves the call and not its money", () =>
  inWorld(async (world) => {
    await sync(world.deps, [ringing("a", { startedAtMs: START_MS - 100_000 })]);
    await sync(world.deps, [reportOf("a", { startedAtMs: START_MS - 50_000 })]);
    await sync(world.deps, [reportOf("a", { startedAtMs: START_MS - 40_000 })]);
    assert.deepEqual(await money(world), ["charge -110000"]);
    assert.equal((await rowsOf(world.deps.store, ["call_by_account"])).length, 1);
  }));

Deno.test("eighty calls whose starts move are taken in and billed, though one commit cannot hold them", () =>
  inWorld(async (world) => {
    const ids = Array.from({ length: 80 }, (_, i) => `c${i}`);
    await sync(world.deps, ids.map((id) => ringing(id, { startedAtMs: START_MS - 900_000 })));
    const tally = await sync(world.deps, ids.map((id) => reportOf(id, { seconds: 1 })));
    assert.equal(tally.billed.length, 80);
  }));

Deno.test("eighty calls of nobody, known by three names, are taken in though all of them move", () =>
  inWorld(async (world) => {
    const told = { direction: null, from: "+1999", to: "+1998", claimedAccountId: "nobody" };
    const ids = Array.from({ length: 80 }, (_, i) => `c${i}`);
    await takeIn(world.deps, ids.map((id) => ringing(id, told)));
    const tally = await takeIn(
      world.deps,
      ids.map((id) => reportOf(id, { ...told, startedAtMs: START_MS })),
    );
    assert.equal(tally.unassigned.length, 80);
  }));

Deno.test("a revision is not undone by an old picture of the call that was on its way to be billed", () =>
  withBalance(150_000n, async (world) => {
    const { fresh } = await takeIn(world.deps, [reportOf("a", { seconds: 60 })]);
    // Another run learns of two minutes, which the wallet cannot pay, and settles both marks.
    const marks = await world.deps.store.list({ prefix: callDuePrefix() });
    await sync(openDoors({ ...world, seed: 9 }), [reportOf("a", { seconds: 120 })]);
    assert.equal(await stateOf(world), "waiting_funds");
    // This run has listed its mark before that, and still holds the call as it stored it.
    for (const { key } of marks) await world.kv.set(key, encodeRow(key, {}));
    await billDue(world.deps, { actor: "sync", fresh });
    assert.deepEqual([await stateOf(world), await money(world)], ["waiting_funds", []]);
    await topUp(world.deps, { accountId: "acme", micros: 100_000n });
    assert.deepEqual(await money(world), ["charge -220000"]);
  }));

Deno.test("a wallet that overdraws goes below zero, and the call does not wait", () =>
  inWorld(async (world) => {
    const told = { from: KIWI_NUMBER, seconds: 60 * 200 };
    const tally = await sync(world.deps, [reportOf("a", told)]);
    assert.deepEqual(tally.billed, ["bland:a"]);
    assert.equal((await walletOf(world.deps.store, "kiwi")).balanceMicros, -2_000_000n);
  }));

Deno.test("a call that is found faulty after it was billed keeps its charge until it is put right", () =>
  inWorld(async (world) => {
    await sync(world.deps, [reportOf("a", { seconds: 60 })]);
    await sync(world.deps, [reportOf("a", { fault: "bad_price", record: { price: "-1" } })]);
    assert.deepEqual([await stateOf(world), await money(world)], ["parked", ["charge -110000"]]);
    await sync(world.deps, [reportOf("a", { seconds: 61, costMicros: 1n })]);
    assert.deepEqual(
      [await stateOf(world), await money(world)],
      ["billed", ["charge -110000", "adjustment -110000"]],
    );
  }));

Deno.test("an open call that was found faulty and then right again is on the open list again", () =>
  inWorld(async (world) => {
    await sync(world.deps, [ringing("a", { fault: "bad_price", record: { price: "-1" } })]);
    assert.equal((await rowsOf(world.deps.store, ["open_call"])).length, 0);
    await sync(world.deps, [ringing("a", { costMicros: 1n })]);
    assert.equal((await rowsOf(world.deps.store, ["open_call"])).length, 1);
    await sync(world.deps, [reportOf("a", { costMicros: 1n })]);
    assert.deepEqual(await money(world), ["charge -110000"]);
  }));

Deno.test("one wallet that cannot be billed does not hold up the others, and the run fails", async () => {
  using world = await openWorld();
  await sync(world.deps, []);
  for (let i = 0; i < 20; i++) {
    const id = `z${String(i).padStart(2, "0")}`;
    await populateAccount(world.deps, { id, number: `+120255502${i + 10}`, micros: 1_000_000n });
    await takeIn(world.deps, [reportOf(id, { from: `+120255502${i + 10}` })]);
  }
  await takeIn(world.deps, [reportOf("a")]);
  await world.kv.set(walletKey("acme"), "not bytes");
  await assert.rejects(billDue(world.deps, { actor: "test" }));
  for (let i = 0; i < 20; i++) {
    const id = `z${String(i).padStart(2, "0")}`;
    assert.deepEqual(await money(world, id, id), ["charge -110000"], id);
  }
});

Deno.test("a call that is due at an account without a row fails the run and stays due", async () => {
  using world = await openWorld();
  await takeIn(world.deps, [reportOf("a")]);
  await world.kv.delete(accountKey("acme"));
  await assert.rejects(billDue(world.deps, { actor: "test" }), /account acme is missing/);
  assert.equal((await world.deps.store.list({ prefix: callDuePrefix("acme") })).length, 1);
});
