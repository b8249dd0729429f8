/**
 * Bills in words: where they stand, what closes and pays them, why a payment failed.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { type BillLine, isAwaiting, type SmsBill } from "../../../core/sms_billing/bill.ts";
import type { SmsFrequency, SmsPayment } from "../../../core/sms_billing/settings.ts";
import { Badge } from "../badge.tsx";
import { formatCount } from "../format.ts";
import { stateWord } from "../strings.ts";
import { TimeText } from "../values.tsx";

/** Where SMS billing is. */
export const SMS_PATH = "/admin/sms";
/** Where its bills are listed. */
export const BILLS_PATH = "/admin/sms?tab=billing";

/** Where a bill is shown to admins. */
export function billHref(billId: string): string {
  return `${SMS_PATH}/bills/${encodeURIComponent(billId)}`;
}

/** What closes a period. */
export const FREQUENCY_WORDS: Readonly<Record<SmsFrequency, string>> = {
  daily: "daily, at 02:00 UTC",
  weekly: "weekly, on Monday at 03:00 UTC",
  monthly: "monthly, on the 1st at 04:00 UTC",
  threshold: "when a limit is reached",
};

/** What a bill is paid from. */
export const PAYMENT_WORDS: Readonly<Record<SmsPayment, string>> = {
  wallet: "from the wallet",
  sippy: "through Sippy",
};

/** Where a bill stands. */
export function BillBadge({ bill }: { bill: Pick<SmsBill, "status" | "approval"> }): JSX.Element {
  if (isAwaiting(bill)) return <Badge state="pending" label="awaiting approval" tone="warning" />;
  const tone = bill.status === "needs_review" ? "warning" : undefined;
  return <Badge state={bill.status} tone={tone} />;
}

const FAILURES: Readonly<Record<string, string>> = {
  insufficient_funds: "the wallet does not cover it",
  not_collected: "Sippy did not take it, says a person",
  debit_not_found: "no such debit was found at Sippy",
  booked_twice: "Sippy lists it twice",
  booked_differently: "Sippy lists another amount under its reference",
  booked_without_reference: "Sippy lists such a debit without its reference",
  sippy_refused: "Sippy refused it",
  sippy_not_asked: "Sippy was not asked",
  outcome_unknown: "Sippy's answer did not arrive",
  lookup_unavailable: "Sippy's list could not be read",
  "it is needs_review": "it needs a person's decision first",
};

/** Why a payment failed: `sippy_refused: 402 …` is "Sippy refused it: 402 …". */
export function failureWords(reason: string): string {
  const [, word = reason, rest = ""] = /^(\w+)(: [^]*)?$/.exec(reason) ?? [];
  const known = Object.hasOwn(FAILURES, word) ? FAILURES[word]! : stateWord(word);
  return known + rest;
}

/** A place messages went to: `US +1`. */
export function placeWords({ country, prefix }: Pick<BillLine, "country" | "prefix">): string {
  return [country, prefix].filter((part) => part !== null).join(" ") || "other places";
}

/** The days a bill covers: its end is its boundary, and not in it. */
export function Period(
  { bill, timeZone }: { bill: Pick<SmsBill, "periodStartMs" | "periodEndMs">; timeZone: string },
): JSX.Element {
  return (
    <>
      <TimeText atMs={bill.periodStartMs} timeZone={timeZone} precision="minute" />
      <br />
      <small>
        to <TimeText atMs={bill.periodEndMs} timeZone={timeZone} precision="minute" />
      </small>
    </>
  );
}

/** `1 message`, `1,200 messages`. */
export function messagesWords(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "message" : "messages"}`;
}
