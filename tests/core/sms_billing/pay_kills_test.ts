/**
 * The process dies at every step of a payment, before each commit and request and after; whoever comes next
 * ends the work, and there is never a second debit.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { SippyFault } from "../../../core/carriers/sippy/simulated/faults.ts";
import { HOUR_MS } from "../../../core/clock.ts";
import { reviewBill } from "../../../core/sms_billing/review_bill.ts";
import { closeBillOf, openPaymentWorld, type PaymentWorld } from "../../support/payment_world.ts";

interface Story {
  sentence: string;
  faults: (SippyFault | null)[];
  /** How far the process that dies gets, when it does not. */
  work: (world: PaymentWorld) => Promise<void>;
}

const STORIES: readonly Story[] = [
  { sentence: "of a payment", faults: [], work: (world) => world.first.run() },
  {
    sentence: "of a payment whose reply is lost, and of what follows",
    faults: ["dropped"],
    work: (world) => world.pass(HOUR_MS),
  },
  {
    sentence: "of a payment that is refused first, and of what follows",
    faults: ["fault"],
    work: (world) => world.pass(HOUR_MS),
  },
];

for (const { sentence, faults, work } of STORIES) {
  Deno.test(`a process that dies at any step ${sentence}, leaves one debit or a bill that people see`, async () => {
    const seen = { paid: 0, reviewed: 0 };
    const steps = await countSteps({ faults, work });
    assert.ok(steps > 12, String(steps));
    for (let dieAtStep = 1; dieAtStep <= steps; dieAtStep++) {
      await using world = await openPaymentWorld();
      const second = world.openProcess({ seed: 60 });
      const id = await closeBillOf(second.deps);
      world.sippy.faults.money.next = [...faults];
      world.first.life.dieAtStep = dieAtStep;
      await work(world);
      assert.ok(world.first.life.isDead, `step ${dieAtStep}`);
      await world.pass(72 * HOUR_MS, second);
      const { status, failureReason } = await world.bill(id);
      const count = world.debits().length;
      if (status === "paid") {
        assert.equal(count, 1, `step ${dieAtStep}`);
        seen.paid++;
        continue;
      }
      // It died between its intent and the request, or so that nobody can tell.
      assert.deepEqual([status, failureReason, count], ["needs_review", "debit_not_found", 0]);
      seen.reviewed++;
      await askAgain(world, { id, process: second });
    }
    assert.ok(seen.paid > 0 && seen.reviewed > 0, JSON.stringify(seen));
  });
}

async function countSteps({ faults, work }: Omit<Story, "sentence">): Promise<number> {
  await using world = await openPaymentWorld();
  await closeBillOf(world.openProcess({ seed: 60 }).deps);
  world.sippy.faults.money.next = [...faults];
  await work(world);
  return world.first.life.steps;
}

/** A person looked there and found nothing: one debit, and the bill is paid. */
async function askAgain(
  world: PaymentWorld,
  { id, process }: { id: string; process: ReturnType<PaymentWorld["openProcess"]> },
): Promise<void> {
  const reviewed = await reviewBill(process.deps, {
    billId: id,
    decision: "not_collected",
    reason: "their list has no such debit",
    actor: "ada@example.com",
  });
  assert.equal(reviewed.status, "bill_changed");
  world.sippy.faults.money.next = [];
  await world.pass(72 * HOUR_MS, process);
  assert.deepEqual([(await world.bill(id)).status, world.debits().length], ["paid", 1]);
}
