import assert from "node:assert/strict";
import { encodeRow } from "../../../core/kv/codec.ts";
import { createStore, type Store, StoreUnavailable } from "../../../core/kv/store.ts";
import { type FakeClock, fakeClock } from "../../support/fake_clock.ts";
import { type FaultyKv, faultyKv } from "../../support/faulty_kv.ts";

interface Opened {
  store: Store;
  clock: FakeClock;
  faulty: FaultyKv;
  kv: Deno.Kv;
}

async function opened(story: (it: Opened) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const clock = fakeClock(0);
  const faulty = faultyKv(kv);
  await story({ store: createStore({ kv: faulty.kv, clock, deadlineMs: 100 }), clock, faulty, kv });
}

const KEY = ["x", "1"];
const putOf = (n: number, key = KEY) => ({ key, bytes: encodeRow(key, { n }) });
const never = () => new Promise<never>(() => {});

Deno.test("a commit is ok when it was applied, and unknown whatever else is heard", () =>
  opened(async ({ store, faulty }) => {
    assert.deepEqual(await store.commit({ checks: [], puts: [putOf(1)], deletes: [] }), {
      status: "ok",
    });
    for (
      const fate of ["throws_before", "throws_after", "not_ok_before", "not_ok_after"] as const
    ) {
      faulty.hooks.commit = () => fate;
      const answer = await store.commit({ checks: [], puts: [putOf(2)], deletes: [] });
      assert.equal(answer.status, "unknown", fate);
    }
  }));

Deno.test("canary: a commit the database breaks off in the middle leaves no part of it, to no reader at any time", () =>
  opened(async ({ store, kv }) => {
    const rows = Array.from({ length: 9 }, (_, i) => putOf(1, ["x", String(i)]));
    const too = { key: ["y", "1"], bytes: new Uint8Array(65_537) };
    const many = Array.from({ length: 1_001 }, (_, i) => putOf(1, ["x", String(i)]));
    const long = { key: ["y", "k".repeat(2_100)], bytes: encodeRow(KEY, { n: 1 }) };
    await store.commit({ checks: [], puts: [putOf(7, ["x", "old"])], deletes: [] });
    for (
      const puts of [[...rows, too], [too, ...rows], [...rows, too, ...rows], many, [...rows, long]]
    ) {
      const answer = await store.commit({ checks: [], puts, deletes: [["x", "old"]] });
      assert.equal(answer.status, "unknown");
      const left = await Array.fromAsync(kv.list({ prefix: [] }));
      assert.deepEqual(left.map(({ key }) => key), [["x", "old"]]);
    }
    // Two rows that change together are read together by whoever looks in between.
    const write = async () => {
      for (let n = 0; n < 200; n++) {
        await store.commit({ checks: [], puts: [putOf(n), putOf(n, ["x", "2"])], deletes: [] });
      }
    };
    let isWriting = true;
    const writing = write().finally(() => isWriting = false);
    const seen = new Set<number | undefined>();
    while (isWriting) {
      const [one, two] = await store.getMany<{ n: number }>([KEY, ["x", "2"]]);
      assert.equal(one?.value.n, two?.value.n);
      seen.add(one?.value.n);
    }
    await writing;
    assert.ok(seen.size > 5, `${seen.size} states were seen`);
  }));

Deno.test("a check that fails writes nothing of the commit", () =>
  opened(async ({ store }) => {
    await store.commit({ checks: [], puts: [putOf(1)], deletes: [] });
    const answer = await store.commit({
      checks: [{ key: KEY, versionstamp: null }],
      puts: [putOf(2), putOf(2, ["x", "2"])],
      deletes: [],
    });
    assert.deepEqual(answer, { status: "unknown", reason: "a row has changed" });
    assert.equal((await store.get<{ n: number }>(KEY))?.value.n, 1);
    assert.equal(await store.get(["x", "2"]), null);
  }));

