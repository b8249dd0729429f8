import assert from "node:assert/strict";
import { listAudit } from "../../../core/audit/audit.ts";
import { getJob, type JobProgress } from "../../../core/jobs/job.ts";
import { runDueJobs } from "../../../core/jobs/run_jobs.ts";
import { actOnBill, type BillAction } from "../../../core/sms_billing/act_on_bill.ts";
import {
  BILL_BULK_JOB,
  billBulkKind,
  BULK_BILLS_MAX,
  getBillBulk,
  runBillBulk,
  startBillBulk,
} from "../../../core/sms_billing/bulk_bills.ts";
import { closeBillOf } from "../../support/payment_world.ts";
import { billsOf } from "../../support/sms.ts";
import { openWorld, type World } from "../../support/world.ts";

const ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001";
const WALLET = { payment: "wallet" } as const;

function start(world: World, action: BillAction, billIds: string[]) {
  const asked = { id: ID, action, billIds, reason: "month end", actor: "ann@example.com" };
  return startBillBulk(world.deps, asked);
}

function run({ deps, clock }: World): Promise<number> {
  const kinds = { [BILL_BULK_JOB]: billBulkKind(deps) };
  return runDueJobs({ ...deps, kinds }, {
    untilMs: clock.now() + 60_000,
    only: BILL_BULK_JOB,
  });
}

Deno.test("many bills are processed as one job: paid, done before, or refused with a reason", async () => {
  using world = await openWorld();
  const { deps } = world;
  const good = [];
  for (let i = 0; i < 23; i++) {
    good.push(await closeBillOf(deps, { ...WALLET, micros: 1_000_000n }));
  }
  const dear = await closeBillOf(deps, { ...WALLET, micros: 900_000_000n });
  const awaiting = await closeBillOf(deps, { ...WALLET, micros: 1n, approval: "awaiting" });
  await actOnBill(deps, { billId: good[0]!, action: "process", reason: "x", actor: "ann" });
  await start(world, "process", [...good, dear, awaiting, "acme-999", good[1]!]);
  assert.equal(await run(world), 1);
  const bulk = (await getBillBulk(deps.store, ID))!;
  assert.deepEqual(
    [bulk.billIds.length, bulk.doneCount, bulk.changedCount, bulk.unchangedCount],
    [26, 26, 22, 1],
  );
  assert.deepEqual(bulk.faults, [
    { billId: dear, reason: "insufficient_funds" },
    { billId: awaiting, reason: "it waits for approval" },
    { billId: "acme-999", reason: "there is no such bill" },
  ]);
  const job = (await getJob(deps.store, ID))!;
  assert.equal(job.state, "done");
  assert.deepEqual(job.progress?.result, { changed: 22, unchanged: 1, refused: 3 });
  const bills = await billsOf(deps.store, "acme");
  assert.equal(bills.filter(({ status }) => status === "paid").length, 23);
});

Deno.test("a run that died goes on, and pays nothing twice", async () => {
  using world = await openWorld();
  const { deps } = world;
  const ids = [];
  for (let i = 0; i < 30; i++) ids.push(await closeBillOf(deps, { ...WALLET, micros: 500_000n }));
  await start(world, "process", ids);
  const told: number[] = [];
  const dying = async ({ done }: Omit<JobProgress, "result">): Promise<void> => {
    told.push(done);
    if (done === 20) throw new Error("killed");
    await Promise.resolve();
  };
  await assert.rejects(runBillBulk(deps, { job: { unique: ID }, report: dying }), /killed/);
  // One more part was done than was noted, as when a process dies between the two.
  await actOnBill(deps, { billId: ids[20]!, action: "process", reason: "x", actor: "ann" });
  await run(world);
  const bulk = (await getBillBulk(deps.store, ID))!;
  assert.deepEqual([bulk.changedCount, bulk.unchangedCount, bulk.faults], [29, 1, []]);
  assert.deepEqual(told, [0, 10, 20]);
  const wallet = await deps.store.get<{ balanceMicros: bigint; entryCount: number }>([
    "wallet",
    "acme",
  ]);
  assert.deepEqual([wallet?.value.balanceMicros, wallet?.value.entryCount], [35_000_000n, 31]);
});

Deno.test("asked twice under one id it is one bulk, and it has an end", async () => {
  using world = await openWorld();
  const billId = await closeBillOf(world.deps, { ...WALLET, micros: 1_000_000n });
  await start(world, "cancel", [billId]);
  const again = await start(world, "process", ["acme-2"]);
  assert.deepEqual([again.action, again.billIds], ["cancel", [billId]]);
  await run(world);
  assert.equal((await billsOf(world.deps.store, "acme"))[0]?.status, "cancelled");
  const many = Array.from({ length: BULK_BILLS_MAX + 50 }, (_, i) => `acme-${i}`);
  const id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002";
  const bulk = await startBillBulk(world.deps, {
    id,
    action: "cancel",
    billIds: many,
    reason: "x",
    actor: "ann",
  });
  assert.equal(bulk.billIds.length, BULK_BILLS_MAX);
});

Deno.test("the reason of a deed is in the audit log before what it did", async () => {
  using world = await openWorld();
  const billId = await closeBillOf(world.deps, { ...WALLET, micros: 1_000_000n });
  world.clock.advance(1_000);
  const request = { billId, reason: "wrong tariff", actor: "ann@example.com" };
  const done = await actOnBill(world.deps, { ...request, action: "cancel" });
  assert.equal(done.status, "bill_changed");
  const log = await listAudit(world.deps.store, { limit: 2 });
  assert.deepEqual(
    log?.rows.map(({ value }) => [value.action, value.subject, value.detail]).toSorted(),
    [
      ["bill_cancel_asked", billId, "wrong tariff"],
      ["bill_cancelled", billId, "acme: pending -> cancelled"],
    ],
  );
  const again = await actOnBill(world.deps, { ...request, action: "cancel" });
  assert.equal(again.status, "bill_as_wanted");
  const process = await actOnBill(world.deps, { ...request, action: "process" });
  assert.equal(process.status, "bill_state_conflict");
});
