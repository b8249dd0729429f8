/**
 * Bills move along their edges and no others.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BILL_STATUSES, type SmsBill } from "../../../core/sms_billing/bill.ts";
import { BILL_EDGES, moveBill } from "../../../core/sms_billing/move_bill.ts";
import { changeWallet } from "../../../core/wallet/change_wallet.ts";
import { closeBillOf, openPaymentWorld } from "../../support/payment_world.ts";

/** Edges, as `from > to`. */
const EXPECTED = [
  "failed > cancelled",
  "failed > needs_review",
  "failed > paid",
  "failed > processing",
  "needs_review > cancelled",
  "needs_review > failed",
  "needs_review > paid",
  "open > pending",
  "pending > cancelled",
  "pending > failed",
  "pending > paid",
  "pending > processing",
  "processing > failed",
  "processing > needs_review",
  "processing > paid",
];

Deno.test("nothing leads out of paid and cancelled, and only a person's word out of needs_review", () => {
  const edges = BILL_STATUSES.flatMap((from) => BILL_EDGES[from].map((to) => `${from} > ${to}`));
  assert.deepEqual(edges.toSorted(), EXPECTED);
});

Deno.test("moveBill() stages a step along an edge, and throws off it", async () => {
  await using world = await openPaymentWorld();
  const id = await closeBillOf(world.first.deps);
  const move = (status: SmsBill["status"]) =>
    changeWallet(world.first.deps, {
      accountId: "acme",
      stage: async (batch) => {
        const before = (await batch.get<SmsBill>(["sms_bill", id]))!;
        await moveBill(batch, { before, after: { ...before, status } });
        return { status: "moved" as const };
      },
    });
  await assert.rejects(
    move("needs_review"),
    /Cannot move bill acme-1 from pending to needs_review/,
  );
  assert.equal((await world.bill(id)).status, "pending");
  await move("cancelled");
  await assert.rejects(move("paid"), /from cancelled to paid/);
});
