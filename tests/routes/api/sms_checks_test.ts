import assert from "node:assert/strict";
import { changeAccount } from "../../../core/billing/open_account.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import { STRANGER } from "../../support/world.ts";
import { expectJson } from "./served_api.ts";
import {
  closeDay,
  expectSmsRefusals,
  message,
  openSmsApi,
  putTerms,
  reportAll,
  type SmsApi,
} from "./sms_api.ts";

const CHECKS = "POST /api/v1/sms/checks";

async function check(api: SmsApi, told: Record<string, unknown> = {}) {
  const body = { accountId: "acme", to: STRANGER, ...told };
  return expectJson(await api.ask(CHECKS, { body }), 200);
}

Deno.test("an account with money may send, and hears how far its period is", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m1"), message("m2"));
  assert.deepEqual(await check(api), {
    allowed: true,
    reason: null,
    shouldBill: false,
    usage: {
      accountId: "acme",
      frequency: "daily",
      messages: 2,
      segments: 2,
      amount: { amount: "1.000000", currency: "USD" },
      limits: { thresholdMessages: null, thresholdAmount: null, maxAmount: null },
      percentUsed: 0,
      periodEnd: "2026-02-01T02:00:00.000Z",
    },
  });
});

Deno.test("a send that reaches a threshold says that a bill is made", async () => {
  using api = await openSmsApi();
  await putTerms(
    api,
    { frequency: "threshold", thresholdAmount: 2, thresholdMessages: 10 },
    "acme",
  );
  await reportAll(api, message("m1"), message("m2"));
  const told = await check(api, { totalCost: 0.99 });
  assert.deepEqual([told.allowed, told.shouldBill, told.usage.percentUsed], [true, false, 50]);
  assert.equal(told.usage.periodEnd, null);
  const rows: [Record<string, unknown>, boolean][] = [
    [{ totalCost: 1 }, true],
    [{ totalCost: "0.999999" }, false],
    [{ messageCount: 7 }, false],
    [{ messageCount: 8 }, true],
    [{ segments: 99 }, false],
    [{ segments: 100 }, true],
    [{ text: "a".repeat(1_600), messageCount: 7 }, false],
  ];
  for (const [told, shouldBill] of rows) {
    assert.equal((await check(api, told)).shouldBill, shouldBill, JSON.stringify(told));
  }
});

Deno.test("what is sent and not paid yet counts before the next send, to the micro", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m1", { cost: "20" }));
  await closeDay(api);
  await putTerms(api, { autoProcess: false }, "acme");
  await reportAll(api, message("m2", { cost: "10" }));
  await closeDay(api);
  await reportAll(api, message("m3", { cost: "5" }));
  // 50 - 20 paid - 10 on a bill that waits - 5 in the open one.
  assert.equal((await check(api, { totalCost: "15" })).allowed, true);
  const refused = await check(api, { totalCost: "15.000001" });
  assert.deepEqual([refused.allowed, refused.reason], [false, "insufficient_funds"]);
  await setWallet(api.world.deps, {
    accountId: "acme",
    settings: { policy: "overdraw" },
    isExpected: () => true,
    actor: "test",
  });
  assert.equal((await check(api, { totalCost: "999" })).allowed, true);
});

Deno.test("an account that Sippy pays for is not asked for money in its wallet", async () => {
  using api = await openSmsApi();
  await putTerms(api, { payment: "sippy" }, "acme");
  assert.equal((await check(api, { totalCost: "999" })).allowed, true);
});

Deno.test("a bill that awaits approval blocks until it is approved", async () => {
  using api = await openSmsApi();
  await putTerms(api, { requireApproval: true }, "acme");
  await reportAll(api, message("m1"));
  assert.equal((await check(api)).allowed, true);
  await closeDay(api);
  const blocked = await check(api);
  assert.deepEqual([blocked.allowed, blocked.reason], [false, "bills_awaiting_approval"]);
  const body = { action: "approve", billingIds: ["acme-1"] };
  expectJson(await api.ask("POST /api/admin/sms/billing", { body }), 200);
  assert.equal((await check(api)).allowed, true);
});

Deno.test("a suspended and a closed account may not send, whatever else is true of them", async () => {
  using api = await openSmsApi();
  for (const status of ["suspended", "closed"] as const) {
    await changeAccount(api.world.deps, { accountId: "acme", change: { status }, actor: "test" });
    const told = await check(api, { totalCost: "999" });
    assert.deepEqual([told.allowed, told.reason], [false, `account_${status}`]);
  }
});

Deno.test("an account's key asks for its own account alone", async () => {
  using api = await openSmsApi();
  const as = await api.keyOf("kiwi");
  const own = expectJson(await api.ask(CHECKS, { as, body: { to: STRANGER } }), 200);
  assert.equal(own.usage.accountId, "kiwi");
  const invalid = { line: CHECKS, status: 422, code: "validation" };
  await expectSmsRefusals(api, [
    {
      line: CHECKS,
      as,
      body: { accountId: "acme", to: STRANGER },
      status: 404,
      code: "account_not_found",
    },
    {
      line: CHECKS,
      body: { accountId: "nobody", to: STRANGER },
      status: 404,
      code: "account_not_found",
    },
    { line: CHECKS, as: null, body: {}, status: 401, code: "unauthorized" },
    { ...invalid, body: { to: STRANGER }, pointer: "/accountId" },
    { ...invalid, body: { accountId: "acme" }, pointer: "/to" },
    { ...invalid, body: { accountId: "acme", totalCost: -0.01 }, pointer: "/totalCost" },
    { ...invalid, body: { accountId: "acme", to: STRANGER, country: "EE" }, pointer: "/country" },
    {
      ...invalid,
      body: { accountId: "acme", to: STRANGER, messageCount: 0 },
      pointer: "/messageCount",
    },
  ]);
});
