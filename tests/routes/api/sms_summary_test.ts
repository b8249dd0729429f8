import assert from "node:assert/strict";
import { cookieOf } from "../../support/app.ts";
import { expectJson } from "./served_api.ts";
import { closeDay, message, openSmsApi, putTerms, reportAll } from "./sms_api.ts";

const SUMMARY = "GET /api/user/billing-summary";

Deno.test("an account reads its billing at a glance, with its key", async () => {
  using api = await openSmsApi();
  await putTerms(api, {
    frequency: "threshold",
    thresholdAmount: 50,
    thresholdMessages: 10,
    maxAmount: 60.5,
  }, "acme");
  await reportAll(api, message("m1", { cost: "12.5" }), message("m2", { cost: "0.000001" }));
  const summary = expectJson(await api.ask(SUMMARY, { as: await api.keyOf("acme") }), 200);
  const { wallet, ...own } = summary;
  assert.deepEqual(own, {
    accountId: "acme",
    currency: "USD",
    frequency: "threshold",
    usage: { messages: 2, segments: 2, amount: 12.500001 },
    limits: { thresholdMessages: 10, thresholdAmount: 50, maxAmount: 60.5 },
    percentUsed: 25,
    nextBillingDate: null,
    pendingBills: 0,
    freeMinutes: { used: 0, total: 100 },
  });
  assert.deepEqual(wallet.balance, { amount: "50.000000", currency: "USD" });
});

Deno.test("a person in the portal sees the same, about their own account", async () => {
  using api = await openSmsApi();
  await putTerms(api, { autoProcess: false });
  await reportAll(api, message("k1", { accountId: "kiwi" }));
  await closeDay(api);
  await reportAll(api, message("k2", { accountId: "kiwi", cost: "1" }));
  const headers = await cookieOf(api.world, { kind: "account", accountId: "kiwi" });
  const summary = expectJson(await api.ask(SUMMARY, { as: null, headers }), 200);
  assert.deepEqual(
    [summary.accountId, summary.pendingBills, summary.usage.amount, summary.percentUsed],
    ["kiwi", 1, 1, 0],
  );
  assert.equal(summary.nextBillingDate, "2026-02-02T02:00:00.000Z");
});

Deno.test("nobody else has a summary of their own", async () => {
  using api = await openSmsApi();
  assert.equal((await api.ask(SUMMARY)).status, 403);
  assert.equal((await api.ask(SUMMARY, { as: null })).status, 401);
});

Deno.test("statistics count the bills of 31 days, what they came to, and who sends much", async () => {
  using api = await openSmsApi();
  const stats = async () => expectJson(await api.ask("GET /api/admin/sms/billing-stats"), 200);
  const none = await stats();
  assert.deepEqual([none.successRate, none.averageBill, none.sippyResponseTimes], [null, [], null]);
  await putTerms(api, { frequency: "threshold", thresholdMessages: 5_001 }, "kiwi");
  const many = { userId: "kiwi", messageCount: 5_001, totalCost: 2, country: "EE", prefix: "372" };
  const headers = { "idempotency-key": "many" };
  assert.equal((await api.ask("POST /api/v1/sms/usage", { body: many, headers })).status, 201);
  await reportAll(api, message("a1", { cost: "1" }));
  await closeDay(api);
  await reportAll(api, message("a2", { cost: "60" }));
  await closeDay(api);
  await putTerms(api, { autoProcess: false }, "acme");
  await reportAll(api, message("a3", { cost: "1" }));
  await closeDay(api);
  const found = await stats();
  assert.deepEqual(found.bills, {
    pending: 1,
    processing: 0,
    paid: 2,
    failed: 1,
    cancelled: 0,
    needs_review: 0,
  });
  assert.deepEqual([found.successRate, found.failedPayments, found.isComplete], [66.7, 1, true]);
  assert.deepEqual(found.averageBill, [
    { count: 4, amount: { amount: "16.000000", currency: "USD" } },
  ]);
  assert.deepEqual(found.frequencyDistribution, { daily: 3, weekly: 0, monthly: 0, threshold: 1 });
  assert.deepEqual(found.highVolumeAccounts, [{
    accountId: "kiwi",
    name: "kiwi",
    messages: 5_001,
    amount: { amount: "2.000000", currency: "USD" },
  }]);
  assert.deepEqual(
    found.jobTimes.map((one: { kind: string; open: number }) => [one.kind, one.open]),
    [["close_sms_bills", 0], ["pay_sms_bill", 1]],
  );
  api.world.clock.advance(32 * 86_400_000);
  assert.deepEqual((await stats()).averageBill, []);
});
