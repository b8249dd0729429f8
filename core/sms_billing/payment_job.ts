/**
 * The durable job that sees a bill's payment through, one for each bill.
 *
 * @module
 */
import { stageJob } from "../jobs/job.ts";
import type { Batch } from "../kv/batch.ts";
import { walletKey } from "../kv/keys.ts";
import type { SmsBill } from "./bill.ts";

/** The kind of the job; its unique name is the bill's id. */
export const SMS_PAYMENT_JOB = "pay_sms_bill";

/** Stages the job beneath the wallet; answers its id, which is the earlier job's when the bill has one. */
export function stagePaymentJob(
  batch: Batch,
  { bill, jobId, dueAtMs, atMs }: {
    bill: Pick<SmsBill, "id" | "accountId">;
    jobId: string;
    dueAtMs: number;
    atMs: number;
  },
): Promise<string> {
  return stageJob(batch, {
    id: jobId,
    kind: SMS_PAYMENT_JOB,
    unique: bill.id,
    dueAtMs,
    atMs,
    // A commit that closes many bills holds on to no more rows for it.
    gate: walletKey(bill.accountId),
  });
}
