/**
 * Holds each rule of the house against sources that break it: a rule that never turns red is none.
 *
 * @module
 */
import assert from "node:assert/strict";
import { checkDirections, checkDomains, checkTopLevel } from "./support/architecture/directions.ts";
import { checkDoors, checkLanguage } from "./support/architecture/doors.ts";
import { checkExports, checkForeignWords, checkPaths } from "./support/architecture/names.ts";
import { checkModuleComments, checkSignposts } from "./support/architecture/signposts.ts";
import { checkSizes, type Height } from "./support/architecture/sizes.ts";
import { type Source, toSource } from "./support/source_map.ts";

type Rule = (sources: readonly Source[]) => string[];

/** Complaints of a rule about a few files given as path and text. */
function complaints(rule: Rule, ...files: [string, string][]): string[] {
  return rule(files.map(([path, text]) => toSource(path, text)));
}

const domains: Rule = (all) => checkDomains(all, []);
const doors: Rule = (all) => checkDoors(all, []);
const DOC = "/** What it is. @module */\n";

Deno.test("a stranger at the top and a missing room turn the rule red", () => {
  const found = complaints(checkTopLevel, ["src/a.ts", ""], [".github/ci.yml", ""], [
    "core/a.ts",
    "",
  ]);
  assert(found.includes("src: does not belong at the top"));
  assert(found.includes("README.md: is missing at the top"));
  assert(!found.some((text) => text.startsWith(".github") || text.startsWith("core")));
});

const WRONG_WAYS: [string, string][] = [
  ["core/a.ts", 'import { app } from "../routes/app.ts";'],
  ["core/a.ts", 'import type { App } from "../routes/app.ts";'],
  ["core/a.ts", 'export { app } from "../cron/mod.ts";'],
  ["core/wallet/a.ts", 'const a = await import("../../main.ts");'],
  ["routes/a.ts", 'import "../cron/mod.ts";'],
  ["cron/a.ts", 'import { app } from "../routes/app.ts";'],
  ["routes/a.ts", 'import { world } from "../tests/support/world.ts";'],
  ["core/a.ts", 'import { z } from "npm:zod";'],
  ["core/a.ts", 'import { z } from "https://example.com/zod.ts";'],
];

for (const [path, text] of WRONG_WAYS) {
  Deno.test(`${path} may not say: ${text}`, () => {
    assert.equal(complaints(checkDirections, [path, text]).length, 1);
  });
}

Deno.test("the right ways, packages and tests are left alone", () => {
  const files: [string, string][] = [
    ["main.ts", 'import { app } from "./routes/app.ts";\nimport { rows } from "./cron/mod.ts";'],
    ["routes/api/a.ts", 'import { z } from "zod";\nimport { b } from "../../core/b.ts";'],
    ["core/a.ts", 'import { v7 } from "uuid";\nimport { c } from "@hono/zod-validator";'],
    ["core/b.ts", 'import { d } from "libphonenumber-js/max";\nimport assert from "node:assert";'],
    ["core/c.ts", '// import { app } from "../routes/app.ts";\nconst a = `import "../main.ts"`;'],
    ["tests/a_test.ts", 'import { app } from "../routes/app.ts";'],
  ];
  assert.deepEqual(complaints(checkDirections, ...files), []);
});

