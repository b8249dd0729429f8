/**
 * Brings a carrier's exact cost into a call: stages it beneath the intake, and marks the call due again.
 *
 * The charge follows when the call is billed: one adjustment of the difference on a plan by cost, none
 * where the cost does not change the price.
 *
 * Goes to: `core/usage/calls.ts`. Picked up by `core/billing/bill_due.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { callDueKey, callKey, openCallKey } from "../kv/keys.ts";
import { type Call, stageCall } from "../usage/calls.ts";
import type { CostDetail } from "../usage/call_usage.ts";

/** A cost as the carrier's records tell it. */
export interface ExactCost {
  /** Rounded once. */
  costMicros: bigint;
  /** ISO 4217. */
  costCurrency: string;
  /** Where it is from. */
  costDetail: CostDetail;
  /** What the records tell of a call whose events do not say how long it took. */
  course:
    | Pick<Call, "status" | "isFinal" | "answeredAtMs" | "endedAtMs" | "durationSeconds">
    | null;
}

/** Stages the cost; false when it is known already, to the micro-unit and from the same source. */
export async function stageCost(
  batch: Batch,
  { callId, cost, atMs }: { callId: string; cost: ExactCost; atMs: number },
): Promise<boolean> {
  const before = await batch.get<Call>(callKey(callId));
  if (!before) return false;
  const { course, ...price } = cost;
  const isKnown = before.costMicros === price.costMicros &&
    before.costCurrency === price.costCurrency &&
    before.costDetail?.source === price.costDetail.source;
  if (isKnown && (before.isFinal || !course)) return false;
  const after: Call = {
    ...before,
    ...price,
    ...(before.isFinal ? {} : course ?? {}),
    revision: before.revision + 1,
    learnedAtMs: atMs,
  };
  stageCall(batch, { before, after });
  if (!after.isFinal) return true;
  if (!before.isFinal) batch.delete(openCallKey(after.sourceId, after.id));
  if (after.accountId) {
    batch.set(callDueKey(after.accountId, after.startedAtMs, after.id, after.revision), {});
  }
  return true;
}
