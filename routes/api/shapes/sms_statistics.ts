/**
 * The statistics of SMS billing as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { CLOSED_STATUSES } from "../../../core/sms_billing/list_bills.ts";
import { SMS_FREQUENCIES } from "../../../core/sms_billing/settings.ts";
import type { SmsStatistics } from "../../../core/sms_billing/statistics.ts";
import { instantShape, moneyShape } from "./fields.ts";

const millisecondsShape = z.number().nullable();

/** Bills closed within 31 days, how Sippy answered, how long the jobs took. */
export const smsStatisticsShape = z.object({
  from: instantShape,
  to: instantShape,
  isComplete: z.boolean().meta({ description: "False: only the newest 5,000 bills are counted" }),
  bills: z.record(z.enum(CLOSED_STATUSES), z.int()),
  successRate: z.number().nullable()
    .meta({ description: "Percent of the payments that ended; null without any" }),
  failedPayments: z.int(),
  averageBill: z.array(z.object({ count: z.int(), amount: moneyShape }))
    .meta({ description: "One for each currency" }),
  frequencyDistribution: z.record(z.enum(SMS_FREQUENCIES), z.int()),
  highVolumeAccounts: z.array(z.object({
    accountId: z.string(),
    name: z.string(),
    messages: z.int(),
    amount: moneyShape,
  })).meta({ description: "More than 5,000 messages, the largest first" }),
  sippyResponseTimes: z.object({
    requests: z.int(),
    averageMs: z.number(),
    maxMs: z.number(),
  }).nullable().meta({ description: "Null: Sippy was not asked" }),
  jobTimes: z.array(z.object({
    kind: z.string(),
    done: z.int(),
    failed: z.int(),
    open: z.int(),
    averageMs: millisecondsShape,
    maxMs: millisecondsShape,
  })).meta({ description: "From when a job was asked for until its end" }),
}).meta({ id: "SmsStatistics" });

/** See {@link smsStatisticsShape}. */
export function showSmsStatistics(found: SmsStatistics): z.infer<typeof smsStatisticsShape> {
  return {
    from: formatInstant(found.sinceMs),
    to: formatInstant(found.untilMs),
    isComplete: found.isComplete,
    bills: found.statusCounts,
    successRate: found.successPercent,
    failedPayments: found.failedCount,
    averageBill: found.averages.map(({ count, averageMicros, currency }) => ({
      count,
      amount: formatMoney(averageMicros, currency),
    })),
    frequencyDistribution: found.frequencyCounts,
    highVolumeAccounts: found.highVolume.map((one) => ({
      accountId: one.accountId,
      name: one.name,
      messages: one.messageCount,
      amount: formatMoney(one.amountMicros, one.currency),
    })),
    sippyResponseTimes: found.sippy && {
      requests: found.sippy.count,
      averageMs: found.sippy.averageMs,
      maxMs: found.sippy.maxMs,
    },
    jobTimes: found.jobs.map((one) => ({
      kind: one.kind,
      done: one.doneCount,
      failed: one.failedCount,
      open: one.openCount,
      averageMs: one.averageMs,
      maxMs: one.maxMs,
    })),
  };
}
