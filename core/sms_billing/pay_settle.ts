/**
 * Finds out what became of a debit that nobody heard of: after the settle window Sippy's own list
 * decides, and when that cannot, a person does. Nothing is sent here.
 *
 * Goes to: `core/sms_billing/pay_change.ts`, `core/sms_billing/pay_lookup.ts`,
 * `core/sms_billing/sippy_debit.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { SmsBill } from "./bill.ts";
import { changeBill, paidBill, type PayDeps, shortReason } from "./pay_change.ts";
import { lookUpDebit, type LookupOutcome } from "./pay_lookup.ts";
import { EMPTY_LOOKUPS_MAX, LOOKUPS_MAX } from "./sippy_debit.ts";

/** Looks a debit in doubt up, once its settle window is over; answers the bill as it stands afterwards. */
export async function settleDebit(deps: PayDeps, bill: SmsBill): Promise<SmsBill> {
  const debit = bill.sippy;
  assert(debit !== null, `Cannot settle bill ${bill.id}: Sippy was never asked`);
  const found = await lookUpDebit(deps, { bill, debit });
  return await changeBill(deps, {
    bill,
    change: (now, atMs) => found.status === "booked" ? paidBill(now, atMs) : searched(now, found),
  });
}

function searched(
  bill: SmsBill,
  found: Exclude<LookupOutcome, { status: "booked" }>,
): SmsBill {
  const lookups = bill.sippy!.lookups + 1;
  const after: SmsBill = {
    ...bill,
    failureReason: reasonOf(found),
    sippy: { ...bill.sippy!, state: "unknown", lookups },
  };
  const isOver = found.status === "unclear" || lookups >= LOOKUPS_MAX ||
    (found.status === "not_booked" && lookups >= EMPTY_LOOKUPS_MAX);
  return isOver ? { ...after, status: "needs_review" } : after;
}

function reasonOf(found: Exclude<LookupOutcome, { status: "booked" }>): string {
  switch (found.status) {
    case "unclear":
      return found.reason;
    case "not_booked":
      return "debit_not_found";
    case "unavailable":
      return shortReason(`lookup_unavailable: ${found.reason}`);
  }
}
