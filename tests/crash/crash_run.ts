/**
 * One run of the crash test: thousands of calls, the product killed again and again in the middle of its
 * syncs, and then the count of what is there.
 *
 * The moments are drawn from a seed, counted from the instant at which Bland is asked for calls; where in
 * a commit they fall is the machine's own affair, so a run repeats in kind and not in detail.
 *
 * Goes to: `tests/crash/processes.ts`, `tests/crash/check_books.ts`.
 *
 * @module
 */
import { LEASE_MS } from "../../core/jobs/lease.ts";
import { leaseKey } from "../../core/kv/keys.ts";
import { accountOf, FIRST_MICROS, numberOf } from "../support/sync_load.ts";
import { seeded } from "../support/world.ts";
import type { PlaceRequest, ReviseRequest, Truth } from "./bland_server.ts";
import { checkBooks, type Findings } from "./check_books.ts";
import { CRASH_SECRETS, freePort, type Product, startProduct, startScript } from "./processes.ts";
import { amountOf, askTopUps, type TopUps, wishTopUp } from "./top_ups.ts";

/** Which run. */
export interface CrashOptions {
  kills: number;
  /** Calls before the first kill; fresh ones come before every kill. */
  calls: number;
  freshCalls: number;
  accounts: number;
  seed: number;
  /** Whether the rows lie behind a KV Connect server of its own instead of in a file. */
  isRemote?: boolean;
  /** One kill in so many leaves its lease in place, so that the next run has to wait for its end. */
  keepLeaseEvery?: number;
  say?: (line: string) => void;
}

/** What came of it. */
export interface CrashReport {
  kills: number;
  /** Kills that came while a sync was under way, and those that left calls stored and not yet billed. */
  duringSync: number;
  leftUnbilled: number;
  /** Those of them by SIGINT. */
  interrupts: number;
  calls: number;
  /** Top-ups acknowledged, and how often they were asked for. */
  acknowledged: number;
  asked: number;
  lost: number;
  doubled: number;
  differences: number;
  /** Longest wait behind the lease of a dead run, in milliseconds. */
  heldUpMsMax: number;
  seconds: number;
  seed: number;
  findings: Findings;
}

const HOUR_MS = 3_600_000;
const MAIN_LEASE = leaseKey("sync:bland:main");
/** How long a sync is taken to last before one was seen to end. */
const SYNC_MS_FIRST = 900;
/** Schedulers that ask at the same time, as two of them or an impatient person would. */
const SYNCS_AT_ONCE = 3;
/** Longer than a sync may wait for another one. */
const ANSWER_MS_MAX = 120_000;
/** Rounds of syncing and asking after the last kill. */
const TRIES_MAX = 30;

