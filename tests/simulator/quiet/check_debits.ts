/**
 * I9 after the quiet: every bill that Sippy paid has its one debit there, of the same amount, and every
 * debit is of a bill that is paid, or was taken by hand; the program's own comparison finds the same.
 *
 * @module
 */
import { payableOf } from "../checks/bill_watch.ts";
import { rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Looks at both sides. */
export function checkDebits({ world: { rows }, sippy }: Truth): void {
  const debits = Map.groupBy(sippy.debits(), ({ notes }) => notes);
  const asked = new Set<string>();
  const handed = new Set<string>();
  for (const bill of rowsOf(rows, "sms_bill")) {
    const reference: string | null = bill.sippy?.reference ?? null;
    if (reference !== null) asked.add(reference);
    const mine = reference === null ? [] : debits.get(reference) ?? [];
    if (mine.some(({ iPayment }) => sippy.byHand.has(iPayment))) handed.add(bill.id);
    const isPaid = bill.status === "paid" && bill.payment === "sippy" && payableOf(bill) > 0n;
    const what = () => `${JSON.stringify(bill)} is taken ${mine.length} times there`;
    require(mine.length === (isPaid ? 1 : 0), "I9", what);
    require(mine.every((one) => one.amountMicros === payableOf(bill)), "I9", what);
  }
  for (const { notes, iPayment } of sippy.debits()) {
    const isOurs = notes !== null && asked.has(notes);
    require(isOurs || sippy.byHand.has(iPayment), "I9", () => `${notes} is no bill's`);
  }
  for (const { day, state, items } of rowsOf(rows, "debit_comparison")) {
    const what = () => `${day} is compared as ${state}: ${JSON.stringify(items)}`;
    // What staff took later than the bill was sent is of another day.
    const isExplained = items.every(({ billId }: { billId: string }) => handed.has(billId));
    require(state === "done" && isExplained, "I9", what);
  }
}
