/**
 * The crash test in short: the program as anybody starts it, killed six times in the middle of its work.
 *
 * `deno task test:crash` is the long one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { LEASE_MS } from "../../core/jobs/lease.ts";
import { editedTexts } from "../simulator/mutants/plant.ts";
import { ROOT } from "../simulator/mutants/tree_copy.ts";
import { CRASH_BUGS } from "./bugs.ts";
import { runCrash } from "./crash_run.ts";

const options = { calls: 300, freshCalls: 60, accounts: 8, seed: 7 };
const NOTHING = { lost: [], doubled: [], differences: [] };

Deno.test("killed six times while it syncs, it loses nothing and doubles nothing", async () => {
  const report = await runCrash({ ...options, kills: 6, keepLeaseEvery: 5 });
  assert.deepEqual(report.findings, NOTHING);
  const few = Object.entries(report.acknowledged).filter(([, count]) => count < 40);
  assert.deepEqual(few, [], "too few of these were acknowledged");
  assert.deepEqual(report.signals, { SIGKILL: 3, SIGINT: 3 });
  assert(report.midway.duringSync > 0, "no kill came while a sync was under way");
  assert(report.debits > 0, "nobody paid through Sippy");
  assert(report.heldUpMsMax < LEASE_MS + 4_000, `held up ${report.heldUpMsMax} ms`);
});

Deno.test("killed over the database that Deno Deploy has, it loses nothing either", async () => {
  const report = await runCrash({
    ...options,
    calls: 100,
    freshCalls: 40,
    kills: 2,
    store: "remote",
  });
  assert.deepEqual(report.findings, NOTHING);
  assert(report.midway.duringSync > 0, "no kill came while a sync was under way");
});

Deno.test("the bugs that the long crash test must find still fit the source", () => {
  const read = (file: string) => Deno.readTextFileSync(`${ROOT}/${file}`);
  for (const bug of CRASH_BUGS) assert(editedTexts(bug, read).size > 0, bug.name);
});
