/**
 * Cycles of SMS billing: each message in exactly one bill, whenever and however often cycles run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DAY_MS, formatInstant, HOUR_MS } from "../../../core/clock.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import type { SmsBill } from "../../../core/sms_billing/bill.ts";
import { checkBooks, entriesOf, walletOf } from "../../support/ledger.ts";
import { billsOf, checkBills, report, runCycle, setTerms, usageItem } from "../../support/sms.ts";
import { openDoors, openWorld, START_MS, topUp, type World } from "../../support/world.ts";

/** The first daily boundary after the world begins: 1 February 2026, 02:00 UTC. */
const BOUNDARY_MS = Date.UTC(2026, 1, 1, 2);

const periodsOf = (bills: SmsBill[]) =>
  bills.filter(({ status }) => status !== "open").map((bill) => [
    formatInstant(bill.periodStartMs).slice(0, 16),
    formatInstant(bill.periodEndMs!).slice(0, 16),
    bill.messageCount,
    bill.totalMicros,
    bill.status,
  ]);

async function check(world: World): Promise<void> {
  await checkBooks(world.deps.store);
  await checkBills(world.deps.store);
}

Deno.test("a message of the last millisecond is in the bill, one of the boundary is in the next", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  clock.advance(BOUNDARY_MS + HOUR_MS - START_MS);
  await report(deps, [
    usageItem(deps, "before", { sentAtMs: BOUNDARY_MS - 1 }),
    usageItem(deps, "at", { sentAtMs: BOUNDARY_MS }),
  ]);
  const tally = await runCycle(deps, "daily");
  assert.deepEqual(tally, { created: 1, processed: 1, paid: 1, failed: 0, stuck: 0 });
  const [bill, open] = await billsOf(deps.store, "acme");
  assert.deepEqual(periodsOf([bill!]), [
    ["2026-01-31T02:00", "2026-02-01T02:00", 1, 500_000n, "paid"],
  ]);
  assert.deepEqual([open?.status, open?.messageCount], ["open", 1]);
  await check(world);
});

Deno.test("a bill is one payment entry of what its messages come to", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await report(deps, [usageItem(deps, "a"), usageItem(deps, "b", { to: "+37251234567" })]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  const entry = (await entriesOf(deps.store, "acme")).at(-1)!;
  assert.deepEqual([entry.kind, entry.amountMicros, entry.source], [
    "payment",
    -1_000_000n,
    { type: "bill", id: "acme-1" },
  ]);
  assert.equal((await walletOf(deps.store, "acme")).balanceMicros, 49_000_000n);
  await check(world);
});

Deno.test("a cycle three days late makes the same bills as three cycles on time", async () => {
  const days = [0, 1, 2].map((day) => BOUNDARY_MS + day * DAY_MS + 5 * HOUR_MS);
  async function run(isOnTime: boolean): Promise<unknown> {
    using world = await openWorld();
    const { deps, clock } = world;
    for (const atMs of days) {
      clock.advance(atMs - clock.now());
      await report(deps, [usageItem(deps, `m${atMs}`), usageItem(deps, `n${atMs}`)]);
      clock.advance(DAY_MS - 3 * HOUR_MS);
      if (isOnTime) await runCycle(deps, "daily");
    }
    if (!isOnTime) await runCycle(deps, "daily");
    await check(world);
    return periodsOf(await billsOf(deps.store, "acme"));
  }
  const onTime = await run(true);
  assert.equal((onTime as unknown[]).length, 3);
  assert.deepEqual(await run(false), onTime);
});

Deno.test("a cycle that runs again makes nothing, and three at once make each bill once", async () => {
  using world = await openWorld();
  const { deps, clock, kv } = world;
  for (const accountId of ["acme", "kiwi"]) {
    await report(deps, [usageItem(deps, "a"), usageItem(deps, "b")], accountId);
  }
  clock.advance(DAY_MS);
  const processes = [deps, openDoors({ kv, clock, seed: 8 }), openDoors({ kv, clock, seed: 9 })];
  const tallies = await Promise.all(processes.map((one) => runCycle(one)));
  assert.equal(tallies.reduce((all, { created }) => all + created, 0), 2);
  assert.equal((await runCycle(deps)).created, 0);
  assert.equal((await billsOf(deps.store)).length, 2);
  await check(world);
});

