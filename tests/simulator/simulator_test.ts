/**
 * A hundred days that went wrong, those that once broke a promise, and one that is lived twice.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readOptions } from "./options.ts";
import { type RunResult, runSeed } from "./run_seed.ts";
import { runInWorkers } from "./workers.ts";

/** Days that once found something. */
const REGRESSIONS: readonly { seed: number; profile: string }[] = [
  // A call at Telnyx of which only the price was told, ended by its records: whose it is.
  { seed: 310, profile: "meltdown" },
];

async function brokenOf(args: string[]): Promise<string[]> {
  const broken: string[] = [];
  let count = 0;
  await runInWorkers(readOptions(args), ({ seed, profile, violation }: RunResult) => {
    count++;
    if (violation) broken.push(`seed ${seed} (${profile}): ${violation.message}`);
  });
  assert.equal(count, readOptions(args).seeds.length);
  return broken;
}

Deno.test("a hundred days of faults break no promise", async () => {
  assert.deepEqual(await brokenOf(["--seeds", "100", "--from", "1"]), []);
});

Deno.test("days that once broke a promise break none any more", async () => {
  for (const { seed, profile } of REGRESSIONS) {
    const { violation } = await runSeed({ seed, profile });
    assert.equal(violation?.message, undefined, `seed ${seed} (${profile})`);
  }
});

Deno.test("the same seed is the same history", async () => {
  const [once, again] = [await runSeed({ seed: 51 }), await runSeed({ seed: 51 })];
  assert.equal(once.hash, again.hash);
  assert.deepEqual(once, again);
});

Deno.test("another seed is another history", async () => {
  const [one, other] = [await runSeed({ seed: 52 }), await runSeed({ seed: 53 })];
  assert.notEqual(one.hash, other.hash);
});
