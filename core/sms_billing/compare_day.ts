/**
 * The durable job that compares one day's debits with Sippy's, account by account, and the cron row that
 * asks for it. The work grows with the bills paid through Sippy, never with accounts.
 *
 * Goes to: `core/sms_billing/compare_debits.ts`, `core/sms_billing/pay_lookup.ts`.
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, parseInstant, SECOND_MS, utcDay } from "../clock.ts";
import { stageJob } from "../jobs/job.ts";
import type { JobResult, SoloJobKind } from "../jobs/run_jobs.ts";
import {
  debitComparisonKey,
  jobByUniqueKey,
  sippyBillByDayPrefix,
  sippyReferenceKey,
  smsBillKey,
} from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import { stageNotice } from "../notices/notice.ts";
import type { SmsBill } from "./bill.ts";
import {
  addAccount,
  type DebitComparison,
  freshComparison,
  getDebitComparison,
} from "./compare_debits.ts";
import type { SmsDeps } from "./deps.ts";
import type { PayDeps } from "./pay_change.ts";
import { listDebits } from "./pay_lookup.ts";
import { referenceIn, searchWindows, type TimeWindow } from "./sippy_debit.ts";
import type { ListedDebit, SippyGateway } from "./sippy_gateway.ts";
import { keepTimings, timeGateway } from "./sippy_timings.ts";

/** The kind of the job; its unique name is the day. */
export const COMPARISON_JOB = "compare_sippy_debits";

/** Days compared again each day: a payment may be tried for so long. */
const DAYS_BACK = 3;
/** After a day's end: what was sent late has settled by then. */
const DUE_AFTER_MS = HOUR_MS;
/** How long one run reads before it lets others have their turn. */
const SLICE_MS = 25 * SECOND_MS;
/** A comparison that stopped goes on within this time; after it, it begins anew. */
const GOES_ON_MS = 6 * HOUR_MS;
/** A day is read in windows of this length, since Sippy's pages have no stable order. */
const WINDOW_MS = 6 * HOUR_MS;

/** The doors of whoever asks for comparisons; without Sippy there are none. */
export type StageDeps = Pick<SmsDeps, "store" | "gates" | "clock" | "ids"> & {
  /** Null or left out while Sippy is not configured. */
  sippy?: SippyGateway | null;
};

/** The cron row, once an hour: asks for each of the last days that was not compared today. */
export async function stageDebitComparisons(deps: StageDeps): Promise<void> {
  if (!deps.sippy) return;
  const nowMs = deps.clock.now();
  for (let back = 1; back <= DAYS_BACK; back++) {
    const day = utcDay(nowMs - back * DAY_MS);
    if (nowMs < startOf(day) + DAY_MS + DUE_AFTER_MS) continue;
    const known = await getDebitComparison(deps.store, day);
    if (known?.finishedAtMs && utcDay(known.finishedAtMs) === utcDay(nowMs)) continue;
    const [first] = await deps.store.list({ prefix: sippyBillByDayPrefix(day), limit: 1 });
    if (first) await stageComparison(deps, day);
  }
}

/** Asks for one day's comparison; answers its job. */
export function stageComparison(deps: StageDeps, day: string): Promise<string> {
  const [id, atMs] = [deps.ids.id(), deps.clock.now()];
  return deps.gates.change({
    gate: jobByUniqueKey(COMPARISON_JOB, day),
    stage: (batch) =>
      stageJob(batch, { id, kind: COMPARISON_JOB, unique: day, dueAtMs: atMs, atMs }),
  });
}

/** The kind of {@link COMPARISON_JOB}: what it does, and when it is tried again. */
export function comparisonKind(deps: PayDeps): SoloJobKind {
  return {
    retryAfterMs: [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS],
    run: (job) => compareDay(deps, job.unique),
  };
}

