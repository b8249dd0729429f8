/**
 * Each bill paid through Sippy: one debit there, of the amount it names; or it is seen to be in doubt,
 * with at most one.
 *
 * Comes from: `tests/crash/check_books.ts`.
 *
 * @module
 */
import { payableMicros, type SmsBill } from "../../core/sms_billing/bill.ts";
import { readRows } from "../support/sync_load.ts";
import type { Audit } from "./check_books.ts";
import type { TrueDebit } from "./truth.ts";

/** Checks every bill that Sippy pays, and every debit that was made. */
export async function checkSippy({ kv, known, found, visible }: Audit): Promise<void> {
  const bills = [...(await readRows<SmsBill>(kv, "sms_bill")).values()]
    .filter(({ payment, closedAtMs }) => payment === "sippy" && closedAtMs !== null);
  const made = Map.groupBy(known.truth.debits, ({ reference }) => reference);
  for (const bill of bills) {
    visible.sippyBills[bill.status] = (visible.sippyBills[bill.status] ?? 0) + 1;
    const debits = bill.sippy ? made.get(bill.sippy.reference) ?? [] : [];
    if (debits.length > 1) found.doubled.push(`bill ${bill.id} has ${debits.length} debits`);
    const isPaid = bill.status === "paid" && payableMicros(bill) > 0n;
    if (isPaid && debits.length === 0) found.lost.push(`bill ${bill.id} is paid without a debit`);
    for (const debit of debits) checkDebit({ bill, debit, differences: found.differences });
  }
  const references = new Set(bills.map(({ sippy }) => sippy?.reference));
  for (const { reference, amountMicros } of known.truth.debits) {
    if (references.has(reference)) continue;
    found.differences.push(`a debit of ${amountMicros} (${reference}) belongs to no bill`);
  }
}

function checkDebit(
  { bill, debit, differences }: { bill: SmsBill; debit: TrueDebit; differences: string[] },
): void {
  const isMeant = BigInt(debit.amountMicros) === payableMicros(bill) &&
    debit.iAccount === bill.sippy?.iAccount;
  if (!isMeant) differences.push(`bill ${bill.id} has a debit of ${debit.amountMicros}`);
}
