// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * The benchmarks: `deno task bench`. Prints every round in a table and one line of JSON with the medians.
 *
 * Figures are ratios to the raw database on the same machine in the same minute, ours and raw in turn, so
 * that they say something about the program and little about the disk. Exits 1 on wrong money or a
 * failed post, never because something is slow.
 *
 * Goes to: `tests/bench/settle.ts`, `tests/bench/hot_wallet.ts`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { median } from "./bench_world.ts";
import { type HotWalletRound, postAtOnce } from "./hot_wallet.ts";
import { settleOnce, type SettleRound } from "./settle.ts";

/** Settling at no less than half the speed of the raw database. */
const SETTLE_RATIO_WANTED = 0.5;
/** A hot wallet five times as fast as writers that fight for it. */
const HOT_RATIO_WANTED = 5;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    calls: { type: "string", default: "10000" },
    accounts: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
  },
});

await main();

async function main(): Promise<void> {
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  const folder = await Deno.makeTempDir({ prefix: "tollkeeper-bench-" });
  const machine = await describeMachine(folder);
  console.log(`${machine}, seed ${seed}, ${rounds} rounds\n`);
  try {
    const many = { calls: Number(values.calls), accounts: Number(values.accounts), seed, folder };
    const settle = await settleRounds("(a) settle", { ...many, rounds });
    const hot = await hotRounds({ writers: 64, postsEach: 20, folder, rounds });
    const single = { calls: Number(values.calls) / 2, accounts: 1, seed, folder };
    const large = await settleRounds("(c) one wallet", { ...single, rounds: Math.min(3, rounds) });
    const wrong = [...settle, ...hot, ...large].flatMap((round) => round.wrong);
    const failures = hot.reduce((sum, round) => sum + round.failures, 0);
    judge("(a) settle to raw", { rounds: settle, wanted: SETTLE_RATIO_WANTED });
    judge("(b) hot wallet to naive", { rounds: hot, wanted: HOT_RATIO_WANTED });
    for (const line of wrong.slice(0, 20)) console.error(`wrong money: ${line}`);
    console.log(JSON.stringify({
      machine,
      seed,
      rounds,
      settle: summarize(settle, ["ratio", "callsPerSecond", "intakeMs", "billingMs", "rawMs"]),
      hotWallet: summarize(hot, ["ratio", "oursPerSecond", "naivePerSecond", "naiveTries"]),
      oneWallet: summarize(large, ["ratio", "callsPerSecond"]),
      failures,
      wrongMoney: wrong.length,
    }));
    if (wrong.length + failures > 0) Deno.exitCode = 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function settleRounds(
  title: string,
  { rounds, ...options }: {
    rounds: number;
    calls: number;
    accounts: number;
    seed: number;
    folder: string;
  },
): Promise<SettleRound[]> {
  console.log(`${title}: ${options.calls} calls of ${options.accounts} accounts`);
  console.log("  round  intake  billing     raw   ratio  calls/s  commits  rows/call  bytes/call");
  const done: SettleRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    const one = await settleOnce({ ...options, round });
    done.push(one);
    console.log([
      String(round).padStart(7),
      `${one.intakeMs.toFixed(0)} ms`.padStart(7),
      `${one.billingMs.toFixed(0)} ms`.padStart(8),
      `${one.rawMs.toFixed(0)} ms`.padStart(7),
      one.ratio.toFixed(2).padStart(7),
      one.callsPerSecond.toFixed(0).padStart(8),
      String(one.commits).padStart(8),
      one.rowsPerCall.toFixed(1).padStart(10),
      one.bytesPerCall.toFixed(0).padStart(11),
    ].join(" "));
  }
  return done;
}

async function hotRounds(
  { rounds, ...options }: { rounds: number; writers: number; postsEach: number; folder: string },
): Promise<HotWalletRound[]> {
  console.log(`(b) one wallet, ${options.writers} at once, ${options.postsEach} posts each`);
  console.log("  round   ours/s  naive/s   ratio  commits  tries of a naive post  failures");
  const done: HotWalletRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    const one = await postAtOnce({ ...options, round });
    done.push(one);
    console.log([
      String(round).padStart(7),
      one.oursPerSecond.toFixed(0).padStart(8),
      one.naivePerSecond.toFixed(0).padStart(8),
      one.ratio.toFixed(1).padStart(7),
      String(one.commits).padStart(8),
      one.naiveTries.toFixed(1).padStart(22),
      String(one.failures).padStart(9),
    ].join(" "));
  }
  return done;
}

function judge(
  title: string,
  { rounds, wanted }: { rounds: readonly { ratio: number }[]; wanted: number },
): void {
  const ratio = median(rounds.map((round) => round.ratio));
  const verdict = ratio >= wanted ? "reached" : "below target";
  console.log(`${title}: median ${ratio.toFixed(2)}, wanted ${wanted}: ${verdict}`);
}

function summarize<T extends object>(
  rounds: readonly T[],
  names: readonly (keyof T & string)[],
): Record<string, number> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      Math.round(median(rounds.map((round) => round[name] as number)) * 100) / 100,
    ]),
  );
}

async function describeMachine(folder: string): Promise<string> {
  const cpu = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = /model name\s*:\s*(.+)/.exec(cpu)?.[1] ?? Deno.build.arch;
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${model} x ${navigator.hardwareConcurrency}, ${memory} GiB, ${Deno.build.os}, ` +
    `Deno ${Deno.version.deno}, files in ${folder}`;
}
