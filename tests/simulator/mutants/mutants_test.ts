/**
 * The list of planted bugs fits the source as it is today, and a run of the simulator is judged rightly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MUTANTS } from "./all_mutants.ts";
import { editedTexts } from "./plant.ts";
import { judge } from "./run_simulator.ts";
import { ROOT } from "./tree_copy.ts";

const read = (file: string) => Deno.readTextFileSync(`${ROOT}/${file}`);

Deno.test("every planted bug fits its files exactly once", () => {
  const unfit = MUTANTS.flatMap((mutant) => {
    try {
      editedTexts(mutant, read);
      return [];
    } catch (error) {
      return (error as Error).message;
    }
  });
  assert.deepEqual(unfit, []);
});

Deno.test("there are at least 25 planted bugs, each with a name of its own", () => {
  assert.ok(MUTANTS.length >= 25, `${MUTANTS.length}`);
  assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});

Deno.test("those that the reliability standard names are among them", () => {
  const names = new Set(MUTANTS.map(({ name }) => name));
  assert.deepEqual(STANDARD.filter((name) => !names.has(name)), []);
});

Deno.test("planted bugs change the program only, and each says what it breaks", () => {
  for (const { name, breaks, guards, edits } of MUTANTS) {
    assert.ok(edits.length > 0 && breaks !== "", name);
    assert.match(guards, /^[A-HPR]\d+(, [A-HPR]\d+)*$/, name);
    for (const { file } of edits) assert.match(file, /^(core|cron|routes)\//, name);
  }
});

Deno.test("an edit that fits twice, or not at all, is refused", () => {
  const of = (find: string) => () =>
    editedTexts({ name: "one", edits: [{ file: "a.ts", find, replace: "" }] }, () => "a b b");
  assert.throws(of("b"), /Cannot plant one: its text stands 2 times in a.ts/);
  assert.throws(of("c"), /stands 0 times/);
  assert.deepEqual(of("a ")(), new Map([["a.ts", "b b"]]));
});

Deno.test("only a promise that was broken counts as found", () => {
  const summary = (message: string | null) =>
    JSON.stringify({ seeds: 3, firstViolation: message && { seed: 3, profile: "calm", message } });
  const of = (code: number, stdout: string) => judge({ code, seeds: 3, stdout, stderr: "oh" });
  assert.equal(of(0, summary(null)).status, "kept");
  assert.equal(of(0, summary(null).replace("3", "2")).status, "broken");
  const found = of(1, `seed 3\n${summary("ViolationError: I7: a call is lost")}\n`);
  assert.deepEqual(found.status === "violated" && [found.seed, found.invariant], [3, "I7"]);
  assert.equal(of(1, summary("TypeError: a is not a function")).status, "broken");
  assert.equal(
    of(1, summary("ViolationError: I10: ReferenceError: a is not defined")).status,
    "broken",
  );
  assert.equal(of(1, "no JSON").status, "broken");
});

/** Section 4 of the standard, but for values as V8 objects (see `all_mutants.ts`). */
const STANDARD = [
  ...["blind-retry", "sum", "cursor-early", "no-overlap-window", "ack-early", "no-fence"],
  ...["pay-retry-blind", "lookup-too-soon", "stale-adjust", "skew-pool", "dedupe-ttl"],
  ...["month-by-arrival", "hook-500", "late-landing", "post-resent", "list-decides"],
  ...["ungated-group", "no-remainder", "two-topups", "report-drift"],
];
