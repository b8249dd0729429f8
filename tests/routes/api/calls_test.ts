import assert from "node:assert/strict";
import { makeApiKey } from "../../../core/accounts/api_keys.ts";
import { MINUTE_MS } from "../../../core/clock.ts";
import { signedIn } from "../../support/app.ts";
import { reportOf, ringing } from "../../support/call_report.ts";
import { ACME_NUMBER, EURO_NUMBER, KIWI_NUMBER, START_MS, STRANGER } from "../../support/world.ts";
import {
  bill,
  expectJson,
  expectProblem,
  expectRefusals,
  serveApi,
  type ServedApi,
} from "./served_api.ts";

const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

async function keyOf({ deps }: ServedApi, accountId: string): Promise<string> {
  const made = await makeApiKey(deps, { accountId, name: "a test", actor: "test" });
  assert(made.status === "api_key_made");
  return made.key;
}

Deno.test("a billed call shows what the carrier said, its cost, its charge and where it stands", async () => {
  using api = await serveApi();
  await bill(api, reportOf("c1", { seconds: 61, costMicros: 90_000n }));
  const { record, ...call } = expectJson(await api.ask("GET /calls/bland:c1"), 200);
  assert.equal(record.call_id, "c1");
  assert.deepEqual(call, {
    id: "bland:c1",
    carrier: "bland",
    carrierCallId: "c1",
    accountId: "acme",
    direction: "outbound",
    from: ACME_NUMBER,
    to: STRANGER,
    status: "completed",
    startedAt: "2026-01-31T22:20:00.000Z",
    answeredAt: "2026-01-31T22:20:00.000Z",
    endedAt: "2026-01-31T22:21:01.000Z",
    durationSeconds: 61,
    cost: {
      state: "exact",
      amount: { amount: "0.090000", currency: "USD" },
      source: "bland",
      estimated: false,
      rate: null,
      billedSeconds: null,
      fetchedAt: "2026-01-31T22:30:00.000Z",
      carrierCurrency: "USD",
    },
    charge: {
      amount: { amount: "0.220000", currency: "USD" },
      entries: [2],
      trace: {
        plan: "bland_voice",
        version: 1,
        kind: "per_minute",
        currency: "USD",
        seconds: 61,
        billedSeconds: 120,
        increment: { firstSeconds: 60, nextSeconds: 60 },
        freeMonth: null,
        freeSecondsUsed: 0,
        freeMinutesUsed: 0,
        rate: "0.110000",
        formula: "(120 s billed - 0 s free) / 60 * 0.110000 = 0.220000",
        result: "0.220000",
      },
    },
    billing: { state: "billed", reason: null },
  });
});

Deno.test("every state of billing has its word, and can be asked for", async () => {
  using api = await serveApi();
  await bill(api, ringing("ringing"), ringing("nobodys", { from: STRANGER }));
  await bill(api, reportOf("free", { seconds: 0 }), reportOf("orphan", { from: STRANGER }));
  await bill(api, reportOf("parked", { from: EURO_NUMBER }));
  await bill(api, reportOf("waiting", { seconds: 60 * 60 * 24 }));
  const shown = async (id: string) => {
    const { billing, charge, cost } = expectJson(await api.ask(`GET /calls/bland:${id}`), 200);
    return [billing.state, billing.reason, charge?.amount.amount ?? null, cost.state];
  };
  assert.deepEqual(await shown("ringing"), ["open", "not_final", null, "none"]);
  assert.deepEqual(await shown("nobodys"), ["open", "not_final", null, "none"]);
  assert.deepEqual(await shown("orphan"), ["unassigned", "no_owner", null, "none"]);
  assert.deepEqual(await shown("free"), ["billed", null, "0.000000", "none"]);
  assert.deepEqual(await shown("parked"), ["parked", "currency_mismatch", null, "none"]);
  assert.deepEqual(await shown("waiting"), ["waiting_funds", "insufficient_funds", null, "none"]);
  const list = async (query: string) => ids(expectJson(await api.ask(`GET /calls?${query}`), 200));
  assert.deepEqual(await list("billing=open"), ["bland:ringing", "bland:nobodys"]);
  assert.deepEqual(await list("billing=unassigned"), ["bland:orphan"]);
  assert.deepEqual(await list("billing=waiting_funds"), ["bland:waiting"]);
  assert.deepEqual(await list("billing=waiting_funds&account=acme"), ["bland:waiting"]);
  assert.deepEqual(await list("billing=parked"), ["bland:parked"]);
  assert.deepEqual(await list("billing=billed"), ["bland:free"]);
  assert.deepEqual(await list("billing=unassigned&account=acme"), []);
});

