/**
 * A simulated Telnyx behind a real loopback server, and a client that talks to it.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../../core/clock.ts";
import { createEgress } from "../../../../core/egress.ts";
import { createTelnyxClient, type TelnyxClient } from "../../../../core/carriers/telnyx/client.ts";
import {
  createTelnyxSimulator,
  type TelnyxSimulator,
} from "../../../../core/carriers/telnyx/simulator.ts";
import type { TelnyxWebhookRequest } from "../../../../core/carriers/telnyx/simulated/deliveries.ts";
import { type FakeClock, fakeClock } from "../../../support/fake_clock.ts";

export const API_KEY = "KEY0123456789ABCDEF_sandboxsandbox";
/** Twenty seconds into a minute. */
export const NOW_MS = Date.UTC(2031, 2, 3, 12, 0, 20);

export interface ServedTelnyx extends AsyncDisposable {
  simulator: TelnyxSimulator;
  client: TelnyxClient;
  clock: FakeClock;
  baseUrl: string;
  /** Webhooks that arrived, in the order they did. */
  arrived: TelnyxWebhookRequest[];
  /** What the next webhooks are answered with; 200 when empty. */
  statuses: number[];
  clientOf(apiKey: string): TelnyxClient;
}

/** Numbers in [0, 1), the same each time (mulberry32). */
export function seededDraws(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function simulate(
  clock: Clock,
  random: () => number = seededDraws(),
): Pick<ServedTelnyx, "simulator" | "arrived" | "statuses"> {
  const state = { id: 0 };
  const arrived: TelnyxWebhookRequest[] = [];
  const statuses: number[] = [];
  const simulator = createTelnyxSimulator({
    clock,
    random,
    id: () => `id-${String(state.id++).padStart(6, "0")}`,
    apiKey: API_KEY,
    signingSecret: "simulated",
    deliver: (request) => {
      arrived.push(request);
      return Promise.resolve(statuses.shift() ?? 200);
    },
  });
  return { simulator, arrived, statuses };
}

export function serveTelnyx(): ServedTelnyx {
  const clock = fakeClock(NOW_MS);
  const simulated = simulate(clock);
  const served = serve((request) => simulated.simulator.app.fetch(request), clock);
  return { ...served, ...simulated, clock, client: served.clientOf(API_KEY) };
}

/** Any server in Telnyx's place. */
export function serve(
  answer: Deno.ServeHandler,
  clock: Pick<Clock, "now"> = systemClock(),
): AsyncDisposable & { baseUrl: string; clientOf(apiKey: string): TelnyxClient } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const baseUrl = `${origin}/v2`;
  // Deadlines run on the machine's clock: a fake one moves only by hand.
  const egress = createEgress({ allowedOrigins: [origin], clock: systemClock() });
  return {
    baseUrl,
    clientOf: (apiKey) => createTelnyxClient({ egress, clock, baseUrl, apiKey }),
    [Symbol.asyncDispose]: async () => {
      egress.close();
      await server.shutdown();
    },
  };
}
