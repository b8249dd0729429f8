import assert from "node:assert/strict";
import { walletKey } from "../../../core/kv/keys.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { reportOf } from "../../support/call_report.ts";
import { faultyKv, type KvHooks } from "../../support/faulty_kv.ts";
import {
  bill,
  expectJson,
  expectProblem,
  expectRefusals,
  type Question,
  serveApi,
} from "./served_api.ts";

const LINE = "POST /accounts/acme/top-ups";
const keyed = (body: unknown, key = "k1"): Question => ({
  body,
  headers: { "idempotency-key": key },
});

Deno.test("a top-up is one entry, and answers it with the wallet", async () => {
  using api = await serveApi();
  const body = { amount: "25.00", description: "Invoice 7", reference: "inv-7" };
  const answer = await api.ask(LINE, keyed(body));
  const { entry, wallet } = expectJson(answer, 201);
  assert.equal(answer.headers.get("idempotency-replayed"), null);
  const { prevHash, hash, source, ...rest } = entry;
  assert.deepEqual(rest, {
    seq: 2,
    kind: "top_up",
    amount: { amount: "25.000000", currency: "USD" },
    balanceAfter: { amount: "75.000000", currency: "USD" },
    description: "Invoice 7",
    at: "2026-01-31T22:30:00.000Z",
    actor: "admin",
    metadata: { reference: "inv-7" },
  });
  assert.match(prevHash + hash, /^[0-9a-f]{128}$/);
  assert.equal(source.type, "request");
  assert.deepEqual(wallet, {
    accountId: "acme",
    currency: "USD",
    balance: { amount: "75.000000", currency: "USD" },
    held: { amount: "0.000000", currency: "USD" },
    available: { amount: "75.000000", currency: "USD" },
    creditLimit: { amount: "0.000000", currency: "USD" },
    policy: "wait",
    lowBalanceThresholds: [],
    totalMinutesUsed: 0,
    freeMinutes: [{ service: "twilio_voice", month: "2026-01", used: 0, total: 100 }],
  });
});

Deno.test("refunds add, adjustments go both ways, down to the last micro", async () => {
  using api = await serveApi();
  const post = (noun: string, amount: string) =>
    api.ask(`POST /accounts/acme/${noun}`, keyed({ amount }, `${noun} ${amount}`));
  assert.equal(expectJson(await post("refunds", "0.000001"), 201).entry.kind, "refund");
  const all = expectJson(await post("adjustments", "-50.000001"), 201);
  assert.equal(all.entry.amount.amount, "-50.000001");
  assert.equal(all.wallet.balance.amount, "0.000000");
  expectProblem(await post("adjustments", "-0.000001"), {
    status: 402,
    code: "insufficient_funds",
  });
  assert.equal(expectJson(await post("adjustments", "0.5"), 201).wallet.balance.amount, "0.500000");
});

Deno.test("a repeat with the same key answers the same, even after the wallet moved on", async () => {
  using api = await serveApi();
  const first = await api.ask(LINE, keyed({ amount: "25.00", reference: "a" }));
  await api.ask(LINE, keyed({ amount: "1.00" }, "k2"));
  const before = await api.rows();
  const again = await api.ask(LINE, keyed('{ "reference": "a", "amount": "25.00" }'));
  assert.deepEqual(expectJson(again, 201), first.body);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(await api.rows(), before);
});

Deno.test("64 identical posts at once make one entry and give 64 equal answers", async () => {
  using api = await serveApi();
  const answers = await Promise.all(
    Array.from({ length: 64 }, () => api.ask(LINE, keyed({ amount: "25.00" }))),
  );
  for (const answer of answers) assert.deepEqual(expectJson(answer, 201), answers[0]!.body);
  const fresh = answers.filter(({ headers }) => headers.get("idempotency-replayed") === null);
  assert.equal(fresh.length, 1);
  const { entryCount, balanceMicros } =
    (await api.deps.store.get<Wallet>(walletKey("acme")))!.value;
  assert.deepEqual([entryCount, balanceMicros], [2, 75_000_000n]);
});

Deno.test("one key for two accounts at once moves money in one of them", async () => {
  using api = await serveApi();
  const answers = await Promise.all(
    ["acme", "kiwi"].map((id) =>
      api.ask(`POST /accounts/${id}/top-ups`, keyed({ amount: "25.00" }))
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422]);
  assert.equal(answers.find(({ status }) => status === 422)!.body.code, "key_reused");
});

