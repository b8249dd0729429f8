/**
 * What assigning a number would bill, computed with the very code that bills, and then forgotten.
 *
 * Goes to: `core/billing/price_call.ts`.
 *
 * @module
 */
import type { Account } from "../../../core/accounts/account.ts";
import { noCharge } from "../../../core/billing/call_charge.ts";
import { priceCall, stageFreeMinutes } from "../../../core/billing/price_call.ts";
import { type Batch, openBatch } from "../../../core/kv/batch.ts";
import { callKey, timePart, unassignedCallPrefix } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";
import { amountOf } from "../../../core/rating/trace.ts";
import type { Call } from "../../../core/usage/calls.ts";

/** Unassigned calls of a number from an instant on, priced for an account. */
export interface ClaimPreview {
  /** Calls that would become the account's. */
  callCount: number;
  /** Seconds of talk, as far as they are known. */
  talkSeconds: number;
  /** What those that have ended would cost, in the account's currency. */
  amountMicros: bigint;
  /** Calls that have not ended: they are billed when they have. */
  openCount: number;
  /** Calls that could not be billed as things stand. */
  parkedCount: number;
  /** False when there are more calls than were priced. */
  isWhole: boolean;
}

/** Calls priced for one preview. */
export const PREVIEW_CALLS_MAX = 500;

/** Prices the calls oldest first, so that free minutes go where they would go; changes nothing. */
export async function previewClaim(
  store: Store,
  { number, account, fromMs }: { number: string; account: Account; fromMs: number },
): Promise<ClaimPreview> {
  const prefix = unassignedCallPrefix(number);
  const from = [...prefix, timePart(Math.max(0, fromMs))];
  const keys = await store.list<object>({ prefix, from, limit: PREVIEW_CALLS_MAX + 1 });
  const rows = await store.getMany<Call>(
    keys.slice(0, PREVIEW_CALLS_MAX).map(({ key }) => callKey(key[3]!)),
  );
  const calls = rows.flatMap((row) => (row && row.value.accountId === null ? [row.value] : []));
  const preview: ClaimPreview = {
    callCount: calls.length,
    talkSeconds: calls.reduce((sum, call) => sum + (call.durationSeconds ?? 0), 0),
    amountMicros: 0n,
    openCount: 0,
    parkedCount: 0,
    isWhole: keys.length <= PREVIEW_CALLS_MAX,
  };
  // It is staged so that the next call sees the free minutes taken, and it is never committed.
  const batch = openBatch(store);
  for (const call of calls) await addPrice(preview, { batch, call, account });
  return preview;
}

async function addPrice(
  preview: ClaimPreview,
  { batch, call, account }: { batch: Batch; call: Call; account: Account },
): Promise<void> {
  if (!call.isFinal && !call.fault) return void preview.openCount++;
  const charge = noCharge({ callId: call.id, accountId: account.id, carrier: call.carrier });
  const priced = call.fault ? null : await priceCall(batch, { call, charge, account });
  if (priced?.status !== "priced") return void preview.parkedCount++;
  await stageFreeMinutes(batch, { charge, trace: priced.trace });
  preview.amountMicros += amountOf(priced.trace);
}
