import assert from "node:assert/strict";
import { ratePlanKey } from "../../../core/kv/keys.ts";
import { checkBills } from "../../support/sms.ts";
import { STRANGER } from "../../support/world.ts";
import { expectJson, expectProblem } from "./served_api.ts";
import { expectSmsRefusals, message, openSmsApi, reportAll } from "./sms_api.ts";

const USAGE = "POST /api/v1/sms/usage";
const charge = (amount: string, currency = "USD") => ({ amount, currency });

Deno.test("a message that was sent is counted once, at the cost it came with", async () => {
  using api = await openSmsApi();
  const body = message("m1", { cost: "0.0075", segments: 2 });
  const first = expectJson(await api.ask(USAGE, { body }), 201);
  assert.deepEqual(first, {
    data: [{ messageId: "m1", state: "recorded", segments: 2, charge: charge("0.007500") }],
    usage: {
      accountId: "acme",
      frequency: "daily",
      messages: 1,
      segments: 2,
      amount: charge("0.007500"),
      limits: { thresholdMessages: null, thresholdAmount: null, maxAmount: null },
      percentUsed: 0,
      periodEnd: "2026-02-01T02:00:00.000Z",
    },
  });
  const again = expectJson(await api.ask(USAGE, { body }), 200);
  assert.deepEqual(again.data, [{ ...first.data[0], state: "duplicate" }]);
  assert.deepEqual(again.usage, first.usage);
  const told = expectJson(await api.ask("GET /api/v1/messages?account=acme"), 200);
  assert.deepEqual([told.data[0].country, told.data[0].prefix], ["US", "+1"]);
  await checkBills(api.world.deps.store);
});

Deno.test("without a cost the plan of sms prices the segments, given or counted from the text", async () => {
  using api = await openSmsApi();
  const unpriced = { cost: undefined, segments: undefined };
  const { data } = await reportAll(
    api,
    message("given", { ...unpriced, segments: 3 }),
    message("text", { ...unpriced, text: "я".repeat(71) }),
    message("empty", { ...unpriced, text: "" }),
    message("neither", unpriced),
    message("both", { ...unpriced, segments: 1, text: "a".repeat(500) }),
    message("free", { cost: "0" }),
  );
  const shown = data.map((one: { segments: number; charge: { amount: string } }) => [
    one.segments,
    one.charge.amount,
  ]);
  assert.deepEqual(shown, [
    [3, "0.030000"],
    [2, "0.020000"],
    [1, "0.010000"],
    [1, "0.010000"],
    [1, "0.010000"],
    [1, "0.000000"],
  ]);
});

Deno.test("of many messages each keeps its place, and only what was not there before is counted", async () => {
  using api = await openSmsApi();
  await reportAll(api, message("m3"));
  const messages = Array.from({ length: 1_000 }, (_, i) => message(`m${i}`, { cost: "0.01" }));
  const { data, usage } = await reportAll(api, ...messages);
  assert.equal(data.length, 1_000);
  assert.deepEqual(
    data.map(({ messageId }: { messageId: string }) => messageId),
    messages.map(({ messageId }) => messageId),
  );
  assert.deepEqual([data[3].state, data[3].charge.amount], ["duplicate", "0.500000"]);
  assert.deepEqual([usage.messages, usage.amount.amount], [1_000, "10.490000"]);
  await checkBills(api.world.deps.store);
});

Deno.test("the same id twice in one request is counted once", async () => {
  using api = await openSmsApi();
  const { data, usage } = await reportAll(api, message("m1"), message("m1"));
  const states = data.map(({ state }: { state: string }) => state);
  assert.deepEqual([states, usage.messages], [["recorded", "duplicate"], 1]);
});

Deno.test("the seed's aggregate is counted once per Idempotency-Key, by country and prefix", async () => {
  using api = await openSmsApi();
  // 0.1 + 0.2, as a program that computes with floats reports it.
  const body = {
    userId: "acme",
    messageCount: 40,
    totalCost: 0.1 + 0.2,
    country: "ee",
    prefix: "372",
  };
  const headers = { "idempotency-key": "batch 1" };
  const first = await api.ask(USAGE, { body, headers });
  const { data, usage } = expectJson(first, 201);
  assert.deepEqual([data[0].state, data[0].segments], ["recorded", 40]);
  assert.deepEqual(data[0].charge, charge("0.300000"));
  assert.equal(usage.messages, 40);
  const again = await api.ask(USAGE, { body, headers });
  assert.equal(expectJson(again, 200).data[0].state, "duplicate");
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  const [bill] = await Array.fromAsync(api.world.kv.list({ prefix: ["sms_bill"] }));
  assert.match(new TextDecoder().decode(bill!.value as Uint8Array), /"EE".*"\+372"/);
  await expectSmsRefusals(api, [
    { line: USAGE, body, status: 400, code: "missing_idempotency_key" },
    { line: USAGE, body: { ...body, messageCount: 41 }, headers, status: 422, code: "key_reused" },
  ]);
  const other = await api.ask(USAGE, { body, headers: { "idempotency-key": "batch 2" } });
  assert.equal(expectJson(other, 201).usage.messages, 80);
  await checkBills(api.world.deps.store);
});

Deno.test("messages without ids get theirs from the Idempotency-Key", async () => {
  using api = await openSmsApi();
  const one = { accountId: "acme", to: STRANGER, cost: "0.50" };
  const body = { messages: [one, one, message("named")] };
  const headers = { "idempotency-key": "k" };
  const first = expectJson(await api.ask(USAGE, { body, headers }), 201);
  const again = expectJson(await api.ask(USAGE, { body, headers }), 200);
  const ids = (answer: typeof first) =>
    answer.data.map(({ messageId }: { messageId: string }) => messageId);
  assert.deepEqual(ids(again), ids(first));
  assert.equal(new Set(ids(first)).size, 3);
  assert.equal(again.usage.messages, 3);
  const changed = { messages: [one, { ...one, cost: "0.60" }] };
  await expectSmsRefusals(api, [
    { line: USAGE, body, status: 400, code: "missing_idempotency_key" },
    { line: USAGE, body: changed, headers, status: 422, code: "key_reused" },
  ]);
});

