/**
 * Holds the rules of the house against its sources.
 *
 * `architecture_rules_test.ts` holds each rule against sources that break it.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  checkDirections,
  checkDomains,
  checkTopLevel,
  type ExtraImport,
} from "./support/architecture/directions.ts";
import { checkDoors, checkLanguage, type ExtraDoor } from "./support/architecture/doors.ts";
import { checkExports, checkForeignWords, checkPaths } from "./support/architecture/names.ts";
import { checkModuleComments, checkSignposts } from "./support/architecture/signposts.ts";
import { checkSizes, type Height } from "./support/architecture/sizes.ts";
import { readSources, type Source } from "./support/source_map.ts";

/** Imports the table of domains lacks. A new one takes a reason in the same commit. */
const EXTRA_IMPORTS: readonly ExtraImport[] = [
  {
    from: "core/billing",
    to: "core/audit",
    reason:
      "changes by hand that span domains are put together here, and each is noted in its commit",
  },
  {
    from: "core/wallet/post_entry.ts",
    to: "core/notices",
    reason: "only the code that changes a balance sees it pass a threshold, in the very commit",
  },
  {
    from: "core/billing",
    to: "core/sms_billing",
    reason: "a message is rated and counted into the bill of its period in one commit",
  },
];

/** Doors opened for others. A new one takes a reason in the same commit. */
const EXTRA_DOORS: readonly ExtraDoor[] = [];

/** What is tall. A height may fall and may not rise; joining takes a reason in the same commit. */
const HEIGHTS: readonly Height[] = [
  {
    place: "main.ts",
    lineCount: 350,
    reason:
      "every door to the world is opened in this one file, whichever way the program is started",
  },
  {
    place: "core/kv/keys.ts",
    lineCount: 470,
    reason: "every key stands in one file, so that no two builders can make the same one",
  },
];

const sources = await readSources(new URL("../", import.meta.url));

type Rule = (sources: readonly Source[]) => string[];

const RULES: readonly [string, Rule][] = [
  ["the top level holds what it should and nothing else", checkTopLevel],
  ["imports run from main to routes, cron and core, and never back", checkDirections],
  ["inside core, a domain imports its columns", (all) => checkDomains(all, EXTRA_IMPORTS)],
  ["the outside world is reached through its doors", (all) => checkDoors(all, EXTRA_DOORS)],
  ["no any, no enum, no classes but errors, no star exports", checkLanguage],
  ["no path holds a word that says nothing", checkPaths],
  ["no exported name holds a word that says nothing", checkExports],
  ["every file opens with what it is", checkModuleComments],
  ["the signposts tell the truth", checkSignposts],
  ["nothing is tall but what is listed", (all) => checkSizes(all, HEIGHTS)],
  ["nothing tells of where the files were written", checkForeignWords],
];

for (const [sentence, rule] of RULES) {
  Deno.test(sentence, () => assert.deepEqual(rule(sources), []));
}

Deno.test("the map holds the program's files, so the rules above hold something", () => {
  const money = sources.find(({ path }) => path === "core/egress.ts");
  assert(money?.imports.some(({ path }) => path === "core/clock.ts"));
});
