import assert from "node:assert/strict";
import { reportOf } from "../../support/call_report.ts";
import { bill, expectJson, expectProblem, expectRefusals, serveApi } from "./served_api.ts";

const WALLET = "/accounts/acme/wallet";
const matching = (etag: string | null) => ({ headers: { "if-match": etag! } });

Deno.test("the ETag of a wallet stands for its settings: a charge does not change it", async () => {
  using api = await serveApi();
  const before = await api.ask(`GET ${WALLET}`);
  expectJson(before, 200);
  const etag = before.headers.get("etag");
  assert.match(etag!, /^"[^"]+"$/);
  await bill(api, reportOf("c1"));
  const after = await api.ask(`GET ${WALLET}`);
  assert.equal(after.headers.get("etag"), etag);
  assert.equal(after.body.balance.amount, "49.890000");
  const body = { creditLimit: "1.00" };
  const changed = await api.ask(`PATCH ${WALLET}`, { body, ...matching(etag) });
  assert.equal(expectJson(changed, 200).available.amount, "50.890000");
  assert.notEqual(changed.headers.get("etag"), etag);
});

Deno.test("a wallet takes each setting alone, and thresholds in any order", async () => {
  using api = await serveApi();
  const patch = async (body: object) => {
    const { headers } = await api.ask(`GET ${WALLET}`);
    return expectJson(
      await api.ask(`PATCH ${WALLET}`, { body, ...matching(headers.get("etag")) }),
      200,
    );
  };
  assert.equal((await patch({ policy: "overdraw" })).policy, "overdraw");
  const listed = await patch({ lowBalanceThresholds: ["1", "5.00", "1.000000"] });
  assert.deepEqual(listed.lowBalanceThresholds, [
    { amount: "5.000000", currency: "USD" },
    { amount: "1.000000", currency: "USD" },
  ]);
  assert.equal(listed.policy, "overdraw");
  assert.deepEqual((await patch({ lowBalanceThresholds: [] })).lowBalanceThresholds, []);
});

Deno.test("two who change a wallet with the same ETag: the second is told", async () => {
  using api = await serveApi();
  const etag = (await api.ask(`GET ${WALLET}`)).headers.get("etag");
  const patch = (body: object) => api.ask(`PATCH ${WALLET}`, { body, ...matching(etag) });
  expectJson(await patch({ creditLimit: "1.00" }), 200);
  expectProblem(await patch({ creditLimit: "2.00" }), { status: 412, code: "changed_meanwhile" });
  // Repeating one's own change, as after a lost answer, is no conflict.
  expectJson(await patch({ creditLimit: "1.00" }), 200);
});

Deno.test("a higher credit limit bills what waited when the answer arrives", async () => {
  using api = await serveApi();
  const body = { amount: "-50.00" };
  const headers = { "idempotency-key": "empty" };
  await api.ask("POST /accounts/acme/adjustments", { body, headers });
  await bill(api, reportOf("late"));
  const etag = (await api.ask(`GET ${WALLET}`)).headers.get("etag");
  const change = { body: { creditLimit: "0.11" }, ...matching(etag) };
  const wallet = expectJson(await api.ask(`PATCH ${WALLET}`, change), 200);
  assert.deepEqual(
    [wallet.balance.amount, wallet.available.amount, wallet.totalMinutesUsed],
    ["-0.110000", "0.000000", 1],
  );
});

Deno.test("changes of a wallet that are not right are refused, and nothing changes", async () => {
  using api = await serveApi();
  const etag = (await api.ask(`GET ${WALLET}`)).headers.get("etag");
  const line = `PATCH ${WALLET}`;
  const invalid = { status: 422, code: "validation", ...matching(etag) };
  const body = { creditLimit: "1.00" };
  await expectRefusals(api, [
    { line, body, status: 428, code: "precondition_required" },
    { line, body, ...matching('"other"'), status: 412, code: "changed_meanwhile" },
    { line, body, ...matching(`W/${etag}`), status: 412, code: "changed_meanwhile" },
    { line, body: { creditLimit: "-1" }, ...invalid, pointer: "/creditLimit" },
    { line, body: { creditLimit: 1 }, ...invalid, pointer: "/creditLimit" },
    { line, body: { policy: "hope" }, ...invalid, pointer: "/policy" },
    { line, body: { lowBalanceThresholds: ["a"] }, ...invalid, pointer: "/lowBalanceThresholds/0" },
    { line, body: { lowBalanceThresholds: "5" }, ...invalid, pointer: "/lowBalanceThresholds" },
    { line, body: { balance: "5" }, ...invalid, pointer: "/balance" },
    { line: "GET /accounts/nobody/wallet", status: 404, code: "account_not_found" },
    {
      line: "PATCH /accounts/nobody/wallet",
      body,
      ...matching(etag),
      status: 404,
      code: "account_not_found",
    },
  ]);
});
