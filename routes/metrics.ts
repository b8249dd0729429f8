/**
 * Figures for a monitor, computed from the database at every look, so that they are the same whichever
 * isolate answers.
 *
 * Goes to: `routes/health.ts`, `core/wallet/system_totals.ts`.
 *
 * @module
 */
import { Hono } from "hono";
import { SECOND_MS, utcDay } from "../core/clock.ts";
import {
  callDuePrefix,
  callParkedPrefix,
  eventDuePrefix,
  jobDuePrefix,
  type Key,
  unassignedCallPrefix,
  walletWaitingPrefix,
} from "../core/kv/keys.ts";
import { PAGE_ROWS_MAX } from "../core/kv/store.ts";
import { formatMicros } from "../core/money.ts";
import { getSystemDay } from "../core/wallet/system_totals.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { readHealth } from "./health.ts";
import { isSecret, readBearer } from "./identify.ts";
import { problem } from "./problem.ts";

/** Work that waits: counted up to {@link PAGE_ROWS_MAX}, which is alarming enough. */
const COUNTED: readonly { name: string; help: string; prefix: Key }[] = [
  { name: "jobs_due", help: "Jobs pending or running", prefix: jobDuePrefix },
  { name: "events_due", help: "Webhook events not processed yet", prefix: eventDuePrefix },
  { name: "calls_due", help: "Calls not billed yet", prefix: callDuePrefix() },
  {
    name: "calls_parked",
    help: "Calls that cannot be billed as they are",
    prefix: callParkedPrefix,
  },
  { name: "calls_unassigned", help: "Calls nobody owns", prefix: unassignedCallPrefix() },
  { name: "wallets_waiting", help: "Wallets with calls waiting", prefix: walletWaitingPrefix },
];

/** `GET /metrics`: Prometheus text 0.0.4, for whoever has `METRICS_TOKEN`. */
export function metricsRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/metrics", async (c) => {
    const { metricsToken } = deps.config;
    if (!metricsToken) {
      return problem(c, { code: "not_configured", detail: "METRICS_TOKEN is not set" });
    }
    const token = readBearer(c.req.header("authorization") ?? "");
    if (token === null || !isSecret(metricsToken, token)) {
      const headers = { "www-authenticate": 'Bearer realm="metrics"' };
      return problem(c, { code: "unauthorized", headers });
    }
    const text = (await Promise.all([healthLines(deps), countLines(deps), moneyLines(deps)]))
      .flat().join("\n");
    return c.body(`${text}\n`, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
}

type Sample = { label?: [name: string, value: string]; value: number | string };

/** A gauge as its lines; one without samples is left out. */
function gauge(name: string, { help, samples }: { help: string; samples: Sample[] }): string[] {
  if (samples.length === 0) return [];
  const full = `tollkeeper_${name}`;
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} gauge`,
    ...samples.map(({ label, value }) =>
      `${full}${label ? `{${label[0]}=${JSON.stringify(label[1])}}` : ""} ${value}`
    ),
  ];
}

async function healthLines(deps: AppDeps): Promise<string[]> {
  const { status, tickAgeSeconds, carriers } = await readHealth(deps);
  const upSeconds = Math.floor((deps.clock.now() - deps.startedAtMs) / SECOND_MS);
  const lags = carriers.flatMap(({ carrier, lagSeconds }): Sample[] =>
    lagSeconds === null ? [] : [{ label: ["carrier", carrier], value: lagSeconds }]
  );
  const ready = { value: status === "not_ready" ? 0 : 1 };
  const tickAge = tickAgeSeconds === null ? [] : [{ value: tickAgeSeconds }];
  return [
    ...gauge("ready", { help: "Whether database and cron work", samples: [ready] }),
    ...gauge("process_seconds", { help: "Age of the process", samples: [{ value: upSeconds }] }),
    ...gauge("tick_age_seconds", { help: "Since the last minute tick", samples: tickAge }),
    ...gauge("carrier_lag_seconds", { help: "How far a carrier is unread", samples: lags }),
  ];
}

async function countLines({ store }: AppDeps): Promise<string[]> {
  const lines = await Promise.all(COUNTED.map(async ({ name, help, prefix }) => {
    const value = (await store.list<object>({ prefix })).length;
    const samples = [{ value }];
    return gauge(name, { help: `${help}, counted up to ${PAGE_ROWS_MAX}`, samples });
  }));
  return lines.flat();
}

async function moneyLines({ store, clock }: AppDeps): Promise<string[]> {
  const days = await getSystemDay(store, utcDay(clock.now()));
  const samples = days.map(({ currency, chargedMicros }): Sample => ({
    label: ["currency", currency],
    value: formatMicros(Object.values(chargedMicros).reduce((sum, micros) => sum + micros, 0n)),
  }));
  return gauge("charged_today", { help: "Charged on this UTC day", samples });
}