/** Kills the product so many times and counts what is there afterwards. */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  const startedMs = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "tollkeeper-crash-" });
  await using bland = await startScript<{ url: string }>("tests/crash/bland_server.ts");
  await using remote = options.isRemote
    ? await startScript<{ url: string; token: string }>("tests/support/kv_connect.ts")
    : null;
  if (remote) Deno.env.set("DENO_KV_ACCESS_TOKEN", remote.said.token);
  const stage: Stage = {
    options,
    random: seeded(options.seed),
    blandUrl: bland.said.url,
    kvPath: remote?.said.url ?? `${folder}/crash.kv`,
    kvToken: remote?.said.token,
    topUps: { all: [], contradicted: [] },
    syncMs: SYNC_MS_FIRST,
    seen: { duringSync: 0, leftUnbilled: 0, interrupts: 0, heldUpMsMax: 0 },
  };
  try {
    await placeCalls(stage, { calls: options.calls, fromAgoMs: 144 * HOUR_MS, toAgoMs: HOUR_MS });
    let product = await start(stage);
    await openAccounts(stage, product);
    for (let kill = 1; kill <= options.kills; kill++) {
      product = await killOnce(stage, { product, kill });
    }
    await settle(stage, product);
    const { calls } = await ask<Truth>(`${stage.blandUrl}/control/truth`);
    const findings = await withRows(
      stage,
      (kv) => checkBooks(kv, { calls, topUps: stage.topUps, accounts: options.accounts }),
    );
    return reportOf(stage, { calls: calls.length, findings, startedMs });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Stage {
  options: CrashOptions;
  random: () => number;
  blandUrl: string;
  kvPath: string;
  kvToken: string | undefined;
  topUps: TopUps;
  /** How long a sync lasts: kills are spread over it, and a little beyond. */
  syncMs: number;
  seen: { duringSync: number; leftUnbilled: number; interrupts: number; heldUpMsMax: number };
}

function start({ kvPath, kvToken, blandUrl }: Stage): Promise<Product> {
  return startProduct({ kvPath, kvToken, blandUrl, port: freePort() });
}

/** One kill: fresh calls, a sync and top-ups under way, the end, and the next start. */
async function killOnce(
  stage: Stage,
  { product, kill }: { product: Product; kill: number },
): Promise<Product> {
  const { options, random, topUps } = stage;
  await placeFreshCalls(stage);
  const listings = await ask<number>(`${stage.blandUrl}/control/listings`);
  const fromMs = performance.now();
  let isSyncing = true;
  let endedMs = 0;
  const sync = Promise.all(Array.from({ length: SYNCS_AT_ONCE }, () => syncOnce(product))).then(
    () => {
      isSyncing = false;
      endedMs = performance.now();
    },
  );
  for (let i = 0; i < 8; i++) wishTopUp(topUps, { accounts: options.accounts, random });
  const paying = askTopUps(topUps, { url: product.url, random });
  while (isSyncing && await ask<number>(`${stage.blandUrl}/control/listings`) === listings) {
    await pause(3);
  }
  const begunMs = performance.now();
  const heldUpMs = begunMs - fromMs;
  stage.seen.heldUpMsMax = Math.max(stage.seen.heldUpMsMax, Math.round(heldUpMs));
  await pause(random() * 1.2 * stage.syncMs);
  stage.syncMs = isSyncing ? stage.syncMs * 1.1 : Math.max(50, endedMs - begunMs);
  if (isSyncing) stage.seen.duringSync++;
  const signal = random() < 0.15 ? "SIGINT" : "SIGKILL";
  if (signal === "SIGINT") stage.seen.interrupts++;
  const end = await product.kill(signal);
  await Promise.all([sync, paying]);
  const left = await withRows(stage, (kv) => visitRows(kv, { options, kill }));
  if (left > 0) stage.seen.leftUnbilled++;
  const next = await start(stage);
  options.say?.(
    `kill ${kill}: ${signal} (${end.signal ?? end.code}), held up ${Math.round(heldUpMs)} ms, ` +
      `${left} calls left unbilled, restarted in ${Math.round(next.startedInMs)} ms`,
  );
  return next;
}

/** Between an end and the next start: counts the calls that are due, and mostly takes the lease away. */
async function visitRows(
  kv: Deno.Kv,
  { options: { keepLeaseEvery = 5 }, kill }: { options: CrashOptions; kill: number },
): Promise<number> {
  if (kill % keepLeaseEvery !== 0) await kv.delete([...MAIN_LEASE]);
  return (await Array.fromAsync(kv.list({ prefix: ["call_due"] }, { batchSize: 500 }))).length;
}

/** After the last kill: all is settled, then some calls are told differently and it is settled again. */
async function settle(stage: Stage, product: Product): Promise<void> {
  await settleOnce(stage, product);
  await reviseCalls(stage);
  await settleOnce(stage, product);
  // Once more, for every key: whoever repeats is told what he was told before.
  await askTopUps(stage.topUps, { url: product.url, random: () => 0 });
  await product.kill("SIGINT");
}

/** Syncs and asks until everybody has had a good answer. */
async function settleOnce(stage: Stage, product: Product): Promise<void> {
  const { random, topUps } = stage;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await askTopUps(topUps, { url: product.url, random });
    const { openCalls } = await ask<Truth>(`${stage.blandUrl}/control/truth`);
    const isSynced = await syncOnce(product);
    const isDone = isSynced && openCalls === 0;
    if (isDone && topUps.all.every(({ acknowledged }) => acknowledged)) break;
    await pause(LEASE_MS / 10);
  }
}

