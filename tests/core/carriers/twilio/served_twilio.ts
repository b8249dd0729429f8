/**
 * A simulated Twilio behind a real loopback server, and a client that talks to it.
 *
 * @module
 */
import { type Clock, systemClock, withSleep } from "../../../../core/clock.ts";
import { createEgress } from "../../../../core/egress.ts";
import { createTwilioClient, type TwilioClient } from "../../../../core/carriers/twilio/client.ts";
import {
  createTwilioSimulator,
  type TwilioSimulator,
} from "../../../../core/carriers/twilio/simulator.ts";

export const ACCOUNT_SID = "AC1b2c3d4e5f60718293a4b5c6d7e8f901";
export const AUTH_TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
export const NOW_MS = Date.UTC(2031, 2, 3, 12);
export const PARTIES = { from: "+12025550100", to: "+37251234567" };

export interface ServedTwilio extends AsyncDisposable {
  simulator: TwilioSimulator;
  client: TwilioClient;
  baseUrl: string;
  /** Moves the present. */
  setNow(ms: number): void;
}

export function serveTwilio(): ServedTwilio {
  const state = { nowMs: NOW_MS, id: 0 };
  const clock = withSleep({ now: () => state.nowMs, after: systemClock().after });
  const simulator = createTwilioSimulator({
    clock,
    random: () => 0.5,
    id: () => String(state.id++).padStart(32, "0"),
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    publicUrl: "https://billing.example.test",
  });
  const served = serve((request) => simulator.app.fetch(request), clock);
  return { ...served, simulator, setNow: (ms) => void (state.nowMs = ms) };
}

/** Any server in Twilio's place. */
export function serve(answer: Deno.ServeHandler, clock: Clock = systemClock()): AsyncDisposable & {
  baseUrl: string;
  client: TwilioClient;
} {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const baseUrl = `http://127.0.0.1:${server.addr.port}`;
  const egress = createEgress({ allowedOrigins: [baseUrl], clock });
  const account = { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN };
  return {
    baseUrl,
    client: createTwilioClient({ egress, clock, baseUrl, ...account }),
    [Symbol.asyncDispose]: async () => {
      egress.close();
      await server.shutdown();
    },
  };
}
