/**
 * Many customers and many calls for the flows, and what the calls must come to, computed here from
 * Bland's own truth and from nothing the program wrote.
 *
 * Goes to: `tests/support/sync_world.ts`, `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { SimulatedCall } from "../../core/carriers/bland/simulated/call_list.ts";
import type { BlandSimulator } from "../../core/carriers/bland/simulator.ts";
import { decodeRow } from "../../core/kv/codec.ts";
import { verifyAllWallets } from "../../core/billing/verify_ledger.ts";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import { THEIR_NUMBER } from "./sync_world.ts";
import { populateAccount, runJobs } from "./world.ts";

/** What the shipped plan takes for a started minute: 0.11. */
export const MINUTE_MICROS = 110_000n;
/** Money every account of {@link openAccounts} begins with. */
export const FIRST_MICROS = 10_000_000_000n;

/** An account of the load. */
export const accountOf = (i: number): string => `acc-${String(i).padStart(5, "0")}`;
/** Its number. */
export const numberOf = (i: number): string => `+1212${String(5_000_000 + i)}`;

/** Opens accounts with a number since ever and {@link FIRST_MICROS}, and settles their claims. */
export async function openAccounts(deps: BillingDeps, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await populateAccount(deps, { id: accountOf(i), number: numberOf(i), micros: FIRST_MICROS });
  }
  while (await runJobs(deps) > 0);
}

/** Which calls to place: how many, over how many accounts, created when. */
export interface Load {
  calls: number;
  accounts: number;
  fromMs: number;
  toMs: number;
  random: () => number;
  /** From being asked for to connecting, at most; 20 when absent. */
  waitSecondsMax?: number;
  /** 1200 when absent. */
  talkSecondsMax?: number;
}

/** Places calls of all kinds: in and out, answered or not, mostly short ones, evenly in time. */
export function placeLoad(bland: BlandSimulator, load: Load): void {
  const { random, fromMs, toMs, calls, waitSecondsMax = 20, talkSecondsMax = 1_200 } = load;
  for (let i = 0; i < calls; i++) {
    const number = numberOf(Math.floor(random() * load.accounts));
    const isInbound = random() < 0.4;
    const wasAnswered = random() < 0.9;
    bland.placeCall({
      createdAtMs: fromMs + Math.floor(i * (toMs - fromMs) / calls),
      waitSeconds: Math.floor(random() * waitSecondsMax),
      isInbound,
      from: isInbound ? THEIR_NUMBER : number,
      to: isInbound ? number : THEIR_NUMBER,
      outcome: wasAnswered ? "completed" : random() < 0.5 ? "no-answer" : "busy",
      talkSeconds: wasAnswered ? Math.floor(random() ** 3 * talkSecondsMax) : 0,
    });
  }
}

/** What a call costs its customer at the shipped plan: 0.11 for every started minute. */
export function priceOf(call: Pick<SimulatedCall, "talkSeconds">): bigint {
  return BigInt(Math.ceil(call.talkSeconds / 60)) * MINUTE_MICROS;
}

/** Whether a call is over at an instant. */
export function hasEnded(call: SimulatedCall, nowMs: number): boolean {
  return call.startedAtMs + call.talkSeconds * 1_000 <= nowMs;
}

/** What every account of the load must have left once all ended calls are billed, once each. */
export function expectedBalances(
  bland: BlandSimulator,
  { accounts, nowMs, firstMicros = FIRST_MICROS }: {
    accounts: number;
    nowMs: number;
    firstMicros?: bigint;
  },
): Map<string, bigint> {
  const owners = new Map(Array.from({ length: accounts }, (_, i) => [numberOf(i), accountOf(i)]));
  const balances = new Map([...owners.values()].map((id) => [id, firstMicros]));
  for (const call of bland.calls()) {
    const id = owners.get(call.isInbound ? call.to : call.from);
    if (id === undefined || !hasEnded(call, nowMs)) continue;
    balances.set(id, balances.get(id)! - priceOf(call));
  }
  return balances;
}

/** Rows of a kind as they lie in the database, by key. */
export async function readRows<T>(kv: Deno.Kv, kind: string): Promise<Map<string, T>> {
  const rows = new Map<string, T>();
  for await (const { key, value } of kv.list({ prefix: [kind] }, { batchSize: 500 })) {
    rows.set(key.slice(1).join("/"), decodeRow<T>(key as string[], value));
  }
  return rows;
}

/** Every wallet's balance as it lies in the database. */
export async function readBalances(kv: Deno.Kv): Promise<Map<string, bigint>> {
  const wallets = await readRows<Wallet>(kv, "wallet");
  return new Map([...wallets].map(([id, { balanceMicros }]) => [id, balanceMicros]));
}

/** Calls that more than one `charge` entry names: each is money taken twice. */
export async function findDoubled(kv: Deno.Kv): Promise<string[]> {
  const seen = new Set<string>();
  const doubled: string[] = [];
  for (const { kind, source } of (await readRows<Entry>(kv, "entry")).values()) {
    if (kind !== "charge") continue;
    if (seen.has(source.id)) doubled.push(source.id);
    seen.add(source.id);
  }
  return doubled;
}

/** Holds that every ended call is billed once at its price, and that the ledger proves itself. */
export async function assertBooks(
  { kv, bland, deps, accounts, nowMs }: {
    kv: Deno.Kv;
    bland: BlandSimulator;
    deps: BillingDeps;
    accounts: number;
    nowMs: number;
  },
): Promise<void> {
  assert.deepEqual(await readBalances(kv), expectedBalances(bland, { accounts, nowMs }));
  const charges = await readRows<CallCharge>(kv, "charge");
  const ended = bland.calls().filter((call) => hasEnded(call, nowMs));
  assert.deepEqual(
    new Map([...charges].map(([id, { state, amountMicros }]) => [id, `${state} ${amountMicros}`])),
    new Map(ended.map((call) => [`bland:${call.callId}`, `billed ${priceOf(call)}`])),
  );
  assert.deepEqual(await findDoubled(kv), []);
  assert.deepEqual((await verifyAllWallets(deps, () => {})).differences, []);
}

/** The rows of money byte by byte, with the stamp of the commit that wrote each. */
export async function snapshotMoney(kv: Deno.Kv): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for (const kind of ["entry", "wallet", "charge"]) {
    for await (const entry of kv.list<Uint8Array>({ prefix: [kind] }, { batchSize: 500 })) {
      rows.set(entry.key.join("/"), `${entry.versionstamp} ${entry.value.toBase64()}`);
    }
  }
  return rows;
}
