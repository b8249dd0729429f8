/**
 * The crontab on one screen, and the minute that works it off.
 *
 * `Deno.cron` is a heartbeat of one minute; what is due is found by stored times, so a missed minute is
 * caught up by the next one, and a repeated one does nothing twice.
 *
 * Goes to: `cron/sync_calls.ts`, `core/jobs/run_jobs.ts`, `core/jobs/drain_events.ts`.
 *
 * @module
 */
import { billDue, billParked } from "../core/billing/bill_due.ts";
import { formatInstant, SECOND_MS } from "../core/clock.ts";
import { drainEvents } from "../core/jobs/drain_events.ts";
import { type JobKinds, runDueJobs } from "../core/jobs/run_jobs.ts";
import { encodeRow } from "../core/kv/codec.ts";
import { tickKey } from "../core/kv/keys.ts";
import { closeDueBills } from "../core/sms_billing/close_due.ts";
import { stageDebitComparisons } from "../core/sms_billing/compare_day.ts";
import { removeOldBills } from "../core/sms_billing/remove_old_bills.ts";
import { foldClosedDays } from "../core/wallet/system_totals.ts";
import { expireEvents } from "./expire_events.ts";
import { keepBalances } from "./keep_balances.ts";
import { processEvent } from "./process_event.ts";
import { stageReconciliations } from "./reconcile_carriers.ts";
import { type NoticeDoors, sendNotices } from "./send_notices.ts";
import { sweepTelnyx } from "./sweep_telnyx.ts";
import { takeInTelnyx } from "./take_in_telnyx.ts";
import { MINUTE_RUN, syncCalls, type SyncDeps } from "./sync_calls.ts";

/** What the minute needs. */
export type TickDeps = SyncDeps & NoticeDoors & {
  kinds: JobKinds;
  eventRetentionDays: number;
  billRetentionMonths?: number;
};

interface Row {
  name: string;
  every: "minute" | "hour" | "day";
  run: (deps: TickDeps, untilMs: number) => Promise<unknown>;
}

/** name · schedule · function */
const CRONTAB: readonly Row[] = [
  { name: "drain inbox", every: "minute", run: drainInbox },
  { name: "sync carriers", every: "minute", run: syncCarriers },
  { name: "close sms bills", every: "minute", run: closeSmsBills },
  { name: "send notices", every: "minute", run: sendNotices },
  { name: "run jobs", every: "minute", run: (deps, untilMs) => runDueJobs(deps, { untilMs }) },
  { name: "retry parked calls", every: "hour", run: (deps) => billParked(deps, { actor: "cron" }) },
  { name: "close days", every: "day", run: (deps) => foldClosedDays(deps.store, deps.clock.now()) },
  { name: "expire events", every: "hour", run: dropOldEvents },
  { name: "compare sippy debits", every: "hour", run: stageDebitComparisons },
  { name: "remove old bills", every: "day", run: dropOldBills },
  { name: "keep balances", every: "hour", run: keepBalances },
  { name: "sweep telnyx", every: "day", run: sweepTelnyx },
  { name: "reconcile carriers", every: "day", run: stageReconciliations },
];

/** When the minute last ran, and which hour and day were begun: what health and catching up look at. */
export interface Tick {
  /** When it began. */
  atMs: number;
  /** UTC, as `2026-11-20T07`. */
  hour: string;
  /** UTC, as `2026-11-20`. */
  day: string;
}

const BILL_RETENTION_MONTHS = 12;
/** No row is begun later than this into a minute. */
const STOP_AFTER_MS = 45 * SECOND_MS;
/** By then the minute answers, whatever still runs: a cron that never returns is never called again. */
const ANSWER_AFTER_MS = 50 * SECOND_MS;

/** Works off one minute. Never throws, always ends; a row that fails does not stop the next one. */
export async function runMinute(deps: TickDeps): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = deps.clock.after(ANSWER_AFTER_MS, () => {
      deps.log("error", "The minute did not end in time; the next one goes on", {});
      resolve();
    });
  });
  await Promise.race([workOff(deps), late]);
  cancel();
}

async function workOff(deps: TickDeps): Promise<void> {
  const nowMs = deps.clock.now();
  const hour = formatInstant(nowMs).slice(0, 13);
  const day = hour.slice(0, 10);
  const last = await deps.store.get<Tick>(tickKey).catch(() => null);
  const isDue = { minute: true, hour: last?.value.hour !== hour, day: last?.value.day !== day };
  for (const row of CRONTAB) {
    if (!isDue[row.every] || deps.clock.now() - nowMs > STOP_AFTER_MS) continue;
    try {
      await row.run(deps, nowMs + STOP_AFTER_MS);
    } catch (error) {
      deps.log("error", `The cron row "${row.name}" failed; it runs again next ${row.every}`, {
        error,
      });
    }
  }
  const tick: Tick = { atMs: nowMs, hour, day };
  await deps.store.commit({
    checks: [],
    puts: [{ key: tickKey, bytes: encodeRow(tickKey, tick) }],
    deletes: [],
  });
}

async function syncCarriers(deps: TickDeps): Promise<void> {
  const outcome = await syncCalls(deps, { actor: "sync", ...MINUTE_RUN });
  // Calls of a carrier that has been switched off since are billed all the same.
  if (outcome.status === "not_configured") await billDue(deps, { actor: "sync" });
}

/** Processes what is in the inbox; also what a fresh delivery asks for at once. */
export async function drainInbox(deps: SyncDeps, untilMs: number): Promise<void> {
  await drainEvents(deps, {
    process: (event) => processEvent(deps, event),
    together: { telnyx: (events) => takeInTelnyx(deps, events) },
    untilMs,
  });
}

function closeSmsBills(deps: TickDeps, untilMs: number): Promise<unknown> {
  return closeDueBills(deps, { actor: "cron", untilMs });
}

function dropOldBills(deps: TickDeps, untilMs: number): Promise<unknown> {
  const retentionMonths = deps.billRetentionMonths ?? BILL_RETENTION_MONTHS;
  return removeOldBills(deps, { retentionMonths, untilMs });
}

async function dropOldEvents(deps: TickDeps): Promise<void> {
  await expireEvents(deps.store, {
    nowMs: deps.clock.now(),
    retentionDays: deps.eventRetentionDays,
  });
}