Deno.test("a commit that hangs is unknown at its deadline, and may land afterwards", () =>
  opened(async ({ store, clock, faulty }) => {
    const gate = Promise.withResolvers<void>();
    faulty.hooks.commit = () => gate.promise.then(() => undefined);
    const answer = store.commit({ checks: [], puts: [putOf(1)], deletes: [] });
    clock.advance(99);
    clock.advance(1);
    assert.equal((await answer).status, "unknown");
    gate.resolve();
    while (faulty.counts.applied === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal((await store.get<{ n: number }>(KEY))?.value.n, 1);
    assert.equal(clock.waiting(), 0, "no alarm is left behind");
  }));

Deno.test("a read that hangs or fails says that the database is unavailable", () =>
  opened(async ({ store, clock, faulty }) => {
    faulty.hooks.read = never;
    for (const read of [() => store.get(KEY), () => store.getMany([KEY])]) {
      const answer = assert.rejects(read(), StoreUnavailable);
      clock.advance(100);
      await answer;
    }
    faulty.hooks.read = () => {
      throw new Error("the connection broke");
    };
    await assert.rejects(store.get(KEY), { name: "StoreUnavailable", message: /connection broke/ });
  }));

Deno.test("within() gives the same database another deadline", () =>
  opened(async ({ store, clock, faulty }) => {
    faulty.hooks.read = never;
    let isOver = false;
    const answer = store.within(10).get(KEY).catch(() => isOver = true);
    clock.advance(9);
    await Promise.resolve();
    assert.equal(isOver, false);
    clock.advance(1);
    await answer;
    assert.equal(isOver, true);
  }));

Deno.test("a row that cannot be decoded is a bug, not an outage", () =>
  opened(async ({ store, kv }) => {
    await kv.set(KEY, { v: 1 });
    await assert.rejects(store.get(KEY), TypeError);
    await assert.rejects(store.getMany([KEY]), TypeError);
    await assert.rejects(store.list({ prefix: ["x"] }), TypeError);
  }));

Deno.test("getMany() answers any number of keys in their order", () =>
  opened(async ({ store }) => {
    const keys = Array.from({ length: 45 }, (_, i) => ["x", String(i)]);
    const puts = keys.filter((_, i) => i % 3 === 0).map((key, i) => putOf(i * 3, key));
    await store.commit({ checks: [], puts, deletes: [] });
    const rows = await store.getMany<{ n: number }>(keys);
    assert.deepEqual(rows.map((row) => row?.value.n ?? null), keys.map((_, i) => i % 3 ? null : i));
    assert.deepEqual(await store.getMany([]), []);
  }));

const RANGES: [string, Omit<Parameters<Store["list"]>[0], "prefix">, string][] = [
  ["everything", {}, "abcde"],
  ["a limit", { limit: 2 }, "ab"],
  ["backward", { reverse: true, limit: 2 }, "ed"],
  ["after a key", { after: ["x", "b"] }, "cde"],
  ["after a key that is not there", { after: ["x", "bb"] }, "cde"],
  ["after a key, backward", { after: ["x", "b"], reverse: true }, "a"],
  ["from a key on", { from: ["x", "b"] }, "bcde"],
  ["until a key", { until: ["x", "b"] }, "a"],
  ["between two keys", { from: ["x", "b"], until: ["x", "d"] }, "bc"],
  ["between two keys, backward", { from: ["x", "b"], until: ["x", "d"], reverse: true }, "cb"],
  ["after a key until another", { after: ["x", "b"], until: ["x", "d"] }, "c"],
  ["backward from a key", { after: ["x", "d"], from: ["x", "b"], reverse: true }, "cb"],
  ["an empty range", { from: ["x", "c"], until: ["x", "c"] }, ""],
  ["a range upside down", { from: ["x", "d"], until: ["x", "b"] }, ""],
  ["a range upside down, backward", { from: ["x", "d"], until: ["x", "b"], reverse: true }, ""],
];
for (const [what, range, expected] of RANGES) {
  Deno.test(`list() reads ${what}`, () =>
    opened(async ({ store }) => {
      const puts = [..."abcde"].map((name) => putOf(1, ["x", name]));
      await store.commit({
        checks: [],
        puts: [...puts, putOf(1, ["w", "z"]), putOf(1, ["y", "a"])],
        deletes: [],
      });
      const rows = await store.list({ prefix: ["x"], ...range });
      assert.equal(rows.map(({ key }) => key[1]).join(""), expected);
    }));
}
