/**
 * The sandbox: carriers that live in this process, a clock with hands, and secrets of its own.
 *
 * It listens on loopback alone, and its secrets are printed; nothing of it exists in a live run.
 *
 * Goes to: `core/carriers/bland/simulator.ts`, `core/sandbox/demo.ts`.
 *
 * @module
 */
import { type BlandSimulator, createBlandSimulator } from "../carriers/bland/simulator.ts";
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
  LOG_FORMAT: "text",
} as const;

/** The simulated carriers. */
export interface Carriers {
  bland: BlandSimulator;
}

/** Simulated carriers that accept the sandbox's own keys. */
export function createCarriers({ clock, ids }: { clock: Clock; ids: Ids }): Carriers {
  return {
    bland: createBlandSimulator({
      clock,
      random: ids.random,
      id: ids.id,
      apiKey: SANDBOX_ENV.BLAND_API_KEY,
      webhookSecret: SANDBOX_ENV.BLAND_WEBHOOK_SECRET,
    }),
  };
}

/** Lets calls come and go on the demo's numbers until the answer is called. */
export function startDemoTraffic({ bland }: Carriers): () => void {
  const numbers = DEMO_ACCOUNTS.flatMap((account) =>
    account.numbers.map((number) => ({ number, accountId: account.id }))
  );
  const mostly = [...numbers, ...numbers, ...numbers];
  return bland.startTraffic({
    everyMs: 7 * SECOND_MS,
    numbers: [...mostly, { number: UNASSIGNED_NUMBER }],
  });
}