const DOMAIN_IMPORTS: [boolean, string, string][] = [
  [true, "core/wallet/a.ts", 'import { x } from "../kv/batch.ts";'],
  [true, "core/wallet/a.ts", 'import { x } from "../money.ts";'],
  [true, "core/wallet/a.ts", 'import { x } from "./b.ts";'],
  [false, "core/wallet/a.ts", 'import { x } from "../usage/call_usage.ts";'],
  [false, "core/wallet/a.ts", 'import type { X } from "../usage/call_usage.ts";'],
  [false, "core/money.ts", 'import { x } from "./wallet/wallet.ts";'],
  [false, "core/money.ts", 'import { x } from "./kv/batch.ts";'],
  [false, "core/kv/a.ts", 'import { x } from "../wallet/wallet.ts";'],
  [true, "core/rating/plans.ts", 'import { x } from "../kv/batch.ts";'],
  [false, "core/rating/rate_call.ts", 'import { x } from "../kv/batch.ts";'],
  [true, "core/rating/rate_call.ts", 'import type { X } from "../usage/call_usage.ts";'],
  [false, "core/rating/rate_call.ts", 'import { x } from "../usage/call_usage.ts";'],
  [true, "core/carriers/bland/a.ts", 'import { type X, type Y } from "../../usage/a.ts";'],
  [false, "core/carriers/bland/a.ts", 'import { type X, y } from "../../usage/a.ts";'],
  [true, "core/carriers/sippy/a.ts", 'import type { X } from "../../sms_billing/gateway.ts";'],
  [true, "core/carriers/sippy/a.ts", 'import { x } from "../registry.ts";'],
  [false, "core/carriers/bland/a.ts", 'import type { X } from "../../wallet/wallet.ts";'],
  [true, "core/billing/a.ts", 'import { x } from "../wallet/wallet.ts";'],
  [false, "core/billing/a.ts", 'import { x } from "../carriers/registry.ts";'],
  [false, "core/sms_billing/a.ts", 'import { x } from "../billing/bill_call.ts";'],
  [false, "core/sms_billing/a.ts", 'export type { X } from "../carriers/sippy/client.ts";'],
  [false, "core/unheard_of/a.ts", 'import { x } from "../kv/batch.ts";'],
  [true, "core/sandbox/a.ts", 'import { x } from "../carriers/registry.ts";'],
  [true, "main.ts", 'import { x } from "./core/sandbox/world.ts";'],
  [true, "routes/sandbox.ts", 'import { x } from "../core/sandbox/world.ts";'],
  [false, "routes/api/wallets.ts", 'import { x } from "../../core/sandbox/world.ts";'],
  [false, "core/wallet/a.ts", 'import type { X } from "../sandbox/world.ts";'],
  [true, "routes/api/wallets.ts", 'import { x } from "../../core/carriers/registry.ts";'],
];

for (const [isAllowed, path, text] of DOMAIN_IMPORTS) {
  Deno.test(`${path} ${isAllowed ? "may" : "may not"} say: ${text}`, () => {
    assert.equal(complaints(domains, [path, text]).length, isAllowed ? 0 : 1);
  });
}

Deno.test("an extra row opens its own way and no other", () => {
  const row = { from: "core/usage/calls.ts", to: "core/audit", isTypesOnly: true, reason: "why" };
  const rule: Rule = (all) => checkDomains(all, [row]);
  const text = 'import type { Change } from "../audit/audit.ts";';
  assert.equal(complaints(rule, ["core/usage/calls.ts", text]).length, 0);
  assert.equal(complaints(rule, ["core/usage/calls.ts", text.replace("type ", "")]).length, 1);
  assert.equal(complaints(rule, ["core/usage/cost.ts", text]).length, 1);
});

const DOOR_USES: [string, string][] = [
  ["core/a.ts", 'Deno.env.get("X")'],
  ["core/egress.ts", "await Deno.openKv()"],
  ["routes/app.ts", "Deno.serve(app.fetch)"],
  ["cron/mod.ts", 'Deno.cron("tick", "* * * * *", tick)'],
  ["core/a.ts", 'await fetch("https://example.com")'],
  ["core/a.ts", "const send = fetch;"],
  ["core/a.ts", "globalThis.fetch(url)"],
  ["core/a.ts", 'import { request } from "node:https";'],
  ["core/a.ts", "Date.now()"],
  ["core/a.ts", "new Date(ms)"],
  ["core/a.ts", "new Date"],
  ["core/a.ts", "const a = `${performance.now()}`"],
  ["core/a.ts", "setTimeout(ring, 1)"],
  ["core/a.ts", "setInterval(ring, 1)"],
  ["core/a.ts", "Temporal.Now.instant()"],
  ["core/a.ts", "AbortSignal.timeout(1)"],
  ["core/a.ts", "Math.random()"],
  ["core/a.ts", "crypto.getRandomValues(bytes)"],
  ["core/a.ts", "crypto.randomUUID()"],
  ["core/a.ts", 'import { v4 } from "uuid";'],
  ["core/a.ts", "console.log(1)"],
  ["core/wallet/a.ts", "kv.atomic().commit()"],
  ["core/wallet/a.ts", "kv\n  .set(key, 1)"],
  ["core/kv/a.ts", "kv.sum(key, 1n)"],
];

