/**
 * What a person may do with a bill as it stands, and what each of it means.
 *
 * @module
 */
import { isAwaiting, type SmsBill } from "../../../core/sms_billing/bill.ts";
import { PAYMENT_WORDS } from "./bill_words.tsx";

/** The names of all deeds, as they stand in addresses. */
export const DEEDS = [
  "process",
  "approve",
  "cancel",
  "collected",
  "not_collected",
  "write_off",
] as const;
/** One of {@link DEEDS}. */
export type Deed = typeof DEEDS[number];

/** A deed in words. */
export interface DeedWords {
  /** As a button. */
  verb: string;
  /** What follows from it. */
  meaning: string;
  /** What becomes of the bill, as a status. */
  to: string;
  /** Whether somebody loses money by it. */
  isDangerous: boolean;
}

/** The deeds that are open for a bill as it stands; the routes behind them decide once more. */
export function deedsFor(bill: SmsBill): Deed[] {
  const { status, sippy } = bill;
  const awaits = isAwaiting(bill);
  const mayPay = status === "failed" || (status === "pending" && !awaits);
  // A debit that may have been asked for can still show up there.
  const isFree = !sippy || sippy.state === "not_sent";
  const deeds: Deed[] = [];
  if (awaits) deeds.push("approve");
  if (mayPay) deeds.push("process");
  if ((status === "pending" || status === "failed") && isFree) deeds.push("cancel");
  if (needsDecision(bill)) deeds.push("collected", "not_collected", "write_off");
  return deeds;
}

/** Whether only a person can say if Sippy took the money. */
export function needsDecision({ status, sippy }: Pick<SmsBill, "status" | "sippy">): boolean {
  return status === "needs_review" || (status === "failed" && sippy?.state === "refused");
}

/** What a deed does with this bill. */
export function deedWords(deed: Deed, bill: Pick<SmsBill, "payment">): DeedWords {
  const paid = PAYMENT_WORDS[bill.payment];
  switch (deed) {
    case "process":
      return {
        verb: "Process",
        meaning: `It is paid ${paid} now. A payment that is refused takes nothing.`,
        to: "paid",
        isDangerous: false,
      };
    case "approve":
      return {
        verb: "Approve",
        meaning: `You agree to the amount, and it is paid ${paid} now. Sending is allowed again.`,
        to: "paid",
        isDangerous: false,
      };
    case "cancel":
      return {
        verb: "Cancel the bill",
        meaning: "Its messages are charged to nobody. This cannot be taken back.",
        to: "cancelled",
        isDangerous: true,
      };
    case "collected":
      return {
        verb: "Sippy took it",
        meaning: "You have found the debit in Sippy. The bill is paid, and nothing is sent again.",
        to: "paid",
        isDangerous: false,
      };
    case "not_collected":
      return {
        verb: "Sippy did not, send again",
        meaning:
          "You are sure that there is no debit in Sippy. Its reference is searched for once " +
          "more, then the debit is sent again.",
        to: "processing",
        isDangerous: true,
      };
    case "write_off":
      return {
        verb: "Cancel the bill",
        meaning: "Its messages are charged to nobody. Should Sippy have taken the money, give it " +
          "back there. This cannot be taken back.",
        to: "cancelled",
        isDangerous: true,
      };
  }
}
