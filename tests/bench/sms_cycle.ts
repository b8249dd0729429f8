// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * `deno task bench:cycle`: a daily cycle over 10 000 accounts with 1 000 000 messages. Prints what it asks
 * of the database for each bill; exits 1 on wrong money.
 *
 * Goes to: `tests/bench/cycle_run.ts`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runCycleOf } from "./cycle_run.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string", default: "10000" },
    messages: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const [accounts, messages] = [Number(values.accounts), Number(values.messages)];
const folder = await Deno.makeTempDir({ prefix: "tollkeeper-cycle-" });
const kv = await Deno.openKv(`${folder}/cycle.kv`);
try {
  const run = await runCycleOf({
    kv,
    accounts,
    messages,
    seed: Number(values.seed),
    report: (loaded) => loaded % 100_000 === 0 && console.log(`${loaded} messages loaded`),
  });
  const { created, paid } = run.tally;
  const perBill = (count: number) => (count / created).toFixed(2);
  console.log(JSON.stringify({
    accounts,
    messages: accounts * messages,
    bills: created,
    paid,
    keysReadPerBill: perBill(run.counts.keysRead),
    rowsListedPerBill: perBill(run.counts.rowsListed),
    commitsPerBill: perBill(run.counts.commits),
    messageRowsRead: run.messageReads,
    secondRun: { ...run.again.counts, created: run.again.tally.created },
    billsPerSecond: Math.round(created / run.cycleMs * 1_000),
    moneyIsRight: run.balanceMicros === run.expectedMicros,
  }));
  if (run.balanceMicros !== run.expectedMicros || created !== accounts) Deno.exitCode = 1;
} finally {
  kv.close();
  await Deno.remove(folder, { recursive: true });
}