/** True when the sync says that it succeeded; whatever happens to it, it does not throw. */
async function syncOnce({ url }: Product): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${CRASH_SECRETS.CRON_SECRET}` };
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetch(`${url}/api/calls/scheduled-sync`, { headers, signal });
    const answer = await response.json() as { success?: boolean };
    return answer.success === true;
  } catch {
    return false;
  }
}

async function openAccounts({ options }: Stage, { url }: Product): Promise<void> {
  const headers = {
    authorization: `Bearer ${CRASH_SECRETS.ADMIN_API_KEY}`,
    "content-type": "application/json",
  };
  const post = async (path: string, body: object, key?: string) => {
    const response = await fetch(`${url}/api/v1/accounts${path}`, {
      method: "POST",
      headers: { ...headers, ...(key ? { "idempotency-key": key } : {}) },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`Cannot open accounts: ${path}: ${text}`);
  };
  for (let i = 0; i < options.accounts; i++) {
    const id = accountOf(i);
    await post("", { id, name: id });
    await post(`/${id}/numbers`, { number: numberOf(i), from: "2020-01-01T00:00:00Z" });
    await post(`/${id}/top-ups`, { amount: amountOf(FIRST_MICROS) }, `first-${id}`);
  }
}

/**
 * Calls of the last minutes that have ended, and a few that end while the product is killed; some that
 * were told before are told differently now.
 */
async function placeFreshCalls(stage: Stage): Promise<void> {
  const { freshCalls: calls } = stage.options;
  await placeCalls(stage, { calls, fromAgoMs: 780_000, toAgoMs: 240_000, talkSecondsMax: 200 });
  const soon = { waitSecondsMax: 2, talkSecondsMax: 4 };
  await placeCalls(stage, { calls: 10, fromAgoMs: 1_000, toAgoMs: 0, ...soon });
  await reviseCalls(stage);
}

async function reviseCalls({ blandUrl, options, random }: Stage): Promise<void> {
  const seed = Math.floor(random() * 2 ** 31);
  const revised: ReviseRequest = { calls: options.freshCalls / 10, withinMs: 780_000, seed };
  await ask(`${blandUrl}/control/revisions`, { method: "POST", body: JSON.stringify(revised) });
}

async function placeCalls(
  { blandUrl, options, random }: Stage,
  load: Omit<PlaceRequest, "accounts" | "seed">,
): Promise<void> {
  const seed = Math.floor(random() * 2 ** 31);
  const asked: PlaceRequest = { ...load, accounts: options.accounts, seed };
  await ask(`${blandUrl}/control/calls`, { method: "POST", body: JSON.stringify(asked) });
}

async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  return await (await fetch(url, init)).json() as T;
}

async function withRows<T>({ kvPath }: Stage, look: (kv: Deno.Kv) => Promise<T>): Promise<T> {
  const kv = await Deno.openKv(kvPath);
  try {
    return await look(kv);
  } finally {
    kv.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function reportOf(
  { options, topUps, seen }: Stage,
  { calls, findings, startedMs }: { calls: number; findings: Findings; startedMs: number },
): CrashReport {
  return {
    kills: options.kills,
    ...seen,
    calls,
    acknowledged: topUps.all.filter(({ acknowledged }) => acknowledged).length,
    asked: topUps.all.reduce((sum, { asked }) => sum + asked, 0),
    lost: findings.lost.length,
    doubled: findings.doubled.length,
    differences: findings.differences.length,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    seed: options.seed,
    findings,
  };
}
