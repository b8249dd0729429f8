/**
 * The crash test in short: the program as anybody starts it, killed six times in the middle of its syncs.
 *
 * `deno task test:crash` is the long one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { LEASE_MS } from "../../core/jobs/lease.ts";
import { runCrash } from "./crash_run.ts";

const options = { calls: 1_500, freshCalls: 200, accounts: 15, seed: 7 };

Deno.test("killed six times while it syncs, it loses nothing and doubles nothing", async () => {
  const report = await runCrash({ ...options, kills: 6, keepLeaseEvery: 4 });
  assert.deepEqual(report.findings, { lost: [], doubled: [], differences: [] });
  assert(report.acknowledged >= 40, `only ${report.acknowledged} top-ups were acknowledged`);
  assert(report.duringSync > 0, "no kill came while a sync was under way");
  assert(report.heldUpMsMax < LEASE_MS + 4_000, `held up ${report.heldUpMsMax} ms`);
});

Deno.test("killed over the database that Deno Deploy has, it loses nothing either", async () => {
  const report = await runCrash({ ...options, calls: 600, kills: 2, isRemote: true });
  assert.deepEqual(report.findings, { lost: [], doubled: [], differences: [] });
  assert(report.duringSync > 0, "no kill came while a sync was under way");
});
