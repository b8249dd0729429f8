/**
 * One run of the crash test: calls and messages at every carrier, top-ups and reports of usage, bills
 * paid through Sippy, the product killed again and again in the middle of it, and then the count of what
 * is there.
 *
 * The moments are drawn from a seed, counted from the instant at which Bland is asked for calls; where in
 * a commit they fall is the machine's own affair, so a run repeats in kind and not in detail.
 *
 * Goes to: `tests/crash/stage.ts`, `tests/crash/kill_once.ts`, `tests/crash/settle.ts`,
 * `tests/crash/check_books.ts`.
 *
 * @module
 */
import { seeded } from "../support/world.ts";
import type { CarriersSaid } from "./carriers_server.ts";
import { checkBooks } from "./check_books.ts";
import type { Findings, Visible } from "./findings.ts";
import { killOnce } from "./kill_once.ts";
import { openAccounts } from "./open_accounts.ts";
import { startScript } from "./processes.ts";
import { settle } from "./settle.ts";
import {
  ask,
  type CrashOptions,
  placeTraffic,
  type Seen,
  type Stage,
  start,
  withRows,
} from "./stage.ts";
import type { Truth } from "./truth.ts";

/** What came of it. */
export interface CrashReport {
  store: "sqlite" | "remote";
  kills: number;
  signals: { SIGKILL: number; SIGINT: number };
  /** Kills that came while a sync, a payment or webhooks were under way, and what they left undone. */
  midway: Omit<Seen, "signals" | "heldUpMsMax" | "restartsMs" | "late" | "failedStarts">;
  /** SIGINTs that had to be followed by a SIGKILL. */
  late: number;
  /** Starts that came to nothing and had to be tried again. */
  failedStarts: number;
  /** What the carriers know. */
  calls: number;
  messages: number;
  /** What was acknowledged, by kind, and how often it was asked for. */
  acknowledged: Record<string, number>;
  asked: Record<string, number>;
  /** Debits made at Sippy, and requests for one that it got. */
  debits: number;
  debitRequests: number;
  lost: number;
  doubled: number;
  differences: number;
  /** What stands where people see it. */
  visible: Visible;
  restartsMs: { median: number; max: number };
  /** Longest wait behind the lease of a dead run, in milliseconds. */
  heldUpMsMax: number;
  seconds: number;
  seed: number;
  findings: Findings;
}

const HOUR_MS = 3_600_000;
/** How long a sync is taken to last before one was seen to end. */
const SYNC_MS_FIRST = 700;

/** Kills the product so many times and counts what is there afterwards. */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  const startedMs = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "tollkeeper-crash-" });
  await using carriers = await startScript<CarriersSaid>("tests/crash/carriers_server.ts");
  await using remote = options.store === "remote"
    ? await startScript<{ url: string; token: string }>("tests/crash/kv_server.ts")
    : null;
  if (remote) Deno.env.set("DENO_KV_ACCESS_TOKEN", remote.said.token);
  const stage: Stage = {
    options,
    random: seeded(options.seed),
    carriers: carriers.said,
    kvPath: remote?.said.url ?? `${folder}/crash.kv`,
    kvToken: remote?.said.token,
    topUps: { all: [], contradicted: [] },
    reports: { all: [], contradicted: [] },
    unproven: [],
    syncMs: SYNC_MS_FIRST,
    leftSending: new Set(),
    seen: {
      signals: { SIGKILL: 0, SIGINT: 0 },
      late: 0,
      duringSync: 0,
      duringPayment: 0,
      leftUnbilled: 0,
      leftInInbox: 0,
      heldUpMsMax: 0,
      restartsMs: [],
      failedStarts: 0,
    },
  };
  try {
    const earlier = { calls: options.calls, fromAgoMs: 144 * HOUR_MS, toAgoMs: HOUR_MS };
    await placeTraffic(stage, { bland: [earlier] });
    let product = await start(stage);
    await openAccounts(product.url, options.accounts);
    for (let kill = 1; kill <= options.kills; kill++) {
      product = await killOnce(stage, { product, kill });
    }
    await settle(stage, product);
    const truth = await ask<Truth>(`${stage.carriers.url}/control/truth`);
    const { topUps, reports } = stage;
    const known = { truth, topUps, reports, accounts: options.accounts };
    const checked = await withRows(stage, (kv) => checkBooks(kv, known));
    checked.findings.differences.push(...stage.unproven);
    return reportOf(stage, { ...checked, truth, startedMs });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function reportOf(
  { options, topUps, reports, seen }: Stage,
  { findings, visible, truth, startedMs }: {
    findings: Findings;
    visible: Visible;
    truth: Truth;
    startedMs: number;
  },
): CrashReport {
  const { signals, late, failedStarts, heldUpMsMax, restartsMs, ...midway } = seen;
  const inOrder = restartsMs.toSorted((a, b) => a - b).map(Math.round);
  const kinds = {
    top_up: topUps.all.map((one) => ({ ...one, isAcknowledged: one.acknowledged !== null })),
    usage_report: reports.all.map((one) => ({ ...one, isAcknowledged: one.acknowledged !== null })),
    ...Object.groupBy(truth.deliveries, ({ kind }) => kind),
  };
  const byKind = (of: (list: { isAcknowledged: boolean; asked: number }[]) => number) =>
    Object.fromEntries(Object.entries(kinds).map(([kind, list]) => [kind, of(list)]));
  const usage = reports.all.reduce((sum, { acknowledged }) => sum + (acknowledged?.length ?? 0), 0);
  return {
    store: options.store ?? "sqlite",
    kills: options.kills,
    signals,
    midway,
    late,
    failedStarts,
    calls: truth.calls.length,
    messages: truth.messages.length + usage,
    acknowledged: byKind((list) => list.filter(({ isAcknowledged }) => isAcknowledged).length),
    asked: byKind((list) => list.reduce((sum, { asked }) => sum + asked, 0)),
    debits: truth.debits.length,
    debitRequests: truth.debitRequests,
    lost: findings.lost.length,
    doubled: findings.doubled.length,
    differences: findings.differences.length,
    visible,
    restartsMs: { median: inOrder[inOrder.length >> 1] ?? 0, max: inOrder.at(-1) ?? 0 },
    heldUpMsMax,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    seed: options.seed,
    findings,
  };
}
