/**
 * After the last kill: everybody asks until they have had a good answer, and the product comes to rest.
 *
 * Comes from: `tests/crash/crash_run.ts`. Goes to: `tests/crash/stage.ts`.
 *
 * @module
 */
import type { SmsBill } from "../../core/sms_billing/bill.ts";
import type { Job } from "../../core/jobs/job.ts";
import { readRows } from "../support/sync_load.ts";
import type { Product } from "./processes.ts";
import {
  ask,
  askCron,
  countRows,
  pause,
  placeTraffic,
  reviseCalls,
  type Stage,
  withRows,
} from "./stage.ts";
import { askTopUps } from "./top_ups.ts";
import type { CarriersNow } from "./truth.ts";
import { sendReports } from "./usage_reports.ts";

/** Rounds of asking after the last kill. */
const TRIES_MAX = 120;
const TRY_EVERY_MS = 200;
/** Between two looks whether what settles by itself has settled. */
const LOOK_EVERY_MS = 5_000;

/** Settles, has some calls told differently, settles again, and stops the product. */
export async function settle(stage: Stage, product: Product): Promise<void> {
  await settleOnce(stage, product);
  await reviseCalls(stage);
  await settleOnce(stage, product);
  if (stage.options.patienceMs) {
    await waitForDoubts(stage);
    // A message whose price came last is rated by a sync.
    await settleOnce(stage, product);
  }
  // Once more, for every key: whoever repeats is told what he was told before.
  const { url } = product;
  await askTopUps(stage.topUps, { url, random: () => 0 });
  await sendReports(stage.reports, { url, random: () => 0 });
  await product.kill("SIGINT");
}

/** Syncs and asks until everybody has had a good answer and nothing is left to do. */
async function settleOnce(stage: Stage, product: Product): Promise<void> {
  const { random, topUps, reports, carriers } = stage;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    // A fresh webhook has the inbox worked off at once, as the next minute would.
    await placeTraffic(stage, { telnyxMessages: 1 });
    await askTopUps(topUps, { url: product.url, random });
    await sendReports(reports, { url: product.url, random });
    await askCron(product, "/api/cron/process-sms-billing?type=daily");
    const { openCalls } = await ask<CarriersNow>(`${carriers.url}/control/now`);
    const isSynced = await askCron(product, "/api/calls/scheduled-sync");
    const { waiting } = await ask<CarriersNow>(`${carriers.url}/control/now`);
    const isHeard = [...topUps.all, ...reports.all].every(({ acknowledged }) => acknowledged);
    const isQuiet = isSynced && isHeard && openCalls === 0 && waiting === 0;
    if (isQuiet && await withRows(stage, countDue) === 0) return;
    await pause(TRY_EVERY_MS);
  }
}

async function countDue(kv: Deno.Kv): Promise<number> {
  const kinds = ["event_due", "call_due", "message_due"];
  return (await Promise.all(kinds.map((kind) => countRows(kv, kind)))).reduce((a, b) => a + b);
}

/** Waits, as long as there is patience, until nothing is in doubt at Sippy and every cost is there. */
async function waitForDoubts(stage: Stage): Promise<void> {
  const { patienceMs = 0, say } = stage.options;
  const untilMs = performance.now() + patienceMs;
  while (performance.now() < untilMs) {
    const left = await withRows(stage, describeDoubts);
    say?.(`in doubt: ${left.bills} bills, ${left.jobs} jobs`);
    if (left.bills + left.jobs === 0) return;
    await pause(LOOK_EVERY_MS);
  }
}

async function describeDoubts(kv: Deno.Kv): Promise<{ bills: number; jobs: number }> {
  const bills = [...(await readRows<SmsBill>(kv, "sms_bill")).values()];
  const jobs = [...(await readRows<Job>(kv, "job")).values()];
  return {
    bills: bills.filter(({ status }) => status === "processing" || status === "pending").length,
    jobs:
      jobs.filter(({ kind, state }) =>
        kind.startsWith("telnyx_") && (state === "pending" || state === "running")
      ).length,
  };
}
