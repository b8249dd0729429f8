/**
 * I9 at the switch, in the very instant it is asked and in the instant it takes money: the intent stands in
 * the store before, with the same reference and amount; it is sent in time or not at all; and no reference
 * is ever taken twice.
 *
 * @module
 */
import type { SippyEyes } from "../carriers/sippy_world.ts";
import { SECOND_MS } from "../../../core/clock.ts";
import { type Fields, rowAt } from "../commits.ts";
import { require } from "../violation.ts";
import type { World } from "../world.ts";

/** Held up for longer than 35 s a debit is not sent; clocks err by 15 s, and the way takes its time. */
const SENT_WITHIN_MS = 51 * SECOND_MS;

/** Watches over the switch. */
export function watchDebits({ rows, timeline }: Pick<World, "rows" | "timeline">): SippyEyes {
  const billOf = (reference: string): Fields | null => {
    const known = rowAt(rows, ["sippy_reference", reference.replace("smsbill ref=", "")]);
    return known && rowAt(rows, ["sms_bill", known.billId]);
  };
  return {
    onAsked: (reference) => {
      const bill = billOf(reference);
      const sippy: Fields | null = bill?.sippy ?? null;
      const what = () => `${reference} is sent, and its bill is ${JSON.stringify(bill)}`;
      require(sippy?.reference === reference, "I9", what);
      require(bill!.status === "processing" && sippy.state === "sending", "I9", what);
      require(timeline.now() - sippy.sentAtMs <= SENT_WITHIN_MS, "I9", what);
    },
    onTaken: ({ notes, amountMicros, iAccount, kind }, all) => {
      const bill = billOf(notes ?? "");
      const what = () => `${notes}: ${amountMicros} is taken for ${JSON.stringify(bill)}`;
      require(kind === "debit" && bill?.sippy?.reference === notes, "I9", what);
      const payable = BigInt(bill.totalMicros) + BigInt(bill.carriedInMicros) -
        BigInt(bill.carriedOutMicros);
      const isMeant = BigInt(bill.sippy.amountMicros) === amountMicros &&
        payable === amountMicros &&
        bill.sippy.iAccount === iAccount && amountMicros > 0n;
      require(isMeant, "I9", what);
      require(bill.status !== "cancelled", "I9", what);
      const count = all.filter((one) => one.notes === notes).length;
      require(count === 1, "I9", () => `${notes} is taken ${count} times`);
    },
  };
}
