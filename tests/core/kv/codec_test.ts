import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeRow, encodeRow, VALUE_BYTES_MAX } from "../../../core/kv/codec.ts";

const KEY = ["entry", "acme", "000000000001"];
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (json: string) => new TextEncoder().encode(json);

const name = fc.stringMatching(/^[a-z][A-Za-z]{0,8}$/).filter((one) =>
  one !== "v" && !one.endsWith("Micros")
);
const wellFormed = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed());
const scalar = fc.oneof(
  fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
  wellFormed,
  fc.boolean(),
  fc.constant(null),
);
const micros = fc.oneof(
  fc.bigInt(),
  fc.constant(null),
  fc.array(fc.bigInt(), { maxLength: 3 }),
  fc.dictionary(name, fc.bigInt(), { maxKeys: 3, noNullPrototype: true }),
);
const row = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie("row"), fc.array(tie("value"), { maxLength: 3 })),
  row: fc.tuple(
    fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.dictionary(name.map((one) => `${one}Micros`), micros, {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  ).map(([plain, money]) => ({ ...plain, ...money })),
})).row as fc.Arbitrary<Record<string, unknown>>;

Deno.test("a row comes back as it was, amounts as bigint at any depth", () => {
  fc.assert(fc.property(row, (value) => {
    const { v, ...back } = decodeRow<Record<string, unknown>>(KEY, encodeRow(KEY, value));
    assert.equal(v, 1);
    assert.deepEqual(back, value);
  }));
});

Deno.test("the bytes are JSON with amounts as decimal text and a version", () => {
  const bytes = encodeRow(KEY, { amountMicros: -110_000n, seq: 1, left: undefined });
  assert.equal(text(bytes), '{"amountMicros":"-110000","seq":1,"v":1}');
});

const REFUSED: [string, Record<string, unknown>][] = [
  ["a float", { seconds: 0.5 }],
  ["an unsafe integer", { seconds: 2 ** 53 }],
  ["an unsafe negative integer", { seconds: -(2 ** 53) }],
  ["not a number", { seconds: NaN }],
  ["infinity", { seconds: Infinity }],
  ["negative zero", { seconds: -0 }],
  ["a lone surrogate", { name: "a\ud800" }],
  ["a function", { ring: () => {} }],
  ["a symbol", { ring: Symbol("a") }],
  ["a hole in a list", { list: [undefined] }],
  ["a bigint outside Micros", { seconds: 1n }],
  ["a bigint in a record outside Micros", { totals: { acme: 1n } }],
  ["a bigint in a list outside Micros", { list: [1n] }],
  ["a bigint in a list of lists outside Micros", { list: [[1n]] }],
  ["a number where an amount belongs", { amountMicros: 5 }],
  ["a text where an amount belongs", { amountMicros: "5" }],
  ["a number in a record of amounts", { byKindMicros: { charge: 5 } }],
  ["a date", { at: new Date(0) }],
  ["a map", { days: new Map([["a", 1]]) }],
  ["a set", { days: new Set(["a"]) }],
  ["bytes", { body: new Uint8Array(2) }],
];
for (const [what, value] of REFUSED) {
  Deno.test(`encodeRow() refuses ${what}`, () => {
    assert.throws(() => encodeRow(KEY, value), TypeError);
    assert.throws(() => encodeRow(KEY, { deeper: { list: [value] } }), TypeError);
  });
}

Deno.test("the edges of safe integers pass", () => {
  for (const seconds of [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    assert.equal(decodeRow<{ seconds: number }>(KEY, encodeRow(KEY, { seconds })).seconds, seconds);
  }
});

Deno.test("a row of exactly 60 KiB passes, one byte more does not", () => {
  const frame = encodeRow(KEY, { body: "" }).length;
  assert.equal(
    encodeRow(KEY, { body: "x".repeat(VALUE_BYTES_MAX - frame) }).length,
    VALUE_BYTES_MAX,
  );
  assert.equal(VALUE_BYTES_MAX, 60 * 1024);
  assert.throws(
    () => encodeRow(KEY, { body: "x".repeat(VALUE_BYTES_MAX - frame + 1) }),
    /Cannot encode entry: 61441 bytes/,
  );
  // Bytes count, not characters.
  assert.throws(() => encodeRow(KEY, { body: "é".repeat(VALUE_BYTES_MAX / 2) }), RangeError);
});

Deno.test("decodeRow() refuses another version, bytes that are not ours, and V8 values", () => {
  for (const version of ["0", "2", '"1"', "null"]) {
    assert.throws(
      () => decodeRow(KEY, bytesOf(`{"v":${version}}`)),
      /Cannot decode entry: version/,
    );
  }
  assert.throws(() => decodeRow(KEY, bytesOf("{}")), /version undefined/);
  assert.throws(() => decodeRow(KEY, { v: 1 }), /not bytes/);
  assert.throws(() => decodeRow(KEY, new Uint8Array([0x7b, 0xff])), TypeError);
  assert.throws(() => decodeRow(KEY, bytesOf('{"amountMicros":"1.5","v":1}')), SyntaxError);
});

Deno.test("a row read from the database can be written back as it is", () => {
  const first = encodeRow(KEY, { amountMicros: 1n, byKindMicros: { charge: -1n }, list: [1, "a"] });
  assert.deepEqual(encodeRow(KEY, decodeRow<object>(KEY, first)), first);
});
