/**
 * Runs seeds from the command line: `deno task simulate --seeds 300 --from 1`.
 *
 * `--seeds N`, `--from S`: S, S + 1, …; `--seed S`: one, again with equal hash; `--profile P`; `--trace`:
 * every event of it; `--without kv.slow,isolate`: kinds that never strike; `--until-violation`: stops
 * everybody at the first; `--strict`: known bugs too; `--workers 2`. The last line is one JSON object; exit code 1 on any violation.
 *
 * @module
 */
import { say } from "../../core/log.ts";
import { lookPastNothing } from "./known_bugs.ts";
import { type Options, readOptions } from "./options.ts";
import { type RunResult, runSeed } from "./run_seed.ts";
import { addResult, emptySummary, type Summary } from "./summary.ts";
import { runInWorkers } from "./workers.ts";

const options = readOptions(Deno.args);
if (options.isStrict) lookPastNothing();
if (options.isWorker) await work(options);
else Deno.exit(await lead(options));

/** A child: one line of JSON for each seed. */
async function work({ seeds, profile, without, untilViolation }: Options): Promise<void> {
  for (const seed of seeds) {
    const result = await runSeed({ seed, profile, without });
    await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
    if (result.violation && untilViolation) return;
  }
}

async function lead(options: Options): Promise<number> {
  const summary = emptySummary();
  const startMs = performance.now();
  const hear = (result: RunResult) => {
    addResult(summary, result);
    if (result.violation) show(result);
  };
  if (options.isTraced || options.seeds.length === 1) await runHere(options, hear);
  else await runInWorkers(options, hear);
  report(summary, performance.now() - startMs);
  return summary.violations > 0 ? 1 : 0;
}

/** One seed, twice: its history must be the same each time. */
async function runHere(options: Options, hear: (result: RunResult) => void): Promise<void> {
  const { profile, without, isTraced } = options;
  const heard = isTraced ? { say } : {};
  for (const seed of options.seeds) {
    const result = await runSeed({ seed, profile, without, ...heard });
    const again = isTraced ? result : await runSeed({ seed, profile, without });
    if (result.hash !== again.hash) {
      const message = `I12: two histories of one seed: ${result.hash} and ${again.hash}`;
      const { last } = again.violation ?? { last: [] };
      result.violation ??= { message, atVirtual: "", commit: 0, last };
    }
    say(`${seed} ${result.profile} ${result.hash} ${result.violation ? "broken" : "kept"}`);
    hear(result);
  }
}

function show({ seed, profile, violation }: RunResult): void {
  const { message, atVirtual, commit, last } = violation!;
  say(`seed ${seed} (${profile}) at ${atVirtual}, commit ${commit}: ${message}`);
  for (const line of last) say(`  ${line}`);
}

function report(summary: Summary, tookMs: number): void {
  const seconds = Math.round(tookMs / 100) / 10;
  say(JSON.stringify({ ...summary, virtualDays: round(summary.virtualDays), seconds }));
}

function round(days: number): number {
  return Math.round(days * 10) / 10;
}
