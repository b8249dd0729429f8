import assert from "node:assert/strict";
import { HOUR_MS } from "../../../core/clock.ts";
import {
  openStatement,
  readStatement,
  type Statement,
  sumStatement,
} from "../../../core/wallet/statement.ts";
import { openWorld, seeded, START_MS, topUp, type World } from "../../support/world.ts";

const entriesOf = ({ deps }: World, statement: Statement) =>
  Array.fromAsync(readStatement(deps.store, statement));

/** Moves money of `acme` every hour: 2.00 in, 0.75 out. */
async function live(world: World, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    world.clock.advance(HOUR_MS);
    await topUp(world.deps, { accountId: "acme", micros: 2_000_000n });
    await topUp(world.deps, { accountId: "acme", micros: -750_000n });
  }
}

Deno.test("whatever the period, opening and entries come to the closing", async () => {
  using world = await openWorld();
  await live(world, 12);
  const { store } = world.deps;
  const random = seeded(7);
  for (let i = 0; i < 60; i++) {
    const fromMs = START_MS + Math.floor(random() * 14 - 1) * HOUR_MS;
    const untilMs = fromMs + Math.floor(random() * 8) * HOUR_MS;
    const statement = (await openStatement(store, { accountId: "acme", fromMs, untilMs }))!;
    const entries = await entriesOf(world, statement);
    const sum = entries.reduce((all, { amountMicros }) => all + amountMicros, 0n);
    assert.equal(statement.openingMicros + sum, statement.closingMicros);
    assert(entries.every(({ atMs }) => atMs >= fromMs && atMs < untilMs));
    const { inMicros, outMicros, byKindMicros } = await sumStatement(store, statement);
    assert.equal(inMicros + outMicros, sum);
    assert.equal(Object.values(byKindMicros).reduce((all, one) => all + one, 0n), sum);
    assert(inMicros >= 0n && outMicros <= 0n);
  }
});

Deno.test("periods that follow each other share no entry and miss none", async () => {
  using world = await openWorld();
  await live(world, 6);
  const { store } = world.deps;
  const seqs: number[] = [];
  let closing: bigint | null = null;
  for (let hour = 0; hour <= 6; hour++) {
    const fromMs = START_MS + hour * HOUR_MS;
    const period = { accountId: "acme", fromMs, untilMs: fromMs + HOUR_MS };
    const statement = (await openStatement(store, period))!;
    if (closing !== null) assert.equal(statement.openingMicros, closing);
    closing = statement.closingMicros;
    seqs.push(...(await entriesOf(world, statement)).map(({ seq }) => seq));
  }
  const all = (await openStatement(store, { accountId: "acme" }))!;
  assert.deepEqual(seqs, (await entriesOf(world, all)).map(({ seq }) => seq));
  assert.deepEqual([all.openingMicros, all.closingMicros], [0n, closing]);
});

Deno.test("what is posted while a statement is read does not get into it", async () => {
  using world = await openWorld();
  const statement = (await openStatement(world.deps.store, { accountId: "acme" }))!;
  await topUp(world.deps, { accountId: "acme", micros: 1_000_000n });
  assert.equal((await entriesOf(world, statement)).length, 1);
  assert.equal(statement.closingMicros, 50_000_000n);
});

Deno.test("a period without entries opens and closes with the same balance; no wallet has none", async () => {
  using world = await openWorld();
  const { store } = world.deps;
  const fromMs = START_MS + HOUR_MS;
  for (const untilMs of [fromMs, fromMs + HOUR_MS, fromMs - 5 * HOUR_MS]) {
    const statement = (await openStatement(store, { accountId: "acme", fromMs, untilMs }))!;
    assert.deepEqual(
      [statement.openingMicros, statement.closingMicros],
      [50_000_000n, 50_000_000n],
    );
    assert.deepEqual(await entriesOf(world, statement), []);
  }
  assert.equal(await openStatement(store, { accountId: "nobody" }), null);
});
