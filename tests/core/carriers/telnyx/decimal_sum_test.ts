import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDecimalText, sumDecimals } from "../../../../core/carriers/telnyx/decimal_sum.ts";
import { toTruthMicros, writeAmount } from "../../../../core/carriers/telnyx/simulated/amounts.ts";
import { jsonNumber } from "../../../../core/carriers/json_numbers.ts";
import { parseDecimal } from "../../../../core/money.ts";

const SUMS: readonly [texts: string[], sum: string | null][] = [
  [[], "0"],
  [["0.0050", "0.0018"], "0.0068"],
  [["0.0050", "0.00180"], "0.0068"],
  [["1.687E-4", "7.0E-7", "0.0000"], "0.0001694"],
  [["1.5e2", "-0.5"], "149.5"],
  [["-1.50"], "-1.5"],
  [["0.0000", "0E-8"], "0"],
  [[".5", "5."], "5.5"],
  [["+1"], "1"],
  [["0.1", "0.2"], "0.3"],
  [["1", ""], null],
  [["1", "."], null],
  [["abc"], null],
  [["1,5"], null],
  [["0x10"], null],
  [["NaN"], null],
  [["Infinity"], null],
  [["1e99"], null],
  [["1e-99"], null],
];

for (const [texts, sum] of SUMS) {
  Deno.test(`sumDecimals() of ${JSON.stringify(texts)} is ${sum}`, () => {
    assert.equal(sumDecimals(texts), sum);
  });
}

Deno.test("sumDecimals() agrees with an arithmetic of its own, plain and scientific", () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 14n });
  fc.assert(
    fc.property(fc.array(fc.tuple(amount, fc.boolean()), { maxLength: 12 }), (terms) => {
      const texts = terms.map(([size, isScientific]) => writeAmount(size, { isScientific }));
      const truth = terms.reduce((sum, [size]) => sum + size, 0n);
      const sum = sumDecimals(texts);
      assert.ok(sum !== null);
      assert.equal(parseDecimal(sum), toTruthMicros(truth));
      assert.equal(sumDecimals([sum]), sum);
      assert.equal(sumDecimals(texts.toReversed()), sum);
    }),
    { numRuns: 500 },
  );
});

Deno.test("sumDecimals() rounds nothing: a thousand sub-micro costs are not lost", () => {
  const texts = Array.from({ length: 1_000 }, () => "4.0E-7");
  assert.equal(sumDecimals(texts), "0.0004");
  assert.equal(parseDecimal("4.0E-7"), 0n);
});

Deno.test("parseDecimalText() keeps the text of a decimal and refuses the rest", () => {
  assert.equal(parseDecimalText(" 0.0050 "), "0.0050");
  assert.equal(parseDecimalText(jsonNumber("1.687E-4")), "1.687E-4");
  for (const value of [null, undefined, "", "abc", 0.005, {}, [], true, "1".repeat(25), "1 2"]) {
    assert.equal(parseDecimalText(value), null);
  }
});
