import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BYTES_MAX,
  KEY_BYTES_MAX,
  MUTATIONS_MAX,
  type OpenBatch,
  openBatch,
} from "../../../core/kv/batch.ts";
import { encodeRow } from "../../../core/kv/codec.ts";
import type { Key } from "../../../core/kv/keys.ts";
import { CHECKS_MAX, createStore, type Store } from "../../../core/kv/store.ts";
import { fakeClock } from "../../support/fake_clock.ts";

type Row = { n: number };

async function withStore(story: (store: Store, kv: Deno.Kv) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  await story(createStore({ kv, clock: fakeClock(0) }), kv);
}

const rowAt = (key: Key) => ({ key, row: { n: Number(key.at(-1)) } });

async function put(kv: Deno.Kv, ...keys: Key[]): Promise<void> {
  for (const key of keys) await kv.set(key, encodeRow(key, rowAt(key).row));
}

async function numbersIn(
  batch: OpenBatch,
  range: Parameters<OpenBatch["list"]>[0],
): Promise<string[]> {
  return (await batch.list<Row>(range)).map(({ key, value }) => {
    assert.equal(value.n, Number(key.at(-1)));
    return key.at(-1)!;
  });
}

Deno.test("a read sees what was staged, and what was staged stays out of the database", () =>
  withStore(async (store, kv) => {
    await put(kv, ["x", "1"], ["x", "2"]);
    const batch = openBatch(store);
    assert.equal((await batch.get<Row>(["x", "1"]))?.n, 1);
    batch.set(["x", "1"], { n: 10 });
    batch.delete(["x", "2"]);
    batch.set(["x", "3"], { n: 3 });
    const rows = await batch.getMany<Row>([["x", "1"], ["x", "2"], ["x", "3"], ["x", "4"]]);
    assert.deepEqual(rows.map((row) => row?.n ?? null), [10, null, 3, null]);
    assert.equal((await store.get<Row>(["x", "1"]))?.value.n, 1);
    batch.set(["x", "2"], { n: 20 });
    assert.equal((await batch.get<Row>(["x", "2"]))?.n, 20);
  }));

Deno.test("a fork sees what lies beneath it, and leaves no trace unless it is merged", () =>
  withStore(async (store, kv) => {
    await put(kv, ["x", "1"]);
    const batch = openBatch(store);
    batch.set(["x", "2"], { n: 2 });
    const fork = batch.fork();
    assert.equal((await fork.get<Row>(["x", "2"]))?.n, 2);
    fork.set(["x", "2"], { n: 22 });
    fork.delete(["x", "1"]);
    await fork.getChecked(["x", "9"]);
    assert.equal((await batch.get<Row>(["x", "2"]))?.n, 2);
    assert.equal((await batch.get<Row>(["x", "1"]))?.n, 1);
    assert.deepEqual([batch.staged().size, batch.checks().size], [1, 0]);
    assert.ok(batch.merge(fork));
    assert.equal((await batch.get<Row>(["x", "2"]))?.n, 22);
    assert.equal(await batch.get<Row>(["x", "1"]), null);
    assert.deepEqual([batch.staged().size, batch.checks().size], [2, 1]);
  }));

Deno.test("a fork of a fork sees both layers beneath it", () =>
  withStore(async (store) => {
    const batch = openBatch(store);
    batch.set(["x", "1"], { n: 1 });
    const fork = batch.fork();
    fork.set(["x", "2"], { n: 2 });
    const leaf = fork.fork();
    assert.equal((await leaf.get<Row>(["x", "1"]))?.n, 1);
    assert.equal((await leaf.get<Row>(["x", "2"]))?.n, 2);
    assert.deepEqual(await numbersIn(leaf, { prefix: ["x"] }), ["1", "2"]);
  }));

Deno.test("a checked read binds the commit to the row as it was, or to its absence", () =>
  withStore(async (store, kv) => {
    await put(kv, ["x", "1"]);
    for (const key of [["x", "1"], ["x", "2"]]) {
      const batch = openBatch(store);
      await batch.getChecked(key);
      batch.set(["y", "1"], { n: 1 });
      await put(kv, key);
      assert.equal((await store.commit(batch.toWrite())).status, "unknown");
    }
    assert.equal(await store.get(["y", "1"]), null);
    const batch = openBatch(store);
    await batch.getChecked(["x", "1"]);
    await batch.getChecked(["x", "3"]);
    batch.set(["y", "1"], { n: 1 });
    assert.equal((await store.commit(batch.toWrite())).status, "ok");
  }));

