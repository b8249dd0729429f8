/**
 * Gives an unassigned call the direction that its carrier's records tell, and with it its owner.
 *
 * A call between two customers whose events did not say who called whom belongs to neither of them until
 * then.
 *
 * Goes to: `core/usage/calls.ts`, `core/billing/record_calls.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { callKey, unassignedCallKey } from "../kv/keys.ts";
import { type Call, ownNumbers, stageCall } from "../usage/calls.ts";
import { stageClaim } from "./record_calls.ts";

/** Stages the direction; answers the account that holds the call by it, null when there is none. */
export async function stageDirection(
  batch: Batch,
  { callId, direction, atMs }: {
    callId: string;
    direction: "inbound" | "outbound";
    atMs: number;
  },
): Promise<string | null> {
  const before = await batch.get<Call>(callKey(callId));
  if (!before || before.accountId || before.direction !== null) return null;
  const { id, startedAtMs, record, revision } = before;
  const after: Call = {
    ...before,
    direction,
    record: { ...record, direction },
    revision: revision + 1,
    learnedAtMs: atMs,
  };
  stageCall(batch, { before, after });
  for (const number of ownNumbers(before)) batch.delete(unassignedCallKey(number, startedAtMs, id));
  for (const number of ownNumbers(after)) {
    batch.set(unassignedCallKey(number, startedAtMs, id), {});
  }
  if (!await stageClaim(batch, id)) return null;
  return (await batch.get<Call>(callKey(id)))?.accountId ?? null;
}
