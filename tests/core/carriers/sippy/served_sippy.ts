/**
 * A simulated Sippy switch behind a real loopback server, and a client that talks to it.
 *
 * @module
 */
import { type Clock, systemClock, withSleep } from "../../../../core/clock.ts";
import { createSippyClient, type SippyClient } from "../../../../core/carriers/sippy/client.ts";
import type { DebitRequest } from "../../../../core/carriers/sippy/debit.ts";
import {
  createSippySimulator,
  type SippySimulator,
} from "../../../../core/carriers/sippy/simulator.ts";
import { createEgress } from "../../../../core/egress.ts";
import { createIds } from "../../../../core/ids.ts";
import { secret } from "../../../../core/secret.ts";

export const USERNAME = "tollkeeper";
export const PASSWORD = "p:ä ss<&>";
export const NOW_MS = Date.UTC(2031, 2, 3, 8, 15, 30);
export const I_ACCOUNT = 4711;

/** A debit of 12.50 EUR; say what is different. */
export function debitOf(changes: Partial<DebitRequest> = {}): DebitRequest {
  return {
    iAccount: I_ACCOUNT,
    amountMicros: 12_500_000n,
    currency: "EUR",
    notes: "smsbill ref=inv-2031-000042",
    paymentTimeMs: NOW_MS,
    ...changes,
  };
}

/** A client of whatever listens at an origin; every request of it is on the list. */
export function clientOf(
  origin: string,
  { clock = systemClock(), password = PASSWORD, path = "/xmlapi/xmlapi" }: {
    clock?: Clock;
    password?: string;
    path?: string;
  } = {},
): { client: SippyClient; close(): void } {
  const egress = createEgress({ allowedOrigins: [origin], clock });
  const url = origin + path;
  const client = createSippyClient(
    { egress, clock, ids: createIds(clock) },
    { url, username: USERNAME, password: secret(password) },
  );
  return { client, close: egress.close };
}

export interface ServedSippy extends AsyncDisposable {
  simulator: SippySimulator;
  client: SippyClient;
  origin: string;
  url: string;
  /** Moves the present. */
  setNow(ms: number): void;
}

/** A switch with account 4711: 100 EUR and a credit limit of 20. */
export function serveSippy(
  options: { clock?: Clock; password?: string; path?: string } = {},
): ServedSippy {
  const state = { nowMs: NOW_MS, id: 0 };
  const clock = options.clock ??
    withSleep({ now: () => state.nowMs, after: systemClock().after });
  const simulator = createSippySimulator({
    clock,
    random: () => 0.5,
    id: () => `nonce-${++state.id}`,
    username: USERNAME,
    password: PASSWORD,
  });
  simulator.placeAccount({
    iAccount: I_ACCOUNT,
    balanceMicros: 100_000_000n,
    creditLimitMicros: 20_000_000n,
    baseCurrency: "EUR",
  });
  const served = serve((request) => simulator.app.fetch(request), { ...options, clock });
  return {
    ...served,
    simulator,
    setNow: (ms) => void (state.nowMs = ms),
    [Symbol.asyncDispose]: async () => {
      simulator.stop();
      await served[Symbol.asyncDispose]();
    },
  };
}

/** Any server in the switch's place. */
export function serve(
  answer: Deno.ServeHandler,
  options: { clock?: Clock; password?: string; path?: string } = {},
): AsyncDisposable & { client: SippyClient; origin: string; url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const { client, close } = clientOf(origin, options);
  return {
    client,
    origin,
    url: origin + (options.path ?? "/xmlapi/xmlapi"),
    [Symbol.asyncDispose]: async () => {
      close();
      await server.shutdown();
    },
  };
}
