import assert from "node:assert/strict";
import { makeApiKey } from "../../../core/accounts/api_keys.ts";
import { DAY_MS, MINUTE_MS } from "../../../core/clock.ts";
import { messageOf, takeInMessages } from "../../support/message_report.ts";
import { runCycle } from "../../support/sms.ts";
import { ACME_NUMBER, EURO_NUMBER, KIWI_NUMBER, START_MS, STRANGER } from "../../support/world.ts";
import { expectJson, expectRefusals, serveApi, type ServedApi } from "./served_api.ts";

const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);
const at = (minutes: number) => ({ sentAtMs: START_MS - minutes * MINUTE_MS });

async function keyOf({ deps }: ServedApi, accountId: string): Promise<string> {
  const made = await makeApiKey(deps, { accountId, name: "a test", actor: "test" });
  assert(made.status === "api_key_made");
  return made.key;
}

Deno.test("a rated message shows what the carrier said, its cost, its price and what it waits for", async () => {
  using api = await serveApi();
  await takeInMessages(api.deps, messageOf("SM1", { segments: 2, costMicros: 15_800n }));
  assert.deepEqual(expectJson(await api.ask("GET /messages/twilio:SM1"), 200), {
    id: "twilio:SM1",
    carrier: "twilio",
    carrierMessageId: "SM1",
    accountId: "acme",
    direction: "outbound",
    from: ACME_NUMBER,
    to: STRANGER,
    status: "delivered",
    segments: 2,
    country: "US",
    prefix: "+1",
    sentAt: "2026-01-31T22:20:00.000Z",
    cost: {
      state: "exact",
      amount: { amount: "0.015800", currency: "USD" },
      source: "twilio",
      estimated: false,
      rate: null,
      billedSeconds: null,
      fetchedAt: "2026-01-31T22:30:00.000Z",
      carrierCurrency: "USD",
    },
    charge: {
      amount: { amount: "0.015800", currency: "USD" },
      entries: [],
      trace: {
        plan: "twilio_sms",
        version: 1,
        kind: "cost_plus",
        currency: "USD",
        segments: 2,
        prefix: null,
        rate: null,
        cost: "0.015800",
        markupPercent: "0",
        fixedFee: "0.000000",
        formula: "0.015800 * (1 + 0 / 100) + 0.000000 = 0.015800",
        result: "0.015800",
      },
    },
    billing: { state: "open", reason: "waits_for_bill" },
    billId: null,
  });
});

Deno.test("every state of a message's billing and cost has its word", async () => {
  using api = await serveApi();
  await takeInMessages(
    api.deps,
    messageOf("unpriced"),
    messageOf("zero", { costMicros: 0n }),
    messageOf("orphan", { from: STRANGER, to: "+12125550142" }),
    messageOf("faulty", { fault: "bad_price" }),
    messageOf("euro", { from: EURO_NUMBER, costMicros: 1n }),
    messageOf("old", { sentAtMs: START_MS - 3 * DAY_MS }),
    messageOf("sending", { status: "sending", isFinal: false, sentAtMs: START_MS - 4 * DAY_MS }),
    messageOf("telnyx", { carrier: "telnyx", sentAtMs: START_MS - 9 * DAY_MS }),
  );
  const shown = async (id: string) => {
    const { billing, charge, cost } = expectJson(await api.ask(`GET /messages/${id}`), 200);
    return [billing.state, billing.reason, charge?.amount.amount ?? null, cost.state];
  };
  const open = ["open", "no_cost_yet", null] as const;
  assert.deepEqual(await shown("twilio:unpriced"), [...open, "none"]);
  assert.deepEqual(await shown("twilio:zero"), ["open", "waits_for_bill", "0.000000", "exact"]);
  assert.deepEqual(await shown("twilio:orphan"), ["unassigned", "no_owner", null, "none"]);
  assert.deepEqual(await shown("twilio:faulty"), ["parked", "bad_price", null, "none"]);
  assert.deepEqual(await shown("twilio:euro"), ["parked", "currency_mismatch", null, "exact"]);
  assert.deepEqual(await shown("twilio:old"), [...open, "never_priced"]);
  assert.deepEqual(await shown("twilio:sending"), [...open, "none"]);
  assert.deepEqual(await shown("telnyx:telnyx"), [...open, "none"]);
});

