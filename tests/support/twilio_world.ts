/**
 * The world of Twilio's flows: the program as it is wired, a simulated Twilio behind a real loopback
 * server, its callbacks posted to the real route with real signatures, and a clock that a test moves.
 *
 * Goes to: `tests/support/world.ts`, `tests/support/app.ts`, `main.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatForm } from "../../core/carriers/twilio/form.ts";
import { formatRfc2822 } from "../../core/carriers/twilio/fields/rfc_2822.ts";
import type { SimulatedCallback } from "../../core/carriers/twilio/simulated/callbacks.ts";
import {
  createTwilioSimulator,
  type TwilioSimulator,
} from "../../core/carriers/twilio/simulator.ts";
import { formatTwilioSignature } from "../../core/carriers/twilio/webhook.ts";
import { createEgress } from "../../core/egress.ts";
import { createIds } from "../../core/ids.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import { type Program, wire } from "../../main.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { ADMIN, PUBLIC_URL, testConfig } from "./app.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";
import { seeded, START_MS, type World } from "./world.ts";

/** The installation's Twilio account. */
export const ACCOUNT_SID = "AC1b2c3d4e5f60718293a4b5c6d7e8f901";
/** Its token. */
export const AUTH_TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/** Where calls are told of. */
export const VOICE = "/webhook/twilio/voice";
/** Where messages are told of. */
export const MESSAGES = "/webhook/twilio/messages";

/** Parsed JSON: tests look into answers of every shape. */
type Parsed = ReturnType<typeof JSON.parse>;

/** An open world; dispose of it. */
export interface TwilioWorld extends AsyncDisposable {
  kv: Deno.Kv;
  clock: FakeClock;
  twilio: TwilioSimulator;
  program: Program;
  /** Every line that was logged. */
  logged: World["logged"];
  /** Posts a callback as it stands, without waiting for what follows from it. */
  post(callback: Pick<SimulatedCallback, "path" | "body" | "headers">): Promise<Response>;
  /** Signs these parameters, posts them, and waits until the inbox is empty. */
  say(parameters: Record<string, string>, path?: string): Promise<Response>;
  /** Delivers callbacks one by one; each must be answered as Twilio expects. */
  deliver(callbacks: readonly SimulatedCallback[]): Promise<void>;
  /** Asks the API as the admin's program. */
  ask(path: string, headers?: Record<string, string>): Promise<Parsed>;
  /** A sweep that must end well. */
  sweep(): Promise<void>;
}

/** A world with the shipped plans and nobody in it. */
export async function openTwilioWorld(
  { startMs = START_MS, seed = 1, env = {} }: {
    startMs?: number;
    seed?: number;
    env?: Record<string, string>;
  } = {},
): Promise<TwilioWorld> {
  const kv = await Deno.openKv(":memory:");
  const clock = fakeClock(startMs);
  const logged: World["logged"] = [];
  const twilio = simulateTwilio({ clock, random: seeded(seed) });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    twilio.app.fetch,
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}`;
  const egress = createEgress({ allowedOrigins: [baseUrl], clock });
  const random = seeded(seed + 1);
  const program = wire({
    kv,
    clock,
    ids: createIds(clock, (bytes) => bytes.map(() => Math.floor(random() * 256))),
    log: (level, message, facts = {}) => void logged.push({ level, message, facts }),
    egress,
    config: testConfig({ ...TWILIO_ENV, TWILIO_BASE_URL: baseUrl, ...env }),
    files: await loadStaticFiles((name) =>
      Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
    ),
    sandbox: null,
  });
  await ensureShippedPlans(program.deps);
  const post: TwilioWorld["post"] = async ({ path, body, headers }) =>
    await program.app.request(path, { method: "POST", body, headers });
  return {
    kv,
    clock,
    twilio,
    program,
    logged,
    post,
    say: async (parameters, path = VOICE) => {
      const answer = await post(sign(parameters, path));
      await program.idle();
      return answer;
    },
    deliver: async (callbacks) => {
      for (const callback of callbacks) {
        const answer = await post(callback);
        assert.equal(await answer.text(), "<Response></Response>");
        await program.idle();
      }
    },
    ask: async (path, headers = ADMIN) => {
      const answer = await program.app.request(path, { headers });
      return await answer.json();
    },
    sweep: async () => {
      const { status, reason } = await program.sync({ actor: "test" });
      assert.deepEqual({ status, reason }, { status: "synced", reason: null });
    },
    [Symbol.asyncDispose]: async () => {
      await program.idle();
      egress.close();
      await server.shutdown();
      kv.close();
    },
  };
}

/** Twilio alone is on. */
export const TWILIO_ENV: Record<string, string> = {
  BLAND_API_KEY: "",
  BLAND_WEBHOOK_SECRET: "",
  TWILIO_ACCOUNT_SID: ACCOUNT_SID,
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
};

/** A signed callback of these parameters. */
export function sign(
  parameters: Record<string, string>,
  path: string = VOICE,
): Pick<SimulatedCallback, "path" | "body" | "headers"> {
  const form = Object.entries(parameters).map(([name, value]) => ({ name, value }));
  const url = PUBLIC_URL + path;
  return {
    path,
    body: formatForm(form),
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      "x-twilio-signature": formatTwilioSignature({
        url,
        parameters: form,
        authToken: AUTH_TOKEN,
      }),
    },
  };
}

/** A `completed` callback that says when the call ended, as Twilio writes it. */
export function completed(
  { sid, seconds, startedAtMs, from, to }: {
    sid: string;
    seconds: number;
    startedAtMs: number;
    from: string;
    to: string;
  },
): Record<string, string> {
  return {
    CallSid: sid,
    AccountSid: ACCOUNT_SID,
    CallStatus: "completed",
    CallDuration: String(seconds),
    Direction: "inbound",
    From: from,
    To: to,
    Timestamp: formatRfc2822(startedAtMs + seconds * 1_000),
  };
}

function simulateTwilio(
  { clock, random }: { clock: FakeClock; random: () => number },
): TwilioSimulator {
  let count = 0;
  return createTwilioSimulator({
    clock,
    random,
    id: () => String(count++).padStart(32, "0"),
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    publicUrl: PUBLIC_URL,
  });
}
