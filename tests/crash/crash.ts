// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * The crash test from the command line: `deno task test:crash`, or with `--kills 200 --seed 1`,
 * `--store remote`, `--patience 180` (seconds to wait in the end for debits in doubt), or
 * `--bug early-answer` to see that it bites (`--bug all`: each of them, and all must be found).
 *
 * Says a line per kill on stderr and one line of JSON for each run at the end; exits 1 when anything was
 * lost, doubled or different, with `--bug all` when a bug was not found.
 *
 * Goes to: `tests/crash/crash_run.ts`, `tests/crash/bugs.ts`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { copyProduct, CRASH_BUGS } from "./bugs.ts";
import { type CrashReport, runCrash } from "./crash_run.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string" },
    seed: { type: "string", default: "1" },
    calls: { type: "string", default: "1000" },
    fresh: { type: "string", default: "40" },
    accounts: { type: "string", default: "20" },
    patience: { type: "string" },
    store: { type: "string", default: "sqlite" },
    bug: { type: "string" },
  },
});

if (values.bug === "all") await showThatItBites();
else {
  const { lost, doubled, differences } = await run(values.bug ?? null);
  if (lost + doubled + differences > 0) Deno.exit(1);
}

async function run(bug: string | null): Promise<CrashReport> {
  const copy = await copyProduct(bug);
  try {
    const report = await runCrash({
      kills: Number(values.kills ?? (bug === null ? "200" : "12")),
      seed: Number(values.seed),
      calls: Number(values.calls),
      freshCalls: Number(values.fresh),
      accounts: Number(values.accounts),
      patienceMs: Number(values.patience ?? (bug === null ? "0" : "20")) * 1_000,
      store: values.store === "remote" ? "remote" : "sqlite",
      root: copy.root,
      say: (line) => console.error(line),
    });
    const { findings, ...figures } = report;
    for (const [name, list] of Object.entries(findings)) {
      for (const one of list.slice(0, 20)) console.error(`${name}: ${one}`);
    }
    console.log(JSON.stringify({ ...(bug === null ? {} : { bug }), ...figures }));
    return report;
  } finally {
    await copy.remove();
  }
}

async function showThatItBites(): Promise<void> {
  const missed: string[] = [];
  for (const { name, shows } of CRASH_BUGS) {
    const report = await run(name);
    if (report[shows] === 0) missed.push(name);
  }
  if (missed.length === 0) return;
  console.error(`not found: ${missed.join(", ")}`);
  Deno.exit(1);
}