Deno.test("a message that comes after its cycle ran is in the next bill, and told again it changes nothing", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await report(deps, [usageItem(deps, "a")]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  await report(deps, [usageItem(deps, "late", { sentAtMs: START_MS }), usageItem(deps, "a")]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  const bills = periodsOf(await billsOf(deps.store, "acme"));
  assert.deepEqual(bills.map((bill) => bill[2]), [1, 1]);
  await check(world);
});

Deno.test("weeks and months end at their own boundaries", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await setTerms(deps, { frequency: "weekly" }, "acme");
  await setTerms(deps, { frequency: "monthly" }, "kiwi");
  for (const accountId of ["acme", "kiwi"]) await report(deps, [usageItem(deps, "a")], accountId);
  clock.advance(Date.UTC(2026, 1, 2, 2, 59, 59) - clock.now());
  assert.equal((await runCycle(deps, "weekly")).created, 0);
  clock.advance(1_000);
  assert.equal((await runCycle(deps, "daily")).created, 0);
  assert.equal((await runCycle(deps)).created, 2);
  const ends = (await billsOf(deps.store)).map(({ accountId, periodEndMs }) => [
    accountId,
    formatInstant(periodEndMs!),
  ]).toSorted();
  assert.deepEqual(ends, [
    ["acme", "2026-02-02T03:00:00.000Z"],
    ["kiwi", "2026-02-01T04:00:00.000Z"],
  ]);
  await check(world);
});

Deno.test("a threshold closes the bill in the commit that reaches it, by count or by amount", async () => {
  using world = await openWorld();
  const { deps } = world;
  await setTerms(deps, {
    frequency: "threshold",
    thresholdMessages: 3,
    thresholdMicros: 2_000_000n,
  });
  const items = Array.from(
    { length: 70 },
    (_, i) => usageItem(deps, `m${i}`, { priceMicros: 1_000n }),
  );
  await report(deps, items);
  const bills = await billsOf(deps.store, "acme");
  assert.deepEqual(
    [
      bills.length,
      bills.filter((bill) => bill.status === "paid" && bill.messageCount === 3).length,
    ],
    [24, 23],
  );
  await report(deps, [usageItem(deps, "dear", { priceMicros: 3_000_000n })]);
  assert.equal((await billsOf(deps.store, "acme")).at(-1)?.messageCount, 2);
  await check(world);
});

Deno.test("a threshold that is lowered is found by the cycle for thresholds", async () => {
  using world = await openWorld();
  const { deps } = world;
  await setTerms(deps, { frequency: "threshold", thresholdMessages: 100, thresholdMicros: null });
  await report(deps, [usageItem(deps, "a"), usageItem(deps, "b")]);
  assert.equal((await runCycle(deps, "threshold")).created, 0);
  await setTerms(deps, { frequency: "threshold", thresholdMessages: 2, thresholdMicros: null });
  assert.equal((await runCycle(deps)).created, 0);
  assert.equal((await runCycle(deps, "threshold")).created, 1);
  await check(world);
});

Deno.test("a changed frequency gives the running period a new end", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await setTerms(deps, { frequency: "monthly" });
  clock.advance(6 * HOUR_MS);
  await report(deps, [usageItem(deps, "a")]);
  await setTerms(deps, { frequency: "daily" });
  await report(deps, [usageItem(deps, "b")]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  const [bill, ...more] = await billsOf(deps.store, "acme");
  assert.deepEqual([bill?.messageCount, more.length], [2, 0]);
  assert.equal(formatInstant(bill!.periodEndMs!), "2026-02-02T02:00:00.000Z");
  await check(world);
});

Deno.test("a bill the wallet does not cover fails, takes nothing, and is tried again by a job", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await report(deps, [usageItem(deps, "a", { priceMicros: 60_000_000n })]);
  clock.advance(DAY_MS);
  const tally = await runCycle(deps);
  assert.deepEqual([tally.processed, tally.failed, tally.paid], [1, 1, 0]);
  const [bill] = await billsOf(deps.store, "acme");
  assert.deepEqual([bill?.status, bill?.failureReason, bill?.attempts], [
    "failed",
    "insufficient_funds",
    1,
  ]);
  assert.equal((await walletOf(deps.store, "acme")).balanceMicros, 50_000_000n);
  const jobs = await deps.store.list<object>({ prefix: ["job_by_unique", "pay_sms_bill"] });
  assert.deepEqual(jobs.map(({ key }) => key[2]), ["acme-1"]);
  await check(world);
});

Deno.test("a wallet that may overdraw pays its bill below zero", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await report(deps, [usageItem(deps, "a", { priceMicros: 60_000_000n })], "kiwi");
  clock.advance(2 * DAY_MS);
  await runCycle(deps);
  assert.equal((await walletOf(deps.store, "kiwi")).balanceMicros, -40_000_000n);
  await check(world);
});

