/**
 * A person's word on a payment that no program may decide: the money was taken, it was not, or nobody is
 * to pay.
 *
 * Goes to: `core/sms_billing/move_bill.ts`, `core/sms_billing/payment_job.ts`,
 * `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import type { Batch } from "../kv/batch.ts";
import { auditKey, jobByUniqueKey, smsAccountKey, smsBillKey } from "../kv/keys.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { SmsBill } from "./bill.ts";
import type { SmsDeps } from "./deps.ts";
import { moveBill } from "./move_bill.ts";
import { paidBill } from "./pay_change.ts";
import { SMS_PAYMENT_JOB, stagePaymentJob } from "./payment_job.ts";
import type { BillOutcome } from "./process_bill.ts";
import { readSmsTerms } from "./settings.ts";
import { tellOfBill } from "./tell_of_bill.ts";

/**
 * What a person found: Sippy took the money; it did not, so that it may be asked again; or the bill is
 * not to be paid at all.
 */
export const REVIEW_DECISIONS = ["collected", "not_collected", "cancel"] as const;
/** One of {@link REVIEW_DECISIONS}. */
export type ReviewDecision = typeof REVIEW_DECISIONS[number];

/** Which bill, what was found, why, and who says so. */
export interface ReviewRequest {
  /** One that needs a review, or whose debit Sippy refused. */
  billId: string;
  /** See {@link REVIEW_DECISIONS}. */
  decision: ReviewDecision;
  /** In the person's words; kept in the audit record. */
  reason: string;
  /** Who. */
  actor: string;
}

/** Longest reason an audit record keeps. */
const REASON_LENGTH_MAX = 300;

/**
 * Takes the decision. After `not_collected` the debit's reference is searched for once more before
 * anything is sent. Refused for a bill that a program can still decide.
 */
export async function reviewBill(deps: SmsDeps, request: ReviewRequest): Promise<BillOutcome> {
  const { billId } = request;
  const known = await deps.store.get<SmsBill>(smsBillKey(billId));
  if (!known || known.value.status === "open") return { status: "bill_not_found" };
  const { accountId } = known.value;
  const how = { auditId: deps.ids.id(), jobId: deps.ids.id(), atMs: deps.clock.now() };
  const outcome = await changeWallet<BillOutcome>(deps, {
    accountId,
    reads: [smsBillKey(billId), smsAccountKey(accountId), auditKey(how.auditId)],
    stage: async (batch) => {
      const bill = await batch.get<SmsBill>(smsBillKey(billId));
      if (!bill) return { status: "bill_not_found" };
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (await batch.get(auditKey(how.auditId))) return await answer(batch, bill);
      const conflict = conflictOf(bill);
      if (conflict) return { status: "bill_state_conflict", bill, reason: conflict };
      return await stageReview(batch, { ...request, ...how, bill });
    },
  });
  return outcome.status === "account_not_found" ? { status: "bill_not_found" } : outcome;
}

/** Why nobody has to decide it; null when somebody has. */
function conflictOf({ status, sippy }: SmsBill): string | null {
  // A fault may have been executed all the same, so such a bill is not simply cancelled.
  const isRefused = status === "failed" && sippy?.state === "refused";
  return status === "needs_review" || isRefused ? null : `it is ${status}`;
}

async function stageReview(
  batch: Batch,
  { bill, decision, reason, actor, auditId, jobId, atMs }: ReviewRequest & {
    bill: SmsBill;
    auditId: string;
    jobId: string;
    atMs: number;
  },
): Promise<BillOutcome> {
  const after = decided(bill, { decision, atMs });
  const { effective: terms } = await readSmsTerms(batch, bill.accountId);
  await moveBill(batch, { before: bill, after });
  await tellOfBill(batch, { before: bill, after, terms, atMs });
  if (decision === "not_collected") {
    await stagePaymentJob(batch, { bill, jobId, dueAtMs: atMs, atMs });
  }
  const detail = `${bill.accountId}: ${decision}: ${reason.slice(0, REASON_LENGTH_MAX)}`;
  const audit = { id: auditId, atMs, actor, action: "bill_reviewed", subject: bill.id };
  recordAudit(batch, { ...audit, detail: detail.toWellFormed() });
  return await answer(batch, after);
}

function decided(
  bill: SmsBill,
  { decision, atMs }: { decision: ReviewDecision; atMs: number },
): SmsBill {
  switch (decision) {
    case "collected":
      return paidBill(bill, atMs);
    case "not_collected": {
      const sippy = bill.sippy && { ...bill.sippy, state: "not_sent" as const };
      return { ...bill, status: "failed", failureReason: "not_collected", sippy };
    }
    case "cancel":
      return { ...bill, status: "cancelled" };
  }
}

async function answer(batch: Batch, bill: SmsBill): Promise<BillOutcome> {
  const job = bill.status === "failed"
    ? await batch.get<{ id: string }>(jobByUniqueKey(SMS_PAYMENT_JOB, bill.id))
    : null;
  return { status: "bill_changed", bill, jobId: job?.id ?? null };
}
