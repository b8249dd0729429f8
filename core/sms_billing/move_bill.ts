/**
 * The edges along which a bill may move, and the one step along them.
 *
 * Goes to: `core/sms_billing/bill.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { Batch } from "../kv/batch.ts";
import { type BillStatus, type SmsBill, stageBill } from "./bill.ts";

/**
 * Where a bill may go from where it stands.
 *
 * `failed` to `paid` or `needs_review`: a search before the next try finds that Sippy took the money
 * all the same, or cannot tell. Out of `needs_review` leads only a person's word.
 */
export const BILL_EDGES: Readonly<Record<BillStatus, readonly BillStatus[]>> = {
  open: ["pending"],
  pending: ["processing", "paid", "failed", "cancelled"],
  processing: ["paid", "failed", "needs_review"],
  failed: ["processing", "paid", "needs_review", "cancelled"],
  needs_review: ["paid", "failed", "cancelled"],
  paid: [],
  cancelled: [],
};

/** Stages a bill's next state; throws when no edge leads there. */
export async function moveBill(
  batch: Batch,
  { before, after }: { before: SmsBill; after: SmsBill },
): Promise<void> {
  const isAllowed = before.status === after.status ||
    BILL_EDGES[before.status].includes(after.status);
  assert(isAllowed, `Cannot move bill ${after.id} from ${before.status} to ${after.status}`);
  await stageBill(batch, { before, after });
}
