/**
 * Usage records: one for every billed call, saying what was used and what it came to.
 *
 * They are read from calls and their charges and never stored, so they cannot disagree with either.
 *
 * Goes to: `core/billing/list_calls.ts`.
 *
 * @module
 */
import type { Store } from "../kv/store.ts";
import { type ChargedCall, findCalls } from "./list_calls.ts";

/** What one billed call used. */
export interface UsageRecord {
  /** Whose call it was. */
  accountId: string;
  /** The call; a record has no id of its own. */
  callId: string;
  /** Seconds talked, as the carrier reports them; 0 when nobody answered. */
  seconds: number;
  /** Minutes after the increment, a started one counting whole. */
  billedMinutes: number;
  /** Minutes of them that were free, a started one counting whole. */
  freeMinutesUsed: number;
  /** What was charged for it, as a positive amount. */
  amountMicros: bigint;
  /** ISO 4217. */
  currency: string;
  /** When the call started. */
  atMs: number;
}

/** A page of usage records, newest call first; null when the cursor is not one of ours. */
export async function listUsageRecords(
  store: Store,
  query: { accountId?: string | undefined; cursor?: string | undefined; limit: number },
): Promise<{ records: UsageRecord[]; nextCursor: string | null } | null> {
  const page = await findCalls(store, { query, keeps: (one) => usageRecordOf(one) !== null });
  return page && {
    records: page.calls.map((one) => usageRecordOf(one)!),
    nextCursor: page.nextCursor,
  };
}

/** The usage record of a call; null until it is billed. */
export function usageRecordOf({ call, charge }: ChargedCall): UsageRecord | null {
  if (!charge?.trace) return null;
  const { trace } = charge;
  return {
    accountId: charge.accountId,
    callId: call.id,
    seconds: trace.seconds,
    billedMinutes: Math.ceil(trace.billedSeconds / 60),
    freeMinutesUsed: trace.freeMinutesUsed,
    amountMicros: charge.amountMicros,
    currency: trace.currency,
    atMs: call.startedAtMs,
  };
}
