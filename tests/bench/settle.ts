/**
 * How fast calls are settled (stored, owned, rated, charged, sealed, counted), as the sync does it, beside
 * the raw database writing the very same keys and bytes in the very same commits.
 *
 * Goes to: `tests/bench/bench_world.ts`.
 *
 * @module
 */
import { billDue } from "../../core/billing/bill_due.ts";
import { addTally, emptyTally, recordCalls } from "../../core/billing/record_calls.ts";
import type { Write } from "../../core/kv/store.ts";
import { type BenchWorld, drawReports, findWrongMoney, openBenchWorld } from "./bench_world.ts";

/** How much to settle, and where. */
export interface SettleOptions {
  calls: number;
  accounts: number;
  seed: number;
  folder: string;
  /** Names the files of a round. */
  round: number;
}

/** One round: ours, then the raw database. */
export interface SettleRound {
  intakeMs: number;
  billingMs: number;
  oursMs: number;
  rawMs: number;
  /** Ours as a part of the raw speed. */
  ratio: number;
  callsPerSecond: number;
  commits: number;
  rowsPerCall: number;
  bytesPerCall: number;
  wrong: string[];
}

/** Rows of one page of Bland's listing: what the sync hands over at a time. */
const PAGE_ROWS = 1_000;
/** Wallets that billing commits side by side; taking in commits one after the other. */
const BILLING_AT_ONCE = 16;

/** Settles the calls on a new file, then writes the same commits raw to another one. */
export async function settleOnce(options: SettleOptions): Promise<SettleRound> {
  const { calls, accounts, folder, round } = options;
  const path = `${folder}/settle-${accounts}-${round}`;
  const world = await openBenchWorld({ path: `${path}-ours.kv`, accounts });
  const reports = drawReports(options);
  const startedMs = performance.now();
  const fresh = await takeIn(world, reports);
  const takenMs = performance.now();
  const intakeCommits = world.writes.length;
  const { billed } = await billDue(world.deps, { actor: "sync", fresh });
  const endedMs = performance.now();
  const wrong = await findWrongMoney(world.kv, { reports, accounts });
  if (billed.length !== calls) wrong.push(`${billed.length} of ${calls} calls were billed`);
  world.kv.close();
  const rawMs = await writeRaw(`${path}-raw.kv`, [
    { writes: world.writes.slice(0, intakeCommits), atOnce: 1 },
    { writes: world.writes.slice(intakeCommits), atOnce: BILLING_AT_ONCE },
  ]);
  const oursMs = endedMs - startedMs;
  return {
    intakeMs: takenMs - startedMs,
    billingMs: endedMs - takenMs,
    oursMs,
    rawMs,
    ratio: rawMs / oursMs,
    callsPerSecond: calls / oursMs * 1_000,
    ...sizesOf(world.writes, calls),
    wrong,
  };
}

async function takeIn({ deps }: BenchWorld, reports: ReturnType<typeof drawReports>) {
  const tally = emptyTally();
  for (let i = 0; i < reports.length; i += PAGE_ROWS) {
    const part = await recordCalls(deps, {
      carrier: "bland",
      sourceId: "bland:main",
      keyAccountId: null,
      reports: reports.slice(i, i + PAGE_ROWS),
      atMs: deps.clock.now(),
    });
    addTally(tally, part);
  }
  return tally.fresh;
}

/**
 * Milliseconds that the database alone takes for the same commits, without any check or thought: in the
 * same order, with as many on their way at a time as ours had.
 */
async function writeRaw(
  path: string,
  phases: { writes: readonly Write[]; atOnce: number }[],
): Promise<number> {
  const kv = await Deno.openKv(path);
  const startedMs = performance.now();
  for (const { writes, atOnce } of phases) {
    const left = writes.values();
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (const write of left) await toAtomic(kv, write).commit();
    }));
  }
  const rawMs = performance.now() - startedMs;
  kv.close();
  return rawMs;
}

function toAtomic(kv: Deno.Kv, write: Write): Deno.AtomicOperation {
  const atomic = kv.atomic();
  for (const { key, bytes } of write.puts) atomic.set(key, bytes);
  for (const key of write.deletes) atomic.delete(key);
  return atomic;
}

function sizesOf(writes: readonly Write[], calls: number) {
  const puts = writes.flatMap((write) => write.puts);
  const bytes = puts.reduce((sum, put) => sum + put.bytes.length, 0);
  return {
    commits: writes.length,
    rowsPerCall: puts.length / calls,
    bytesPerCall: bytes / calls,
  };
}
