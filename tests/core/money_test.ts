import assert from "node:assert/strict";
import fc from "fast-check";
import {
  AMOUNT_MICROS_MAX,
  divideRounded,
  formatMicros,
  formatMoney,
  parseAmount,
  parseDecimal,
} from "../../core/money.ts";

const amounts = fc.bigInt({ min: -AMOUNT_MICROS_MAX, max: AMOUNT_MICROS_MAX });
const sizeOf = (micros: bigint) => micros < 0n ? -micros : micros;

Deno.test("an amount survives being written and read", () => {
  fc.assert(fc.property(amounts, (micros) => {
    assert.equal(parseDecimal(formatMicros(micros)), micros);
    if (sizeOf(micros) < AMOUNT_MICROS_MAX) assert.equal(parseAmount(formatMicros(micros)), micros);
  }));
});

Deno.test("an amount is written with six decimals, and its sign even below one", () => {
  assert.equal(formatMicros(12_345_000n), "12.345000");
  assert.equal(formatMicros(-110_000n), "-0.110000");
  assert.equal(formatMicros(-1n), "-0.000001");
  assert.equal(formatMicros(0n), "0.000000");
  assert.deepEqual(formatMoney(1n, "USD"), { amount: "0.000001", currency: "USD" });
});

const DECIMALS: [string, bigint | null][] = [
  ["0", 0n],
  ["-0", 0n],
  ["1", 1_000_000n],
  ["+1.5", 1_500_000n],
  ["-0.0085", -8_500n],
  [" 0.09 ", 90_000n],
  [".5", 500_000n],
  ["5.", 5_000_000n],
  ["0.0000005", 1n],
  ["0.0000004999999", 0n],
  ["-0.0000005", -1n],
  ["-0.0000004999999", 0n],
  ["0.0000015", 2n],
  ["0.0000025", 3n],
  ["1.687E-4", 169n],
  ["1.687e-04", 169n],
  ["7.0E-7", 1n],
  ["4.9E-7", 0n],
  ["-7.0E-7", -1n],
  ["1E+3", 1_000_000_000n],
  ["1e12", AMOUNT_MICROS_MAX],
  ["-1e12", -AMOUNT_MICROS_MAX],
  ["1000000000000.000001", null],
  ["1e13", null],
  ["1e99", null],
  ["1e-99", 0n],
  ["0e99", 0n],
  ["1e99999999", null],
  ["1e-99999999", null],
  ["9".repeat(31), null],
  ["", null],
  [".", null],
  ["-", null],
  ["e5", null],
  ["1e", null],
  ["1,5", null],
  ["1_000", null],
  ["0x10", null],
  ["1 000", null],
  ["--1", null],
  ["1.2.3", null],
  ["NaN", null],
  ["Infinity", null],
  ["١", null],
  ["$1", null],
];

for (const [text, micros] of DECIMALS) {
  const named = text.length > 30 ? `${text.length} digits` : JSON.stringify(text);
  Deno.test(`parseDecimal() takes ${named} for ${micros}`, () => {
    assert.equal(parseDecimal(text), micros);
  });
}

Deno.test("a huge exponent or a long text costs no time", () => {
  const texts = [
    "1e99999999",
    "1E-999999999999",
    `${"9".repeat(1_000_000)}`,
    `0.${"1".repeat(1e6)}`,
  ];
  const startedAtMs = performance.now();
  for (const text of [...texts, `${" ".repeat(1_000_000)}1x`]) {
    assert.equal(parseDecimal(text), null);
  }
  assert(performance.now() - startedAtMs < 1_000);
});

Deno.test("an exponent and the same number written out are the same amount", () => {
  const exponents = fc.integer({ min: -12, max: 6 });
  fc.assert(
    fc.property(fc.bigInt({ min: -999_999n, max: 999_999n }), exponents, (digits, power) => {
      const scale = 10n ** BigInt(Math.abs(power));
      const expected = power >= 0
        ? digits * scale * 1_000_000n
        : divideRounded(digits * 1_000_000n, scale);
      assert.equal(parseDecimal(`${digits}E${power}`), expected);
    }),
  );
});

const OURS: [string, bigint | null][] = [
  ["12.345678", 12_345_678n],
  ["-0.11", -110_000n],
  ["999999999999.999999", AMOUNT_MICROS_MAX - 1n],
  ["0", 0n],
  ["1000000000000", null],
  ["0.0000001", null],
  ["1.", null],
  [".5", null],
  ["+1", null],
  [" 1", null],
  ["1\n", null],
  ["1e3", null],
  ["", null],
];

for (const [text, micros] of OURS) {
  Deno.test(`parseAmount() takes ${JSON.stringify(text)} for ${micros}`, () => {
    assert.equal(parseAmount(text), micros);
  });
}

const QUOTIENTS: [bigint, bigint, bigint][] = [
  [1n, 2n, 1n],
  [-1n, 2n, -1n],
  [3n, 2n, 2n],
  [-3n, 2n, -2n],
  [1n, 3n, 0n],
  [2n, 3n, 1n],
  [-2n, 3n, -1n],
  [49n, 100n, 0n],
  [50n, 100n, 1n],
  [0n, 7n, 0n],
];

for (const [numerator, denominator, expected] of QUOTIENTS) {
  Deno.test(`${numerator} / ${denominator} is rounded to ${expected}`, () => {
    assert.equal(divideRounded(numerator, denominator), expected);
  });
}

Deno.test("rounding is half away from zero: never off by more than a half, even about zero", () => {
  const divisors = fc.bigInt({ min: 1n, max: 10n ** 12n });
  fc.assert(fc.property(amounts, divisors, (numerator, denominator) => {
    const rounded = divideRounded(numerator, denominator);
    const offTwice = 2n * (sizeOf(numerator) - sizeOf(rounded) * denominator);
    assert(-denominator <= offTwice && offTwice < denominator);
    assert.equal(divideRounded(-numerator, denominator), -rounded);
  }));
});

Deno.test("a divisor that is not positive is a mistake in the program", () => {
  assert.throws(() => divideRounded(1n, 0n), /Cannot divide money/);
  assert.throws(() => divideRounded(1n, -1n), /Cannot divide money/);
});
