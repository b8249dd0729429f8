/**
 * What a cycle of SMS billing asks of the database: so much for a bill, however many messages it has.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type CycleRun, runCycleOf } from "../bench/cycle_run.ts";

async function run(load: { accounts: number; messages: number }): Promise<CycleRun> {
  const kv = await Deno.openKv(":memory:");
  try {
    return await runCycleOf({ kv, ...load });
  } finally {
    kv.close();
  }
}

Deno.test("closing a day reads no message, a dozen keys for each bill, and nothing when run again", async () => {
  const few = await run({ accounts: 40, messages: 5 });
  const many = await run({ accounts: 40, messages: 70 });
  for (const one of [few, many]) {
    assert.equal(one.balanceMicros, one.expectedMicros);
    assert.deepEqual([one.tally.created, one.tally.paid, one.messageReads], [40, 40, 0]);
    assert.deepEqual(one.again.counts, { keysRead: 0, rowsListed: 0, lists: 1, commits: 0 });
  }
  assert.deepEqual(many.counts, few.counts);
  assert(many.counts.keysRead / 40 <= 12, `${many.counts.keysRead / 40} keys for a bill`);
  assert.equal(many.counts.commits, 40);
});
