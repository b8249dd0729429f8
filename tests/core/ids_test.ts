import assert from "node:assert/strict";
import fc from "fast-check";
import { createIds } from "../../core/ids.ts";

const HOUR = { now: () => 1_795_168_800_000 };

/** The same bytes over and over. */
const filledWith = (value: number) => (bytes: Uint8Array<ArrayBuffer>) => bytes.fill(value);

Deno.test("ids are version 7 UUIDs, all different", () => {
  const ids = createIds(HOUR);
  const drawn = Array.from({ length: 1_000 }, () => ids.id());
  assert.equal(new Set(drawn).size, 1_000);
  for (const id of drawn) {
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
});

Deno.test("an id of a later millisecond sorts after every id of an earlier one", () => {
  fc.assert(fc.property(fc.nat(2 ** 40), fc.nat(2 ** 40), (a, b) => {
    fc.pre(a !== b);
    const [earlier, later] = [createIds({ now: () => a }).id(), createIds({ now: () => b }).id()];
    assert.equal(earlier < later, a < b);
  }));
});

Deno.test("the same bytes and hour give the same ids, secrets and chances: a run replays", () => {
  const [one, other] = [createIds(HOUR, filledWith(7)), createIds(HOUR, filledWith(7))];
  assert.equal(one.id(), other.id());
  assert.equal(one.secret(32), other.secret(32));
  assert.equal(one.random(), other.random());
});

Deno.test("chance lies in [0, 1)", () => {
  assert.equal(createIds(HOUR, filledWith(0)).random(), 0);
  assert.equal(createIds(HOUR, filledWith(0xff)).random(), 1 - 2 ** -32);
});

Deno.test("chance is read from the bytes drawn, wherever they lie in their buffer", () => {
  const pool = Uint8Array.of(0, 0, 0, 0, 0x80, 0, 0, 0);
  const ids = createIds(HOUR, () => pool.subarray(4, 8));
  assert.equal(ids.random(), 0.5);
});

Deno.test("a secret is its bytes in base64url without padding", () => {
  assert.equal(createIds(HOUR, filledWith(0xff)).secret(2), "__8");
  assert.equal(createIds(HOUR, filledWith(0xfb)).secret(3), "-_v7");
  const ids = createIds(HOUR);
  assert.match(ids.secret(32), /^[\w-]{43}$/);
  assert.notEqual(ids.secret(32), ids.secret(32));
});
