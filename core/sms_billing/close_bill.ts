/**
 * Closes a bill: nothing is counted into it any more, and, where the terms say so, it is paid at once.
 *
 * Goes to: `core/sms_billing/pay_from_wallet.ts`, `core/sms_billing/payment_job.ts`.
 *
 * @module
 */
import { MINUTE_MS } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import { smsAccountKey, smsBillKey } from "../kv/keys.ts";
import { MICROS_PER_UNIT } from "../money.ts";
import { getSmsAccount, payableMicros, type SmsAccount, type SmsBill, stageBill } from "./bill.ts";
import { nextBoundaryMs } from "./boundaries.ts";
import { payFromWallet } from "./pay_from_wallet.ts";
import { stagePaymentJob } from "./payment_job.ts";
import type { SmsSettings } from "./settings.ts";

/** A bill to close, and by which terms. */
export interface Closing {
  /** As it stands in the batch; open. */
  bill: SmsBill;
  /** The boundary, or now when a threshold closes it. */
  periodEndMs: number;
  /** In force now. */
  terms: SmsSettings;
  /** Now. */
  atMs: number;
  /** Who. */
  actor: string;
  /** A fresh id for each job. */
  newId: () => string;
}

/** Stages the closed bill, paid when its terms say so; null when it came to less than nothing and stays open. */
export async function closeBill(batch: Batch, closing: Closing): Promise<SmsBill | null> {
  const { bill, periodEndMs, terms, atMs } = closing;
  const { accountId } = bill;
  const smsAccount = await getSmsAccount(batch, accountId);
  const closedUntilMs = Math.max(smsAccount.closedUntilMs, periodEndMs);
  if (bill.totalMicros + smsAccount.carriedMicros < 0n) {
    await carryOver(batch, { bill, closedUntilMs });
    return null;
  }
  const closed: SmsBill = {
    ...bill,
    ...shareOut(bill, { terms, carriedMicros: smsAccount.carriedMicros }),
    status: "pending",
    periodEndMs,
    payment: terms.payment,
    approval: "not_needed",
    closedAtMs: atMs,
  };
  closed.approval = needsApproval(closed, terms) ? "awaiting" : "not_needed";
  await stageBill(batch, { before: bill, after: closed });
  batch.set(
    smsAccountKey(accountId),
    {
      ...await getSmsAccount(batch, accountId),
      closedUntilMs,
      carriedMicros: closed.carriedOutMicros,
    } satisfies SmsAccount,
  );
  if (!terms.autoProcess || closed.approval === "awaiting") return closed;
  return await payClosed(batch, { ...closing, bill: closed });
}

/** Stages the payment of a closed bill: at once from the wallet, by a job where Sippy is asked. */
export async function payClosed(
  batch: Batch,
  { bill, terms, atMs, actor, newId }: Omit<Closing, "periodEndMs">,
): Promise<SmsBill> {
  if (bill.payment === "sippy" && payableMicros(bill) > 0n) {
    await stagePaymentJob(batch, { bill, jobId: newId(), dueAtMs: atMs, atMs });
    return bill;
  }
  const after = await payFromWallet(batch, { bill, terms, atMs, actor });
  if (after.status === "failed") {
    const dueAtMs = atMs + FIRST_RETRY_MS;
    await stagePaymentJob(batch, { bill, jobId: newId(), dueAtMs, atMs });
  }
  return after;
}

/** A payment that the wallet did not cover is tried again then, unless money comes in before. */
export const FIRST_RETRY_MS: number = 15 * MINUTE_MS;

function needsApproval(bill: SmsBill, terms: SmsSettings): boolean {
  const isAbove = terms.maxMicros !== null && bill.totalMicros > terms.maxMicros;
  return payableMicros(bill) > 0n && (terms.requireApproval || isAbove);
}

/** Sippy takes whole minor units: what is left goes into the next bill. */
function shareOut(
  bill: SmsBill,
  { terms, carriedMicros }: { terms: SmsSettings; carriedMicros: bigint },
): Pick<SmsBill, "carriedInMicros" | "carriedOutMicros"> {
  const wholeMicros = bill.totalMicros + carriedMicros;
  const carriedOutMicros = terms.payment === "sippy"
    ? wholeMicros % minorUnitMicros(bill.currency)
    : 0n;
  return { carriedInMicros: carriedMicros, carriedOutMicros };
}

/** The smallest amount of a currency that can be paid: a cent of a dollar, a whole yen. */
export function minorUnitMicros(currency: string): bigint {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat("en", { style: "currency", currency })
    .resolvedOptions();
  return MICROS_PER_UNIT / 10n ** BigInt(maximumFractionDigits);
}

/** Prices fell after their bill was paid: what we owe stays open until new messages outweigh it. */
async function carryOver(
  batch: Batch,
  { bill, closedUntilMs }: { bill: SmsBill; closedUntilMs: number },
): Promise<void> {
  const periodEndMs = nextBoundaryMs(bill.frequency, closedUntilMs);
  await stageBill(batch, { before: bill, after: { ...bill, periodEndMs } });
  const smsAccount = await getSmsAccount(batch, bill.accountId);
  batch.set(smsAccountKey(bill.accountId), { ...smsAccount, closedUntilMs });
}

/** A bill by id, beneath its account's wallet. */
export function getBill(batch: Batch, billId: string): Promise<SmsBill | null> {
  return batch.get<SmsBill>(smsBillKey(billId));
}
