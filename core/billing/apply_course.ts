/**
 * Gives an unassigned call the course that its carrier's records tell (who called whom), and with it its
 * owner.
 *
 * A call between two customers whose events did not say who called whom belongs to neither of them until
 * then. The parties come with the direction: those of another leg would name somebody else.
 *
 * Goes to: `core/usage/calls.ts`, `core/billing/record_calls.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { callKey, unassignedCallKey } from "../kv/keys.ts";
import { type Call, ownNumbers, stageCall } from "../usage/calls.ts";
import { stageClaim } from "./record_calls.ts";

/** Who called whom, as the leg that began first tells it. */
export interface CallCourse {
  /** As the carrier sees us. */
  direction: "inbound" | "outbound";
  /** E.164; null when the records do not tell. */
  from: string | null;
  /** See {@link CallCourse.from}. */
  to: string | null;
}

/** Stages the course; answers the account that holds the call by it, null when there is none. */
export async function stageCourse(
  batch: Batch,
  { callId, course, atMs }: { callId: string; course: CallCourse; atMs: number },
): Promise<string | null> {
  const before = await batch.get<Call>(callKey(callId));
  if (!before || before.accountId || before.direction !== null) return null;
  const { id, startedAtMs, record, revision } = before;
  const { direction } = course;
  const [from, to] = [course.from ?? before.from, course.to ?? before.to];
  const after: Call = {
    ...before,
    direction,
    from,
    to,
    record: { ...record, direction, from, to },
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
