/**
 * Searches Sippy's list for a bill's debit, in its narrow windows of time.
 *
 * Goes to: `core/sms_billing/sippy_debit.ts`.
 *
 * @module
 */
import type { SippyDebit, SmsBill } from "./bill.ts";
import type { PayDeps } from "./pay_change.ts";
import { type DebitFinding, findDebit, searchWindows, type TimeWindow } from "./sippy_debit.ts";
import type { ListedDebit, SippyGateway } from "./sippy_gateway.ts";

/** What the search came to; without a whole list it says nothing. */
export type LookupOutcome = DebitFinding | { status: "unavailable"; reason: string };

/** Looks whether a debit was executed. It is for the caller to wait until that can be seen. */
export async function lookUpDebit(
  { sippy, settleMs }: Pick<PayDeps, "sippy" | "settleMs">,
  { bill, debit }: { bill: Pick<SmsBill, "currency">; debit: SippyDebit },
): Promise<LookupOutcome> {
  if (!sippy) return { status: "unavailable", reason: "Sippy is not configured" };
  const windows = searchWindows(debit, settleMs);
  const listed = await listDebits(sippy, { iAccount: debit.iAccount, windows });
  if (listed.status === "unavailable") return listed;
  return findDebit(listed.payments, { debit, currency: bill.currency });
}

/** The debits of several windows, each once, or none of them. */
export async function listDebits(
  sippy: SippyGateway,
  { iAccount, windows }: { iAccount: number; windows: readonly TimeWindow[] },
): Promise<
  { status: "found"; payments: ListedDebit[] } | { status: "unavailable"; reason: string }
> {
  const payments = new Map<string, ListedDebit>();
  for (const window of windows) {
    const list = await sippy.findDebits({ iAccount, ...window });
    if (list.status === "unavailable") return list;
    // A switch that does not keep to the window lists the same debit in both.
    for (const payment of list.payments) payments.set(nameOf(payment), payment);
  }
  return { status: "found", payments: [...payments.values()] };
}

function nameOf({ iPayment, amountMicros: _, ...rest }: ListedDebit): string {
  return iPayment === null ? JSON.stringify(rest) : String(iPayment);
}
