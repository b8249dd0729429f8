/**
 * A simulated Bland behind a real loopback server, and a client that talks to it.
 *
 * @module
 */
import { type Clock, systemClock, withSleep } from "../../../../core/clock.ts";
import { createEgress } from "../../../../core/egress.ts";
import { type BlandClient, createBlandClient } from "../../../../core/carriers/bland/client.ts";
import {
  type BlandSimulator,
  createBlandSimulator,
} from "../../../../core/carriers/bland/simulator.ts";

export const API_KEY = "sk-bland-4f6d1c0a9b8e7d6c";
export const NOW_MS = Date.UTC(2031, 2, 3, 12);

export interface ServedBland extends AsyncDisposable {
  simulator: BlandSimulator;
  client: BlandClient;
  baseUrl: string;
  clientOf(apiKey: string): BlandClient;
  /** Moves the present. */
  setNow(ms: number): void;
}

export function serveBland(): ServedBland {
  const state = { nowMs: NOW_MS, id: 0 };
  const clock = withSleep({ now: () => state.nowMs, after: systemClock().after });
  const simulator = createBlandSimulator({
    clock,
    random: () => 0.5,
    id: () => `call-${String(state.id++).padStart(6, "0")}`,
    apiKey: API_KEY,
    webhookSecret: "whsec_demo",
  });
  const served = serve((request) => simulator.app.fetch(request), clock);
  return {
    ...served,
    simulator,
    client: served.clientOf(API_KEY),
    setNow: (ms) => void (state.nowMs = ms),
  };
}

/** Any server in Bland's place. */
export function serve(answer: Deno.ServeHandler, clock: Clock = systemClock()): AsyncDisposable & {
  baseUrl: string;
  clientOf(apiKey: string): BlandClient;
} {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const baseUrl = `http://127.0.0.1:${server.addr.port}`;
  const egress = createEgress({ allowedOrigins: [baseUrl], clock });
  return {
    baseUrl,
    clientOf: (apiKey) => createBlandClient({ egress, clock, baseUrl, apiKey }),
    [Symbol.asyncDispose]: async () => {
      egress.close();
      await server.shutdown();
    },
  };
}
