import assert from "node:assert/strict";
import { smsBillKey } from "../../../core/kv/keys.ts";
import type { SmsBill } from "../../../core/sms_billing/bill.ts";
import { moveBill } from "../../../core/sms_billing/move_bill.ts";
import { changeWallet } from "../../../core/wallet/change_wallet.ts";
import { checkBooks } from "../../support/ledger.ts";
import { checkBills } from "../../support/sms.ts";
import { topUp } from "../../support/world.ts";
import { expectJson } from "./served_api.ts";
import {
  billsOf,
  closeDay,
  expectSmsRefusals,
  message,
  openSmsApi,
  putTerms,
  reportAll,
  type SmsApi,
} from "./sms_api.ts";

const BILLS = "POST /api/admin/sms/billing";
const LIST = "GET /api/admin/sms/billing";
const usd = (amount: string) => ({ amount, currency: "USD" });

async function change(api: SmsApi, body: unknown) {
  return expectJson(await api.ask(BILLS, { body }), 200);
}

const idsIn = (page: { bills: { id: string }[] }) => page.bills.map(({ id }) => id);

Deno.test("a paid bill shows what it is about, to the last member", async () => {
  using api = await openSmsApi();
  await reportAll(
    api,
    message("m1"),
    message("m2", { to: "+37251234567", cost: "0.25", segments: 2 }),
  );
  const tally = await closeDay(api);
  assert.deepEqual(tally, {
    success: true,
    type: "daily",
    created: 1,
    processed: 1,
    paid: 1,
    failed: 0,
    timestamp: "2026-02-01T22:30:00.000Z",
  });
  assert.deepEqual(expectJson(await api.ask(LIST), 200), {
    bills: [{
      id: "acme-1",
      accountId: "acme",
      accountName: "acme",
      currency: "USD",
      periodStart: "2026-01-31T02:00:00.000Z",
      periodEnd: "2026-02-01T02:00:00.000Z",
      frequency: "daily",
      messageCount: 2,
      segments: 3,
      totalCost: usd("0.750000"),
      breakdown: [
        { country: "US", prefix: "+1", count: 1, amount: usd("0.500000") },
        { country: "EE", prefix: "+372", count: 1, amount: usd("0.250000") },
      ],
      status: "paid",
      approval: "not_needed",
      attempts: 1,
      failureReason: null,
      payment: "wallet",
      payable: usd("0.750000"),
      carriedIn: usd("0.000000"),
      carriedOut: usd("0.000000"),
      entrySeq: 2,
      sippy: null,
      createdAt: "2026-02-01T22:30:00.000Z",
      paidAt: "2026-02-01T22:30:00.000Z",
    }],
    nextCursor: null,
  });
  await checkBooks(api.world.deps.store);
  await checkBills(api.world.deps.store);
});

Deno.test("bills are listed newest first, by page, status, account and time; open ones never", async () => {
  using api = await openSmsApi();
  await putTerms(api, { autoProcess: false }, "kiwi");
  for (const day of [1, 2, 3]) {
    await reportAll(api, message(`a${day}`), message(`k${day}`, { accountId: "kiwi" }));
    await closeDay(api);
  }
  await reportAll(api, message("open"));
  const list = async (query: string) => expectJson(await api.ask(`${LIST}?${query}`), 200);
  assert.deepEqual(idsIn(await list("account=acme")), ["acme-3", "acme-2", "acme-1"]);
  assert.deepEqual(idsIn(await list("status=pending")), ["kiwi-3", "kiwi-2", "kiwi-1"]);
  assert.deepEqual(idsIn(await list("status=failed")), []);
  assert.deepEqual(idsIn(await list("account=kiwi&status=paid")), []);
  assert.equal((await list("")).bills.length, 6);
  const first = await list("limit=4");
  const rest = await list(`limit=4&cursor=${first.nextCursor}`);
  assert.deepEqual([first.bills.length, rest.bills.length, rest.nextCursor], [4, 2, null]);
  const sieved = await list("limit=1&account=kiwi&status=pending");
  assert.deepEqual(idsIn(sieved), ["kiwi-3"]);
  const next = await list(`limit=2&account=kiwi&status=pending&cursor=${sieved.nextCursor}`);
  assert.deepEqual([idsIn(next), next.nextCursor], [["kiwi-2", "kiwi-1"], null]);
  const day = "from=2026-02-02T00:00:00Z&to=2026-02-03T00:00:00Z";
  assert.deepEqual(idsIn(await list(`${day}&account=acme`)), ["acme-2"]);
  assert.deepEqual(idsIn(await list(`${day}&status=pending`)), ["kiwi-2"]);
});

Deno.test("a pending bill is processed by its id, as the seed does it", async () => {
  using api = await openSmsApi();
  await putTerms(api, { autoProcess: false });
  await reportAll(api, message("m1"));
  assert.deepEqual((await closeDay(api)).processed, 0);
  const { bills, errors } = await change(api, { billingId: "acme-1" });
  assert.deepEqual([bills[0].status, bills[0].entrySeq, errors], ["paid", 2, []]);
  await checkBooks(api.world.deps.store);
});

Deno.test("a bill that the wallet does not cover fails, and is paid once there is money", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m1", { cost: "50.01" }));
  assert.deepEqual((await closeDay(api)).failed, 1);
  const [failed] = await billsOf(api);
  assert.deepEqual([failed.status, failed.failureReason], ["failed", "insufficient_funds"]);
  const stillFailed = await change(api, { billingId: "acme-1" });
  assert.deepEqual([stillFailed.bills[0].status, stillFailed.bills[0].attempts], ["failed", 2]);
  const paidIn = await topUp(api.world.deps, { accountId: "acme", micros: 10_000_000n });
  assert.equal(paidIn.status, "posted");
  const [after] = await billsOf(api);
  if (after.status !== "paid") await change(api, { billingId: "acme-1" });
  assert.equal((await billsOf(api))[0].status, "paid");
  await checkBooks(api.world.deps.store);
});

