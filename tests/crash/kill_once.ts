/**
 * One kill: everything under way at once, the end, a proof of the ledger, and the next start.
 *
 * Comes from: `tests/crash/crash_run.ts`. Goes to: `tests/crash/stage.ts`.
 *
 * @module
 */
import { leaseKey } from "../../core/kv/keys.ts";
import { isInDoubt } from "../../core/sms_billing/sippy_debit.ts";
import type { SmsBill } from "../../core/sms_billing/bill.ts";
import { readRows } from "../support/sync_load.ts";
import { verifyLedger } from "./check_books.ts";
import type { Product } from "./processes.ts";
import {
  ask,
  askCron,
  countRows,
  pause,
  placeTraffic,
  pointCarriers,
  reviseCalls,
  type Stage,
  start,
  withRows,
} from "./stage.ts";
import { askTopUps, wishTopUp } from "./top_ups.ts";
import { sendReports, wishReport } from "./usage_reports.ts";

const LEASES = [leaseKey("sync:bland:main"), leaseKey("sync:twilio:main")];
/** Schedulers that ask at the same time, as two of them or an impatient person would. */
const SYNCS_AT_ONCE = 2;
/** Wished for before each kill. */
const TOP_UPS = 8;
const REPORTS = 12;
/** Placed before each kill, at Telnyx and Twilio each, calls as well as messages. */
const OF_EACH = 8;
/** Payments and webhooks may take longer than the sync, over a network much longer. */
const BEYOND_MS = { sqlite: 600, remote: 3_000 };

/** Kills the product in the middle of its work; answers the next one. */
export async function killOnce(
  stage: Stage,
  { product, kill }: { product: Product; kill: number },
): Promise<Product> {
  const { random, seen, options: { store = "sqlite" } } = stage;
  await placeFreshTraffic(stage);
  const work = beginWork(stage, { product, kill });
  const { heldUpMs } = await work.begun;
  seen.heldUpMsMax = Math.max(seen.heldUpMsMax, Math.round(heldUpMs));
  await pause(random() * (1.2 * stage.syncMs + BEYOND_MS[store]));
  if (work.isSyncing()) seen.duringSync++;
  else stage.syncMs = Math.max(50, work.syncMs());
  const signal = kill % 2 === 0 ? "SIGINT" : "SIGKILL";
  seen.signals[signal]++;
  const end = await product.kill(signal);
  if (signal === "SIGINT" && end.signal === "SIGKILL") seen.late++;
  await pointCarriers(stage, null);
  await work.ended;
  const left = await withRows(stage, (kv) => lookAtRows(stage, { kv, kill }));
  const next = await start(stage);
  stage.options.say?.(
    `kill ${kill}: ${signal} (${end.signal ?? end.code}) in ${Math.round(end.ms)} ms, held up ` +
      `${Math.round(heldUpMs)} ms; left ${left}, proven in ${Math.round(left.provenInMs)} ms; ` +
      `restarted in ${Math.round(next.startedInMs)} ms`,
  );
  return next;
}

/**
 * Calls of the last minutes that have ended, and a few that end while the product is killed; some that
 * were told before are told differently now; and what Telnyx and Twilio have.
 */
async function placeFreshTraffic(stage: Stage): Promise<void> {
  const { freshCalls: calls } = stage.options;
  await placeTraffic(stage, {
    bland: [
      { calls, fromAgoMs: 780_000, toAgoMs: 240_000, talkSecondsMax: 200 },
      { calls: 5, fromAgoMs: 1_000, toAgoMs: 0, waitSecondsMax: 2, talkSecondsMax: 3 },
    ],
    telnyxCalls: OF_EACH,
    telnyxMessages: OF_EACH,
    twilioCalls: OF_EACH,
    twilioMessages: OF_EACH,
  });
  await reviseCalls(stage);
}

/** Has everybody ask at once. `begun`: Bland was asked for calls. `ended`: everybody has an answer, or none. */
function beginWork(stage: Stage, { product, kill }: { product: Product; kill: number }) {
  const { options: { accounts }, random, topUps, reports } = stage;
  let [isSyncing, begunMs, endedMs] = [true, 0, 0];
  const sync = "/api/calls/scheduled-sync";
  const syncs = Promise.all(Array.from({ length: SYNCS_AT_ONCE }, () => askCron(product, sync)))
    .then(() => {
      isSyncing = false;
      endedMs = performance.now();
    });
  for (let i = 0; i < TOP_UPS; i++) wishTopUp(topUps, { accounts: accounts + 1, random });
  for (let i = 0; i < REPORTS; i++) wishReport(reports, { accounts, round: kill, random });
  const { url } = product;
  const reporting = sendReports(reports, { url, random })
    .then(() => askCron(product, "/api/cron/process-sms-billing?type=daily"));
  const ended = Promise.all([
    syncs,
    reporting,
    askTopUps(topUps, { url, random }),
    askCron(product, "/api/cron/process-call-costs"),
  ]);
  return {
    begun: untilListed(stage, () => isSyncing).then((heldUpMs) => {
      begunMs = performance.now();
      return { heldUpMs };
    }),
    ended,
    isSyncing: () => isSyncing,
    syncMs: () => endedMs - begunMs,
  };
}

/** Resolves when Bland is asked for calls, or nobody asks any more; answers how long that took. */
async function untilListed({ carriers }: Stage, isSyncing: () => boolean): Promise<number> {
  const fromMs = performance.now();
  const count = () => ask<number>(`${carriers.url}/control/listings`);
  const before = await count();
  while (isSyncing() && await count() === before) await pause(3);
  return performance.now() - fromMs;
}

/** Between an end and the next start: what is left undone, and whether every wallet proves itself. */
async function lookAtRows(
  { options: { keepLeaseEvery = 5 }, seen, unproven, leftSending }: Stage,
  { kv, kill }: { kv: Deno.Kv; kill: number },
): Promise<{ provenInMs: number; toString(): string }> {
  if (kill % keepLeaseEvery !== 0) {
    // Over an unsteady line it may be applied and fail all the same; then the next run waits.
    for (const key of LEASES) await kv.delete([...key]).catch(() => {});
  }
  const fromMs = performance.now();
  for (const line of await verifyLedger(kv)) unproven.push(`after kill ${kill}: ${line}`);
  const provenInMs = performance.now() - fromMs;
  const calls = await countRows(kv, "call_due");
  const events = await countRows(kv, "event_due");
  const bills = [...(await readRows<SmsBill>(kv, "sms_bill")).values()];
  const doubts = bills.filter(({ sippy }) => sippy !== null && isInDoubt(sippy));
  const sending = doubts.filter(({ sippy }) => sippy!.state === "sending");
  const fresh = sending.map(({ sippy }) => sippy!.token).filter((one) => !leftSending.has(one));
  for (const token of fresh) leftSending.add(token);
  const debits = fresh.length;
  if (calls > 0) seen.leftUnbilled++;
  if (events > 0) seen.leftInInbox++;
  if (debits > 0) seen.duringPayment++;
  const text = `${calls} calls unbilled, ${events} webhooks, ${debits} debits being sent, ` +
    `${doubts.length} in doubt`;
  return { provenInMs, toString: () => text };
}
