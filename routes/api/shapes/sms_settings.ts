/**
 * The terms of SMS billing in requests and answers: flat, amounts as JSON numbers, what a level inherits
 * left out.
 *
 * @module
 */
import { z } from "zod";
import {
  SMS_FREQUENCIES,
  SMS_PAYMENTS,
  type SmsLevel,
  type SmsTerms,
} from "../../../core/sms_billing/settings.ts";
import { currencyField } from "./fields.ts";
import { plainAmount, plainAmountField } from "./sms_fields.ts";

const thresholdMessages = z.int().min(1).max(1_000_000_000).nullable();

/** One level, as it is to be: what is absent is inherited. */
export const smsLevelRequest = z.strictObject({
  frequency: z.enum(SMS_FREQUENCIES).optional(),
  thresholdAmount: positive().nullable().optional()
    .meta({ description: "With frequency threshold; null: none", example: 50 }),
  thresholdMessages: thresholdMessages.optional()
    .meta({ description: "With frequency threshold; null: none", example: 1000 }),
  maxAmount: plainAmountField.nullable().optional()
    .meta({ description: "A bill above it waits for approval; null: no maximum" }),
  currency: currencyField.optional(),
  autoProcess: z.boolean().optional(),
  requireApproval: z.boolean().optional(),
  notifications: z.boolean().optional(),
  warnAtPercent: z.int().min(1).max(100).optional(),
  payment: z.enum(SMS_PAYMENTS).optional(),
}).meta({ id: "SmsSettingsRequest" });

function positive(): z.ZodType<bigint, string | number> {
  return plainAmountField.refine((micros) => micros > 0n, "must be more than 0");
}

/** The level of a request. */
export function levelOf(request: z.output<typeof smsLevelRequest>): SmsLevel {
  const { thresholdAmount, maxAmount, ...others } = request;
  const level = {
    ...others,
    ...(thresholdAmount === undefined ? {} : { thresholdMicros: thresholdAmount }),
    ...(maxAmount === undefined ? {} : { maxMicros: maxAmount }),
  };
  const given = Object.entries(level).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

const settingsShape = z.object({
  frequency: z.enum(SMS_FREQUENCIES),
  thresholdAmount: z.number().nullable(),
  thresholdMessages,
  maxAmount: z.number().nullable(),
  currency: z.string(),
  autoProcess: z.boolean(),
  requireApproval: z.boolean(),
  notifications: z.boolean(),
  warnAtPercent: z.int(),
  payment: z.enum(SMS_PAYMENTS),
}).meta({ id: "SmsSettings" });
const levelShape = settingsShape.partial().meta({ id: "SmsSettingsLevel" });

/** The levels of some terms and what they come to. */
export const smsTermsShape = z.object({
  global: settingsShape.meta({
    description: "In force for the installation: as people set it, else as the environment says",
  }),
  account: levelShape.nullable().meta({ description: "The account's own; null without ?account" }),
  effective: settingsShape.meta({ description: "In force" }),
}).meta({ id: "SmsTerms" });

/** See {@link smsTermsShape}. */
export function showSmsTerms(
  { shared, account, effective }: SmsTerms,
  { withAccount }: { withAccount: boolean },
): z.infer<typeof smsTermsShape> {
  return {
    global: showLevel(shared) as z.infer<typeof settingsShape>,
    account: withAccount ? showLevel(account) : null,
    effective: showLevel(effective) as z.infer<typeof settingsShape>,
  };
}

/** A level, its members always in the same order, so that equal levels are equal text. */
export function showLevel(level: SmsLevel): z.infer<typeof levelShape> {
  const { thresholdMicros, maxMicros } = level;
  const all = {
    frequency: level.frequency,
    thresholdAmount: showAmount(thresholdMicros),
    thresholdMessages: level.thresholdMessages,
    maxAmount: showAmount(maxMicros),
    currency: level.currency,
    autoProcess: level.autoProcess,
    requireApproval: level.requireApproval,
    notifications: level.notifications,
    warnAtPercent: level.warnAtPercent,
    payment: level.payment,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function showAmount(micros: bigint | null | undefined): number | null | undefined {
  return typeof micros === "bigint" ? plainAmount(micros) : micros;
}