Deno.test("an account's key reports its own usage and nobody else's", async () => {
  using api = await openSmsApi();
  const as = await api.keyOf("kiwi");
  const { accountId: _, ...own } = message("m1");
  assert.equal(expectJson(await api.ask(USAGE, { as, body: own }), 201).usage.accountId, "kiwi");
  const mixed = { messages: [own, message("m2")] };
  const foreign = { status: 404, code: "account_not_found", line: USAGE };
  const headers = { "idempotency-key": "k" };
  await expectSmsRefusals(api, [
    { ...foreign, as, body: message("m3") },
    { ...foreign, as, body: mixed },
    { ...foreign, as, headers, body: { userId: "acme", messageCount: 1, totalCost: 1 } },
    { line: USAGE, as: null, body: own, status: 401, code: "unauthorized" },
  ]);
});

Deno.test("usage that makes no sense is refused with a pointer, and nothing of it is counted", async () => {
  using api = await openSmsApi();
  const line = USAGE;
  const invalid = { line, status: 422, code: "validation" };
  const at = (body: unknown, pointer: string, headers = {}) => ({
    ...invalid,
    body,
    pointer,
    headers,
  });
  const bulk = (told: Record<string, unknown>) => ({
    messages: [message("ok"), message("bad", told)],
  });
  const key = { "idempotency-key": "k" };
  const aggregate = { userId: "acme", messageCount: 1, totalCost: 1 };
  await expectSmsRefusals(api, [
    at({}, "/to"),
    at(message("m", { to: undefined }), "/to"),
    at(message("m", { accountId: undefined }), "/accountId"),
    at(bulk({ cost: "-1" }), "/messages/1/cost"),
    at(bulk({ cost: 0.5 }), "/messages/1/cost"),
    at(bulk({ cost: "0.0000001" }), "/messages/1/cost"),
    at(bulk({ segments: 0 }), "/messages/1/segments"),
    at(bulk({ segments: 1.5 }), "/messages/1/segments"),
    at(bulk({ text: "a".repeat(1_601) }), "/messages/1/text"),
    at(bulk({ messageId: "" }), "/messages/1/messageId"),
    at(bulk({ messageId: "ä" }), "/messages/1/messageId"),
    at(bulk({ price: "1" }), "/messages/1/price"),
    at(bulk({ sentAt: "yesterday" }), "/messages/1/sentAt"),
    at(bulk({ sentAt: "2027-01-01T00:00:00Z" }), "/messages/1/sentAt"),
    at(bulk({ to: "anonymous", cost: undefined }), "/messages/1/to"),
    at({ messages: [] }, "/messages"),
    at({ messages: Array.from({ length: 1_001 }, (_, i) => message(`${i}`)) }, "/messages"),
    at({ messages: [message("m")], to: STRANGER }, "/to"),
    at({ ...aggregate, totalCost: -1 }, "/totalCost", key),
    at({ ...aggregate, totalCost: "x" }, "/totalCost", key),
    at({ ...aggregate, totalCost: undefined }, "/totalCost", key),
    at({ ...aggregate, messageCount: 0 }, "/messageCount", key),
    at({ ...aggregate, country: "Estonia" }, "/country", key),
    at({ ...aggregate, prefix: "EE" }, "/prefix", key),
    at({ ...aggregate, to: STRANGER }, "/to", key),
    { line, body: "{", status: 400, code: "malformed_body" },
  ]);
});

Deno.test("an unknown account, another currency and a missing plan stop the whole request", async () => {
  using api = await openSmsApi();
  const line = USAGE;
  await expectSmsRefusals(api, [
    {
      line,
      body: { messages: [message("a"), message("b", { accountId: "nobody" })] },
      status: 404,
      code: "account_not_found",
      pointer: "/messages/1/accountId",
    },
    {
      line,
      body: { messages: [message("a"), message("b", { currency: "EUR" })] },
      status: 422,
      code: "currency_mismatch",
      pointer: "/messages/1/currency",
    },
    {
      // Its plan of sms is in USD.
      line,
      body: message("c", { accountId: "euro", cost: undefined }),
      status: 422,
      code: "validation",
      pointer: "/cost",
    },
  ]);
  await api.world.kv.delete([...ratePlanKey("sms")]);
  const refused = await api.ask(line, { body: message("d", { cost: undefined }) });
  expectProblem(refused, { status: 422, code: "validation", pointer: "/cost" });
  const euro = message("e", { accountId: "euro", currency: "EUR" });
  assert.deepEqual(
    expectJson(await api.ask(line, { body: euro }), 201).data[0].charge,
    charge("0.500000", "EUR"),
  );
});

Deno.test("messages of several accounts go to each its own, and there is no one usage to show", async () => {
  using api = await openSmsApi();
  const { data, usage } = await reportAll(
    api,
    message("m1"),
    message("m1", { accountId: "kiwi", cost: "0.25" }),
  );
  const amounts = data.map((one: { charge: { amount: string } }) => one.charge.amount);
  assert.deepEqual([amounts, usage], [["0.500000", "0.250000"], null]);
});

Deno.test("what is sent to a name or a short code is counted when its cost is told", async () => {
  using api = await openSmsApi();
  const { data } = await reportAll(
    api,
    message("m1", { to: "PARTNER" }),
    message("m2", { to: "777" }),
  );
  assert.equal(data.length, 2);
});
