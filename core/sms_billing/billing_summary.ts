/**
 * How far an account's running period is: what it has used, of which limits, and what still waits to be
 * paid.
 *
 * Goes to: `core/sms_billing/limits.ts`, `core/sms_billing/settings.ts`.
 *
 * @module
 */
import {
  type Key,
  smsAccountKey,
  smsAccountSettingsKey,
  smsBillKey,
  smsSettingsKey,
} from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { EMPTY_SMS_ACCOUNT, type SmsAccount, type SmsBill } from "./bill.ts";
import { nextBoundaryMs } from "./boundaries.ts";
import { percentOf } from "./limits.ts";
import {
  joinTerms,
  type SmsFrequency,
  type SmsGlobalSettings,
  type SmsLevel,
  type SmsSettings,
} from "./settings.ts";

/** The limits that have an effect on the running period; null where there is none. */
export type SmsLimits = Pick<SmsSettings, "thresholdMicros" | "thresholdMessages" | "maxMicros">;

/** What was used in the running period. */
export interface SmsUsageView {
  /** What ends the period. */
  frequency: SmsFrequency;
  /** Messages counted. */
  messageCount: number;
  /** Their parts. */
  segments: number;
  /** What they come to. */
  amountMicros: bigint;
  /** See {@link SmsLimits}. */
  limits: SmsLimits;
  /** Of the nearest limit, in whole percent, rounded down; 0 without any. May pass 100. */
  percentUsed: number;
  /** The boundary that ends the period; null where only a threshold does. */
  periodEndMs: number | null;
}

/** What the rows of an account say about its SMS billing. */
export interface SmsStanding {
  /** How far it is. */
  smsAccount: SmsAccount;
  /** Its open bills. */
  openBills: SmsBill[];
  /** In force. */
  terms: SmsSettings;
}

/** The rows that {@link readStanding} looks at before it knows which bills are open. */
export function standingKeys(accountId: string): [Key, Key, Key] {
  return [smsAccountKey(accountId), smsSettingsKey, smsAccountSettingsKey(accountId)];
}

/** Puts together the values of {@link standingKeys}, in their order. */
export function joinStanding(
  [smsAccount, global, account]: readonly (object | null)[],
): Omit<SmsStanding, "openBills"> {
  const terms = joinTerms(global as SmsGlobalSettings | null, account as SmsLevel | null);
  return {
    smsAccount: { ...EMPTY_SMS_ACCOUNT, ...smsAccount },
    terms: terms.effective,
  };
}

/** An account's standing; that of one which never sent anything when it has none. */
export async function readStanding(store: Store, accountId: string): Promise<SmsStanding> {
  const rows = await store.getMany<object>(standingKeys(accountId));
  const standing = joinStanding(rows.map((row) => row?.value ?? null));
  const bills = await store.getMany<SmsBill>(standing.smsAccount.openBillIds.map(smsBillKey));
  return { ...standing, openBills: bills.flatMap((row) => (row ? [row.value] : [])) };
}

/** What was used since the last boundary: a period that has ended and waits for its cycle is left out. */
export function describeUsage(
  { openBills, terms }: Pick<SmsStanding, "openBills" | "terms">,
  { atMs }: { atMs: number },
): SmsUsageView {
  const running = openBills.filter(({ status, periodEndMs }) =>
    status === "open" && (periodEndMs === null || periodEndMs > atMs)
  );
  const messageCount = running.reduce((sum, bill) => sum + bill.messageCount, 0);
  const segments = running.reduce((sum, bill) => sum + bill.segments, 0);
  const amountMicros = running.reduce((sum, bill) => sum + bill.totalMicros, 0n);
  const limits = limitsOf(terms);
  return {
    frequency: terms.frequency,
    messageCount,
    segments,
    amountMicros,
    limits,
    percentUsed: percentOf({ messageCount, totalMicros: amountMicros }, limits),
    periodEndMs: nextBoundaryMs(terms.frequency, atMs),
  };
}

/** Thresholds end a period only where the frequency says so; the maximum always counts. */
function limitsOf({ frequency, thresholdMicros, thresholdMessages, maxMicros }: SmsSettings) {
  return frequency === "threshold"
    ? { thresholdMicros, thresholdMessages, maxMicros }
    : { thresholdMicros: null, thresholdMessages: null, maxMicros };
}
