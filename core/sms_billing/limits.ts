/**
 * How near an open bill is to what its terms allow. Pure.
 *
 * @module
 */
import type { SmsBill } from "./bill.ts";
import type { SmsSettings } from "./settings.ts";

/** What is held against limits. */
export type Counted = Pick<SmsBill, "totalMicros" | "messageCount">;

/** Whether the bill has come to the amount or the number of messages that closes it. */
export function isThresholdReached(bill: Counted, terms: SmsSettings): boolean {
  if (terms.frequency !== "threshold") return false;
  const { thresholdMicros, thresholdMessages } = terms;
  return (thresholdMicros !== null && bill.totalMicros >= thresholdMicros) ||
    (thresholdMessages !== null && bill.messageCount >= thresholdMessages);
}

/** Whether people should be warned: a limit that has an effect on this bill is near, or passed. */
export function isLimitNear(bill: Counted, terms: SmsSettings): boolean {
  const closing = terms.frequency === "threshold" ? terms : null;
  return percentOf(bill, {
    thresholdMicros: closing?.thresholdMicros ?? null,
    thresholdMessages: closing?.thresholdMessages ?? null,
    maxMicros: terms.maxMicros,
  }) >= terms.warnAtPercent;
}

/** The share of the nearest of these limits, in whole percent, rounded down; 0 without any. */
export function percentOf(
  bill: Counted,
  { thresholdMicros, thresholdMessages, maxMicros }: Pick<
    SmsSettings,
    "thresholdMicros" | "thresholdMessages" | "maxMicros"
  >,
): number {
  const messages = thresholdMessages === null ? null : BigInt(thresholdMessages);
  const shares = [
    shareOf(bill.totalMicros, thresholdMicros),
    shareOf(bill.totalMicros, maxMicros),
    shareOf(BigInt(bill.messageCount), messages),
  ];
  return Math.max(0, ...shares);
}

function shareOf(used: bigint, limit: bigint | null): number {
  return limit === null || limit <= 0n ? 0 : Number(used * 100n / limit);
}
