import assert from "node:assert/strict";
import fc from "fast-check";
import * as keys from "../../../core/kv/keys.ts";

type Builder = (...parts: never[]) => keys.Key;
const BUILDERS = Object.entries(keys)
  .filter(([name, value]) => name.endsWith("Key") && typeof value === "function")
  .map(([name, value]) => ({ name, build: value as Builder, arity: (value as Builder).length }));

const id = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/);
const whole = fc.integer({ min: 0, max: 253_402_300_799_999 });
const TIMES = /AtMs|seq|revision/;

/** Builds a key out of strings and numbers, told apart by what the builder's parameters are called. */
function buildWith({ build }: { build: Builder }, strings: string[], numbers: number[]): keys.Key {
  const parameters = /^\(?([^)=]*)\)?\s*=>/s.exec(String(build))![1]!.split(",")
    .map((one) => one.trim()).filter(Boolean);
  const parts = parameters.map((one, i) => TIMES.test(one) ? numbers[i]! : strings[i]!);
  return build(...parts as never[]);
}

const five = (arbitrary: fc.Arbitrary<string>) =>
  fc.array(arbitrary, { minLength: 5, maxLength: 5 });
const fiveNumbers = fc.array(whole, { minLength: 5, maxLength: 5 });

Deno.test("no two builders make the same key, whatever they are given", () => {
  assert.ok(BUILDERS.length >= 30, "every builder is seen");
  const firsts = new Map<string, string>();
  for (const builder of BUILDERS) {
    const [first] = buildWith(builder, Array(5).fill("x"), Array(5).fill(1));
    assert.equal(firsts.get(first!), undefined, `${builder.name} and ${firsts.get(first!)}`);
    firsts.set(first!, builder.name);
  }
  fc.assert(fc.property(five(id), fiveNumbers, (strings, numbers) => {
    const made = BUILDERS.map((builder) => buildWith(builder, strings, numbers).join("\u0000"));
    assert.equal(new Set(made).size, BUILDERS.length);
  }));
});

Deno.test("one builder makes one key for one thing: other parts, another key", () => {
  fc.assert(fc.property(
    fc.constantFrom(...BUILDERS),
    fc.tuple(five(id), fiveNumbers),
    fc.tuple(five(id), fiveNumbers),
    (builder, a, b) => {
      const used = builder.arity;
      const isSame = (x: unknown[], y: unknown[]) =>
        JSON.stringify(x.slice(0, used)) === JSON.stringify(y.slice(0, used));
      const [left, right] = [buildWith(builder, ...a), buildWith(builder, ...b)];
      if (isSame(a[0], b[0]) && isSame(a[1], b[1])) assert.deepEqual(left, right);
      const differs = left.some((part, i) => part !== right[i]);
      const shouldDiffer = left.length !== right.length || differs;
      assert.equal(left.join("\u0000") !== right.join("\u0000"), shouldDiffer);
    },
  ));
});

Deno.test("every part is a string that is not empty, and a typical key has at most 128 bytes", () => {
  const strings = Array(5).fill("telnyx:428c31b6-7af4-4bcb-b7f5-5013ef9657c1");
  const numbers = Array(5).fill(1_769_898_600_000);
  for (const builder of BUILDERS) {
    const key = buildWith(builder, strings, numbers);
    assert.ok(key.every((part) => typeof part === "string" && part !== ""), builder.name);
  }
  const typical = [
    keys.callDueKey("acme-telecom-ltd", numbers[0], strings[0], 12),
    keys.callByAccountKey("acme-telecom-ltd", numbers[0], strings[0]),
    keys.callWaitingKey("acme-telecom-ltd", numbers[0], strings[0]),
    keys.unassignedCallKey("+12025550100", numbers[0], strings[0]),
    keys.entryKey("acme-telecom-ltd", 999_999_999_999),
    keys.moneyRequestKey("admin", "018f4e3c-7a52-7bb1-a6a8-1f6c0e6a1234"),
  ];
  for (const key of typical) {
    const bytes = key.reduce((sum, part) => sum + new TextEncoder().encode(part).length + 2, 0);
    assert.ok(bytes <= 128, `${key.join("/")} has ${bytes} bytes`);
  }
});

Deno.test("times and sequence numbers sort as numbers do", () => {
  fc.assert(fc.property(whole, whole, (a, b) => {
    assert.equal(keys.timePart(a) < keys.timePart(b), a < b);
  }));
  const seq = fc.integer({ min: 0, max: 999_999_999_999 });
  fc.assert(fc.property(seq, seq, (a, b) => {
    assert.equal(keys.seqPart(a) < keys.seqPart(b), a < b);
  }));
});

Deno.test("a prefix opens the keys of its builder and no others", async () => {
  using kv = await Deno.openKv(":memory:");
  await kv.set(keys.entryKey("acme", 1), "acme");
  await kv.set(keys.entryKey("acme2", 1), "acme2");
  await kv.set(keys.callWaitingKey("acme", 10, "bland:b"), "late");
  await kv.set(keys.callWaitingKey("acme", 9, "bland:a"), "early");
  const read = async (prefix: keys.Key) =>
    (await Array.fromAsync(kv.list<string>({ prefix }))).map(({ value }) => value);
  assert.deepEqual(await read(keys.entryPrefix("acme")), ["acme"]);
  assert.deepEqual(await read(keys.callWaitingPrefix("acme")), ["early", "late"]);
});