Deno.test("what a bill's state does not allow is a conflict that says why", async () => {
  using api = await openSmsApi();
  await putTerms(api, { requireApproval: true });
  await reportAll(api, message("m1"), message("k1", { accountId: "kiwi" }));
  await closeDay(api);
  const conflict = { line: BILLS, status: 409, code: "state_conflict" };
  await expectSmsRefusals(api, [{ ...conflict, body: { billingId: "acme-1" } }]);
  await change(api, { action: "approve", billingIds: ["acme-1"] });
  const paid = ["process", "approve", "cancel"].map((action) => ({
    ...conflict,
    body: { action, billingIds: ["acme-1"] },
  }));
  await expectSmsRefusals(api, paid);
  const told = await api.ask(BILLS, { body: { action: "approve", billingIds: ["acme-1"] } });
  assert.match(told.body.detail, /it is paid/);
  await setProcessing(api, "kiwi-1");
  await expectSmsRefusals(api, [
    { ...conflict, body: { action: "cancel", billingIds: ["kiwi-1"] } },
    { ...conflict, body: { billingId: "kiwi-1" } },
    { line: BILLS, body: { billingId: "acme-9" }, status: 404, code: "not_found" },
  ]);
});

/** As a payment through Sippy leaves it while the request is under way. */
async function setProcessing({ world }: SmsApi, billId: string): Promise<void> {
  await changeWallet(world.deps, {
    accountId: "kiwi",
    stage: async (batch) => {
      const before = (await batch.get<SmsBill>(smsBillKey(billId)))!;
      await moveBill(batch, { before, after: { ...before, status: "processing" } });
      return { status: "moved" as const };
    },
  });
}

Deno.test("an open bill is none yet: nobody processes or cancels it", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m1"));
  const missing = { line: BILLS, status: 404, code: "not_found" };
  await expectSmsRefusals(api, [
    { ...missing, body: { billingId: "acme-1" } },
    { ...missing, body: { action: "cancel", billingIds: ["acme-1"] } },
  ]);
});

Deno.test("of several bills each is judged by itself", async () => {
  using api = await openSmsApi();
  await putTerms(api, { autoProcess: false });
  await reportAll(api, message("a"), message("k", { accountId: "kiwi" }));
  await closeDay(api);
  await change(api, { action: "cancel", billingIds: ["kiwi-1"] });
  const billingIds = ["acme-1", "kiwi-1", "nobody-1", "acme-1"];
  const { bills, errors } = await change(api, { action: "process", billingIds });
  assert.deepEqual(idsIn({ bills }), ["acme-1"]);
  assert.equal(bills[0].status, "paid");
  assert.deepEqual(
    errors.map((one: { billingId: string; code: string }) => [one.billingId, one.code]),
    [["kiwi-1", "state_conflict"], ["nobody-1", "not_found"]],
  );
  const [cancelled] = await billsOf(api, "kiwi");
  assert.deepEqual([cancelled.status, cancelled.entrySeq], ["cancelled", null]);
  await checkBooks(api.world.deps.store);
});

Deno.test("requests about bills that make no sense are refused", async () => {
  using api = await openSmsApi();
  const as = await api.keyOf("acme");
  const invalid = { status: 422, code: "validation" };
  await expectSmsRefusals(api, [
    { line: `${LIST}?status=open`, ...invalid },
    { line: `${LIST}?status=lost`, ...invalid },
    { line: `${LIST}?since=1`, ...invalid },
    { line: `${LIST}?cursor=nonsense`, status: 400, code: "malformed_cursor" },
    { line: `${LIST}?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z`, ...invalid },
    { line: BILLS, body: {}, ...invalid, pointer: "/billingId" },
    { line: BILLS, body: { billingIds: ["a"] }, ...invalid, pointer: "/action" },
    {
      line: BILLS,
      body: { action: "process", billingIds: [] },
      ...invalid,
      pointer: "/billingIds",
    },
    { line: BILLS, body: { action: "burn", billingIds: ["a"] }, ...invalid, pointer: "/action" },
    { line: BILLS, body: { billingId: "a", billingIds: ["b"], action: "process" }, ...invalid },
    { line: BILLS, as, body: { billingId: "a" }, status: 403, code: "forbidden" },
    { line: LIST, as, status: 403, code: "forbidden" },
  ]);
});

Deno.test("the cycle is for schedulers and admins, by GET and POST, and makes nothing twice", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m1"));
  api.world.clock.advance(24 * 3_600_000);
  const line = "GET /api/cron/process-sms-billing?type=daily";
  const as = "cron-secret-of-the-tests";
  assert.equal(expectJson(await api.ask(line, { as }), 200).created, 1);
  assert.equal(expectJson(await api.ask(line, { as }), 200).created, 0);
  for (const type of ["weekly", "monthly", "threshold"]) {
    const path = `POST /api/cron/process-sms-billing?type=${type}`;
    assert.deepEqual(expectJson(await api.ask(path), 200).created, 0);
  }
  const unknown = { status: 422, code: "validation", pointer: "/type" };
  await expectSmsRefusals(api, [
    { line: "POST /api/cron/process-sms-billing?type=hourly", ...unknown },
    { line: "POST /api/cron/process-sms-billing", ...unknown },
    { line, as: await api.keyOf("acme"), status: 403, code: "forbidden" },
    { line, as: null, status: 401, code: "unauthorized" },
  ]);
});