/** Compares a day as far as one run gets; another run goes on where it stopped. */
export async function compareDay(deps: PayDeps, day: string): Promise<JobResult> {
  if (!deps.sippy) return { status: "again", reason: "Sippy is not configured" };
  const startedAtMs = deps.clock.now();
  const sippy = timeGateway(deps.sippy, deps.clock);
  const before = await getDebitComparison(deps.store, day);
  // What was read long ago may have changed.
  const goesOn = before?.finishedAtMs === null && startedAtMs - before.startedAtMs < GOES_ON_MS;
  let comparison = goesOn
    ? { ...before, state: "pending" as const, failure: null }
    : freshComparison({ day, startedAtMs });
  try {
    for (const [iAccount, bills] of await listAskedAccounts(deps, day)) {
      if (comparison.readTo !== null && iAccount <= comparison.readTo) continue;
      if (deps.clock.now() - startedAtMs > SLICE_MS) {
        await keepComparison(deps, comparison);
        return { status: "again", reason: "there are more accounts to read", inMs: 0 };
      }
      const read = await readAccount({ ...deps, sippy }, { day, iAccount, bills });
      if (read.status === "unavailable") {
        const failure = read.reason;
        await keepComparison(deps, { ...comparison, state: "failed", failure });
        return { status: "again", reason: failure };
      }
      comparison = addAccount(comparison, { iAccount, bills, ...read });
    }
  } finally {
    await keepTimings(deps, sippy.taken());
  }
  const finishedAtMs = deps.clock.now();
  await keepComparison(deps, { ...comparison, state: "done", finishedAtMs });
  const { matched, openCount } = comparison;
  deps.log(openCount > 0 ? "warn" : "info", "[BILLING] compared a day's Sippy debits", {
    day,
    matched,
    open: openCount,
  });
  return { status: "done", result: { matched, open: openCount } };
}

const BILLS_AT_ONCE = 500;

/** Bills that asked Sippy on that day, by the account they asked, in the order of its number. */
async function listAskedAccounts(
  { store }: PayDeps,
  day: string,
): Promise<[number, SmsBill[]][]> {
  const rows = await Array.fromAsync(
    everyRow<object>(store, { prefix: sippyBillByDayPrefix(day) }),
  );
  const bills: SmsBill[] = [];
  for (let i = 0; i < rows.length; i += BILLS_AT_ONCE) {
    const keys = rows.slice(i, i + BILLS_AT_ONCE).map(({ key }) => smsBillKey(key[2]!));
    bills.push(...(await store.getMany<SmsBill>(keys)).flatMap((row) => (row ? [row.value] : [])));
  }
  const asked = bills.filter(({ sippy }) => sippy !== null);
  return [...Map.groupBy(asked, ({ sippy }) => sippy!.iAccount)].toSorted(([a], [b]) => a - b);
}

type AccountRead =
  | { status: "found"; payments: ListedDebit[]; knownReferences: Set<string> }
  | { status: "unavailable"; reason: string };

async function readAccount(
  { store, sippy, settleMs }: PayDeps & { sippy: SippyGateway },
  { day, iAccount, bills }: { day: string; iAccount: number; bills: readonly SmsBill[] },
): Promise<AccountRead> {
  const ofBills = bills.flatMap((bill) => searchWindows(bill.sippy!, settleMs));
  const fromMs = startOf(day);
  // A request of the last minutes may be listed on the next day, and one of an earlier day is tried again.
  const outside = ofBills.filter((one) => one.fromMs < fromMs || one.untilMs >= fromMs + DAY_MS);
  const windows = [...windowsOf(day), ...outside];
  const list = await listDebits(sippy, { iAccount, windows });
  if (list.status === "unavailable") return list;
  const references = list.payments.flatMap(({ notes }) => referenceIn(notes) ?? []);
  const rows = await store.getMany<{ billId: string }>(references.map(sippyReferenceKey));
  const knownReferences = new Set(references.filter((_, i) => rows[i] !== null));
  return { ...list, knownReferences };
}

const startOf = (day: string): number => parseInstant(`${day}T00:00:00Z`)!;

function windowsOf(day: string): TimeWindow[] {
  const startMs = startOf(day);
  return Array.from({ length: DAY_MS / WINDOW_MS }, (_, i) => ({
    fromMs: startMs + i * WINDOW_MS,
    untilMs: startMs + (i + 1) * WINDOW_MS - SECOND_MS,
  }));
}

async function keepComparison(deps: PayDeps, comparison: DebitComparison): Promise<void> {
  const { day, openCount, finishedAtMs } = comparison;
  const key = debitComparisonKey(day);
  await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      batch.set(key, comparison);
      if (openCount === 0 || finishedAtMs === null) return;
      await stageNotice(batch, {
        id: `reconciliation_difference:sippy:${day}`,
        kind: "reconciliation_difference",
        accountId: null,
        atMs: finishedAtMs,
        title: `Sippy's debits of ${day} differ from our bills`,
        detail: `${openCount} differences: a bill without a debit, or a debit without a paid bill.`,
        link: "/admin/reconciliation",
      });
    },
  });
}
