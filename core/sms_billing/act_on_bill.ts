/**
 * What a person does with a closed bill and why: the reason is kept before anything is done.
 *
 * Goes to: `core/sms_billing/process_bill.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import { auditKey } from "../kv/keys.ts";
import type { SmsBill } from "./bill.ts";
import type { SmsDeps } from "./deps.ts";
import { approveBill, type BillOutcome, cancelBill, processBill } from "./process_bill.ts";

/** What may be done: have it paid, agree to it and have it paid, or charge it to nobody. */
export const BILL_ACTIONS = ["process", "approve", "cancel"] as const;
/** One of {@link BILL_ACTIONS}. */
export type BillAction = typeof BILL_ACTIONS[number];

/** Which bill, what, why, and who asks. */
export interface BillActionRequest {
  /** A closed one. */
  billId: string;
  /** See {@link BILL_ACTIONS}. */
  action: BillAction;
  /** In the person's words; kept in the audit log. */
  reason: string;
  /** Kept with what it changes. */
  actor: string;
}

/** Done, or why not. `bill_as_wanted`: somebody, perhaps an earlier click, has done it before. */
export type BillActionOutcome = BillOutcome | { status: "bill_as_wanted"; bill: SmsBill };

/** Longest reason an audit record keeps. */
const REASON_CHARS_MAX = 300;

const ACTS = { process: processBill, approve: approveBill, cancel: cancelBill } as const;

/** Keeps the reason, then does it. Doing it again finds it done. */
export async function actOnBill(
  deps: SmsDeps,
  { billId, action, reason, actor }: BillActionRequest,
): Promise<BillActionOutcome> {
  await keepReason(deps, { billId, action, reason, actor });
  const outcome = await ACTS[action](deps, { billId, actor });
  if (outcome.status !== "bill_state_conflict" || !isAsWanted(outcome.bill, action)) {
    return outcome;
  }
  return { status: "bill_as_wanted", bill: outcome.bill };
}

/** Whether a bill is already what the action would make of it. */
function isAsWanted({ status, approval }: SmsBill, action: BillAction): boolean {
  switch (action) {
    case "process":
      return status === "paid" || status === "processing";
    case "approve":
      return approval === "approved" && status !== "cancelled";
    case "cancel":
      return status === "cancelled";
  }
}

async function keepReason(
  deps: SmsDeps,
  { billId, action, reason, actor }: BillActionRequest,
): Promise<void> {
  const id = deps.ids.id();
  const atMs = deps.clock.now();
  const detail = reason.slice(0, REASON_CHARS_MAX).toWellFormed();
  await deps.gates.change({
    gate: auditKey(id),
    stage: (batch) => {
      const asked = `bill_${action}_asked`;
      recordAudit(batch, { id, atMs, actor, action: asked, subject: billId, detail });
      return Promise.resolve();
    },
  });
}