Deno.test("a row is read once: what a stage decided on is what the commit is checked against", () =>
  withStore(async (store, kv) => {
    await put(kv, ["x", "1"]);
    const batch = openBatch(store);
    assert.equal((await batch.getChecked<Row>(["x", "1"]))?.n, 1);
    await kv.set(["x", "1"], encodeRow(["x", "1"], { n: 5 }));
    assert.equal((await batch.fork().getChecked<Row>(["x", "1"]))?.n, 1);
    batch.set(["x", "1"], { n: 2 });
    assert.equal((await store.commit(batch.toWrite())).status, "unknown");
  }));

/** A fork that stages so many sets of so many bytes, on keys of a width. */
function stageMany(
  batch: OpenBatch,
  { count, bytes = 20, width = 4, name = "x" }: {
    count: number;
    bytes?: number;
    width?: number;
    name?: string;
  },
): OpenBatch {
  const fork = batch.fork();
  const frame = encodeRow(["x"], { body: "" }).length;
  for (let i = 0; i < count; i++) {
    const key = [name, String(i).padStart(width, "0")];
    fork.set(key, { body: "x".repeat(Math.max(0, bytes - frame)) });
  }
  return fork;
}

Deno.test("500 sets and deletes fit one commit, 501 do not, and a refused merge takes nothing", () =>
  withStore((store) => {
    const batch = openBatch(store);
    assert.equal(MUTATIONS_MAX, 500);
    assert.ok(batch.merge(stageMany(batch, { count: MUTATIONS_MAX - 1 })));
    const two = stageMany(batch, { count: 2, name: "y" });
    assert.equal(batch.merge(two), false);
    assert.equal(batch.staged().size, MUTATIONS_MAX - 1);
    const one = batch.fork();
    one.delete(["z"]);
    assert.ok(batch.merge(one));
    const again = stageMany(batch, { count: 3 });
    assert.ok(batch.merge(again), "sets of rows that are staged already count once");
    const more = batch.fork();
    more.delete(["zz"]);
    assert.equal(batch.merge(more), false);
    return Promise.resolve();
  }));

Deno.test("ten checks fit one commit, eleven do not", () =>
  withStore(async (store) => {
    const batch = openBatch(store);
    assert.equal(CHECKS_MAX, 10);
    const checking = async (count: number) => {
      const fork = batch.fork();
      for (let i = 0; i < count; i++) await fork.getChecked(["x", String(i)]);
      return batch.merge(fork);
    };
    assert.equal(await checking(CHECKS_MAX + 1), false);
    assert.equal(batch.checks().size, 0);
    assert.equal(await checking(CHECKS_MAX), true);
    assert.equal(await checking(3), true, "a row checked twice counts once");
    const one = batch.fork();
    await one.getChecked(["y"]);
    assert.equal(batch.merge(one), false);
  }));

Deno.test("bytes count values once and keys of sets twice, to the byte", () =>
  withStore((store) => {
    const keySize = 1 + 2 + 4 + 2;
    const value = 10_000;
    const count = Math.floor(BYTES_MAX / (value + 2 * keySize));
    const rest = BYTES_MAX - count * (value + 2 * keySize) - 2 * keySize;
    for (const [extra, fits] of [[0, true], [1, false]] as const) {
      const batch = openBatch(store);
      assert.ok(batch.merge(stageMany(batch, { count, bytes: value })));
      const last = stageMany(batch, { count: 1, bytes: rest + extra, name: "y" });
      assert.equal(batch.merge(last), fits);
    }
    return Promise.resolve();
  }));

