/**
 * SMS bills as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { payableMicros, type SippyDebit, type SmsBill } from "../../../core/sms_billing/bill.ts";
import {
  CLOSED_STATUSES,
  type ClosedStatus,
  type NamedBill,
} from "../../../core/sms_billing/list_bills.ts";
import { SMS_FREQUENCIES, SMS_PAYMENTS } from "../../../core/sms_billing/settings.ts";
import { instantShape, moneyShape } from "./fields.ts";

const lineShape = z.object({
  country: z.string().nullable(),
  prefix: z.string().nullable(),
  count: z.int(),
  amount: moneyShape,
}).meta({ id: "SmsBillLine" });

const debitShape = z.object({
  reference: z.string().meta({ description: "Stands in the notes of the debit at Sippy" }),
  state: z.enum(["sending", "unknown", "charged", "refused", "not_sent"]),
  attempts: z.int(),
  sentAt: instantShape,
}).meta({ id: "SippyDebit" });

/** A closed bill. */
export const smsBillShape = z.object({
  id: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  currency: z.string(),
  periodStart: instantShape,
  periodEnd: instantShape.nullable(),
  frequency: z.enum(SMS_FREQUENCIES),
  messageCount: z.int(),
  segments: z.int(),
  totalCost: moneyShape.meta({ description: "What its messages come to" }),
  breakdown: z.array(lineShape),
  status: z.enum(CLOSED_STATUSES),
  approval: z.enum(["not_needed", "awaiting", "approved"]),
  attempts: z.int(),
  failureReason: z.string().nullable(),
  payment: z.enum(SMS_PAYMENTS),
  payable: moneyShape.meta({ description: "totalCost + carriedIn - carriedOut" }),
  carriedIn: moneyShape.meta({
    description: "Part of a minor unit that the bill before left over",
  }),
  carriedOut: moneyShape.meta({ description: "Part of a minor unit left to the next bill" }),
  entrySeq: z.int().nullable().meta({ description: "Its entry in the wallet; null without one" }),
  sippy: debitShape.nullable(),
  createdAt: instantShape,
  paidAt: instantShape.nullable(),
}).meta({ id: "SmsBill" });

/** See {@link smsBillShape}. */
export function showSmsBill({ bill, accountName }: NamedBill): z.infer<typeof smsBillShape> {
  const money = (micros: bigint) => formatMoney(micros, bill.currency);
  return {
    id: bill.id,
    accountId: bill.accountId,
    accountName,
    currency: bill.currency,
    periodStart: formatInstant(bill.periodStartMs),
    periodEnd: showInstant(bill.periodEndMs),
    frequency: bill.frequency,
    messageCount: bill.messageCount,
    segments: bill.segments,
    totalCost: money(bill.totalMicros),
    breakdown: bill.breakdown.map(({ country, prefix, count, amountMicros }) => ({
      country,
      prefix,
      count,
      amount: money(amountMicros),
    })),
    status: bill.status as ClosedStatus,
    approval: bill.approval,
    attempts: bill.attempts,
    failureReason: bill.failureReason,
    payment: bill.payment,
    payable: money(payableMicros(bill)),
    carriedIn: money(bill.carriedInMicros),
    carriedOut: money(bill.carriedOutMicros),
    entrySeq: bill.entrySeq,
    sippy: bill.sippy && showDebit(bill.sippy),
    createdAt: formatInstant(createdAtMs(bill)),
    paidAt: showInstant(bill.paidAtMs),
  };
}

/** A bill is made when its period is closed; before, it only collects. */
const createdAtMs = (bill: SmsBill): number => bill.closedAtMs ?? bill.openedAtMs;

const showInstant = (ms: number | null): string | null => ms === null ? null : formatInstant(ms);

function showDebit({ reference, state, attempts, sentAtMs }: SippyDebit): z.infer<
  typeof debitShape
> {
  return { reference, state, attempts, sentAt: formatInstant(sentAtMs) };
}
