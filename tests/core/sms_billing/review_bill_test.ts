/**
 * What a person may decide on a payment that is not known.
 *
 * @module
 */
import assert from "node:assert/strict";
import { HOUR_MS } from "../../../core/clock.ts";
import { reviewBill, type ReviewDecision } from "../../../core/sms_billing/review_bill.ts";
import { faultyKv, type KvHooks } from "../../support/faulty_kv.ts";
import { closeBillOf, openPaymentWorld, type PaymentWorld } from "../../support/payment_world.ts";
import { rowsUnder } from "./payment_rows.ts";

const ADA = "ada@example.com";

/** A world with one bill nobody knows about. */
async function inDoubt(hooks: KvHooks = {}): Promise<{ world: PaymentWorld; id: string }> {
  const world = await openPaymentWorld({ wrap: (kv) => faultyKv(kv, hooks).kv });
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["lost"];
  await world.pass(24 * HOUR_MS);
  assert.equal((await world.bill(id)).status, "needs_review");
  return { world, id };
}

function review(world: PaymentWorld, { id, decision }: { id: string; decision: ReviewDecision }) {
  return reviewBill(world.first.deps, {
    billId: id,
    decision,
    reason: "seen in their list",
    actor: ADA,
  });
}

async function auditOf(world: PaymentWorld): Promise<unknown[]> {
  const rows = await rowsUnder(world.first.deps.store, ["audit"]);
  return rows.filter(({ action }) => action === "bill_reviewed")
    .map(({ actor, subject, detail }) => [actor, subject, detail]);
}

Deno.test("collected: the bill is paid, nothing is sent, and it stands who said so and why", async () => {
  const { world, id } = await inDoubt();
  await using _ = world;
  const outcome = await review(world, { id, decision: "collected" });
  assert.deepEqual([outcome.status, "jobId" in outcome && outcome.jobId], ["bill_changed", null]);
  await world.pass(72 * HOUR_MS);
  const { status, paidAtMs, sippy } = await world.bill(id);
  assert.deepEqual([status, sippy?.state, world.debits().length], ["paid", "charged", 0]);
  assert.ok(paidAtMs! < world.clock.now());
  assert.deepEqual(await auditOf(world), [[ADA, id, "acme: collected: seen in their list"]]);
});

Deno.test("not collected: it is searched for once more, and sent under the same reference", async () => {
  const { world, id } = await inDoubt();
  await using _ = world;
  const { reference } = (await world.bill(id)).sippy!;
  const outcome = await review(world, { id, decision: "not_collected" });
  assert.equal("jobId" in outcome && outcome.jobId, (await world.job(id))?.id);
  await world.pass(0);
  assert.equal((await world.bill(id)).status, "paid");
  assert.deepEqual(world.debits().map(({ notes }) => notes), [reference]);
});

Deno.test("not collected, and there all the same: it is found, and nothing is sent", async () => {
  const { world, id } = await inDoubt();
  await using _ = world;
  const { reference, paymentTimeMs, iAccount, amountMicros } = (await world.bill(id)).sippy!;
  const booking = { iAccount, amountMicros, paymentTimeMs, notes: reference };
  world.sippy.bookByHand({ ...booking, kind: "debit" });
  await review(world, { id, decision: "not_collected" });
  await world.pass(HOUR_MS);
  assert.equal((await world.bill(id)).status, "paid");
  assert.equal(world.sippy.requestCount.debit, 1);
});

Deno.test("cancel: nobody pays, and the bill stays so", async () => {
  const { world, id } = await inDoubt();
  await using _ = world;
  await review(world, { id, decision: "cancel" });
  await world.pass(72 * HOUR_MS);
  assert.equal((await world.bill(id)).status, "cancelled");
  assert.equal(world.sippy.requestCount.debit, 1);
});

Deno.test("a debit that was refused can be reviewed, since it may have been made all the same", async () => {
  await using world = await openPaymentWorld();
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["fault"];
  await world.first.run();
  assert.equal((await review(world, { id, decision: "cancel" })).status, "bill_changed");
  await world.pass(72 * HOUR_MS);
  assert.deepEqual([(await world.bill(id)).status, world.debits()], ["cancelled", []]);
});

Deno.test("a bill that a program can decide is not for a person", async () => {
  await using world = await openPaymentWorld();
  assert.deepEqual(await review(world, { id: "acme-9", decision: "cancel" }), {
    status: "bill_not_found",
  });
  const id = await closeBillOf(world.first.deps);
  const pending = await review(world, { id, decision: "collected" });
  assert.deepEqual([pending.status, "reason" in pending && pending.reason], [
    "bill_state_conflict",
    "it is pending",
  ]);
  world.sippy.faults.money.next = ["dropped"];
  await world.first.run();
  assert.equal((await review(world, { id, decision: "collected" })).status, "bill_state_conflict");
  await world.pass(HOUR_MS);
  assert.equal((await review(world, { id, decision: "cancel" })).status, "bill_state_conflict");
  assert.deepEqual(await auditOf(world), []);
});

Deno.test("a decision whose reply is lost is taken once", async () => {
  const hooks: KvHooks = {};
  const { world, id } = await inDoubt(hooks);
  await using _ = world;
  let isLost = false;
  hooks.commit = () => isLost ? undefined : (isLost = true, "throws_after");
  assert.equal((await review(world, { id, decision: "collected" })).status, "bill_changed");
  assert.equal((await auditOf(world)).length, 1);
  assert.equal((await review(world, { id, decision: "cancel" })).status, "bill_state_conflict");
});