Deno.test("none, zero and never are three states of a Twilio cost", async () => {
  using api = await serveApi();
  const days = (count: number) => START_MS - count * 24 * 60 * MINUTE_MS;
  const told = (startedAtMs: number) => ({ carrier: "twilio" as const, startedAtMs, seconds: 0 });
  await bill(
    api,
    reportOf("zero", { ...told(days(5)), costMicros: 0n }),
    // The cost is waited for from the end on, three days.
    reportOf("later", { ...told(days(3) - 60_000), seconds: 61 }),
    reportOf("never", { ...told(days(3) - 60_000), seconds: 60 }),
    reportOf("busy", { ...told(days(0)), status: "busy" }),
    ringing("ringing", { carrier: "twilio", startedAtMs: days(6) }),
    reportOf("bland", { startedAtMs: days(30) }),
  );
  const cost = async (id: string) => {
    const { cost } = expectJson(await api.ask(`GET /calls/${id}`), 200);
    return [cost.state, cost.amount?.amount ?? null, cost.source];
  };
  assert.deepEqual(await cost("twilio:zero"), ["exact", "0.000000", "twilio"]);
  assert.deepEqual(await cost("twilio:later"), ["none", null, null]);
  assert.deepEqual(await cost("twilio:never"), ["never_priced", null, null]);
  assert.deepEqual(await cost("twilio:busy"), ["never_priced", null, null]);
  assert.deepEqual(await cost("twilio:ringing"), ["none", null, null]);
  assert.deepEqual(await cost("bland:bland"), ["none", null, null]);
});

Deno.test("calls are listed newest first, by page, account, period, carrier, status and number", async () => {
  using api = await serveApi();
  const at = (minutes: number) => ({ startedAtMs: START_MS - minutes * MINUTE_MS });
  await bill(
    api,
    reportOf("a", at(5)),
    reportOf("b", { ...at(4), from: KIWI_NUMBER }),
    reportOf("c", { ...at(3), status: "no_answer", seconds: 0 }),
    reportOf("d", { ...at(2), carrier: "twilio" }),
    reportOf("e", { ...at(1), direction: "inbound", from: "anonymous", to: ACME_NUMBER }),
  );
  const list = async (query: string) => expectJson(await api.ask(`GET /calls?${query}`), 200);
  assert.deepEqual(ids(await list("")), ["bland:e", "twilio:d", "bland:c", "bland:b", "bland:a"]);
  const first = await list("limit=2&account=acme");
  assert.deepEqual(ids(first), ["bland:e", "twilio:d"]);
  const second = await list(`limit=2&account=acme&cursor=${first.nextCursor}`);
  assert.deepEqual([ids(second), second.nextCursor], [["bland:c", "bland:a"], null]);
  assert.deepEqual(ids(await list("carrier=twilio")), ["twilio:d"]);
  assert.deepEqual(ids(await list("status=no_answer")), ["bland:c"]);
  assert.deepEqual(ids(await list("number=anonym")), ["bland:e"]);
  assert.deepEqual(ids(await list(`number=${encodeURIComponent(KIWI_NUMBER)}`)), ["bland:b"]);
  assert.deepEqual(
    ids(await list("from=2026-01-31T22:26:00Z&to=2026-01-31T22:28:00Z")),
    ["bland:c", "bland:b"],
  );
  const page = await list("limit=1&status=completed&account=acme");
  assert.deepEqual(ids(page), ["bland:e"]);
  const next = await list(`limit=1&status=completed&account=acme&cursor=${page.nextCursor}`);
  assert.deepEqual(ids(next), ["twilio:d"]);
});

