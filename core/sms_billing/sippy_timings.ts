/**
 * How fast Sippy answers: one small row a UTC day, for the statistics of SMS billing.
 *
 * Payments do not wait for it to be right: what cannot be stored is left out.
 *
 * @module
 */
import { type Clock, DAY_MS, utcDay } from "../clock.ts";
import { sippyTimingKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { SmsDeps } from "./deps.ts";
import type { SippyGateway } from "./sippy_gateway.ts";

/** One UTC day's answers. */
export interface SippyTiming {
  /** UTC, as `2026-11-20`. */
  day: string;
  /** Requests that were answered or given up. */
  count: number;
  /** All of them together. */
  totalMs: number;
  /** The slowest. */
  maxMs: number;
  /** The latest. */
  lastMs: number;
  /** When that one ended. */
  lastAtMs: number;
}

/** One request of a run. */
export interface TakenTime {
  /** How long it took. */
  tookMs: number;
  /** When it ended. */
  atMs: number;
}

/** The same gateway, which remembers how long each answer took. */
export function timeGateway(
  sippy: SippyGateway,
  clock: Pick<Clock, "now">,
): SippyGateway & { taken(): TakenTime[] } {
  const taken: TakenTime[] = [];
  async function timed<T extends { tookMs: number | null }>(asked: Promise<T>): Promise<T> {
    const answer = await asked;
    if (answer.tookMs !== null) taken.push({ tookMs: answer.tookMs, atMs: clock.now() });
    return answer;
  }
  return {
    debit: (order) => timed(sippy.debit(order)),
    findDebits: (window) => timed(sippy.findDebits(window)),
    accountInfo: (request) => timed(sippy.accountInfo(request)),
    taken: () => taken,
  };
}

/** Adds a run's requests to their day. Never throws. */
export async function keepTimings(
  deps: Pick<SmsDeps, "gates" | "log">,
  taken: readonly TakenTime[],
): Promise<void> {
  const last = taken.at(-1);
  if (!last) return;
  const day = utcDay(last.atMs);
  const key = sippyTimingKey(day);
  try {
    await deps.gates.change({
      gate: key,
      stage: async (batch) => {
        const before = await batch.get<SippyTiming>(key);
        batch.set(key, addTimes(before ?? noTiming(day), taken));
      },
    });
  } catch (error) {
    deps.log("warn", "How fast Sippy answered was not stored", { error });
  }
}

function noTiming(day: string): SippyTiming {
  return { day, count: 0, totalMs: 0, maxMs: 0, lastMs: 0, lastAtMs: 0 };
}

function addTimes(timing: SippyTiming, taken: readonly TakenTime[]): SippyTiming {
  const last = taken.at(-1)!;
  return {
    ...timing,
    count: timing.count + taken.length,
    totalMs: timing.totalMs + taken.reduce((sum, { tookMs }) => sum + tookMs, 0),
    maxMs: Math.max(timing.maxMs, ...taken.map(({ tookMs }) => tookMs)),
    lastMs: last.tookMs,
    lastAtMs: last.atMs,
  };
}

/** The latest days with answers, the newest first, today the last that counts. */
export async function listSippyTimings(
  store: Store,
  { nowMs, days }: { nowMs: number; days: number },
): Promise<SippyTiming[]> {
  const keys = Array.from({ length: days }, (_, i) => sippyTimingKey(utcDay(nowMs - i * DAY_MS)));
  const rows = await store.getMany<SippyTiming>(keys);
  return rows.flatMap((row) => (row ? [row.value] : []));
}
