/**
 * Whether the process lives, and whether it does its work.
 *
 * Goes to: `core/jobs/cursors.ts`.
 *
 * @module
 */
import { Hono } from "hono";
import { formatInstant, MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import { listCursors } from "../core/jobs/cursors.ts";
import { tickKey } from "../core/kv/keys.ts";
import { DEADLINE_MS, StoreUnavailable } from "../core/kv/store.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";

/** A minute that did not end for this long means that the cron, or the database's writing, is dead. */
export const TICK_AGE_MAX_MS = 5 * MINUTE_MS;
/** A carrier read less far than this is late. */
export const CARRIER_LAG_MAX_MS = 15 * MINUTE_MS;

/** How far one carrier has been read; the worst of its keys. */
export interface CarrierHealth {
  /** `bland`, … */
  carrier: string;
  /** Null before the first good run. */
  lagSeconds: number | null;
  /** Whether the last run of every key went well. */
  isWorking: boolean;
}

/** How the program is. */
export interface Health {
  /** `degraded`: we work, but a carrier does not; restarting us would not help. */
  status: "ready" | "degraded" | "not_ready";
  /** Milliseconds one read took; null when it failed. */
  readMs: number | null;
  /** Since the last minute tick was written, which is also the age of the last write; null: never. */
  tickAgeSeconds: number | null;
  /** Those that were ever read. */
  carriers: CarrierHealth[];
}

/** What health is read from. */
export type HealthDeps = Pick<AppDeps, "store" | "clock" | "startedAtMs" | "version">;

/** `GET /healthz` without any I/O, and `GET /readyz`: 503 when the database or the cron is dead. */
export function healthRoutes(deps: HealthDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/healthz", (c) =>
      c.json({
        status: "ok",
        version: deps.version,
        startedAt: formatInstant(deps.startedAtMs),
      }))
    .get("/readyz", async (c) => {
      const health = await readHealth(deps);
      return c.json(health, health.status === "not_ready" ? 503 : 200);
    });
}

/** Reads how the program is; a database that is away is an answer, not an error. */
export async function readHealth(deps: HealthDeps): Promise<Health> {
  const store = deps.store.within(DEADLINE_MS.webhook);
  const nowMs = deps.clock.now();
  try {
    const tick = await store.get<{ atMs: number }>(tickKey);
    const readMs = deps.clock.now() - nowMs;
    const carriers = summarize(await listCursors(store), nowMs);
    const tickAgeMs = tick ? nowMs - tick.value.atMs : null;
    // A process that has just started may not have seen its first minute yet.
    const isAlive = nowMs - Math.max(tick?.value.atMs ?? 0, deps.startedAtMs) < TICK_AGE_MAX_MS;
    const isLate = carriers.some(({ lagSeconds, isWorking }) =>
      !isWorking || lagSeconds === null || lagSeconds * SECOND_MS > CARRIER_LAG_MAX_MS
    );
    return {
      status: isAlive ? (isLate ? "degraded" : "ready") : "not_ready",
      readMs,
      tickAgeSeconds: tickAgeMs === null ? null : Math.floor(tickAgeMs / SECOND_MS),
      carriers,
    };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { status: "not_ready", readMs: null, tickAgeSeconds: null, carriers: [] };
  }
}

/** By carrier only: the names of the keys are ids of accounts, and this page is open to everybody. */
function summarize(
  cursors: Awaited<ReturnType<typeof listCursors>>,
  nowMs: number,
): CarrierHealth[] {
  const byCarrier = Map.groupBy(cursors, ({ sourceId }) => sourceId.split(":")[0]!);
  return [...byCarrier].map(([carrier, keys]) => {
    const readTo = keys.map(({ completeToMs }) => completeToMs);
    const isRead = readTo.every((ms) => ms !== null);
    return {
      carrier,
      lagSeconds: isRead ? Math.floor((nowMs - Math.min(...readTo)) / SECOND_MS) : null,
      isWorking: keys.every(({ lastError }) => lastError === null),
    };
  });
}
