// deno-lint-ignore-file no-console -- a program that prints its findings
/**
 * Intake of webhooks: `deno run -A tests/bench/webhook_intake.ts`. Deliveries per second that are verified, stored once and answered,
 * over loopback HTTP, as a ratio to a bare handler that stores the same bytes, in turn in the same run.
 *
 * Goes to: `tests/bench/bench_world.ts`, `tests/support/app.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { parseArgs } from "node:util";
import { Hono } from "hono";
import { createTelnyxSimulator } from "../../core/carriers/telnyx/simulator.ts";
import type { TelnyxWebhookRequest } from "../../core/carriers/telnyx/simulated/deliveries.ts";
import { systemClock } from "../../core/clock.ts";
import { createIds } from "../../core/ids.ts";
import { createGates } from "../../core/kv/gates.ts";
import { createStore } from "../../core/kv/store.ts";
import { createApp } from "../../routes/app.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { testConfig } from "../support/app.ts";
import { seeded } from "../support/world.ts";
import { median } from "./bench_world.ts";

/** Intake at no less than this share of a bare handler's speed. */
const INTAKE_RATIO_WANTED = 0.6;

/** One round: ours and bare, in turn. */
interface IntakeRound {
  ratio: number;
  oursPerSecond: number;
  barePerSecond: number;
  oursP50Ms: number;
  oursP99Ms: number;
  bareP50Ms: number;
  bareP99Ms: number;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    events: { type: "string", default: "2000" },
    senders: { type: "string", default: "8" },
  },
});

await main();

async function main(): Promise<void> {
  const [rounds, events, senders] = [
    Number(values.rounds),
    Number(values.events),
    Number(values.senders),
  ];
  const folder = await Deno.makeTempDir({ prefix: "tollkeeper-bench-" });
  const clock = systemClock();
  const ids = createIds(clock);
  const telnyx = createTelnyxSimulator({
    clock,
    random: seeded(1),
    id: ids.id,
    apiKey: "KEY-bench",
    signingSecret: "bench",
    deliver: () => Promise.resolve(200),
  });
  const ours = await serveOurs({ path: `${folder}/ours.kv`, publicKey: telnyx.publicKey });
  const bare = await serveBare(`${folder}/bare.kv`);
  const done: IntakeRound[] = [];
  console.log("  round   ours/s   bare/s   ratio   ours p50/p99 ms   bare p50/p99 ms");
  try {
    await drawRequests(telnyx, 200).then((all) => sendAll(ours.url, { all, senders }));
    for (let round = 1; round <= rounds; round++) {
      const all = await drawRequests(telnyx, events);
      const order = round % 2 === 0 ? [ours, bare] : [bare, ours];
      const times = new Map<string, number[]>();
      const seconds = new Map<string, number>();
      for (const { url } of order) {
        const startedMs = performance.now();
        times.set(url, await sendAll(url, { all, senders }));
        seconds.set(url, (performance.now() - startedMs) / 1_000);
      }
      const perSecond = (url: string) => all.length / seconds.get(url)!;
      const one: IntakeRound = {
        ratio: perSecond(ours.url) / perSecond(bare.url),
        oursPerSecond: perSecond(ours.url),
        barePerSecond: perSecond(bare.url),
        oursP50Ms: quantile(times.get(ours.url)!, 0.5),
        oursP99Ms: quantile(times.get(ours.url)!, 0.99),
        bareP50Ms: quantile(times.get(bare.url)!, 0.5),
        bareP99Ms: quantile(times.get(bare.url)!, 0.99),
      };
      done.push(one);
      console.log([
        String(round).padStart(7),
        one.oursPerSecond.toFixed(0).padStart(8),
        one.barePerSecond.toFixed(0).padStart(8),
        one.ratio.toFixed(2).padStart(7),
        `${one.oursP50Ms.toFixed(1)}/${one.oursP99Ms.toFixed(1)}`.padStart(17),
        `${one.bareP50Ms.toFixed(1)}/${one.bareP99Ms.toFixed(1)}`.padStart(17),
      ].join(" "));
    }
    const stored = await ours.count();
    assert.equal(stored, rounds * events + 200, "every delivery is stored once");
    const ratio = median(done.map((round) => round.ratio));
    const verdict = ratio >= INTAKE_RATIO_WANTED ? "reached" : "below target";
    console.log(
      `intake to bare: median ${ratio.toFixed(2)}, wanted ${INTAKE_RATIO_WANTED}: ${verdict}`,
    );
    console.log(JSON.stringify(Object.fromEntries(
      (Object.keys(done[0]!) as (keyof IntakeRound)[]).map((name) => [
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

/** Signed events of calls, each with its own id. */
function drawRequests(
  telnyx: ReturnType<typeof createTelnyxSimulator>,
  count: number,
): Promise<TelnyxWebhookRequest[]> {
  const all: TelnyxWebhookRequest[] = [];
  while (all.length < count) {
    const leg = { from: "+12025550100", to: "+12125550199", talkSeconds: 61 };
    const { sessionId } = telnyx.placeCall({ legs: [leg], isSilent: true });
    all.push(...telnyx.renderWebhooks(sessionId));
  }
  return Promise.resolve(all.slice(0, count));
}

/** Sends all of them, so many at a time; answers how long each took. */
async function sendAll(
  url: string,
  { all, senders }: { all: readonly TelnyxWebhookRequest[]; senders: number },
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  async function send(): Promise<void> {
    while (next < all.length) {
      const { path, body, headers } = all[next++]!;
      const startedMs = performance.now();
      const answer = await fetch(url + path, { method: "POST", body, headers });
      await answer.body?.cancel();
      assert.equal(answer.status, 200);
      times.push(performance.now() - startedMs);
    }
  }
  await Promise.all(Array.from({ length: senders }, send));
  return times;
}

async function serveOurs({ path, publicKey }: { path: string; publicKey: string }) {
  const kv = await Deno.openKv(path);
  const clock = systemClock();
  const store = createStore({ kv, clock });
  const ids = createIds(clock);
  const log = () => {};
  const app = createApp(
    {
      store,
      gates: createGates({ store, clock, ids, log }),
      clock,
      ids,
      log,
      config: testConfig({ TELNYX_API_KEY: "KEY-bench", TELNYX_PUBLIC_KEY: publicKey }),
      egress: () => Promise.resolve({ status: "unreachable", reason: "the bench stays at home" }),
      actions: {
        syncCalls: () => Promise.reject(new Error("not asked for")),
        runJob: () => Promise.resolve(false),
        processCallCosts: () => Promise.reject(new Error("not asked for")),
        // Intake alone is measured: what follows from an event is work of its own.
        nudge: () => {},
      },
      sandbox: null,
      files: await loadStaticFiles((name) =>
        Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
      ),
      startedAtMs: clock.now(),
      version: "bench",
    } as unknown as Parameters<typeof createApp>[0],
  );
  const served = serve((request) => app.fetch(request, { remoteAddress: "127.0.0.1" }), kv);
  const count = async () => {
    let found = 0;
    for await (const _row of kv.list({ prefix: ["event"] })) found++;
    return found;
  };
  return { ...served, count };
}

async function serveBare(path: string) {
  const kv = await Deno.openKv(path);
  const app = new Hono().post("*", async (c) => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    await kv.set(["bare", crypto.randomUUID()], bytes);
    return c.json({ received: true });
  });
  return serve((request) => app.fetch(request), kv);
}

function serve(handle: (request: Request) => Response | Promise<Response>, kv: Deno.Kv) {
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
