/**
 * Holds `faults.md` against the tests: every fault stands there once, with a test that is there or with
 * the reason why there is none.
 *
 * @module
 */
import assert from "node:assert/strict";

/** How many faults each letter has, A1 to G20. */
const COUNTS = { A: 27, B: 13, C: 16, D: 21, R: 10, F: 10, G: 20 };
const REASON = /^not here: \S.{8,}$/;

interface Row {
  id: string;
  fault: string;
  held: string[];
}

/** The rows of every table of a text. */
function readRows(text: string): Row[] {
  return text.split("\n").flatMap((line) => {
    const cells = /^\| *([A-Z]\d+) *\|([^|]*)\|([^|]*)\|$/.exec(line.trim());
    if (!cells) return [];
    const [, id = "", fault = "", held = ""] = cells;
    return [{ id, fault: fault.trim(), held: held.split("<br>").map((one) => one.trim()) }];
  });
}

/** The names of a file's tests, as they are written. */
function namesIn(source: string): Set<string> {
  const written = source.matchAll(/\bDeno\.test\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g);
  return new Set([...written].map(([, plain, template]) => {
    return plain === undefined ? template ?? "" : plain.replaceAll('\\"', '"');
  }));
}

type Read = (path: string) => string | null;

/** What is wrong with what a row says; none when it holds. */
function faultsOf({ id, fault, held }: Row, read: Read): string[] {
  const words = fault === "" ? [`${id} has no words`] : [];
  const first = held[0] ?? "";
  if (held.length === 1 && REASON.test(first)) return words;
  return [
    ...words,
    ...held.flatMap((one) => {
      const [, path, name] = /^`([^`]+)`: `([^`]+)`$/.exec(one) ?? [];
      if (path === undefined || name === undefined) {
        return [`${id} names neither a test nor a reason`];
      }
      const source = read(path);
      if (source === null) return [`${id}: there is no ${path}`];
      return namesIn(source).has(name) ? [] : [`${id}: ${path} has no test "${name}"`];
    }),
  ];
}

function readTest(path: string): string | null {
  try {
    return Deno.readTextFileSync(new URL(path, import.meta.url));
  } catch {
    return null;
  }
}

const rows = readRows(Deno.readTextFileSync(new URL("faults.md", import.meta.url)));

Deno.test("every fault stands in the table once", () => {
  const wanted = Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)
  );
  assert.equal(wanted.length, 117);
  assert.deepEqual(rows.map(({ id }) => id), wanted);
});

Deno.test("every fault has tests that are there, or a reason", () => {
  assert.deepEqual(rows.flatMap((row) => faultsOf(row, readTest)), []);
});

Deno.test("a row without test or reason, and a test that is not there, are found", () => {
  const read: Read = (path) => path === "x_test.ts" ? 'Deno.test("a \\"b\\"", () => {});' : null;
  const table: [held: string, isFine: boolean][] = [
    ['`x_test.ts`: `a "b"`', true],
    ["pending: until later today", false],
    ["not here: no test can do this", true],
    ["", false],
    ["not here:", false],
    ["`x_test.ts`: `a`", false],
    ["`y_test.ts`: `a`", false],
    ["`x_test.ts`", false],
    ['`x_test.ts`: `a "b"`<br>not here: no test can do this', false],
    ['`x_test.ts`: `a "b"`<br>`x_test.ts`: `c`', false],
  ];
  for (const [held, isFine] of table) {
    const [row] = readRows(`| A1 | words | ${held} |`);
    assert.equal(faultsOf(row!, read).length === 0, isFine, held);
  }
});
