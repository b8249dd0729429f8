/**
 * Sees one bill's payment through, as a durable job: from the wallet, or through Sippy.
 *
 * A run may come at any time and any number of times, woken by the clock or by a person: what it does is
 * decided by the bill's row alone. A payment that failed is tried again a few times, each later than the
 * one before; then the bill waits for a person.
 *
 * Goes to: `core/sms_billing/pay_through_sippy.ts`, `core/sms_billing/pay_settle.ts`,
 * `core/sms_billing/pay_from_wallet.ts`.
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../clock.ts";
import type { JobResult, SoloJobKind } from "../jobs/run_jobs.ts";
import { Unresolved } from "../kv/gates.ts";
import { smsAccountKey, smsBillKey } from "../kv/keys.ts";
import { StoreUnavailable } from "../kv/store.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import { isAwaiting, payableMicros, type SmsBill } from "./bill.ts";
import { isUnmoved, type PayDeps } from "./pay_change.ts";
import { payFromWallet } from "./pay_from_wallet.ts";
import { settleDebit } from "./pay_settle.ts";
import { payThroughSippy } from "./pay_through_sippy.ts";
import { readSmsTerms } from "./settings.ts";
import { isInDoubt, lookupDueAtMs, settledAtMs } from "./sippy_debit.ts";
import { keepTimings, timeGateway } from "./sippy_timings.ts";

/** Waits before a failed payment is tried again. */
export const PAYMENT_RETRIES_MS: readonly number[] = [
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  24 * HOUR_MS,
];

/** The kind of {@link SMS_PAYMENT_JOB}: what it does, and when it is tried again. */
export function paymentKind(deps: PayDeps): SoloJobKind {
  return { retryAfterMs: PAYMENT_RETRIES_MS, run: (job) => payBill(deps, job.unique) };
}

/** Brings a bill's payment as far as it gets now; says when to come again. */
export async function payBill(deps: PayDeps, billId: string): Promise<JobResult> {
  const sippy = deps.sippy && timeGateway(deps.sippy, deps.clock);
  try {
    const bill = (await deps.store.get<SmsBill>(smsBillKey(billId)))?.value;
    if (!bill) return { status: "done", result: {} };
    if (!isCollectable(bill) || deps.clock.now() < notBeforeMs(bill, deps.settleMs)) {
      return resultOf(deps, { before: null, after: bill });
    }
    deps.log("info", "Processing SMS billing", { account: bill.accountId, bill: billId });
    const after = await takeStep({ ...deps, sippy }, bill);
    if (after.status === "failed" || after.status === "needs_review") {
      deps.log("warn", "Failed to process SMS billing", {
        account: bill.accountId,
        bill: billId,
        status: after.status,
        reason: after.failureReason,
      });
    }
    return resultOf(deps, { before: bill, after });
  } catch (error) {
    if (!(error instanceof Unresolved || error instanceof StoreUnavailable)) throw error;
    // Whatever was committed or not stands in the row; that is no try of the payment.
    deps.log("warn", "The database did not keep up with a payment", { bill: billId, error });
    return { status: "again", reason: error.message, inMs: MINUTE_MS };
  } finally {
    if (sippy) await keepTimings(deps, sippy.taken());
  }
}

/** Whether a program may go on with it: it is neither over nor in the hands of a person. */
function isCollectable(bill: SmsBill): boolean {
  const { status } = bill;
  return status === "processing" || status === "failed" ||
    (status === "pending" && !isAwaiting(bill));
}

/** Answers the bill as it stands afterwards. */
async function takeStep(deps: PayDeps, bill: SmsBill): Promise<SmsBill> {
  if (bill.sippy && isInDoubt(bill.sippy)) return await settleDebit(deps, bill);
  const isFree = payableMicros(bill) === 0n && bill.sippy === null;
  if (bill.payment === "wallet" || isFree) return await payAgain(deps, bill);
  return await payThroughSippy(deps, bill);
}

async function payAgain(deps: PayDeps, bill: SmsBill): Promise<SmsBill> {
  const { id, accountId } = bill;
  const atMs = deps.clock.now();
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [smsBillKey(id), smsAccountKey(accountId)],
    stage: async (batch) => {
      const now = (await batch.get<SmsBill>(smsBillKey(id)))!;
      const { effective: terms } = await readSmsTerms(batch, accountId);
      const after = isUnmoved(now, bill)
        ? await payFromWallet(batch, { bill: now, terms, atMs, actor: "job" })
        : now;
      return { status: "ended" as const, bill: after };
    },
  });
  if (outcome.status !== "ended") throw new Error(`Cannot pay bill ${id}: it has no wallet`);
  return outcome.bill;
}

/**
 * When the next step may be taken. Until an earlier request has settled, a search proves nothing, and a
 * person may ask for the next try at any time.
 */
function notBeforeMs({ sippy }: SmsBill, settleMs: number): number {
  if (!sippy || sippy.attempts === 0) return 0;
  return isInDoubt(sippy) ? lookupDueAtMs(sippy, settleMs) : settledAtMs(sippy, settleMs);
}

/** What the bill's state means for the job; `before` is null when nothing was tried. */
function resultOf(
  { clock, settleMs }: PayDeps,
  { before, after }: { before: SmsBill | null; after: SmsBill },
): JobResult {
  if (!isCollectable(after)) return { status: "done", result: { [after.status]: 1 } };
  if (before && after.status === "failed") {
    return { status: "again", reason: after.failureReason ?? "it failed" };
  }
  const waitMs = notBeforeMs(after, settleMs) - clock.now();
  return {
    status: "again",
    reason: "Sippy is asked again when its earlier answer has settled",
    // A clock that was set back must not put it off for longer than any wait there is.
    inMs: Math.min(Math.max(waitMs, before ? MINUTE_MS : SECOND_MS), DAY_MS),
  };
}
