/**
 * The sandbox: carriers that live in this process, a clock with hands, and secrets of its own.
 *
 * It listens on loopback alone, and its secrets are printed; nothing of it exists in a live run.
 *
 * Goes to: `core/carriers/bland/simulator.ts`, `core/carriers/twilio/simulator.ts`,
 * `core/carriers/sippy/simulator.ts`, `core/sandbox/demo.ts`.
 *
 * @module
 */
import { type BlandSimulator, createBlandSimulator } from "../carriers/bland/simulator.ts";
import { createSippySimulator, type SippySimulator } from "../carriers/sippy/simulator.ts";
import { createTelnyxSimulator, type TelnyxSimulator } from "../carriers/telnyx/simulator.ts";
import { createTwilioSimulator, type TwilioSimulator } from "../carriers/twilio/simulator.ts";
import { type Clock, SECOND_MS } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { DEMO_ACCOUNTS, UNASSIGNED_NUMBER } from "./demo.ts";

/** What a sandbox is configured with where the environment says nothing. */
export const SANDBOX_ENV = {
  KV_PATH: ".data/sandbox.kv",
  ADMIN_EMAIL: "admin@example.com",
  ADMIN_PASSWORD: "sandbox-password",
  ADMIN_API_KEY: "sandbox-admin-key",
  CRON_SECRET: "sandbox-cron-secret",
  SESSION_SECRET: "sandbox-session-secret",
  METRICS_TOKEN: "sandbox-metrics-token",
  BLAND_API_KEY: "sandbox-bland-key",
  BLAND_WEBHOOK_SECRET: "sandbox-bland-webhook-secret",
  TELNYX_API_KEY: "sandbox-telnyx-key",
  TWILIO_ACCOUNT_SID: "AC00000000000000000000000000000000",
  TWILIO_AUTH_TOKEN: "sandbox-twilio-token",
  SIPPY_USERNAME: "sandbox",
  SIPPY_PASSWORD: "sandbox-sippy-password",
  LOG_FORMAT: "text",
} as const;

/** The simulated carriers. */
export interface Carriers {
  /** Voice agents, read by the sync. */
  bland: BlandSimulator;
  /** Calls and messages, told by signed events; exact costs come later. */
  telnyx: TelnyxSimulator;
  /** Calls and messages, told by callbacks, some of them lost. */
  twilio: TwilioSimulator;
  /** Collects SMS bills; some of its answers are lost. */
  sippy: SippySimulator;
}

/** One posted callback of a carrier, on its way to our own address. */
export interface CarrierPost {
  /** Below our public address. */
  path: string;
  /** As signed. */
  body: string;
  /** With the signature. */
  headers: Record<string, string>;
}

/** Simulated carriers that accept the sandbox's own keys, and know us under `publicUrl`. */
export function createCarriers(
  { clock, ids, publicUrl, post }: {
    clock: Clock;
    ids: Ids;
    publicUrl: string;
    /** Brings a callback to us; answers the HTTP status, rejects when nobody listens. */
    post: (callback: CarrierPost) => Promise<number>;
  },
): Carriers {
  const bland = createBlandSimulator({
    clock,
    random: ids.random,
    id: ids.id,
    apiKey: SANDBOX_ENV.BLAND_API_KEY,
    webhookSecret: SANDBOX_ENV.BLAND_WEBHOOK_SECRET,
  });
  const twilio = createTwilioSimulator({
    clock,
    random: ids.random,
    id: ids.id,
    accountSid: SANDBOX_ENV.TWILIO_ACCOUNT_SID,
    authToken: SANDBOX_ENV.TWILIO_AUTH_TOKEN,
    publicUrl,
    deliver: async (callback) => void await post(callback),
  });
  // As with the real one, some callbacks come twice and some never; the sweep finds those.
  twilio.faults.callbacks = { ...twilio.faults.callbacks, lossChance: 0.1, repeatChance: 0.1 };
  const telnyx = createTelnyxSimulator({
    clock,
    random: ids.random,
    id: ids.id,
    apiKey: SANDBOX_ENV.TELNYX_API_KEY,
    signingSecret: "sandbox-telnyx-signing-secret",
    openingBalance: "100.00",
    deliver: post,
  });
  // The real one does not send prices with its events unless it is told to.
  telnyx.faults.sendsCallCost = false;
  const sippy = createSippySimulator({
    clock,
    random: ids.random,
    id: ids.id,
    username: SANDBOX_ENV.SIPPY_USERNAME,
    password: SANDBOX_ENV.SIPPY_PASSWORD,
  });
  return { bland, telnyx, twilio, sippy };
}

/** Every simulated carrier behind one address, told apart by the paths they really have. */
export function serveCarriers(
  { bland, telnyx, twilio, sippy }: Carriers,
): (request: Request) => Response | Promise<Response> {
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/2010-04-01/")) return twilio.app.fetch(request);
    if (pathname.startsWith("/xmlapi/")) return sippy.app.fetch(request);
    return pathname.startsWith("/v2/") ? telnyx.app.fetch(request) : bland.app.fetch(request);
  };
}

/** Lets calls come and go on the demo's numbers until the answer is called. */
export function startDemoTraffic({ bland, telnyx, twilio, sippy }: Carriers): () => void {
  const numbers = DEMO_ACCOUNTS.flatMap((account) =>
    account.numbers.map((number) => ({ number, accountId: account.id }))
  );
  const mostly = [...numbers, ...numbers, ...numbers, { number: UNASSIGNED_NUMBER }];
  const stops = [
    bland.startTraffic({ everyMs: 7 * SECOND_MS, numbers: mostly }),
    twilio.startTraffic({ everyMs: 11 * SECOND_MS, numbers }),
    telnyx.startTraffic({ everyMs: 13 * SECOND_MS, numbers: numbers.map(({ number }) => number) }),
  ];
  return () => {
    for (const stop of stops) stop();
    twilio.stop();
    telnyx.stop();
    sippy.stop();
  };
}
