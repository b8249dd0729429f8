// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * Checks before a send: `deno run -A tests/bench/checks.ts`. Questions per second that are answered with an
 * account's key over loopback HTTP, as a ratio to a bare handler that reads one row, in turn in the same
 * run.
 *
 * Goes to: `tests/bench/bench_world.ts`, `tests/support/app.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { parseArgs } from "node:util";
import { Hono } from "hono";
import { makeApiKey } from "../../core/accounts/api_keys.ts";
import { createApp } from "../../routes/app.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { report, usageItem } from "../support/sms.ts";
import { testConfig } from "../support/app.ts";
import { accountOf } from "../support/sync_load.ts";
import { median, openBenchWorld } from "./bench_world.ts";

/** Checks at no less than this share of a bare handler's speed. */
const CHECK_RATIO_WANTED = 0.5;
/** Each with a key of its own, so that together they stay below the rate limit of keys. */
const ACCOUNTS = 100;

/** One round: ours and bare, in turn. */
interface CheckRound {
  ratio: number;
  oursPerSecond: number;
  barePerSecond: number;
  oursP50Ms: number;
  oursP99Ms: number;
  bareP50Ms: number;
  bareP99Ms: number;
}

/** A server under test, and how it is asked. */
interface Served {
  url: string;
  keys: string[];
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
  const [rounds, checks, senders] = [
    Number(values.rounds),
    Number(values.checks),
    Number(values.senders),
  ];
  const folder = await Deno.makeTempDir({ prefix: "tollkeeper-bench-" });
  const ours = await serveOurs(`${folder}/ours.kv`);
  const bare = await serveBare(`${folder}/bare.kv`);
  const done: CheckRound[] = [];
  console.log("  round   ours/s   bare/s   ratio   ours p50/p99 ms   bare p50/p99 ms");
  try {
    for (const served of [ours, bare]) await askAll(served, { checks: 2_000, senders });
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 === 0 ? [ours, bare] : [bare, ours];
      const took = new Map<Served, { times: number[]; seconds: number }>();
      for (const served of order) took.set(served, await askAll(served, { checks, senders }));
      done.push(judge({ ours: took.get(ours)!, bare: took.get(bare)!, checks }));
      printRound(round, done.at(-1)!);
    }
    const ratio = median(done.map((round) => round.ratio));
    const verdict = ratio >= CHECK_RATIO_WANTED ? "reached" : "below target";
    console.log(
      `checks to bare: median ${ratio.toFixed(2)}, wanted ${CHECK_RATIO_WANTED}: ${verdict}`,
    );
    console.log(JSON.stringify(Object.fromEntries(
      (Object.keys(done[0]!) as (keyof CheckRound)[]).map((name) => [
        name,
        Math.round(median(done.map((round) => round[name])) * 100) / 100,
      ]),
    )));
  } finally {
    await ours.close();
    await bare.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Asks so many times, so many at a time, with one key after the other. */
async function askAll(
  { url, keys }: Served,
  { checks, senders }: { checks: number; senders: number },
): Promise<{ times: number[]; seconds: number }> {
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
      const { allowed } = await answer.json();
      assert.equal(answer.status, 200);
      assert.equal(allowed, true);
      times.push(performance.now() - startedMs);
    }
  }
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: senders }, ask));
  return { times, seconds: (performance.now() - startedMs) / 1_000 };
}

function judge(
  { ours, bare, checks }: {
    ours: { times: number[]; seconds: number };
    bare: { times: number[]; seconds: number };
    checks: number;
  },
): CheckRound {
  return {
    ratio: bare.seconds / ours.seconds,
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
    `${one.oursP50Ms.toFixed(1)}/${one.oursP99Ms.toFixed(1)}`.padStart(17),
    `${one.bareP50Ms.toFixed(1)}/${one.bareP99Ms.toFixed(1)}`.padStart(17),
  ].join(" "));
}

/** The whole app over a file; every account has an open bill. */
async function serveOurs(path: string): Promise<Served> {
  const { kv, deps } = await openBenchWorld({ path, accounts: ACCOUNTS });
  const keys: string[] = [];
  for (let i = 0; i < ACCOUNTS; i++) {
    const accountId = accountOf(i);
    await report(deps, [usageItem(deps, "m1"), usageItem(deps, "m2")], accountId);
    const made = await makeApiKey(deps, { accountId, name: "bench", actor: "bench" });
    assert(made.status === "api_key_made");
    keys.push(made.key);
  }
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
  return { ...served, url: `${served.url}/api/v1/sms/checks`, keys };
}

async function serveBare(path: string): Promise<Served> {
  const kv = await Deno.openKv(path);
  await kv.set(["account", "bare"], { allowed: true });
  const app = new Hono().post("*", async (c) => {
    const row = await kv.get<{ allowed: boolean }>(["account", "bare"]);
    return c.json(row.value);
  });
  return { ...serve((request) => app.fetch(request), kv), keys: ["bare"] };
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
