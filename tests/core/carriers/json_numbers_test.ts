import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decimalText,
  formatJsonKeepingNumbers,
  isJsonNumber,
  jsonNumber,
  parseJsonKeepingNumbers,
} from "../../../core/carriers/json_numbers.ts";

function parse(text: string): unknown {
  const parsed = parseJsonKeepingNumbers(text);
  assert.equal(parsed.status, "parsed");
  return parsed.status === "parsed" ? parsed.value : null;
}

const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,25})$/);
const jsonNumberText = fc.tuple(
  fc.constantFrom("", "-"),
  digits,
  fc.option(fc.stringMatching(/^[0-9]{1,25}$/)),
  fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/)),
).map(([sign, whole, fraction, exponent]) =>
  `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent ?? ""}`
);

Deno.test("parseJsonKeepingNumbers() keeps every number exactly as it was written", () => {
  fc.assert(fc.property(jsonNumberText, (text) => {
    assert.equal(decimalText(parse(text)), text);
    assert.equal(decimalText((parse(`{"a":[ ${text}\t]}`) as { a: unknown[] }).a[0]), text);
  }));
});

Deno.test("formatJsonKeepingNumbers() is the inverse", () => {
  fc.assert(fc.property(jsonNumberText, fc.json(), (text, json) => {
    const written = `{"number":${text},"other":${JSON.stringify(JSON.parse(json))}}`;
    assert.equal(formatJsonKeepingNumbers(parse(written)), written);
  }));
});

Deno.test("parseJsonKeepingNumbers() leaves everything else as JSON.parse makes it", () => {
  const text = '{"a":"1","b":[true,null,{}],"c":"ä"}';
  assert.deepEqual(parse(text), JSON.parse(text));
});

Deno.test("parseJsonKeepingNumbers() takes the last of two members of one name", () => {
  assert.equal(decimalText((parse('{"a":1.10,"a":2.50}') as { a: unknown }).a), "2.50");
});

Deno.test("a JSON text cannot forge a number or reach a prototype", () => {
  const value = parse('{"number text":"1","__proto__":{"price":"1"},"text":"1"}');
  assert.ok(!isJsonNumber(value));
  assert.equal((value as { price?: unknown }).price, undefined);
  assert.ok(isJsonNumber(jsonNumber("1")));
});

for (const text of ["", " ", "{", '{"a":1', "[1,]", "01", "NaN", "<html>", '{"a":.5}', "1 2"]) {
  Deno.test(`parseJsonKeepingNumbers(${JSON.stringify(text)}) is not_json`, () => {
    assert.deepEqual(parseJsonKeepingNumbers(text), { status: "not_json" });
  });
}

Deno.test("parseJsonKeepingNumbers() survives a text nested a million deep", () => {
  const text = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  assert.ok(["parsed", "not_json"].includes(parseJsonKeepingNumbers(text).status));
});

Deno.test("decimalText() refuses a plain number, whose text is already lost", () => {
  assert.equal(decimalText(0.1), null);
  assert.equal(decimalText("0.1"), "0.1");
  assert.equal(decimalText(true), null);
  assert.equal(decimalText(null), null);
});
