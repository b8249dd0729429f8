/**
 * What a run of the crash test goes on with, and what every part of it does: starting the product,
 * placing traffic, looking at the rows.
 *
 * @module
 */
import type { CarriersSaid, ReviseRequest } from "./carriers_server.ts";
import type { BlandLoad, Traffic } from "./place_traffic.ts";
import { freePort, type Product, startProduct } from "./processes.ts";
import { CRASH_SECRETS } from "./secrets.ts";
import type { TopUps } from "./top_ups.ts";
import type { UsageReports } from "./usage_reports.ts";

/** Which run. */
export interface CrashOptions {
  kills: number;
  /** Calls of Bland before the first kill. */
  calls: number;
  /** Calls of Bland before every kill; of the rest of the traffic there is a fixed amount. */
  freshCalls: number;
  accounts: number;
  seed: number;
  /** Where the rows lie: in a file, or behind a KV Connect server with an unsteady line. */
  store?: "sqlite" | "remote";
  /** One kill in so many leaves its leases in place, so that the next run has to wait for their end. */
  keepLeaseEvery?: number;
  /** How long to wait in the end for what settles by itself: debits in doubt, exact costs. */
  patienceMs?: number;
  /** The tree of the product, when it is not this one. */
  root?: string | undefined;
  say?: (line: string) => void;
}

/** What was seen of the kills. */
export interface Seen {
  signals: { SIGKILL: number; SIGINT: number };
  /** SIGINTs that had to be followed by a SIGKILL. */
  late: number;
  /** Kills that came while a sync was under way. */
  duringSync: number;
  /** Kills that came while a debit was under way to Sippy. */
  duringPayment: number;
  /** Kills that left calls stored and not yet billed. */
  leftUnbilled: number;
  /** Kills that left webhooks acknowledged and not yet worked off. */
  leftInInbox: number;
  heldUpMsMax: number;
  restartsMs: number[];
  /** Starts that came to nothing and were tried again, as whoever runs the product would. */
  failedStarts: number;
}

/** A run under way. */
export interface Stage {
  options: CrashOptions;
  random: () => number;
  carriers: CarriersSaid;
  kvPath: string;
  kvToken: string | undefined;
  topUps: TopUps;
  reports: UsageReports;
  /** What the ledger's own proof found after a kill. */
  unproven: string[];
  /** How long a sync lasts: kills are spread over it, and a little beyond. */
  syncMs: number;
  /** Attempts of debits that earlier kills have left under way. */
  leftSending: Set<string>;
  seen: Seen;
}

/** Longer than a sync may wait for another one. */
const ANSWER_MS_MAX = 120_000;

/** Starts the product and tells the carriers where it is. */
export async function start(stage: Stage): Promise<Product> {
  const { kvPath, kvToken, carriers, options: { root } } = stage;
  const tryOnce = () => startProduct({ root, kvPath, kvToken, carriers, port: freePort() });
  const product = await tryOnce().catch(() => {
    stage.seen.failedStarts++;
    return tryOnce();
  });
  stage.seen.restartsMs.push(product.startedInMs);
  await pointCarriers(stage, product.url);
  return product;
}

/** Tells the carriers where their webhooks go; null while nobody is there. */
export async function pointCarriers({ carriers }: Stage, url: string | null): Promise<void> {
  await ask(`${carriers.url}/control/product`, { method: "POST", body: JSON.stringify({ url }) });
}

/** Places traffic at the carriers; of what is left out there is none. */
export async function placeTraffic(
  { carriers, options: { accounts }, random }: Stage,
  { bland = [], ...others }: Partial<Omit<Traffic, "seed" | "accounts" | "bland">> & {
    bland?: BlandLoad[];
  },
): Promise<void> {
  const none = { telnyxCalls: 0, telnyxMessages: 0, twilioCalls: 0, twilioMessages: 0 };
  const seed = Math.floor(random() * 2 ** 31);
  const traffic: Traffic = { seed, accounts, bland, ...none, ...others };
  await ask(`${carriers.url}/control/traffic`, { method: "POST", body: JSON.stringify(traffic) });
}

/** Has Bland tell some calls differently from now on. */
export async function reviseCalls({ carriers, options, random }: Stage): Promise<void> {
  const seed = Math.floor(random() * 2 ** 31);
  const revised: ReviseRequest = { calls: options.freshCalls / 10, withinMs: 780_000, seed };
  await ask(`${carriers.url}/control/revisions`, { method: "POST", body: JSON.stringify(revised) });
}

/** Asks an address of the schedulers; true when it says that it succeeded. It does not throw. */
export async function askCron({ url }: Product, path: string): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${CRASH_SECRETS.CRON_SECRET}` };
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetch(url + path, { method: "POST", headers, signal });
    const answer = await response.json() as { success?: boolean };
    return answer.success === true;
  } catch {
    return false;
  }
}

/** Reads JSON. */
export async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  return await (await fetch(url, init)).json() as T;
}

/** Opens the database for a look. */
export async function withRows<T>(
  { kvPath }: Stage,
  look: (kv: Deno.Kv) => Promise<T>,
): Promise<T> {
  const kv = await Deno.openKv(kvPath);
  try {
    return await look(kv);
  } finally {
    kv.close();
  }
}

/** How many rows there are of a kind. */
export async function countRows(kv: Deno.Kv, kind: string): Promise<number> {
  return (await Array.fromAsync(kv.list({ prefix: [kind] }, { batchSize: 500 }))).length;
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
