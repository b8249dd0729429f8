// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * Checks before a send: `deno run -A tests/bench/checks.ts`. Questions per second that are answered with an
 * account's key over loopback HTTP, as a ratio to a bare handler that reads one row, in turn in the same
 * run: of one account, and of a thousand in rotation.
 *
 * Before each round every account reports one more message, which its next check must tell of: so the first
 * of its checks in each round finds nothing it can remember. An answer that is wrong ends the run with 1;
 * a ratio below the target does not.
 *
 * Goes to: `tests/bench/bench_world.ts`, `tests/support/app.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import process from "node:process";
import { parseArgs } from "node:util";
import { Hono } from "hono";
import { makeApiKey } from "../../core/accounts/api_keys.ts";
import { createApp } from "../../routes/app.ts";
import { setGlobalLevel } from "../../core/sms_billing/terms.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { report, usageItem } from "../support/sms.ts";
import { testConfig } from "../support/app.ts";
import { accountOf } from "../support/sync_load.ts";
import { median, openBenchWorld } from "./bench_world.ts";

/** Checks at no less than this share of a bare handler's speed. */
const CHECK_RATIO_WANTED = 0.5;
/** Accounts of a run, one after the other. */
const ACCOUNT_COUNTS = [1, 1_000];
/** Of all accounts together at least so many, to stay below the rate limit of each. */
const KEYS_MIN = 100;

/** One round: ours and bare, in turn. */
interface CheckRound {
  ratio: number;
  /** The same by processor time, sender included, which neighbours on the machine bend less. */
  cpuRatio: number;
  oursPerSecond: number;
  barePerSecond: number;
  oursP50Ms: number;
  oursP99Ms: number;
  bareP50Ms: number;
  bareP99Ms: number;
}

/** How long the questions of a round took, one by one, together, and in processor time. */
interface Took {
  times: number[];
  seconds: number;
  cpuSeconds: number;
}

/** A server under test, and how it is asked. */
interface Served {
  url: string;
  keys: string[];
  /** What an answer must have; null for the bare one. */
  wanted: { messages: number } | null;
  close(): Promise<void>;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    checks: { type: "string", default: "4000" },
    senders: { type: "string", default: "8" },
  },
});

await main();

async function main(): Promise<void> {
  const found: Record<string, Record<string, number>> = {};
  for (const accounts of ACCOUNT_COUNTS) {
    const rounds = await runRounds(accounts);
    const ratio = median(rounds.map((round) => round.ratio));
    const verdict = ratio >= CHECK_RATIO_WANTED ? "reached" : "below target";
    console.log(
      `checks of ${accounts} to bare: median ${
        ratio.toFixed(2)
      }, wanted ${CHECK_RATIO_WANTED}: ${verdict}\n`,
    );
    const names = Object.keys(rounds[0]!) as (keyof CheckRound)[];
    found[accounts] = Object.fromEntries(
      names.map((name) => [name, Number(median(rounds.map((one) => one[name])).toFixed(2))]),
    );
  }
  console.log(JSON.stringify({ wanted: CHECK_RATIO_WANTED, accounts: found }));
}

async function runRounds(accounts: number): Promise<CheckRound[]> {
  const [rounds, checks, senders] = [values.rounds, values.checks, values.senders].map(Number);
  const folder = await Deno.makeTempDir({ prefix: "tollkeeper-bench-" });
  const { served: ours, reportOne } = await serveOurs({ path: `${folder}/ours.kv`, accounts });
  const bare = await serveBare(`${folder}/bare.kv`);
  const done: CheckRound[] = [];
  console.log("  round   ours/s   bare/s   ratio     cpu   ours p50/p99 ms   bare p50/p99 ms");
  try {
    for (const served of [ours, bare]) {
      await askAll(served, { checks: 3_000, senders: senders! });
    }
    for (let round = 1; round <= rounds!; round++) {
      await reportOne(round);
      const order = round % 2 === 0 ? [ours, bare] : [bare, ours];
      const took = new Map<Served, Took>();
      for (const served of order) {
        took.set(served, await askAll(served, { checks: checks!, senders: senders! }));
      }
      done.push(judge({ ours: took.get(ours)!, bare: took.get(bare)!, checks: checks! }));
      printRound(round, done.at(-1)!);
    }
    return done;
  } finally {
    await ours.close();
    await bare.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Asks so many times, so many at a time, with one key after the other. */
async function askAll(
  { url, keys, wanted }: Served,
  { checks, senders }: { checks: number; senders: number },
): Promise<Took> {
  const times: number[] = [];
  let next = 0;
  async function ask(): Promise<void> {
    while (next < checks) {
      const i = next++;
      const startedMs = performance.now();
      const answer = await fetch(url, {
        method: "POST",
        // As the sending code of the seed asks: it knows its price.
        body: JSON.stringify({ messageCount: 1, totalCost: 0.0075 }),
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${keys[i % keys.length]}`,
        },
      });
      const { allowed, usage } = await answer.json();
      assert.deepEqual([answer.status, allowed], [200, true]);
      if (wanted) assert.equal(usage.messages, wanted.messages);
      times.push(performance.now() - startedMs);
    }
  }
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: senders }, ask));
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startedMs) / 1_000;
  return { times, seconds, cpuSeconds: (user + system) / 1_000_000 };
}

