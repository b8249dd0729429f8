/**
 * The kinds of jobs that ask Sippy, for the table of all kinds.
 *
 * Goes to: `core/sms_billing/pay_bill.ts`, `core/sms_billing/compare_day.ts`.
 *
 * @module
 */
import type { SoloJobKind } from "../jobs/run_jobs.ts";
import { COMPARISON_JOB, comparisonKind } from "./compare_day.ts";
import { paymentKind } from "./pay_bill.ts";
import type { PayDeps } from "./pay_change.ts";
import { SMS_PAYMENT_JOB } from "./payment_job.ts";

/** Payments of bills, from the wallet too, and the daily comparison of debits. */
export function paymentKinds(deps: PayDeps): Record<string, SoloJobKind> {
  return {
    [SMS_PAYMENT_JOB]: paymentKind(deps),
    [COMPARISON_JOB]: comparisonKind(deps),
  };
}
