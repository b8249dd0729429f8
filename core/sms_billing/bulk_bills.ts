/**
 * The same thing done with many bills, as a durable job: where it stands is kept, and so is each refusal.
 *
 * Every bill is a commit of its own beneath its wallet, so one that is refused holds up no other, and a run
 * that dies goes on behind the last part that was noted; what it did twice was found done.
 *
 * Goes to: `core/sms_billing/act_on_bill.ts`, `core/jobs/job.ts`.
 *
 * @module
 */
import { DAY_MS, MINUTE_MS } from "../clock.ts";
import { type Job, type JobProgress, stageJob } from "../jobs/job.ts";
import type { JobResult, SoloJobKind } from "../jobs/run_jobs.ts";
import { billBulkKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { actOnBill, type BillAction, type BillActionOutcome } from "./act_on_bill.ts";
import type { SmsDeps } from "./deps.ts";

/** The kind of the job; its id and unique name are the bulk's id. */
export const BILL_BULK_JOB = "sms_bulk";
/** Bills one bulk may hold. */
export const BULK_BILLS_MAX = 500;

/** What was asked, and how far it is. */
export interface BillBulk {
  /** Its job's, too. */
  id: string;
  /** What is done with each. */
  action: BillAction;
  /** Kept with each. */
  reason: string;
  /** In the order they are taken. */
  billIds: string[];
  /** Who asked. */
  actor: string;
  /** When. */
  createdAtMs: number;
  /** Bills behind us, whatever came of them. */
  doneCount: number;
  /** Of those, bills that were changed. */
  changedCount: number;
  /** Of those, bills that somebody had done it with before. */
  unchangedCount: number;
  /** The others, each with its reason. */
  faults: { billId: string; reason: string }[];
}

/** Well inside the lease of a job, so that nobody takes it up twice. */
const WITHIN_MS = MINUTE_MS;
/** How long one stays to be looked at. */
const KEPT_MS = 180 * DAY_MS;
/** Bills done side by side before the place is noted. */
const BILLS_AT_ONCE = 10;

/** Keeps what is asked, with its job in the same commit; asked again under the same id it is the same one. */
export async function startBillBulk(
  deps: SmsDeps,
  { id, ...asked }: Pick<BillBulk, "id" | "action" | "reason" | "billIds" | "actor">,
): Promise<BillBulk> {
  const createdAtMs = deps.clock.now();
  const key = billBulkKey(id);
  return await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const earlier = await batch.get<BillBulk>(key);
      if (earlier) return earlier;
      const billIds = [...new Set(asked.billIds)].slice(0, BULK_BILLS_MAX);
      const counts = { doneCount: 0, changedCount: 0, unchangedCount: 0, faults: [] };
      const bulk: BillBulk = { ...asked, id, billIds, createdAtMs, ...counts };
      batch.set(key, bulk, { expireInMs: KEPT_MS });
      const when = { dueAtMs: createdAtMs, atMs: createdAtMs };
      await stageJob(batch, { id, kind: BILL_BULK_JOB, unique: id, ...when });
      return bulk;
    },
  });
}

/** A bulk as it stands; null when nobody asked for it. */
export async function getBillBulk(store: Store, id: string): Promise<BillBulk | null> {
  return (await store.get<BillBulk>(billBulkKey(id)))?.value ?? null;
}

/** The kind, for the table of jobs. */
export function billBulkKind(deps: SmsDeps): SoloJobKind {
  return {
    retryAfterMs: [10_000, MINUTE_MS, 5 * MINUTE_MS],
    run: (job, report) => runBillBulk(deps, { job, report }),
  };
}

/** Goes on where the last run stopped. */
export async function runBillBulk(
  deps: SmsDeps,
  { job, report }: {
    job: Pick<Job, "unique">;
    report: (progress: Omit<JobProgress, "result">) => Promise<void>;
  },
): Promise<JobResult> {
  const untilMs = deps.clock.now() + WITHIN_MS;
  let bulk = await getBillBulk(deps.store, job.unique);
  if (!bulk) return { status: "again", reason: "what was asked is not there" };
  while (bulk.doneCount < bulk.billIds.length) {
    const total = bulk.billIds.length;
    await report({ done: bulk.doneCount, total, note: "bills" });
    if (deps.clock.now() >= untilMs) return { status: "again", reason: "more to do", inMs: 0 };
    bulk = await doPart(deps, bulk);
  }
  const { doneCount: done, changedCount, unchangedCount, faults } = bulk;
  await report({ done, total: done, note: "bills" });
  return {
    status: "done",
    result: { changed: changedCount, unchanged: unchangedCount, refused: faults.length },
  };
}

async function doPart(deps: SmsDeps, bulk: BillBulk): Promise<BillBulk> {
  const { action, reason, actor } = bulk;
  const part = bulk.billIds.slice(bulk.doneCount, bulk.doneCount + BILLS_AT_ONCE);
  const outcomes = await Promise.all(
    part.map((billId) => actOnBill(deps, { billId, action, reason, actor })),
  );
  const key = billBulkKey(bulk.id);
  return await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const now = (await batch.get<BillBulk>(key))!;
      // Somebody else has noted this part, or our own commit was only not answered.
      if (now.doneCount !== bulk.doneCount) return now;
      const after = outcomes.reduce(
        (sum, outcome, at) => countIn(sum, { billId: part[at]!, outcome }),
        now,
      );
      batch.set(key, after, { expireInMs: KEPT_MS });
      return after;
    },
  });
}

function countIn(
  bulk: BillBulk,
  { billId, outcome }: { billId: string; outcome: BillActionOutcome },
): BillBulk {
  const counted = { ...bulk, doneCount: bulk.doneCount + 1 };
  const fault = faultOf(outcome);
  if (fault !== null) return { ...counted, faults: [...bulk.faults, { billId, reason: fault }] };
  return outcome.status === "bill_as_wanted"
    ? { ...counted, unchangedCount: bulk.unchangedCount + 1 }
    : { ...counted, changedCount: bulk.changedCount + 1 };
}

/** Why it was not done, or done in vain; null when it was done. */
function faultOf(outcome: BillActionOutcome): string | null {
  switch (outcome.status) {
    case "bill_not_found":
      return "there is no such bill";
    case "bill_state_conflict":
      return outcome.reason;
    case "bill_as_wanted":
      return null;
    case "bill_changed":
      return outcome.bill.status === "failed"
        ? outcome.bill.failureReason ?? "the payment failed"
        : null;
  }
}
