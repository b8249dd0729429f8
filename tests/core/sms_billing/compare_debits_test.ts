/**
 * Our debits held against Sippy's, day by day: what agrees, and each way in which the two may differ.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS, utcDay } from "../../../core/clock.ts";
import { runDueJobs } from "../../../core/jobs/run_jobs.ts";
import {
  COMPARISON_JOB,
  comparisonKind,
  stageDebitComparisons,
} from "../../../core/sms_billing/compare_day.ts";
import {
  type DebitComparison,
  getDebitComparison,
  listDebitComparisons,
} from "../../../core/sms_billing/compare_debits.ts";
import { reviewBill } from "../../../core/sms_billing/review_bill.ts";
import {
  closeBillOf,
  openCustomer,
  openPaymentWorld,
  type PaymentWorld,
  SIPPY_ACCOUNT,
} from "../../support/payment_world.ts";
import { START_MS } from "../../support/world.ts";
import { rowsUnder } from "./payment_rows.ts";

const DAY = utcDay(START_MS);

/** The hourly row and what it asks for; answers how many jobs ran. */
async function compare({ first: { deps } }: PaymentWorld): Promise<number> {
  await stageDebitComparisons(deps);
  const kinds = { [COMPARISON_JOB]: comparisonKind(deps) };
  return await runDueJobs({ ...deps, kinds }, { untilMs: Infinity, only: COMPARISON_JOB });
}

/** The day's comparison on the morning after. */
async function comparedDay(world: PaymentWorld): Promise<DebitComparison> {
  await world.pass(3 * HOUR_MS);
  assert.equal(await compare(world), 1);
  return (await getDebitComparison(world.first.deps.store, DAY))!;
}

const shown = ({ matched, waiting, openCount, items }: DebitComparison) => ({
  matched,
  waiting,
  openCount,
  items: items.map(({ kind, reason, billId, oursMicros, theirsMicros }) =>
    `${kind} ${reason} ${billId} ${oursMicros} ${theirsMicros}`
  ),
});

const noticesOf = async (world: PaymentWorld) =>
  (await rowsUnder(world.first.deps.store, ["notice"]))
    .filter(({ kind }) => kind === "reconciliation_difference").map(({ id }) => id);

Deno.test("a day whose debits agree closes, and nobody hears of it", async () => {
  await using world = await openPaymentWorld({ isServed: true });
  await closeBillOf(world.first.deps);
  await closeBillOf(world.first.deps, { micros: 100_000n });
  world.sippy.faults.money.next = ["dropped"];
  const found = await comparedDay(world);
  assert.deepEqual(shown(found), { matched: 2, waiting: 0, openCount: 0, items: [] });
  assert.deepEqual(found.oursMicros, { USD: 12_600_000n });
  assert.deepEqual(found.theirsMicros, found.oursMicros);
  assert.deepEqual(await noticesOf(world), []);
});

Deno.test("every way in which a day may differ is an item, and people hear of the day once", async () => {
  await using world = await openPaymentWorld();
  const { deps } = world.first;
  const booking = { iAccount: SIPPY_ACCOUNT, kind: "debit", paymentTimeMs: START_MS } as const;
  const micros = 5_000_000n;
  // Ours only: a person said so, and was wrong.
  const ours = await closeBillOf(deps, { micros });
  world.sippy.faults.money.next = ["lost"];
  await world.pass(HOUR_MS);
  await reviewBill(deps, { billId: ours, decision: "collected", reason: "?", actor: "ada" });
  // Theirs twice: once more by hand.
  const twice = await closeBillOf(deps, { micros });
  await world.first.run();
  const notes = (await world.bill(twice)).sippy!.reference;
  world.sippy.bookByHand({ ...booking, amountMicros: micros, notes });
  // Cancelled here, and there all the same.
  const late = await closeBillOf(deps, { micros });
  world.sippy.faults.money.next = ["fault"];
  await world.first.run();
  await reviewBill(deps, { billId: late, decision: "cancel", reason: "?", actor: "ada" });
  const lateNotes = (await world.bill(late)).sippy!.reference;
  world.sippy.bookByHand({ ...booking, amountMicros: 1n, notes: lateNotes });
  // Another amount, said to be collected.
  const other = await closeBillOf(deps, { micros });
  world.sippy.faults.money.next = ["lost"];
  await world.first.run();
  const { reference: notesOther, paymentTimeMs } = (await world.bill(other)).sippy!;
  const less = { amountMicros: 4_000_000n, notes: notesOther, paymentTimeMs };
  world.sippy.bookByHand({ ...booking, ...less });
  await world.pass(330_000);
  await reviewBill(deps, { billId: other, decision: "collected", reason: "?", actor: "ada" });
  // A reference nobody here has drawn; and debits that are none of ours.
  const strange = "smsbill ref=019c162d-0000-7000-8000-000000000000";
  world.sippy.bookByHand({ ...booking, amountMicros: 7n, notes: strange });
  world.sippy.bookByHand({ ...booking, amountMicros: 8n, notes: "monthly fee" });
  world.sippy.bookByHand({ ...booking, amountMicros: 9n, notes: null });

  const found = await comparedDay(world);
  assert.deepEqual(shown(found), {
    matched: 1,
    waiting: 0,
    openCount: 5,
    items: [
      `ours_only no_debit ${ours} 5000000 null`,
      `theirs_only booked_twice ${twice} 5000000 5000000`,
      `theirs_only bill_not_paid ${late} 5000000 1`,
      `different other_amount ${other} 5000000 4000000`,
      "theirs_only unknown_reference null null 7",
    ],
  });
  assert.deepEqual(await noticesOf(world), [`reconciliation_difference:sippy:${DAY}`]);
  await world.pass(DAY_MS);
  assert.equal(await compare(world), 1);
  assert.equal((await noticesOf(world)).length, 1);
});

