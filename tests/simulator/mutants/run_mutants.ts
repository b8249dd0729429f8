/**
 * Tries every planted bug from the command line: `deno task simulate:mutants`.
 *
 * `--only sum,torn-commit`: these; `--seeds N`: 300 unless said; `--jobs N`: 2 unless said; `--list`: names
 * them and runs nothing. Exit code 1 when one survives or cannot be tried, or
 * when a seed breaks a promise without any of them. The last line is JSON.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { say } from "../../../core/log.ts";
import { MUTANTS } from "./all_mutants.ts";
import type { Mutant } from "./mutant.ts";
import { type Fate, type Tried, tryMutants } from "./try_mutants.ts";
import { listWorlds } from "./worlds.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seeds: { type: "string", default: "300" },
    jobs: { type: "string", default: "2" },
    list: { type: "boolean", default: false },
  },
});

const chosen = choose(values.only);
if (values.list) {
  for (const { name, guards, breaks } of chosen) say(row(name, guards, breaks));
} else {
  Deno.exit(await tryAll());
}

async function tryAll(): Promise<number> {
  const { tried, brokenSeeds } = await tryMutants({
    mutants: chosen,
    seeds: Number(values.seeds),
    jobs: Number(values.jobs),
    worlds: await listWorlds(),
    hear: ({ mutant, fate, seconds }) => say(`${mutant.name}: ${describe(fate)} (${seconds} s)`),
  });
  say("");
  say(row("mutant", "guards", "seed", "found by"));
  for (const { mutant: { name, guards }, fate } of tried) {
    const isCaught = fate.status === "caught";
    say(
      row(name, guards, isCaught ? String(fate.seed) : "-", isCaught ? fate.message : fate.status),
    );
  }
  const failed = tried.filter(({ fate }) => fate.status === "survived" || fate.status === "error");
  say(JSON.stringify({
    mutants: tried.length,
    caught: namesOf(tried, "caught").length,
    survived: namesOf(tried, "survived"),
    skipped: namesOf(tried, "skipped"),
    errors: namesOf(tried, "error"),
    brokenSeeds,
  }));
  return failed.length + brokenSeeds.length > 0 ? 1 : 0;
}

function choose(only: string): Mutant[] {
  const names = only.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !MUTANTS.some((mutant) => mutant.name === name));
  if (unknown !== undefined) throw new Error(`Cannot try ${unknown}: there is no such mutant`);
  return MUTANTS.filter(({ name }) => names.length === 0 || names.includes(name));
}

function namesOf(tried: Tried[], status: Fate["status"]): string[] {
  return tried.filter(({ fate }) => fate.status === status).map(({ mutant }) => mutant.name);
}

function describe(fate: Fate): string {
  switch (fate.status) {
    case "caught":
      return `caught at seed ${fate.seed} by ${fate.invariant}`;
    case "survived":
      return `SURVIVED ${fate.seeds} seeds`;
    case "skipped":
      return `skipped: the simulator has no ${fate.needs} world`;
    case "error":
      return `ERROR: ${fate.reason}`;
  }
}

function row(name: string, guards: string, ...rest: string[]): string {
  const [seed = "", ...more] = rest;
  return [name.padEnd(20), guards.padEnd(16), seed.padEnd(5), more.join(" ").slice(0, 110)].join(
    " ",
  )
    .trimEnd();
}
