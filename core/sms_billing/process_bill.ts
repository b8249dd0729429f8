/**
 * What a person may do with a closed bill: have it paid, agree to it, cancel it.
 *
 * Goes to: `core/sms_billing/close_bill.ts`, `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import type { Batch } from "../kv/batch.ts";
import { auditKey, jobByUniqueKey, smsAccountKey, smsBillKey } from "../kv/keys.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import { isAwaiting, type SmsBill, stageBill } from "./bill.ts";
import { getBill, payClosed } from "./close_bill.ts";
import type { SmsDeps } from "./deps.ts";
import { SMS_PAYMENT_JOB } from "./payment_job.ts";
import { readSmsTerms } from "./settings.ts";

/** Done, or why not. `jobId` is the payment that goes on behind it; null when nothing does. */
export type BillOutcome =
  | { status: "bill_changed"; bill: SmsBill; jobId: string | null }
  | { status: "bill_not_found" }
  | { status: "bill_state_conflict"; bill: SmsBill; reason: string };

/** Which bill, and who asks. */
export interface BillRequest {
  /** A closed one. */
  billId: string;
  /** Kept in the entry and the audit record. */
  actor: string;
}

/** Has a bill paid: one that is pending and needs no approval, or whose payment failed. */
export function processBill(deps: SmsDeps, request: BillRequest): Promise<BillOutcome> {
  return changeBill(deps, {
    ...request,
    action: "bill_processed",
    refuse: (bill) =>
      bill.status === "failed" || (bill.status === "pending" && !isAwaiting(bill))
        ? null
        : isAwaiting(bill)
        ? "it waits for approval"
        : `it is ${bill.status}`,
    stage: (batch, bill, how) => pay(batch, { bill, ...how }),
  });
}

/** Agrees to a bill that waits for approval, and has it paid. */
export function approveBill(deps: SmsDeps, request: BillRequest): Promise<BillOutcome> {
  return changeBill(deps, {
    ...request,
    action: "bill_approved",
    refuse: (bill) =>
      isAwaiting(bill) ? null : `it does not wait for approval: it is ${bill.status}`,
    stage: async (batch, before, how) => {
      const bill: SmsBill = { ...before, approval: "approved" };
      await stageBill(batch, { before, after: bill });
      return await pay(batch, { bill, ...how });
    },
  });
}

/** Cancels a bill that nobody has paid: its messages will not be charged. */
export function cancelBill(deps: SmsDeps, request: BillRequest): Promise<BillOutcome> {
  return changeBill(deps, {
    ...request,
    action: "bill_cancelled",
    refuse: (bill) => {
      // A debit that may have been asked for can still show up there.
      if (bill.sippy && bill.sippy.state !== "not_sent") return "Sippy was asked to pay it";
      return bill.status === "pending" || bill.status === "failed" ? null : `it is ${bill.status}`;
    },
    stage: async (batch, before) => {
      const bill: SmsBill = { ...before, status: "cancelled" };
      await stageBill(batch, { before, after: bill });
      return bill;
    },
  });
}

interface How {
  deps: SmsDeps;
  atMs: number;
  actor: string;
}

async function pay(
  batch: Batch,
  { bill, deps, atMs, actor }: { bill: SmsBill } & How,
): Promise<SmsBill> {
  const { effective: terms } = await readSmsTerms(batch, bill.accountId);
  return await payClosed(batch, { bill, terms, atMs, actor, newId: () => deps.ids.id() });
}

async function changeBill(
  deps: SmsDeps,
  { billId, actor, action, refuse, stage }: BillRequest & {
    action: string;
    /** Why not; null when it may be done. */
    refuse: (bill: SmsBill) => string | null;
    stage: (batch: Batch, bill: SmsBill, how: How) => Promise<SmsBill>;
  },
): Promise<BillOutcome> {
  const known = await deps.store.get<SmsBill>(smsBillKey(billId));
  if (!known || known.value.status === "open") return { status: "bill_not_found" };
  const { accountId } = known.value;
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  const outcome = await changeWallet<BillOutcome>(deps, {
    accountId,
    reads: [smsBillKey(billId), smsAccountKey(accountId), auditKey(auditId)],
    stage: async (batch) => {
      const before = await getBill(batch, billId);
      if (!before) return { status: "bill_not_found" };
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (await batch.get(auditKey(auditId))) return await answer(batch, before);
      const reason = refuse(before);
      if (reason !== null) return { status: "bill_state_conflict", bill: before, reason };
      const bill = await stage(batch, before, { deps, atMs, actor });
      const detail = `${accountId}: ${before.status} -> ${bill.status}`;
      recordAudit(batch, { id: auditId, atMs, actor, action, subject: billId, detail });
      return await answer(batch, bill);
    },
  });
  return outcome.status === "account_not_found" ? { status: "bill_not_found" } : outcome;
}

async function answer(batch: Batch, bill: SmsBill): Promise<BillOutcome> {
  const goesOn = bill.payment === "sippy" &&
    (bill.status === "pending" || bill.status === "failed");
  const job = goesOn
    ? await batch.get<{ id: string }>(jobByUniqueKey(SMS_PAYMENT_JOB, bill.id))
    : null;
  return { status: "bill_changed", bill, jobId: job?.id ?? null };
}