for (const [path, text] of DOOR_USES) {
  Deno.test(`${path} may not say: ${text}`, () => {
    assert.equal(complaints(doors, [path, text]).length, 1);
  });
}

Deno.test("doors stand open where they belong, and words are not deeds", () => {
  const files: [string, string][] = [
    ["main.ts", 'Deno.env.get("X"); Deno.serve(app.fetch); console.log("hi")'],
    ["core/egress.ts", "await fetch(url)"],
    ["core/clock.ts", "Date.now(); new Date(ms); setTimeout(ring, ms)"],
    ["core/ids.ts", 'import { v7 } from "uuid";\ncrypto.getRandomValues(bytes)'],
    ["core/log.ts", "console[level](line)"],
    ["core/kv/store.ts", "kv.atomic().commit()"],
    ["core/a.ts", "// Date.now() and fetch()\nconst said = 'Math.random()';"],
    [
      "core/b.ts",
      "await app.fetch(request); z.number().min(1).max(2); Math.max(1, 2); map.set(1, 2)",
    ],
    ["tests/a_test.ts", "Date.now(); Deno.serve(app.fetch)"],
    ["static/app.js", "fetch('/x')"],
  ];
  assert.deepEqual(complaints(doors, ...files), []);
});

Deno.test("an extra door opens for its file and no other", () => {
  const rule: Rule = (all) =>
    checkDoors(all, [{ path: "core/sandbox/", door: "the program's start", reason: "why" }]);
  assert.equal(complaints(rule, ["core/sandbox/a.ts", "Deno.serve(x); Date.now()"]).length, 1);
  assert.equal(complaints(rule, ["core/a.ts", "Deno.serve(x)"]).length, 1);
});

const LANGUAGE: [boolean, string][] = [
  [false, "let a: any;"],
  [false, "const a = b as any;"],
  [false, "type A = Record<string, any>;"],
  [false, "function f(a: any[]): void {}"],
  [false, "enum Kind { A }"],
  [false, "const enum Kind { A }"],
  [false, "class Wallet {}"],
  [false, "export class Wallet<T> {}"],
  [false, "export default class {}"],
  [false, "export class Wallet extends Base {}"],
  [false, "const A = class {};"],
  [false, 'export * from "./a.ts";'],
  [false, 'export * as a from "./a.ts";'],
  [false, "@sealed\nfunction f() {}"],
  [true, "export class StoreUnavailable extends Error {}"],
  [true, "class Late extends RangeError {\n  a = 1;\n}"],
  [true, "const a = <p class={name}>any class, any enum: or any</p>;"],
  [true, "await Promise.any([a]); z.any(); // as any"],
  [true, 'const a = "export * from any class A {}";'],
];

for (const [isAllowed, text] of LANGUAGE) {
  Deno.test(`${isAllowed ? "fine" : "refused"} in any file: ${text}`, () => {
    assert.equal(complaints(checkLanguage, ["core/a.tsx", text]).length, isAllowed ? 0 : 1);
  });
}

for (
  const path of [
    "core/utils.ts",
    "core/wallet/wallet_service.ts",
    "core/shared/a.ts",
    "routes/api/usage_data.ts",
    "tests/new_wallet_test.ts",
    "core/wallet/index.ts",
    "core/postEntry.ts",
    "routes/api/rate-plans.ts",
  ]
) {
  Deno.test(`no file may be called ${path}`, () => {
    assert.equal(complaints(checkPaths, [path, ""]).length, 1);
  });
}