Deno.test("a message that a bill took is billed and names it", async () => {
  using api = await serveApi();
  await takeInMessages(api.deps, messageOf("SM1", { costMicros: 7_900n }));
  api.world.clock.advance(2 * DAY_MS);
  await runCycle(api.deps);
  const { billing, billId } = expectJson(await api.ask("GET /messages/twilio:SM1"), 200);
  assert.deepEqual([billing, billId], [{ state: "billed", reason: null }, "acme-1"]);
});

Deno.test("messages are listed newest first, by page, account, period and carrier", async () => {
  using api = await serveApi();
  await takeInMessages(
    api.deps,
    messageOf("a", at(5)),
    messageOf("b", { ...at(4), from: KIWI_NUMBER }),
    messageOf("c", { ...at(3), direction: "inbound", from: STRANGER, to: ACME_NUMBER }),
    messageOf("d", { ...at(2), carrier: "telnyx" }),
    messageOf("e", { ...at(1), from: "+12125550142" }),
  );
  const list = async (query: string) => expectJson(await api.ask(`GET /messages?${query}`), 200);
  assert.deepEqual(ids(await list("")), [
    "twilio:e",
    "telnyx:d",
    "twilio:c",
    "twilio:b",
    "twilio:a",
  ]);
  const first = await list("limit=2&account=acme");
  assert.deepEqual(ids(first), ["telnyx:d", "twilio:c"]);
  const second = await list(`limit=2&account=acme&cursor=${first.nextCursor}`);
  assert.deepEqual([ids(second), second.nextCursor], [["twilio:a"], null]);
  assert.deepEqual(ids(await list("carrier=telnyx")), ["telnyx:d"]);
  assert.deepEqual(ids(await list("carrier=bland")), []);
  const page = await list("carrier=twilio&limit=1");
  const next = await list(`carrier=twilio&limit=1&cursor=${page.nextCursor}`);
  assert.deepEqual([ids(page), ids(next)], [["twilio:e"], ["twilio:c"]]);
  assert.deepEqual(
    ids(await list("from=2026-01-31T22:26:00Z&to=2026-01-31T22:28:00Z")),
    ["twilio:c", "twilio:b"],
  );
});

Deno.test("an account sees its own messages alone, and nothing that tells their cost", async () => {
  using api = await serveApi();
  await takeInMessages(
    api.deps,
    messageOf("mine", { costMicros: 7_900n }),
    messageOf("theirs", { from: KIWI_NUMBER }),
    messageOf("orphan", { from: "+12125550142" }),
  );
  const as = await keyOf(api, "acme");
  const message = expectJson(await api.ask("GET /messages/twilio:mine", { as }), 200);
  assert.equal("cost" in message, false);
  assert.equal(message.charge.amount.amount, "0.007900");
  const { cost, markupPercent, fixedFee, formula } = message.charge.trace;
  assert.deepEqual([cost, markupPercent, fixedFee, formula], [null, null, null, null]);
  assert.deepEqual(ids(expectJson(await api.ask("GET /messages", { as }), 200)), ["twilio:mine"]);
  const missing = { status: 404, code: "not_found" };
  await expectRefusals(api, [
    { line: "GET /messages/twilio:theirs", as, ...missing },
    { line: "GET /messages/twilio:orphan", as, ...missing },
    { line: "GET /messages/twilio:none", as, ...missing },
    { line: "GET /messages?account=kiwi", as, status: 404, code: "account_not_found" },
  ]);
});

Deno.test("a query about messages that means nothing is refused", async () => {
  using api = await serveApi();
  const invalid = { status: 422, code: "validation" };
  await expectRefusals(api, [
    { line: "GET /messages?cursor=nonsense", status: 400, code: "malformed_cursor" },
    { line: "GET /messages?carrier=pigeon", ...invalid },
    { line: "GET /messages?limit=0", ...invalid },
    { line: "GET /messages?since=1", ...invalid },
    { line: "GET /messages?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", ...invalid },
    { line: "GET /messages", as: null, status: 401, code: "unauthorized" },
  ]);
});