Deno.test("keys of sets have a ceiling of their own, keys of deletes have none", () =>
  withStore((store) => {
    const width = KEY_BYTES_MAX / 500 - 5;
    const count = Math.floor(KEY_BYTES_MAX / (Math.ceil(width) + 5));
    const batch = openBatch(store);
    assert.ok(batch.merge(stageMany(batch, { count, width: Math.ceil(width) })));
    assert.equal(batch.merge(stageMany(batch, { count: 2, width: 200, name: "y" })), false);
    const deletes = batch.fork();
    deletes.delete(["y", "x".repeat(500)]);
    assert.ok(batch.merge(deletes));
    return Promise.resolve();
  }));

Deno.test("the largest commit a batch makes is taken by the database", () =>
  withStore(async (store) => {
    const batch = openBatch(store);
    assert.ok(batch.merge(stageMany(batch, { count: 495, width: 140, bytes: 1_000 })));
    for (let i = 0; i < CHECKS_MAX; i++) await batch.getChecked(["c", String(i)]);
    assert.deepEqual(await store.commit(batch.toWrite()), { status: "ok" });
  }));

Deno.test("list() lays sets and deletes of every layer over the database, in key order", () =>
  withStore(async (store, kv) => {
    await put(kv, ["x", "1"], ["x", "3"], ["x", "5"], ["w", "9"]);
    const batch = openBatch(store);
    batch.set(["x", "2"], { n: 2 });
    batch.delete(["x", "3"]);
    const fork = batch.fork();
    fork.set(["x", "3"], { n: 3 });
    fork.delete(["x", "1"]);
    fork.set(["y", "4"], { n: 4 });
    fork.set(["x"], { n: 0 });
    assert.deepEqual(await numbersIn(batch, { prefix: ["x"] }), ["1", "2", "5"]);
    assert.deepEqual(await numbersIn(fork, { prefix: ["x"] }), ["2", "3", "5"]);
    assert.deepEqual(await numbersIn(fork, { prefix: ["x"], limit: 2 }), ["2", "3"]);
  }));

Deno.test("list() fills its limit though rows before it are staged to go", () =>
  withStore(async (store, kv) => {
    await put(kv, ...["1", "2", "3", "4", "5"].map((n) => ["x", n]));
    const batch = openBatch(store);
    batch.delete(["x", "1"]);
    batch.delete(["x", "2"]);
    assert.deepEqual(await numbersIn(batch, { prefix: ["x"], limit: 2 }), ["3", "4"]);
    assert.deepEqual(await numbersIn(batch.fork(), { prefix: ["x"], limit: 2 }), ["3", "4"]);
  }));

const step = fc.record({
  n: fc.integer({ min: 0, max: 9 }),
  isSet: fc.boolean(),
  layer: fc.integer({ min: 0, max: 1 }),
});
const edge = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });

Deno.test("list() over any layers and range equals the same list over a database that has them", () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 9 })),
      fc.array(step, { maxLength: 12 }),
      fc.record({ after: edge, from: edge, until: edge, limit: fc.integer({ min: 1, max: 12 }) }),
      (stored, steps, { after, from, until, limit }) =>
        withStore(async (store, kv) => {
          const keyOf = (n: number) => ["x", String(n)];
          await put(kv, ...stored.map(keyOf));
          const batch = openBatch(store);
          const expected = new Set(stored);
          const ordered = [...steps].sort((a, b) => a.layer - b.layer);
          const fork = { 0: batch as OpenBatch, 1: null as OpenBatch | null };
          for (const { n, isSet, layer } of ordered) {
            const target = layer === 0 ? batch : (fork[1] ??= batch.fork());
            if (isSet) target.set(keyOf(n), { n });
            else target.delete(keyOf(n));
            if (isSet) expected.add(n);
            else expected.delete(n);
          }
          const range = {
            prefix: ["x"],
            limit,
            ...(after === undefined ? {} : { after: keyOf(after) }),
            ...(from === undefined ? {} : { from: keyOf(from) }),
            ...(until === undefined ? {} : { until: keyOf(until) }),
          };
          const wanted = [...expected].sort()
            .filter((n) => after === undefined || n > after)
            .filter((n) => from === undefined || n >= from)
            .filter((n) => until === undefined || n < until)
            .slice(0, limit).map(String);
          assert.deepEqual(await numbersIn(fork[1] ?? batch, range), wanted);
        }),
    ),
    { numRuns: 60 },
  ));