Deno.test("words that only contain an empty word are fine in a path", () => {
  assert.deepEqual(
    complaints(checkPaths, ["core/renewal.ts", ""], ["core/kv/database.ts", ""]),
    [],
  );
});

Deno.test("exported names say something too", () => {
  const say = (text: string) => complaints(checkExports, ["core/a.ts", text]).length;
  assert.equal(say("export function handleCallData(): void {}"), 1);
  assert.equal(say("export async function newWallet() {}"), 1);
  assert.equal(say("export interface WalletInfo {}"), 1);
  assert.equal(say("export const NEW_LIMIT = 1;"), 1);
  assert.equal(say("export function creditWallet() {}"), 1);
  assert.equal(say("export const creditLimit = 1; export function renew() {}"), 0);
  assert.equal(say("function newWallet() {}"), 0);
  assert.equal(say("export type Service = string;"), 0);
});

Deno.test("a file without its opening comment turns the rule red", () => {
  const files: [string, string][] = [
    ["core/a.ts", "const a = 1;"],
    ["core/b.ts", "/** No tag. */\nconst a = 1;"],
    ["core/c.ts", `const a = 1;\n${DOC}`],
    ["core/d.ts", `${DOC}const a = 1;`],
    ["tests/a_test.ts", "const a = 1;"],
  ];
  assert.deepEqual(complaints(checkModuleComments, ...files).map((text) => text.slice(0, 9)), [
    "core/a.ts",
    "core/b.ts",
    "core/c.ts",
  ]);
});

Deno.test("a signpost that does not tell the truth turns the rule red", () => {
  const sign = (text: string) => `/**\n * What.\n *\n * ${text}\n *\n * @module\n */\n`;
  const files: [string, string][] = [
    ["core/a.ts", `${sign("Comes from: `core/b.ts`,\n * `core/c.ts`. Goes to: `core/d.ts`.")}`],
    ["core/b.ts", `${sign("Goes to: `core/a.ts`.")}import { a } from "./a.ts";`],
    ["core/c.ts", `${sign("Picked up by: `core/gone.ts` and `core/a.ts`.")}`],
  ];
  assert.deepEqual(complaints(checkSignposts, ...files), [
    "core/a.ts: comes from core/c.ts, which does not import it",
    "core/a.ts: goes to core/d.ts, which it does not import",
    "core/c.ts: is picked up by core/gone.ts, which is not there",
  ]);
});

Deno.test("a tall file or function turns the rule red unless its height is listed", () => {
  const body = "  a();\n".repeat(59);
  const tall: [string, string] = [
    "core/a.ts",
    `function f() {\n${body}}\nfunction g() {\n${body}a()\n}\n`,
  ];
  const rule = (listed: Height[]): Rule => (all) => checkSizes(all, listed);
  assert.deepEqual(complaints(rule([]), tall), [
    "core/a.ts#f: has 61 lines",
    "core/a.ts#g: has 62 lines",
  ]);
  const listed = [
    { place: "core/a.ts#f", lineCount: 61, reason: "why" },
    { place: "core/a.ts#g", lineCount: 61, reason: "why" },
    { place: "core/a.ts#h", lineCount: 61, reason: "why" },
  ];
  assert.deepEqual(complaints(rule(listed), tall), [
    "core/a.ts#g: has 62 lines",
    "core/a.ts#h: is listed as tall and no longer is",
  ]);
  assert.deepEqual(complaints(rule([]), ["core/b.ts", "a();\n".repeat(300)]), []);
  assert.deepEqual(complaints(rule([]), ["core/b.ts", "a();\n".repeat(301)]), [
    "core/b.ts: has 301 lines",
  ]);
});

Deno.test("a word from where the files were written turns the rule red", () => {
  const word = ["Registry.", "npmjs"].join("");
  assert.equal(complaints(checkForeignWords, ["README.md", `see ${word}.org`]).length, 1);
  assert.equal(complaints(checkForeignWords, ["deno.lock", `see ${word}.org`]).length, 0);
});
