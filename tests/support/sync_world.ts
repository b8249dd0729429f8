/**
 * The world of the flows: a simulated Bland behind a real loopback server, the real way out to it, a real
 * database, and the sync and the minute as the program runs them.
 *
 * Its clock runs at the machine's pace, begins at {@link START_MS} and can be moved forward; Bland lives
 * by the same clock.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type BlandSimulator, createBlandSimulator } from "../../core/carriers/bland/simulator.ts";
import { type TestClock, testClock } from "../../core/clock.ts";
import type { BlandConfig } from "../../core/config.ts";
import { createEgress, type Egress } from "../../core/egress.ts";
import { createIds } from "../../core/ids.ts";
import { createGates } from "../../core/kv/gates.ts";
import { createStore } from "../../core/kv/store.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import { secret } from "../../core/secret.ts";
import type { SyncOutcome } from "../../core/billing/sync_outcome.ts";
import { jobKinds } from "../../cron/jobs.ts";
import { runMinute, type TickDeps } from "../../cron/mod.ts";
import { ASKED_RUN, syncCalls, type SyncRequest } from "../../cron/sync_calls.ts";
import { seeded, START_MS } from "./world.ts";

/** The installation's own Bland key. */
export const BLAND_KEY = "sk-bland-main-0123456789abcdef";
/** Somebody to call. */
export const THEIR_NUMBER = "+12125550199";

/** An open world; dispose of it. */
export interface SyncWorld extends AsyncDisposable {
  kv: Deno.Kv;
  clock: TestClock;
  bland: BlandSimulator;
  /** The program over this database. */
  deps: TickDeps;
  /** Another process over the same database: gates, ids and connections of its own. */
  openProcess(options?: { kv?: Deno.Kv; bland?: BlandConfig | null; baseUrl?: string }): TickDeps;
  /** A sync as somebody asks for it. */
  sync(request?: Partial<SyncRequest>): Promise<SyncOutcome>;
  /** A sync that must end well. */
  syncWell(request?: Partial<SyncRequest>): Promise<SyncOutcome["counts"]>;
  /** A minute of the cron. */
  minute(): Promise<void>;
  /** Every line that was logged. */
  logged: { level: string; message: string; facts: Record<string, unknown> }[];
}

/** How a world may differ from a plain one. */
export interface SyncWorldOptions {
  kv?: Deno.Kv;
  billing?: BlandConfig["billing"];
  lookbackDays?: number;
  seed?: number;
  startMs?: number;
}

/** A world with the shipped plans and nobody in it; a database that is handed in stays the caller's. */
export async function openSyncWorld(options: SyncWorldOptions = {}): Promise<SyncWorld> {
  const { billing = "sync", lookbackDays = 7, seed = 1, startMs = START_MS } = options;
  const kv = options.kv ?? await Deno.openKv(":memory:");
  const clock = testClock(startMs - Date.now());
  const random = seeded(seed);
  const drawBytes = (bytes: Uint8Array<ArrayBuffer>) => bytes.map(() => Math.floor(random() * 256));
  const bland = simulateBland({ clock, random });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    bland.app.fetch,
  );
  const mainUrl = `http://127.0.0.1:${server.addr.port}`;
  const config: BlandConfig = {
    apiKey: secret(BLAND_KEY),
    baseUrl: mainUrl,
    webhookSecrets: [secret("whsec-flows")],
    billing,
    lookbackDays,
  };
  const logged: SyncWorld["logged"] = [];
  const ways: (Egress & { close(): void })[] = [];

  const openProcess: SyncWorld["openProcess"] = (input = {}) => {
    const baseUrl = input.baseUrl ?? mainUrl;
    const ids = createIds(clock, drawBytes);
    const store = createStore({ kv: input.kv ?? kv, clock });
    const log: TickDeps["log"] = (level, message, facts = {}) =>
      void logged.push({ level, message, facts });
    const egress = createEgress({ allowedOrigins: [baseUrl], clock });
    ways.push(egress);
    const gates = createGates({ store, clock, ids, log });
    const settings = input.bland === undefined ? { ...config, baseUrl } : input.bland;
    const doors = { store, gates, clock, ids, log, egress, bland: settings };
    return { ...doors, kinds: jobKinds(doors), eventRetentionDays: 30 };
  };
  const deps = openProcess();
  await ensureShippedPlans(deps);
  const sync: SyncWorld["sync"] = (request = {}) =>
    syncCalls(deps, { actor: "test", ...ASKED_RUN, ...request });
  return {
    kv,
    clock,
    bland,
    deps,
    openProcess,
    sync,
    syncWell: async (request) => {
      const { status, reason, counts } = await sync(request);
      assert.deepEqual({ status, reason }, { status: "synced", reason: null });
      return counts;
    },
    minute: () => runMinute(deps),
    logged,
    [Symbol.asyncDispose]: async () => {
      for (const way of ways) way.close();
      await server.shutdown();
      if (!options.kv) kv.close();
    },
  };
}

function simulateBland(
  { clock, random }: { clock: TestClock; random: () => number },
): BlandSimulator {
  let count = 0;
  return createBlandSimulator({
    clock,
    random,
    id: () => `call-${String(count++).padStart(7, "0")}`,
    apiKey: BLAND_KEY,
    webhookSecret: "whsec-flows",
  });
}
