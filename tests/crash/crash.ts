// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * The crash test from the command line: `deno task test:crash`, or with `--kills 50 --seed 1 --remote`.
 *
 * Says a line per kill on stderr and one line of JSON at the end; exits 1 when anything was lost, doubled
 * or different.
 *
 * Goes to: `tests/crash/crash_run.ts`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runCrash } from "./crash_run.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    calls: { type: "string", default: "4000" },
    fresh: { type: "string", default: "400" },
    accounts: { type: "string", default: "50" },
    remote: { type: "boolean", default: false },
  },
});

const { findings, ...report } = await runCrash({
  kills: Number(values.kills),
  seed: Number(values.seed),
  calls: Number(values.calls),
  freshCalls: Number(values.fresh),
  accounts: Number(values.accounts),
  isRemote: values.remote,
  say: (line) => console.error(line),
});
for (const [name, list] of Object.entries(findings)) {
  for (const one of list.slice(0, 20)) console.error(`${name}: ${one}`);
}
console.log(JSON.stringify(report));
if (report.lost + report.doubled + report.differences > 0) Deno.exit(1);