Deno.test("a bill that is still in doubt waits, and is compared again the next day", async () => {
  await using world = await openPaymentWorld();
  await world.pass(85 * 60_000);
  await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["late"];
  world.sippy.faults.lookups.rates = { lost: 1 };
  await world.pass(70 * 60_000);
  world.sippy.faults.lookups.rates = {};
  assert.equal(await compare(world), 1);
  const { store } = world.first.deps;
  assert.deepEqual(shown((await getDebitComparison(store, DAY))!), {
    matched: 0,
    waiting: 1,
    openCount: 0,
    items: [],
  });
  await world.pass(DAY_MS);
  assert.equal(await compare(world), 1);
  assert.equal((await getDebitComparison(store, DAY))?.matched, 1);
});

Deno.test("days without Sippy bills are not asked about, a day is compared once a day, and three times in all", async () => {
  await using world = await openPaymentWorld();
  const count = async () => await compare(world) > 0 ? 1 : 0;
  assert.equal(await count(), 0);
  await closeBillOf(world.first.deps);
  await world.first.run();
  const compared: number[] = [];
  for (let hour = 0; hour < 5 * 24; hour++) {
    if (await count()) compared.push(hour);
    world.clock.advance(HOUR_MS);
  }
  assert.deepEqual(compared, [3, 26, 50]);
  const page = await listDebitComparisons(world.first.deps.store, { limit: 10 });
  assert.deepEqual(page?.rows.map(({ day }) => day), [DAY]);
});

Deno.test("a list that does not come leaves the day open; it goes on where it stopped", async () => {
  await using world = await openPaymentWorld();
  const { deps } = world.first;
  world.sippy.placeAccount({ iAccount: 3003 });
  await openCustomer(deps, { id: "zeta", sippyAccountId: 3003 });
  await closeBillOf(deps);
  await closeBillOf(deps, { accountId: "zeta" });
  await world.pass(3 * HOUR_MS);
  await stageDebitComparisons(deps);
  // The first account is read, the second one is not: five pages of lists, then silence.
  const pages = 4 * 2;
  world.sippy.faults.lookups.next = [...Array.from({ length: pages }, () => null), "lost"];
  await compare(world);
  const failed = await getDebitComparison(deps.store, DAY);
  assert.deepEqual([failed?.state, failed?.readTo, failed?.matched], ["failed", SIPPY_ACCOUNT, 1]);
  const before = world.sippy.requestCount.other;
  world.clock.advance(60_000);
  await compare(world);
  const done = await getDebitComparison(deps.store, DAY);
  assert.deepEqual([done?.state, done?.matched, done?.openCount], ["done", 2, 0]);
  assert.ok(world.sippy.requestCount.other - before <= pages);
});

Deno.test("a switch that takes its own time instead of ours, and midnight in between, make no difference", async () => {
  await using world = await openPaymentWorld();
  await world.pass(90 * 60_000 - 30_000);
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["lost"];
  await world.first.run();
  const { reference, sentAtMs } = (await world.bill(id)).sippy!;
  assert.equal(utcDay(sentAtMs), DAY);
  world.clock.advance(60_000);
  assert.notEqual(utcDay(world.clock.now()), DAY);
  world.sippy.bookByHand({
    iAccount: SIPPY_ACCOUNT,
    kind: "debit",
    amountMicros: 12_500_000n,
    notes: reference,
    paymentTimeMs: null,
  });
  await world.pass(HOUR_MS);
  assert.equal((await world.bill(id)).status, "paid");
  await world.pass(HOUR_MS);
  await compare(world);
  const found = await getDebitComparison(world.first.deps.store, DAY);
  assert.deepEqual([found?.matched, found?.openCount], [1, 0]);
});
