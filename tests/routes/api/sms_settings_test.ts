import assert from "node:assert/strict";
import { expectJson, expectProblem } from "./served_api.ts";
import { expectSmsRefusals, message, openSmsApi, putTerms, reportAll } from "./sms_api.ts";

const GLOBAL = "/api/admin/sms/billing-settings";
const ACME = `${GLOBAL}?account=acme`;

const BASE = {
  frequency: "daily",
  thresholdAmount: 100,
  thresholdMessages: 1000,
  maxAmount: null,
  currency: "USD",
  autoProcess: true,
  requireApproval: false,
  notifications: true,
  warnAtPercent: 80,
  payment: "wallet",
};

Deno.test("each member of the terms is inherited on its own", async () => {
  using api = await openSmsApi();
  const first = expectJson(await api.ask(`GET ${GLOBAL}?includeGlobal=true`), 200);
  assert.deepEqual(first, { global: BASE, account: null, effective: BASE });
  await putTerms(api, { frequency: "weekly", thresholdAmount: 50.25, warnAtPercent: 90 });
  const own = await putTerms(api, { thresholdAmount: null, payment: "sippy" }, "acme");
  assert.deepEqual(own, {
    global: { ...BASE, frequency: "weekly", thresholdAmount: 50.25, warnAtPercent: 90 },
    account: { thresholdAmount: null, payment: "sippy" },
    effective: {
      ...BASE,
      frequency: "weekly",
      warnAtPercent: 90,
      thresholdAmount: null,
      payment: "sippy",
    },
  });
  assert.deepEqual(expectJson(await api.ask(`GET ${ACME}`), 200), own);
  // What is left out of a PUT is inherited again.
  assert.deepEqual((await putTerms(api, {}, "acme")).effective.payment, "wallet");
});

Deno.test("what was read can be sent back as it is, and changes nothing", async () => {
  using api = await openSmsApi();
  await putTerms(api, { maxAmount: "0.1", thresholdAmount: 999999999.999999 }, "acme");
  const read = await api.ask(`GET ${ACME}`);
  const { account } = expectJson(read, 200);
  assert.deepEqual(account, { thresholdAmount: 999999999.999999, maxAmount: 0.1 });
  assert.deepEqual((await putTerms(api, account, "acme")).account, account);
  const again = await api.ask(`GET ${ACME}`);
  assert.equal(again.headers.get("etag"), read.headers.get("etag"));
});

Deno.test("of two admins who edit at once the second is told, and nothing of hers is stored", async () => {
  using api = await openSmsApi();
  for (const path of [GLOBAL, ACME]) {
    const etag = (await api.ask(`GET ${path}`)).headers.get("etag")!;
    const put = (terms: object, ifMatch = etag) =>
      api.ask(`PUT ${path}`, { body: terms, headers: { "if-match": ifMatch } });
    const first = await put({ frequency: "monthly" });
    assert.equal(first.status, 200);
    expectProblem(await put({ frequency: "weekly" }), { status: 412, code: "changed_meanwhile" });
    const now = await api.ask(`GET ${path}`);
    assert.equal(now.body.effective.frequency, "monthly");
    assert.equal(now.headers.get("etag"), first.headers.get("etag"));
    assert.equal((await put({ frequency: "weekly" }, now.headers.get("etag")!)).status, 200);
  }
});

Deno.test("a change of somebody else's terms does not make one's own edit stale", async () => {
  using api = await openSmsApi();
  const etag = (await api.ask(`GET ${ACME}`)).headers.get("etag")!;
  await putTerms(api, { frequency: "monthly" });
  await putTerms(api, { frequency: "weekly" }, "kiwi");
  const put = await api.ask(`PUT ${ACME}`, {
    body: { autoProcess: false },
    headers: { "if-match": etag },
  });
  assert.equal(expectJson(put, 200).effective.frequency, "monthly");
});

Deno.test("terms that make no sense are refused with a pointer", async () => {
  using api = await openSmsApi();
  const line = `PUT ${ACME}`;
  const headers = { "if-match": "*" };
  const bad: [Record<string, unknown>, string][] = [
    [{ frequency: "hourly" }, "/frequency"],
    [{ thresholdAmount: -1 }, "/thresholdAmount"],
    [{ thresholdAmount: 0 }, "/thresholdAmount"],
    [{ thresholdAmount: 0.0000001 }, "/thresholdAmount"],
    [{ thresholdAmount: 12345678901.123456 }, "/thresholdAmount"],
    [{ thresholdAmount: "a lot" }, "/thresholdAmount"],
    [{ thresholdMessages: -1 }, "/thresholdMessages"],
    [{ thresholdMessages: 1.5 }, "/thresholdMessages"],
    [{ maxAmount: "-0.01" }, "/maxAmount"],
    [{ warnAtPercent: 0 }, "/warnAtPercent"],
    [{ warnAtPercent: 101 }, "/warnAtPercent"],
    [{ currency: "usd" }, "/currency"],
    [{ payment: "cash" }, "/payment"],
    [{ autoProcess: "yes" }, "/autoProcess"],
    [{ requireAproval: true }, "/requireAproval"],
  ];
  await expectSmsRefusals(api, [
    ...bad.map(([body, pointer]) => ({
      line,
      headers,
      body,
      status: 422,
      code: "validation",
      pointer,
    })),
    {
      line,
      headers,
      body: { currency: "EUR" },
      status: 422,
      code: "currency_mismatch",
      pointer: "/currency",
    },
    { line, body: {}, status: 428, code: "precondition_required" },
    { line: `PUT ${GLOBAL}`, body: {}, status: 428, code: "precondition_required" },
    { line, body: {}, headers: { "if-match": '"other"' }, status: 412, code: "changed_meanwhile" },
    {
      line: `PUT ${GLOBAL}?account=nobody`,
      headers,
      body: {},
      status: 404,
      code: "account_not_found",
    },
    { line: `GET ${GLOBAL}?account=nobody`, status: 404, code: "account_not_found" },
    { line: `GET ${GLOBAL}?user=acme`, status: 422, code: "validation" },
  ]);
});

Deno.test("a threshold that is set low makes the next message close the bill", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m1"));
  await putTerms(api, { frequency: "threshold", thresholdMessages: 2 }, "acme");
  const { usage } = await reportAll(api, message("m2"));
  assert.equal(usage.messages, 0);
  const { bills } = expectJson(await api.ask("GET /api/admin/sms/billing"), 200);
  assert.deepEqual([bills[0].frequency, bills[0].messageCount, bills[0].status], [
    "threshold",
    2,
    "paid",
  ]);
});
