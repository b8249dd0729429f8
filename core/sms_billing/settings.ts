/**
 * The terms of SMS billing: an account's own where it has them, else the installation's, else the
 * environment's, each member by itself.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { smsAccountSettingsKey, smsSettingsKey } from "../kv/keys.ts";
import { MICROS_PER_UNIT } from "../money.ts";

/** When a period closes. */
export const SMS_FREQUENCIES = ["daily", "weekly", "monthly", "threshold"] as const;
/** One of {@link SMS_FREQUENCIES}. */
export type SmsFrequency = typeof SMS_FREQUENCIES[number];
/** What a bill is paid from: the prepaid wallet, or the customer's account at Sippy. */
export const SMS_PAYMENTS = ["wallet", "sippy"] as const;
/** One of {@link SMS_PAYMENTS}. */
export type SmsPayment = typeof SMS_PAYMENTS[number];

/** Terms in force. Null: no such limit. */
export interface SmsSettings {
  /** See {@link SMS_FREQUENCIES}. */
  frequency: SmsFrequency;
  /** With `threshold`: the amount that closes a period. */
  thresholdMicros: bigint | null;
  /** With `threshold`: the number of messages that closes a period. */
  thresholdMessages: number | null;
  /** A bill above it waits for a person's approval. */
  maxMicros: bigint | null;
  /** ISO 4217; an account is billed in its own currency all the same. */
  currency: string;
  /** Whether a closed bill is collected at once. */
  autoProcess: boolean;
  /** Whether every bill waits for a person's approval; sending is blocked meanwhile. */
  requireApproval: boolean;
  /** Whether people hear of bills. */
  notifications: boolean;
  /** 1 to 100: the share of a limit from which on people are warned. */
  warnAtPercent: number;
  /** See {@link SMS_PAYMENTS}. */
  payment: SmsPayment;
}

/** Terms of one level; an absent member is inherited. */
export type SmsLevel = Partial<SmsSettings>;

/** The installation's row. `base` is what the environment says; `level` what people have set. */
export interface SmsGlobalSettings {
  /** Changed by people. */
  level: SmsLevel;
  /** Written at each start. */
  base: SmsSettings;
}

/** Terms where neither people nor the environment say anything. */
export const SMS_BASE: SmsSettings = {
  frequency: "daily",
  thresholdMicros: 100n * MICROS_PER_UNIT,
  thresholdMessages: 1_000,
  maxMicros: null,
  currency: "USD",
  autoProcess: true,
  requireApproval: false,
  notifications: true,
  warnAtPercent: 80,
  payment: "wallet",
};

/** The terms that the environment asks for, where people have not said otherwise. */
export function baseTerms(
  { defaultFrequency, defaultCurrency, autoProcess, notificationEnabled }: {
    defaultFrequency: SmsFrequency;
    defaultCurrency: string;
    autoProcess: boolean;
    notificationEnabled: boolean;
  },
): SmsSettings {
  return {
    ...SMS_BASE,
    frequency: defaultFrequency,
    currency: defaultCurrency,
    autoProcess,
    notifications: notificationEnabled,
  };
}

/** The three levels of an account's terms, and what they come to. */
export interface SmsTerms {
  /** The installation's. */
  global: SmsLevel;
  /** The account's own. */
  account: SmsLevel;
  /** In force where an account has no terms of its own. */
  shared: SmsSettings;
  /** In force. */
  effective: SmsSettings;
}

/** An account's terms; a commit that rests on them fails when they change. */
export async function readSmsTerms(batch: Batch, accountId: string): Promise<SmsTerms> {
  const global = await batch.getChecked<SmsGlobalSettings>(smsSettingsKey);
  const account = await batch.getChecked<SmsLevel>(smsAccountSettingsKey(accountId));
  return joinTerms(global, account);
}

/** What the levels come to; either row may be absent. */
export function joinTerms(global: SmsGlobalSettings | null, account: SmsLevel | null): SmsTerms {
  const own = ownLevel(account);
  const level = ownLevel(global?.level ?? null);
  const shared: SmsSettings = { ...(global?.base ?? SMS_BASE), ...level };
  return { global: level, account: own, shared, effective: { ...shared, ...own } };
}

/** The members of a level alone, without what its row carries beside them. */
function ownLevel(row: SmsLevel | null): SmsLevel {
  const names = Object.keys(SMS_BASE) as (keyof SmsSettings)[];
  return Object.fromEntries(
    names.flatMap((name) => row?.[name] === undefined ? [] : [[name, row[name]]]),
  );
}