Deno.test("bills above the limit, and all bills where terms ask for it, wait for approval", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await setTerms(deps, { maxMicros: 400_000n }, "acme");
  await setTerms(deps, { requireApproval: true }, "kiwi");
  for (const accountId of ["acme", "kiwi"]) await report(deps, [usageItem(deps, "a")], accountId);
  clock.advance(DAY_MS);
  const tally = await runCycle(deps);
  assert.deepEqual([tally.created, tally.processed], [2, 0]);
  const bills = await billsOf(deps.store);
  assert.deepEqual(bills.map(({ status, approval }) => [status, approval]), [
    ["pending", "awaiting"],
    ["pending", "awaiting"],
  ]);
  await check(world);
});

Deno.test("Sippy is asked for whole cents, and what is left goes into the next bill", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await setTerms(deps, { payment: "sippy" });
  await report(deps, [usageItem(deps, "a", { priceMicros: 1_007_500n })]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  await report(deps, [usageItem(deps, "b", { priceMicros: 1_004_000n })]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  const shares = (await billsOf(deps.store, "acme")).map((bill) => [
    bill.totalMicros,
    bill.carriedInMicros,
    bill.carriedOutMicros,
    bill.status,
  ]);
  assert.deepEqual(shares, [
    [1_007_500n, 0n, 7_500n, "pending"],
    [1_004_000n, 7_500n, 1_500n, "pending"],
  ]);
  await setTerms(deps, { payment: "wallet" });
  await report(deps, [usageItem(deps, "c", { priceMicros: 0n })]);
  clock.advance(DAY_MS);
  await runCycle(deps);
  const last = (await entriesOf(deps.store, "acme")).at(-1)!;
  assert.deepEqual([last.kind, last.amountMicros], ["payment", -1_500n]);
  await check(world);
});

Deno.test("a bill of nothing is paid without an entry", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await report(deps, [usageItem(deps, "a", { priceMicros: 0n })]);
  clock.advance(DAY_MS);
  assert.equal((await runCycle(deps)).paid, 1);
  assert.equal((await entriesOf(deps.store, "acme")).length, 1);
  await check(world);
});

Deno.test("people are warned once for each bill whose limit is near", async () => {
  using world = await openWorld();
  const { deps } = world;
  await setTerms(deps, { frequency: "threshold", thresholdMessages: 10, thresholdMicros: null });
  const told = async () =>
    (await deps.store.list<{ id: string }>({ prefix: ["notice"] })).map(({ value }) => value.id);
  for (let i = 0; i < 7; i++) await report(deps, [usageItem(deps, `m${i}`)]);
  assert.deepEqual(await told(), []);
  for (let i = 7; i < 9; i++) await report(deps, [usageItem(deps, `m${i}`)]);
  assert.deepEqual(await told(), ["threshold_approaching:acme-1"]);
  await check(world);
});

Deno.test("an account in another currency is billed in its own, by prices that are told in it", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  const inDollars = await report(deps, [usageItem(deps, "a", { currency: "USD" })], "euro");
  assert.equal(inDollars.status, "currency_mismatch");
  // No plan for SMS is in EUR, so only a price that was told can be charged.
  const unpriced = await report(deps, [
    usageItem(deps, "b"),
    usageItem(deps, "c", { priceMicros: null }),
  ], "euro");
  assert.deepEqual([unpriced.status, "index" in unpriced && unpriced.index], ["unpriced", 1]);
  assert.deepEqual(await billsOf(deps.store, "euro"), []);
  await report(deps, [usageItem(deps, "b", { currency: "EUR" })], "euro");
  clock.advance(2 * DAY_MS);
  await runCycle(deps);
  assert.equal((await walletOf(deps.store, "euro")).balanceMicros, 9_500_000n);
  await check(world);
});

Deno.test("money that comes in pays the bills it covers at once, the oldest first", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  for (const [id, priceMicros] of [["a", 60_000_000n], ["b", 80_000_000n]] as const) {
    await report(deps, [usageItem(deps, id, { priceMicros })]);
    clock.advance(DAY_MS);
    await runCycle(deps);
  }
  const stands = async () => (await billsOf(deps.store, "acme")).map(({ status }) => status);
  assert.deepEqual(await stands(), ["failed", "failed"]);
  await topUp(deps, { accountId: "acme", micros: 20_000_000n });
  assert.deepEqual(await stands(), ["paid", "failed"]);
  assert.equal((await walletOf(deps.store, "acme")).balanceMicros, 10_000_000n);
  await check(world);
  await setWallet(deps, {
    accountId: "acme",
    settings: { creditLimitMicros: 70_000_000n },
    isExpected: () => true,
    actor: "test",
  });
  assert.deepEqual(await stands(), ["paid", "paid"]);
  assert.equal((await walletOf(deps.store, "acme")).balanceMicros, -70_000_000n);
  await check(world);
});
