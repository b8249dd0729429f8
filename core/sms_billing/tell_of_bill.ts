/**
 * Notices about bills: one when a bill is paid, one when a payment fails first, one when a person must
 * decide.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { formatMicros } from "../money.ts";
import { type NoticeKind, stageNotice } from "../notices/notice.ts";
import { payableMicros, type SmsBill } from "./bill.ts";
import type { SmsSettings } from "./settings.ts";

interface Words {
  kind: NoticeKind;
  title: string;
  detail: string;
}

/** Stages what people should hear of a bill's change; nothing when its terms keep quiet. */
export async function tellOfBill(
  batch: Batch,
  { before, after, terms, atMs }: {
    before: SmsBill;
    after: SmsBill;
    terms: Pick<SmsSettings, "notifications">;
    atMs: number;
  },
): Promise<void> {
  if (!terms.notifications || before.status === after.status) return;
  const words = wordsOf(after);
  if (!words) return;
  await stageNotice(batch, {
    ...words,
    id: `${words.kind}:${after.id}:${after.status}`,
    accountId: after.accountId,
    atMs,
    link: `/admin/sms/bills/${after.id}`,
  });
}

function wordsOf(bill: SmsBill): Words | null {
  const amount = `${formatMicros(payableMicros(bill))} ${bill.currency}`;
  switch (bill.status) {
    case "paid":
      return {
        kind: "bill_processed",
        title: `SMS bill ${bill.id} is paid: ${amount}`,
        detail: `${bill.messageCount} messages, paid from ${
          bill.payment === "wallet" ? "the wallet" : "the Sippy account"
        }.`,
      };
    case "failed":
      return {
        kind: "payment_failed",
        title: `SMS bill ${bill.id} was not paid: ${amount}`,
        detail: `Reason: ${
          bill.failureReason ?? "unknown"
        }. It is tried again; nothing has been taken.`,
      };
    case "needs_review":
      return {
        kind: "payment_failed",
        title: `SMS bill ${bill.id} needs a decision: ${amount}`,
        detail: `Whether Sippy took the money is not known (${
          bill.failureReason ?? "no answer"
        }). Look it up there and say so on the bill's page.`,
      };
    default:
      return null;
  }
}
