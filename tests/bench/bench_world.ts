/**
 * What the benchmarks run on: the program's own doors over a database file, accounts with money and
 * numbers, and calls as a Bland client would report them.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import { systemClock } from "../../core/clock.ts";
import { createIds } from "../../core/ids.ts";
import { createGates } from "../../core/kv/gates.ts";
import { createStore, type Store, type Write } from "../../core/kv/store.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import type { CallReport } from "../../core/usage/call_usage.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import {
  accountOf,
  FIRST_MICROS,
  MINUTE_MICROS,
  numberOf,
  readRows,
} from "../support/sync_load.ts";
import { populateAccount, runJobs, seeded } from "../support/world.ts";

/** The program over a file, and every commit it has made since `writes` was last emptied. */
export interface BenchWorld {
  kv: Deno.Kv;
  deps: BillingDeps;
  writes: Write[];
}

/** Opens the program over a new file, with so many accounts. */
export async function openBenchWorld(
  { path, accounts }: { path: string; accounts: number },
): Promise<BenchWorld> {
  const kv = await Deno.openKv(path);
  const clock = systemClock();
  const writes: Write[] = [];
  const store = recording(createStore({ kv, clock }), writes);
  const ids = createIds(clock);
  const log = () => {};
  const deps = { store, gates: createGates({ store, clock, ids, log }), clock, ids, log };
  await ensureShippedPlans(deps);
  for (let i = 0; i < accounts; i++) {
    await populateAccount(deps, { id: accountOf(i), number: numberOf(i), micros: FIRST_MICROS });
  }
  while (await runJobs(deps) > 0);
  writes.length = 0;
  return { kv, deps, writes };
}

function recording(store: Store, writes: Write[]): Store {
  return {
    ...store,
    commit: (write) => {
      writes.push(write);
      return store.commit(write);
    },
  };
}

/** Finished outbound calls of 1 to 600 seconds, in turn of one account after the other. */
export function drawReports(
  { calls, accounts, seed }: { calls: number; accounts: number; seed: number },
): CallReport[] {
  const random = seeded(seed);
  const nowMs = Date.now();
  return Array.from({ length: calls }, (_, i) => {
    const seconds = 1 + Math.floor(random() * 600);
    const id = `${String(i).padStart(8, "0")}-0000-4000-8000-${String(seed).padStart(12, "0")}`;
    const startedAtMs = nowMs - 3 * 3_600_000 + i;
    return reportOf({ id, from: numberOf(i % accounts), seconds, startedAtMs });
  });
}

function reportOf(
  { id, from, seconds, startedAtMs }: {
    id: string;
    from: string;
    seconds: number;
    startedAtMs: number;
  },
): CallReport {
  const startedAt = new Date(startedAtMs).toISOString();
  const to = "+12025550123";
  return {
    carrier: "bland",
    carrierCallId: id,
    direction: "outbound",
    from,
    to,
    status: "completed",
    isFinal: true,
    startedAtMs,
    answeredAtMs: startedAtMs,
    endedAtMs: startedAtMs + seconds * 1_000,
    durationSeconds: seconds,
    costMicros: 90_000n,
    costCurrency: "USD",
    claimedAccountId: null,
    fault: null,
    record: {
      metadata_account_id: null,
      call_id: id,
      created_at: startedAt,
      started_at: startedAt,
      end_at: new Date(startedAtMs + seconds * 1_000).toISOString(),
      call_length: (seconds / 60).toFixed(12),
      corrected_duration: String(seconds),
      price: "0.09",
      status: "completed",
      queue_status: "complete",
      completed: "true",
      inbound: "false",
      is_proxy_agent_call: "false",
      to,
      from,
      answered_by: "human",
      error_message: null,
    },
  };
}

/** Holds that every wallet has its first money less what its calls cost; answers what was wrong. */
export async function findWrongMoney(
  kv: Deno.Kv,
  { reports, accounts }: { reports: CallReport[]; accounts: number },
): Promise<string[]> {
  const owners = new Map(Array.from({ length: accounts }, (_, i) => [numberOf(i), accountOf(i)]));
  const expected = new Map([...owners.values()].map((id) => [id, FIRST_MICROS]));
  for (const { from, durationSeconds } of reports) {
    const id = owners.get(from)!;
    const micros = BigInt(Math.ceil(durationSeconds! / 60)) * MINUTE_MICROS;
    expected.set(id, expected.get(id)! - micros);
  }
  const wallets = await readRows<Wallet>(kv, "wallet");
  return [...expected].filter(([id, micros]) => wallets.get(id)?.balanceMicros !== micros)
    .map(([id, micros]) => `${id} has ${wallets.get(id)?.balanceMicros}, must have ${micros}`);
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  assert(values.length > 0, "Cannot take the median of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
