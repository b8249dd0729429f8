/**
 * The database of the simulator against the real one: the same operations, the same answers.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createMemoryKv, type MemoryKv, type Selector } from "./memory_kv.ts";

const part = fc.constantFrom("", "a", "a!", "b", "b c", "ä", "é~", "z");
const key = fc.tuple(fc.constantFrom("t", "t2"), part, part)
  .chain((parts) => fc.integer({ min: 1, max: 3 }).map((count) => parts.slice(0, count)));
const value = fc.uint8Array({ maxLength: 4 });

const commit = fc.record({
  do: fc.constant("commit" as const),
  /** Whether the check names what is there, nothing, or a stamp of the past. */
  checks: fc.array(fc.record({ key, names: fc.constantFrom("present", "absent", "past") }), {
    maxLength: 2,
  }),
  mutations: fc.array(fc.record({ key, value: fc.option(value) }), { maxLength: 4 }),
});
const list = fc.record({
  do: fc.constant("list" as const),
  prefix: fc.tuple(fc.constantFrom("t", "t2"), part)
    .chain((parts) => fc.integer({ min: 1, max: 2 }).map((count) => parts.slice(0, count))),
  start: fc.option(key),
  end: fc.option(key),
  limit: fc.integer({ min: 1, max: 5 }),
  batchSize: fc.integer({ min: 1, max: 3 }),
  reverse: fc.boolean(),
});
const read = fc.record({ do: fc.constant("read" as const), keys: fc.array(key, { maxLength: 4 }) });
const steps = fc.array(fc.oneof(commit, commit, list, read), { minLength: 5, maxLength: 40 });
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

interface Pair {
  real: Deno.Kv;
  ours: MemoryKv;
  /** Stamps differ between the two, so each is known by its commit. */
  stamps: { real: string; ours: string }[];
}

Deno.test("the database in memory answers as Deno KV does", () =>
  fc.assert(fc.asyncProperty(steps, live), { numRuns: 150 }));

async function live(all: Step[]): Promise<void> {
  using real = await Deno.openKv(":memory:");
  const pair: Pair = { real, ours: createMemoryKv(), stamps: [] };
  for (const step of all) {
    const [theirs, ours] = step.do === "commit"
      ? await both(pair, step)
      : step.do === "list"
      ? await listBoth(pair, step)
      : await readBoth(pair, step.keys);
    assert.deepEqual(ours, theirs, step.do);
  }
}

async function both(
  pair: Pair,
  step: Extract<Step, { do: "commit" }>,
): Promise<[unknown, unknown]> {
  const { real, ours, stamps } = pair;
  const stampOf = (which: "real" | "ours", names: string, present: string | null) =>
    names === "present" ? present : names === "absent" ? null : stamps[0]?.[which] ?? null;
  const atomic = real.atomic();
  const checks = [];
  for (const { key, names } of step.checks) {
    atomic.check({ key, versionstamp: stampOf("real", names, (await real.get(key)).versionstamp) });
    checks.push({ key, versionstamp: stampOf("ours", names, ours.get(key)?.versionstamp ?? null) });
  }
  for (const { key, value } of step.mutations) {
    if (value) atomic.set(key, value);
    else atomic.delete(key);
  }
  const theirs = await atomic.commit();
  const answer = ours.commit({
    checks,
    mutations: step.mutations.map(({ key, value }) =>
      value ? { type: "set", key, value, expireIn: null } : { type: "delete", key }
    ),
  }, 0);
  if (theirs.ok && answer) {
    stamps.push({ real: theirs.versionstamp, ours: answer.versionstamp });
  }
  return [theirs.ok, answer !== null];
}

type Plain = [readonly Deno.KvKeyPart[], number[] | null, number];

function plain(pair: Pair, which: "real" | "ours") {
  return (row: { key: readonly Deno.KvKeyPart[]; value: unknown; versionstamp: string | null }) =>
    [
      row.key,
      row.versionstamp === null ? null : [...row.value as Uint8Array],
      pair.stamps.findIndex((one) => one[which] === row.versionstamp),
    ] as Plain;
}

async function listBoth(
  pair: Pair,
  { prefix, start, end, limit, batchSize, reverse }: Extract<Step, { do: "list" }>,
): Promise<[unknown, unknown]> {
  const isIn = (one: readonly string[] | null) =>
    one !== null && one.length > prefix.length && prefix.every((part, i) => one[i] === part);
  const nameOf = (one: readonly string[]) => one.join("\u0000");
  // What the real one refuses: a range upside down, a start or an end outside of the prefix.
  const hasBoth = isIn(start) && isIn(end) && nameOf(start!) < nameOf(end!);
  const selector: Selector = hasBoth
    ? { start: start!, end: end! }
    : isIn(start)
    ? { prefix, start: start! }
    : isIn(end)
    ? { prefix, end: end! }
    : { prefix };
  const rows = pair.real.list(selector as Deno.KvListSelector, { limit, batchSize, reverse });
  const theirs = (await Array.fromAsync(rows)).map(plain(pair, "real"));
  const ours = pair.ours.list(selector, { limit, reverse }).map(plain(pair, "ours"));
  return [theirs, ours];
}

async function readBoth({ ...pair }: Pair, keys: string[][]): Promise<[unknown, unknown]> {
  const theirs = keys.length === 0 ? [] : await pair.real.getMany(keys);
  const ours = keys.map((key) => pair.ours.get(key) ?? { key, value: null, versionstamp: null });
  return [theirs.map(plain(pair, "real")), ours.map(plain(pair, "ours"))];
}