Deno.test("an account sees its own calls alone, without cost and carrier record", async () => {
  using api = await serveApi();
  await bill(
    api,
    reportOf("mine", { costMicros: 1n }),
    reportOf("theirs", { from: KIWI_NUMBER }),
    reportOf("orphan", { from: STRANGER }),
  );
  const as = await keyOf(api, "acme");
  const missing = { status: 404, code: "not_found" };
  const call = expectJson(await api.ask("GET /calls/bland:mine", { as }), 200);
  assert.deepEqual([call.charge.amount.amount, "cost" in call, "record" in call], [
    "0.110000",
    false,
    false,
  ]);
  assert.deepEqual(ids(expectJson(await api.ask("GET /calls", { as }), 200)), ["bland:mine"]);
  assert.deepEqual(
    ids(expectJson(await api.ask("GET /calls?billing=unassigned", { as }), 200)),
    [],
  );
  await expectRefusals(api, [
    { line: "GET /calls/bland:theirs", as, ...missing },
    { line: "GET /calls/bland:orphan", as, ...missing },
    { line: "GET /calls/bland:none", as, ...missing },
    { line: "GET /calls?account=kiwi", as, status: 404, code: "account_not_found" },
    { line: "GET /usage-records?account=kiwi", as, status: 404, code: "account_not_found" },
  ]);
  const used = expectJson(await api.ask("GET /usage-records", { as }), 200);
  assert.deepEqual(ids(used), ["bland:mine"]);
});

Deno.test("a person who looks sees calls with their cost, and changes nothing", async () => {
  using api = await serveApi();
  await bill(api, reportOf("c1"));
  const viewer = await signedIn(api.world, { email: "eve@example.com", role: "viewer" });
  const seen = await api.ask("GET /calls/bland:c1", { as: null, headers: viewer });
  assert.equal(expectJson(seen, 200).cost.state, "none");
  const body = { name: "a" };
  const refused = await api.ask("POST /accounts", { as: null, headers: viewer, body });
  expectProblem(refused, { status: 403, code: "forbidden" });
});

Deno.test("a usage record stands for every billed call, free minutes named", async () => {
  using api = await serveApi();
  await bill(
    api,
    reportOf("v", { carrier: "twilio", seconds: 180, startedAtMs: START_MS - 2 * MINUTE_MS }),
    reportOf("w", { seconds: 61, startedAtMs: START_MS - MINUTE_MS }),
    ringing("open"),
  );
  const { data, nextCursor } = expectJson(await api.ask("GET /usage-records?account=acme"), 200);
  assert.equal(nextCursor, null);
  assert.deepEqual(data, [
    {
      id: "bland:w",
      accountId: "acme",
      callId: "bland:w",
      seconds: 61,
      billedMinutes: 2,
      freeMinutesUsed: 0,
      amount: { amount: "0.220000", currency: "USD" },
      at: "2026-01-31T22:29:00.000Z",
    },
    {
      id: "twilio:v",
      accountId: "acme",
      callId: "twilio:v",
      seconds: 180,
      billedMinutes: 3,
      freeMinutesUsed: 3,
      amount: { amount: "0.000000", currency: "USD" },
      at: "2026-01-31T22:28:00.000Z",
    },
  ]);
  assert.deepEqual(ids(expectJson(await api.ask("GET /usage-records?limit=1"), 200)), ["bland:w"]);
  const wallet = expectJson(await api.ask("GET /accounts/acme/wallet"), 200);
  assert.equal(wallet.totalMinutesUsed, 5);
  assert.deepEqual(wallet.freeMinutes, [
    { service: "twilio_voice", month: "2026-01", used: 3, total: 100 },
  ]);
});

Deno.test("questions about calls that are not right are refused", async () => {
  using api = await serveApi();
  const invalid = { status: 422, code: "validation" };
  await expectRefusals(api, [
    { line: "GET /calls?carrier=pigeon", ...invalid, pointer: "/carrier" },
    { line: "GET /calls?status=done", ...invalid, pointer: "/status" },
    { line: "GET /calls?billing=paid", ...invalid, pointer: "/billing" },
    { line: "GET /calls?number=", ...invalid, pointer: "/number" },
    { line: "GET /calls?from=1", ...invalid, pointer: "/from" },
    {
      line: "GET /calls?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
      ...invalid,
      pointer: "/to",
    },
    { line: "GET /calls?limit=0", ...invalid, pointer: "/limit" },
    { line: "GET /calls?limit=101", ...invalid, pointer: "/limit" },
    { line: "GET /calls?carier=bland", ...invalid, pointer: "/carier" },
    { line: "GET /calls?cursor=x", status: 400, code: "malformed_cursor" },
    { line: "GET /calls?billing=unassigned&cursor=x", status: 400, code: "malformed_cursor" },
    { line: "GET /usage-records?cursor=x", status: 400, code: "malformed_cursor" },
    { line: "GET /usage-records?limit=101", ...invalid, pointer: "/limit" },
    { line: "GET /calls", as: null, status: 401, code: "unauthorized" },
  ]);
});
