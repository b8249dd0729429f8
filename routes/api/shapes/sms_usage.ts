/**
 * Reported SMS usage and the running period as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import type { RecordedItem } from "../../../core/billing/record_usage.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import type { SmsUsageView } from "../../../core/sms_billing/billing_summary.ts";
import { SMS_FREQUENCIES } from "../../../core/sms_billing/settings.ts";
import { instantShape, moneyShape } from "./fields.ts";

/** What was used in the running period, and of which limits. */
export const smsUsageShape = z.object({
  accountId: z.string(),
  frequency: z.enum(SMS_FREQUENCIES),
  messages: z.int(),
  segments: z.int(),
  amount: moneyShape,
  limits: z.object({
    thresholdMessages: z.int().nullable(),
    thresholdAmount: moneyShape.nullable(),
    maxAmount: moneyShape.nullable(),
  }).meta({ description: "Those that have an effect; thresholds with frequency threshold only" }),
  percentUsed: z.int().meta({ description: "Of the nearest limit; may pass 100; 0 without any" }),
  periodEnd: instantShape.nullable().meta({ description: "Null where only a threshold ends it" }),
}).meta({ id: "SmsUsage" });

/** See {@link smsUsageShape}. */
export function showSmsUsage(
  { accountId, currency, usage }: { accountId: string; currency: string; usage: SmsUsageView },
): z.infer<typeof smsUsageShape> {
  const { thresholdMessages, thresholdMicros, maxMicros } = usage.limits;
  const money = (micros: bigint | null) => micros === null ? null : formatMoney(micros, currency);
  return {
    accountId,
    frequency: usage.frequency,
    messages: usage.messageCount,
    segments: usage.segments,
    amount: formatMoney(usage.amountMicros, currency),
    limits: {
      thresholdMessages,
      thresholdAmount: money(thresholdMicros),
      maxAmount: money(maxMicros),
    },
    percentUsed: usage.percentUsed,
    periodEnd: usage.periodEndMs === null ? null : formatInstant(usage.periodEndMs),
  };
}

/** What became of one message. */
export const recordedShape = z.object({
  messageId: z.string(),
  state: z.enum(["recorded", "duplicate"]),
  segments: z.int().nullable()
    .meta({ description: "Null where a carrier reported it before and does not say" }),
  charge: moneyShape.meta({ description: "What its bill takes for it" }),
}).meta({ id: "RecordedUsage" });

/** See {@link recordedShape}. */
export function showRecorded(
  { messageId, state, segments, amountMicros }: RecordedItem,
  currency: string,
): z.infer<typeof recordedShape> {
  return { messageId, state, segments, charge: formatMoney(amountMicros, currency) };
}
