/**
 * The world of Telnyx's flows: the program as it is wired, a simulated Telnyx behind a real loopback
 * server, its webhooks posted to the real route with real signatures, and a clock that a test moves.
 *
 * Goes to: `tests/support/world.ts`, `tests/support/app.ts`, `main.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  createTelnyxSimulator,
  type TelnyxSimulator,
} from "../../core/carriers/telnyx/simulator.ts";
import type { TelnyxWebhookRequest } from "../../core/carriers/telnyx/simulated/deliveries.ts";
import { createEgress } from "../../core/egress.ts";
import { createIds } from "../../core/ids.ts";
import type { Job } from "../../core/jobs/job.ts";
import { jobByUniqueKey, jobKey } from "../../core/kv/keys.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { type Program, wire } from "../../main.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { ADMIN, testConfig } from "./app.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";
import { entriesOf } from "./ledger.ts";
import { populateAccount, runJobs, seeded, START_MS, type World } from "./world.ts";

/** The installation's own Telnyx key. */
export const TELNYX_KEY = "KEY0123456789ABCDEF_telnyxtests";
/** What the simulated Telnyx signs with. */
export const SIGNING_SECRET = "the tests sign with this";
/** The number of `acme`, who has money and the shipped plans. */
export const OURS = "+12025550100";
/** Nobody of the world. */
export const THEIRS = "+12125550199";

/** A webhook's body has 10 s to arrive; it must not lose them to one step of the clock. */
const STEP_MS_MAX = 5_000;

/** Parsed JSON: tests look into answers of every shape. */
type Parsed = ReturnType<typeof JSON.parse>;

/** An open world; dispose of it. */
export interface TelnyxWorld extends AsyncDisposable {
  kv: Deno.Kv;
  clock: FakeClock;
  telnyx: TelnyxSimulator;
  program: Program;
  /** Another process over the same database. */
  openProcess(seed: number): Program;
  /** Every line that was logged. */
  logged: World["logged"];
  /** When detail records were asked for, and the HTTP status of the answer. */
  answered: { atMs: number; status: number }[];
  /** Lets time pass in steps, with everything that is woken by it. */
  pass(ms: number, stepMs?: number): Promise<void>;
  /** Posts a webhook as it stands. */
  post(request: TelnyxWebhookRequest, program?: Program): Promise<Response>;
  /** Asks the API as the admin's program. */
  ask(path: string, init?: RequestInit): Promise<{ status: number; body: Parsed }>;
  /** The cost job of a call. */
  jobOf(sessionId: string): Promise<Job | null>;
  /** The entries of `acme` but for its top-up. */
  entries(): Promise<Entry[]>;
}

/** How a world may differ from a plain one. */
export interface TelnyxWorldOptions {
  /** Stands before the first program's database. */
  wrap?: (kv: Deno.Kv) => Deno.Kv;
  seed?: number;
  startMs?: number;
  env?: Record<string, string>;
  openingBalance?: string;
}

/** A world with the shipped plans and `acme`. */
export async function openTelnyxWorld(options: TelnyxWorldOptions = {}): Promise<TelnyxWorld> {
  const { seed = 1, startMs = START_MS, env = {}, wrap = (kv) => kv } = options;
  const kv = await Deno.openKv(":memory:");
  const clock = fakeClock(startMs);
  const logged: World["logged"] = [];
  const answered: TelnyxWorld["answered"] = [];
  const programs: Program[] = [];
  const ways: { close(): void }[] = [];
  const send: TelnyxWorld["post"] = async ({ path, body, headers }, to = programs[0]!) =>
    await to.app.request(path, { method: "POST", body, headers });
  const telnyx = simulateTelnyx({
    clock,
    random: seeded(seed),
    openingBalance: options.openingBalance ?? "100.00",
    deliver: async (request) => (await send(request)).status,
  });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const answer = await telnyx.app.fetch(request);
      if (request.url.includes("/detail_records")) {
        answered.push({ atMs: clock.now(), status: answer.status });
      }
      return answer;
    },
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const files = await loadStaticFiles((name) =>
    Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
  );
  function openProcess(processSeed: number): Program {
    const random = seeded(processSeed);
    const egress = createEgress({ allowedOrigins: [origin], clock });
    ways.push(egress);
    const program = wire({
      kv: programs.length === 0 ? wrap(kv) : kv,
      clock,
      ids: createIds(clock, (bytes) => bytes.map(() => Math.floor(random() * 256))),
      log: (level, message, facts = {}) => void logged.push({ level, message, facts }),
      egress,
      config: testConfig({
        BLAND_API_KEY: "",
        BLAND_WEBHOOK_SECRET: "",
        TELNYX_API_KEY: TELNYX_KEY,
        TELNYX_BASE_URL: `${origin}/v2`,
        TELNYX_PUBLIC_KEY: telnyx.publicKey,
        ...env,
      }),
      files,
      sandbox: null,
    });
    programs.push(program);
    return program;
  }
  const program = openProcess(seed + 1);
  await ensureShippedPlans(program.deps);
  await populateAccount(program.deps, { id: "acme", number: OURS, micros: 1_000_000_000n });
  await runJobs(program.deps);
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await telnyx.idle();
      for (const one of programs) await one.idle();
    }
  }
  return {
    kv,
    clock,
    telnyx,
    program,
    openProcess,
    logged,
    answered,
    pass: async (ms, wantedStepMs = 1_000) => {
      const stepMs = Math.min(wantedStepMs, STEP_MS_MAX);
      await settle();
      for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
        clock.advance(Math.min(stepMs, leftMs));
        await settle();
      }
    },
    post: send,
    ask: async (path, init = { headers: ADMIN }) => {
      const answer = await program.app.request(path, init);
      return { status: answer.status, body: await answer.json() };
    },
    jobOf: async (sessionId) => {
      const { store } = program.deps;
      const key = jobByUniqueKey("telnyx_call_cost", sessionId);
      const pointer = await store.get<{ id: string }>(key);
      return pointer && ((await store.get<Job>(jobKey(pointer.value.id)))?.value ?? null);
    },
    entries: async () => (await entriesOf(program.deps.store, "acme")).slice(1),
    [Symbol.asyncDispose]: async () => {
      telnyx.stop();
      await settle();
      for (const one of programs) one.stop();
      for (const way of ways) way.close();
      await server.shutdown();
      kv.close();
    },
  };
}

/** A simulated Telnyx with ids that count. */
export function simulateTelnyx(
  { clock, random, deliver, openingBalance = "100.00" }: {
    clock: FakeClock;
    random: () => number;
    deliver?: (request: TelnyxWebhookRequest) => Promise<number>;
    openingBalance?: string;
  },
): TelnyxSimulator {
  let count = 0;
  return createTelnyxSimulator({
    clock,
    random,
    id: () => `${String(count++).padStart(8, "0")}-0000-4000-8000-000000000000`,
    apiKey: TELNYX_KEY,
    signingSecret: SIGNING_SECRET,
    deliver: deliver ?? (() => Promise.resolve(200)),
    openingBalance,
  });
}

/** The only one of a list. */
export function only<T>(list: readonly T[]): T {
  assert.equal(list.length, 1);
  return list[0]!;
}