function judge(
  { ours, bare, checks }: { ours: Took; bare: Took; checks: number },
): CheckRound {
  return {
    ratio: bare.seconds / ours.seconds,
    cpuRatio: bare.cpuSeconds / ours.cpuSeconds,
    oursPerSecond: checks / ours.seconds,
    barePerSecond: checks / bare.seconds,
    oursP50Ms: quantile(ours.times, 0.5),
    oursP99Ms: quantile(ours.times, 0.99),
    bareP50Ms: quantile(bare.times, 0.5),
    bareP99Ms: quantile(bare.times, 0.99),
  };
}

function printRound(round: number, one: CheckRound): void {
  console.log([
    String(round).padStart(7),
    one.oursPerSecond.toFixed(0).padStart(8),
    one.barePerSecond.toFixed(0).padStart(8),
    one.ratio.toFixed(2).padStart(7),
    one.cpuRatio.toFixed(2).padStart(7),
    `${one.oursP50Ms.toFixed(1)}/${one.oursP99Ms.toFixed(1)}`.padStart(17),
    `${one.bareP50Ms.toFixed(1)}/${one.bareP99Ms.toFixed(1)}`.padStart(17),
  ].join(" "));
}

/** The whole app over a file; every account has an open bill, which nothing closes. */
async function serveOurs(
  { path, accounts }: { path: string; accounts: number },
): Promise<{ served: Served; reportOne: (round: number) => Promise<void> }> {
  const { kv, deps } = await openBenchWorld({ path, accounts });
  const level = { frequency: "threshold", thresholdMicros: null, thresholdMessages: null } as const;
  await setGlobalLevel(deps, { level, isExpected: () => true, actor: "bench" });
  const ids = Array.from({ length: accounts }, (_, i) => accountOf(i));
  const keys: string[] = [];
  for (let i = 0; i < Math.max(accounts, KEYS_MIN); i++) {
    const accountId = ids[i % accounts]!;
    const made = await makeApiKey(deps, { accountId, name: "bench", actor: "bench" });
    assert(made.status === "api_key_made");
    keys.push(made.key);
  }
  const wanted = { messages: 0 };
  async function reportOne(round: number): Promise<void> {
    for (const id of ids) {
      const told = { priceMicros: 10_000n };
      const outcome = await report(deps, [usageItem(deps, `${id} ${round}`, told)], id);
      assert.equal(outcome.status, "recorded");
    }
    wanted.messages++;
  }
  await reportOne(0);
  const app = createApp(
    {
      ...deps,
      config: testConfig(),
      egress: () => Promise.resolve({ status: "unreachable", reason: "the bench stays at home" }),
      actions: { nudge: () => {} },
      sandbox: null,
      files: await loadStaticFiles((name) =>
        Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
      ),
      startedAtMs: deps.clock.now(),
      version: "bench",
    } as unknown as Parameters<typeof createApp>[0],
  );
  const served = serve((request) => app.fetch(request, { remoteAddress: "127.0.0.1" }), kv);
  const url = `${served.url}/api/v1/sms/checks`;
  return { served: { ...served, url, keys, wanted }, reportOne };
}

async function serveBare(path: string): Promise<Served> {
  const kv = await Deno.openKv(path);
  await kv.set(["account", "bare"], { allowed: true });
  const app = new Hono().post("*", async (c) => {
    const row = await kv.get<{ allowed: boolean }>(["account", "bare"]);
    return c.json(row.value);
  });
  return { ...serve((request) => app.fetch(request), kv), keys: ["bare"], wanted: null };
}

function serve(
  handle: (request: Request) => Response | Promise<Response>,
  kv: Deno.Kv,
): { url: string; close(): Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
  const close = async () => {
    await server.shutdown();
    kv.close();
  };
  return { url: `http://127.0.0.1:${server.addr.port}`, close };
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