Deno.test("requests for money that are not right are refused, and nothing changes", async () => {
  using api = await serveApi();
  await api.ask(LINE, keyed({ amount: "25.00" }, "used"));
  const amount = { status: 422, code: "validation", pointer: "/amount" };
  const ADJUST = "POST /accounts/acme/adjustments";
  const missing = { status: 400, code: "missing_idempotency_key" };
  const reused = { status: 422, code: "key_reused" };
  await expectRefusals(api, [
    { line: LINE, body: { amount: "1.00" }, ...missing },
    { line: LINE, body: {}, ...missing },
    { line: LINE, ...keyed({ amount: "1.00" }, "a".repeat(256)), ...missing },
    { line: LINE, ...keyed({ amount: "1.00" }, "caf\u00e9"), ...missing },
    { line: LINE, ...keyed({ amount: "-1.00" }), ...amount },
    { line: LINE, ...keyed({ amount: "0.00" }), ...amount },
    { line: LINE, ...keyed({ amount: "1.0000001" }), ...amount },
    { line: LINE, ...keyed({ amount: 25 }), ...amount },
    { line: LINE, ...keyed({ amount: "1e3" }), ...amount },
    { line: LINE, ...keyed({ amount: " 1" }), ...amount },
    { line: LINE, ...keyed({ amount: "1,5" }), ...amount },
    { line: LINE, ...keyed({ amount: "1234567890123" }), ...amount },
    { line: LINE, ...keyed({}), ...amount },
    { line: LINE, ...keyed({ amount: "999999999999.999999" }), ...amount },
    { line: "POST /accounts/acme/refunds", ...keyed({ amount: "-1.00" }), ...amount },
    { line: ADJUST, ...keyed({ amount: "0" }), ...amount },
    { line: ADJUST, ...keyed({ amount: "-75.000001" }), status: 402, code: "insufficient_funds" },
    {
      line: LINE,
      ...keyed({ amount: "1.00", currency: "EUR" }),
      status: 422,
      code: "currency_mismatch",
      pointer: "/currency",
    },
    {
      line: LINE,
      ...keyed({ amount: "1.00", note: "x" }),
      status: 422,
      code: "validation",
      pointer: "/note",
    },
    {
      line: LINE,
      ...keyed({ amount: "1.00", description: "a".repeat(201) }),
      status: 422,
      code: "validation",
      pointer: "/description",
    },
    { line: LINE, ...keyed("{"), status: 400, code: "malformed_body" },
    { line: LINE, ...keyed({ amount: "26.00" }, "used"), ...reused },
    { line: LINE, ...keyed({ amount: "25.00", reference: "b" }, "used"), ...reused },
    { line: "POST /accounts/acme/refunds", ...keyed({ amount: "25.00" }, "used"), ...reused },
    { line: "POST /accounts/kiwi/top-ups", ...keyed({ amount: "25.00" }, "used"), ...reused },
    {
      line: "POST /accounts/nobody/top-ups",
      ...keyed({ amount: "1.00" }),
      status: 404,
      code: "account_not_found",
    },
    { line: LINE, ...keyed({ amount: "1.00" }), as: null, status: 401, code: "unauthorized" },
  ]);
});

Deno.test("a refusal leaves the key free", async () => {
  using api = await serveApi();
  const line = "POST /accounts/acme/adjustments";
  const body = { amount: "-60.00" };
  expectProblem(await api.ask(line, keyed(body)), { status: 402, code: "insufficient_funds" });
  await api.ask(LINE, keyed({ amount: "10.00" }, "k2"));
  const answer = await api.ask(line, keyed(body));
  assert.equal(expectJson(answer, 201).wallet.balance.amount, "0.000000");
  assert.equal(answer.headers.get("idempotency-replayed"), null);
});

Deno.test("what waited for the money is billed when the top-up answers", async () => {
  using api = await serveApi();
  await api.ask("POST /accounts/acme/adjustments", keyed({ amount: "-50.00" }, "empty"));
  await bill(api, reportOf("late", { seconds: 61 }));
  assert.equal((await api.ask("GET /calls/bland:late")).body.billing.state, "waiting_funds");
  const { entry, wallet } = expectJson(await api.ask(LINE, keyed({ amount: "1.00" })), 201);
  assert.equal(entry.balanceAfter.amount, "1.000000");
  assert.deepEqual([wallet.balance.amount, wallet.totalMinutesUsed], ["0.780000", 2]);
  assert.equal((await api.ask("GET /calls/bland:late")).body.billing.state, "billed");
});

Deno.test("many calls that waited are all billed when the top-up answers", async () => {
  using api = await serveApi();
  await api.ask("POST /accounts/acme/adjustments", keyed({ amount: "-50.00" }, "empty"));
  await bill(api, ...Array.from({ length: 250 }, (_, i) => reportOf(`c${i}`)));
  expectJson(await api.ask(LINE, keyed({ amount: "27.49" })), 201);
  const wallet = expectJson(await api.ask("GET /accounts/acme/wallet"), 200);
  assert.deepEqual([wallet.balance.amount, wallet.totalMinutesUsed], ["0.100000", 249]);
  const waiting = await api.ask("GET /calls?account=acme&billing=waiting_funds");
  assert.equal(expectJson(waiting, 200).data.length, 1);
});

Deno.test("a reply of the database lost after the commit is no second top-up", async () => {
  const hooks: KvHooks = {};
  using api = await serveApi((kv) => faultyKv(kv, hooks).kv);
  let lost = 0;
  hooks.commit = () => lost++ === 0 ? "throws_after" : undefined;
  const answer = await api.ask(LINE, keyed({ amount: "25.00" }));
  assert.equal(expectJson(answer, 201).wallet.balance.amount, "75.000000");
  assert.equal(answer.headers.get("idempotency-replayed"), null);
  assert(lost > 0);
});

Deno.test("a database that confirms nothing: 503, and the same key settles it later", async () => {
  const hooks: KvHooks = {};
  using api = await serveApi((kv) => faultyKv(kv, hooks).kv);
  hooks.commit = () => "throws_before";
  const answer = await api.ask(LINE, keyed({ amount: "25.00" }));
  expectProblem(answer, { status: 503, code: "outcome_unknown" });
  assert(Number(answer.headers.get("retry-after")) > 0);
  delete hooks.commit;
  const again = expectJson(await api.ask(LINE, keyed({ amount: "25.00" })), 201);
  assert.equal(again.wallet.balance.amount, "75.000000");
});
