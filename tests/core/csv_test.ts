import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { formatCsvCell, formatCsvLine } from "../../core/csv.ts";

const CELLS: [string, string][] = [
  ["plain", "plain"],
  ["", ""],
  ["-1.50", "-1.50"],
  ["0.000001", "0.000001"],
  ["+14155550123", "+14155550123"],
  ["a,b", '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\r\nlines", '"two\r\nlines"'],
  ["=1+1", "'=1+1"],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["-1+1|cmd", "'-1+1|cmd"],
  ["+1 (415) 555", "'+1 (415) 555"],
  ["\tx", "'\tx"],
  ["\r=x", '"\'\r=x"'],
  ["\n=x", '"\'\n=x"'],
  ["＝1+1", "'＝1+1"],
  ["--1", "'--1"],
  ["-1.", "'-1."],
  ["-", "'-"],
];

for (const [value, cell] of CELLS) {
  Deno.test(`the cell ${JSON.stringify(value)} is written as ${JSON.stringify(cell)}`, () => {
    assert.equal(formatCsvCell(value), cell);
  });
}

Deno.test("any line reads back as its cells, but for the quote before a formula, and none computes", () => {
  const text = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed());
  const hot = fc.tuple(fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n"), text)
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(fc.oneof(text, hot), { minLength: 1, maxLength: 8 }), (cells) => {
      const [line, ...more] = parse(formatCsvLine(["first", ...cells])) as string[][];
      assert.equal(more.length, 0);
      assert.deepEqual(line?.length, cells.length + 1);
      for (const [at, cell] of cells.entries()) {
        const read = line![at + 1]!;
        assert(read === cell || read === `'${cell}`);
        if (/^[=+\-@\t\r\n]/.test(read)) assert.match(read, /^-?\d+(\.\d+)?$|^\+[1-9]\d{6,14}$/);
      }
    }),
    { seed: 20_260_131, numRuns: 300 },
  );
});
