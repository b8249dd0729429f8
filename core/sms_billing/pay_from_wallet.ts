/**
 * Pays a closed bill from the wallet, in one entry; the wallet's policy says whether it may.
 *
 * Goes to: `core/wallet/post_entry.ts`, `core/sms_billing/bill.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import { recordDayChange } from "../wallet/day_total.ts";
import { postEntry } from "../wallet/post_entry.ts";
import { payableMicros, type SmsBill, stageBill } from "./bill.ts";
import { tellOfBill } from "./tell_of_bill.ts";
import type { SmsSettings } from "./settings.ts";

/** Stages the payment and the bill after it: `paid`, or `failed` with nothing taken. */
export async function payFromWallet(
  batch: Batch,
  { bill, terms, atMs, actor }: {
    bill: SmsBill;
    terms: Pick<SmsSettings, "notifications">;
    atMs: number;
    actor: string;
  },
): Promise<SmsBill> {
  assert(bill.status === "pending" || bill.status === "failed", `Cannot pay ${bill.id}`);
  const amountMicros = payableMicros(bill);
  const tried = { ...bill, attempts: bill.attempts + 1 };
  const posted = amountMicros === 0n ? null : await postEntry(batch, {
    accountId: bill.accountId,
    kind: "payment",
    amountMicros: -amountMicros,
    source: { type: "bill", id: bill.id },
    description: `SMS bill ${bill.id}: ${bill.messageCount} messages`,
    atMs,
    actor,
    metadata: { bill: bill.id },
  });
  const entry = posted?.status === "posted" ? posted.entry : null;
  const after: SmsBill = posted && !entry
    ? { ...tried, status: "failed", failureReason: posted.status }
    : {
      ...tried,
      status: "paid",
      failureReason: null,
      entrySeq: entry?.seq ?? null,
      paidAtMs: atMs,
    };
  if (after.status === "paid") await countServices(batch, { bill, atMs: entry?.atMs ?? atMs });
  await stageBill(batch, { before: bill, after });
  await tellOfBill(batch, { before: bill, after, terms, atMs });
  return after;
}

/** The entry's amount, by the services its messages were sold as, in the totals of its day. */
async function countServices(
  batch: Batch,
  { bill, atMs }: { bill: SmsBill; atMs: number },
): Promise<void> {
  const { accountId, currency } = bill;
  for (const [service, micros] of Object.entries(serviceShares(bill))) {
    await recordDayChange(batch, {
      accountId,
      currency,
      day: utcDay(atMs),
      change: {
        service,
        amountMicros: -micros,
        usageCount: bill.serviceCount[service] ?? 0,
      },
    });
  }
}

/** What an earlier bill left over counts as `sms`, so that the shares come to what is paid. */
function serviceShares(bill: SmsBill): Record<string, bigint> {
  const carried = bill.carriedInMicros - bill.carriedOutMicros;
  if (carried === 0n) return bill.serviceMicros;
  return { ...bill.serviceMicros, sms: (bill.serviceMicros.sms ?? 0n) + carried };
}
