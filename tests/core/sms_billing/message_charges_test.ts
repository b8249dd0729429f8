/**
 * Messages of carriers and their bills: counted once, and brought up to what they cost.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DAY_MS } from "../../../core/clock.ts";
import { getChargedMessage, messageBillingOf } from "../../../core/billing/list_messages.ts";
import { checkBooks } from "../../support/ledger.ts";
import { messageOf, takeInMessages } from "../../support/message_report.ts";
import { billsOf, checkBills, report, runCycle, usageItem } from "../../support/sms.ts";
import { openWorld, type World } from "../../support/world.ts";

const totalsOf = async ({ deps }: World) =>
  (await billsOf(deps.store, "acme")).map((bill) => [
    bill.status,
    bill.messageCount,
    bill.totalMicros,
  ]);

const billingOf = async ({ deps }: World, id: string) => {
  const one = (await getChargedMessage(deps.store, id))!;
  return { ...messageBillingOf(one), billId: one.billId };
};

async function check(world: World): Promise<void> {
  await checkBooks(world.deps.store);
  await checkBills(world.deps.store);
}

Deno.test("a message is counted when its price is known, and billed by the bill that closes", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await takeInMessages(deps, messageOf("SM1"));
  assert.deepEqual(await totalsOf(world), []);
  await takeInMessages(deps, messageOf("SM1", { costMicros: 7_500n }));
  assert.deepEqual(await totalsOf(world), [["open", 1, 7_500n]]);
  assert.deepEqual(await billingOf(world, "twilio:SM1"), {
    state: "open",
    reason: "waits_for_bill",
    billId: null,
  });
  clock.advance(DAY_MS);
  await runCycle(deps);
  assert.deepEqual(await totalsOf(world), [["paid", 1, 7_500n]]);
  assert.deepEqual(await billingOf(world, "twilio:SM1"), {
    state: "billed",
    reason: null,
    billId: "acme-1",
  });
  await check(world);
});

Deno.test("a price that changes is changed in its bill while that is open, else counted into the next", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await takeInMessages(deps, messageOf("SM1", { costMicros: 7_500n }));
  await takeInMessages(deps, messageOf("SM1", { costMicros: 8_000n }));
  assert.deepEqual(await totalsOf(world), [["open", 1, 8_000n]]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  await takeInMessages(deps, messageOf("SM1", { costMicros: 9_000n }));
  assert.deepEqual(await totalsOf(world), [["paid", 1, 8_000n], ["open", 0, 1_000n]]);
  await takeInMessages(deps, messageOf("SM1", { costMicros: 9_500n }));
  assert.deepEqual(await totalsOf(world), [["paid", 1, 8_000n], ["open", 0, 1_500n]]);
  await check(world);
});

Deno.test("a price that falls below what was billed is kept until new messages outweigh it", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await takeInMessages(deps, messageOf("SM1", { costMicros: 9_000n }));
  clock.advance(DAY_MS);
  await runCycle(deps);
  await takeInMessages(deps, messageOf("SM1", { costMicros: 2_000n }));
  clock.advance(DAY_MS);
  assert.equal((await runCycle(deps)).created, 0);
  assert.deepEqual((await totalsOf(world)).at(-1), ["open", 0, -7_000n]);
  await takeInMessages(deps, messageOf("SM2", { costMicros: 10_000n }));
  clock.advance(DAY_MS);
  assert.equal((await runCycle(deps)).paid, 1);
  assert.deepEqual((await totalsOf(world)).at(-1), ["paid", 1, 3_000n]);
  await check(world);
});

Deno.test("one sending told by the carrier and by the reseller's code is counted once, whoever comes first", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await takeInMessages(deps, messageOf("SM1", { costMicros: 7_500n }));
  const again = await report(deps, [usageItem(deps, "SM1")]);
  assert.deepEqual(again.status === "recorded" && again.items, [
    { messageId: "SM1", state: "duplicate", segments: 1, amountMicros: 7_500n },
  ]);
  await report(deps, [usageItem(deps, "SM2")]);
  await takeInMessages(deps, messageOf("SM2", { costMicros: 7_500n }));
  assert.deepEqual(await totalsOf(world), [["open", 2, 507_500n]]);
  assert.deepEqual(await billingOf(world, "twilio:SM2"), {
    state: "billed",
    reason: "counted_as sms:acme:SM2",
    billId: null,
  });
  clock.advance(DAY_MS);
  await runCycle(deps);
  await check(world);
});

Deno.test("what a bill has counted stays when a later word makes no price", async () => {
  using world = await openWorld();
  const { deps } = world;
  await takeInMessages(deps, messageOf("SM1", { costMicros: 7_500n }));
  await takeInMessages(
    deps,
    messageOf("SM1", { costMicros: 7_500n, fault: "odd", record: { x: "1" } }),
  );
  assert.deepEqual(await totalsOf(world), [["open", 1, 7_500n]]);
  await check(world);
});
