import assert from "node:assert/strict";
import { accountClaim } from "../../../core/billing/record_calls.ts";
import { unassignedCallPrefix } from "../../../core/kv/keys.ts";
import { reportOf } from "../../support/call_report.ts";
import { SECRETS } from "../../support/app.ts";
import { faultyKv, type KvHooks } from "../../support/faulty_kv.ts";
import { ACME_NUMBER, STRANGER } from "../../support/world.ts";
import { bill, expectJson, expectProblem, expectRefusals, serveApi } from "./served_api.ts";

Deno.test("an account is opened with what is left out decided for it", async () => {
  using api = await serveApi();
  const answer = await api.ask("POST /accounts", { body: { name: "Zoo" } });
  const account = expectJson(answer, 201);
  assert.match(account.id, /^[A-Za-z0-9_-]{1,64}$/);
  assert.equal(answer.headers.get("location"), `/api/v1/accounts/${account.id}`);
  assert.deepEqual(account, {
    id: account.id,
    name: "Zoo",
    email: null,
    status: "active",
    currency: "USD",
    timezone: "UTC",
    sippyAccountId: null,
    hasBlandKey: false,
    ratePlans: {},
    createdAt: "2026-01-31T22:30:00.000Z",
  });
  assert.deepEqual(expectJson(await api.ask(`GET /accounts/${account.id}`), 200), account);
});

Deno.test("an account keeps what it is given, and its Bland key to itself", async () => {
  using api = await serveApi();
  const body = {
    id: "zoo",
    name: "Zoo",
    email: "zoo@example.org",
    currency: "USD",
    timezone: "Europe/Berlin",
    sippyAccountId: 7,
    blandApiKey: "key-of-zoo",
    ratePlans: { bland_voice: "bland_voice" },
  };
  const answer = await api.ask("POST /accounts", { body });
  const { blandApiKey: _, ...shown } = body;
  assert.deepEqual(expectJson(answer, 201), {
    ...shown,
    status: "active",
    hasBlandKey: true,
    createdAt: "2026-01-31T22:30:00.000Z",
  });
  assert(!JSON.stringify(answer.body).includes("key-of-zoo"));
});

Deno.test("calls that named an account before it existed are its own when the answer arrives", async () => {
  using api = await serveApi();
  await bill(api, reportOf("early", { from: "+12125550111", claimedAccountId: "zoo" }));
  expectJson(await api.ask("POST /accounts", { body: { id: "zoo", name: "Zoo" } }), 201);
  const call = expectJson(await api.ask("GET /calls/bland:early"), 200);
  assert.equal(call.accountId, "zoo");
  assert.equal(call.billing.state, "waiting_funds");
  const left = await api.deps.store.list({ prefix: unassignedCallPrefix(accountClaim("zoo")) });
  assert.equal(left.length, 0);
});

Deno.test("a reply of the database lost after the commit: the account is opened, not taken", async () => {
  const hooks: KvHooks = {};
  using api = await serveApi((kv) => faultyKv(kv, hooks).kv);
  hooks.commit = ({ keys }) => keys.includes("account/zoo") ? "throws_after" : undefined;
  const body = { id: "zoo", name: "Zoo" };
  expectJson(await api.ask("POST /accounts", { body }), 201);
  expectProblem(await api.ask("POST /accounts", { body }), { status: 409, code: "account_exists" });
});

Deno.test("requests for accounts that are not right are refused, and nothing changes", async () => {
  using api = await serveApi();
  const invalid = { status: 422, code: "validation" };
  const POST = "POST /accounts";
  const PATCH = "PATCH /accounts/acme";
  await expectRefusals(api, [
    { line: POST, body: { name: "" }, ...invalid, pointer: "/name" },
    { line: POST, body: {}, ...invalid, pointer: "/name" },
    { line: POST, body: { name: "a".repeat(201) }, ...invalid, pointer: "/name" },
    { line: POST, body: { name: "a", id: "no spaces" }, ...invalid, pointer: "/id" },
    { line: POST, body: { name: "a", id: "a".repeat(65) }, ...invalid, pointer: "/id" },
    { line: POST, body: { name: "a", email: "nobody" }, ...invalid, pointer: "/email" },
    { line: POST, body: { name: "a", currency: "usd" }, ...invalid, pointer: "/currency" },
    { line: POST, body: { name: "a", currency: "ABC" }, ...invalid, pointer: "/currency" },
    { line: POST, body: { name: "a", timezone: "Mars/North" }, ...invalid, pointer: "/timezone" },
    {
      line: POST,
      body: { name: "a", sippyAccountId: 1.5 },
      ...invalid,
      pointer: "/sippyAccountId",
    },
    { line: POST, body: { name: "a", colour: "red" }, ...invalid, pointer: "/colour" },
    {
      line: POST,
      body: { name: "a", blandApiKey: SECRETS.BLAND_API_KEY },
      ...invalid,
      pointer: "/blandApiKey",
    },
    {
      line: POST,
      body: { name: "a", ratePlans: { bland_voice: "gold" } },
      ...invalid,
      pointer: "/ratePlans/bland_voice",
    },
    {
      line: POST,
      body: { name: "a", ratePlans: { bland_voice: "twilio_voice" } },
      ...invalid,
      pointer: "/ratePlans/bland_voice",
    },
    {
      line: POST,
      body: { name: "a", currency: "EUR", ratePlans: { bland_voice: "bland_voice" } },
      ...invalid,
      pointer: "/ratePlans/bland_voice",
    },
    {
      line: POST,
      body: { name: "a", ratePlans: { tea: "tea" } },
      ...invalid,
      pointer: "/ratePlans/tea",
    },
    { line: POST, body: { name: "a", id: "acme" }, status: 409, code: "account_exists" },
    { line: POST, body: "{", status: 400, code: "malformed_body" },
    { line: PATCH, body: { currency: "EUR" }, ...invalid, pointer: "/currency" },
    { line: PATCH, body: { status: "gone" }, ...invalid, pointer: "/status" },
    {
      line: PATCH,
      body: { blandApiKey: SECRETS.BLAND_API_KEY },
      ...invalid,
      pointer: "/blandApiKey",
    },
    { line: "PATCH /accounts/nobody", body: { name: "a" }, status: 404, code: "account_not_found" },
    { line: "GET /accounts/nobody", status: 404, code: "account_not_found" },
    { line: "GET /accounts?limit=0", ...invalid, pointer: "/limit" },
    { line: "GET /accounts?limit=101", ...invalid, pointer: "/limit" },
    { line: "GET /accounts?colour=red", ...invalid, pointer: "/colour" },
    { line: "GET /accounts?cursor=%21", status: 400, code: "malformed_cursor" },
    { line: "GET /accounts?cursor=" + "A".repeat(4000), status: 400, code: "malformed_cursor" },
  ]);
});

Deno.test("an account is changed member by member; a Bland key can be taken away", async () => {
  using api = await serveApi();
  const line = "PATCH /accounts/acme";
  const keyed = expectJson(await api.ask(line, { body: { blandApiKey: "own" } }), 200);
  assert.equal(keyed.hasBlandKey, true);
  assert.equal(api.nudges(), 1);
  const body = { status: "suspended", timezone: "Asia/Tokyo", blandApiKey: null };
  const changed = expectJson(await api.ask(line, { body }), 200);
  assert.deepEqual(
    [changed.status, changed.timezone, changed.hasBlandKey, changed.name],
    ["suspended", "Asia/Tokyo", false, "acme"],
  );
  const before = await api.rows();
  assert.deepEqual(expectJson(await api.ask(line, { body: {} }), 200), changed);
  assert.deepEqual(await api.rows(), before);
});

Deno.test("a Bland key is one account's only, and that one may be given it again", async () => {
  using api = await serveApi();
  const body = { blandApiKey: "own" };
  expectJson(await api.ask("PATCH /accounts/acme", { body }), 200);
  expectJson(await api.ask("PATCH /accounts/acme", { body }), 200);
  const invalid = { status: 422, code: "validation", pointer: "/blandApiKey" };
  await expectRefusals(api, [
    { line: "PATCH /accounts/kiwi", body, ...invalid },
    { line: "POST /accounts", body: { name: "a", ...body }, ...invalid },
  ]);
});

Deno.test("a list goes on by cursor and by Link until there is no more", async () => {
  using api = await serveApi();
  const first = await api.ask("GET /accounts?limit=2");
  const page = expectJson(first, 200);
  assert.deepEqual(page.data.map((one: { id: string }) => one.id), ["acme", "euro"]);
  assert.equal(
    first.headers.get("link"),
    `<https://billing.example.com/api/v1/accounts?limit=2&cursor=${page.nextCursor}>; rel="next"`,
  );
  const second = await api.ask(`GET /accounts?limit=2&cursor=${page.nextCursor}`);
  assert.deepEqual(expectJson(second, 200).data.map((one: { id: string }) => one.id), ["kiwi"]);
  assert.equal(second.body.nextCursor, null);
  assert.equal(second.headers.get("link"), null);
});

Deno.test("accounts are found by name, by status and by a number they hold now", async () => {
  using api = await serveApi();
  const ids = async (query: string) =>
    expectJson(await api.ask(`GET /accounts?${query}`), 200).data.map((one: { id: string }) =>
      one.id
    );
  assert.deepEqual(await ids("search=KIW"), ["kiwi"]);
  assert.deepEqual(await ids(`search=${encodeURIComponent(ACME_NUMBER)}`), ["acme"]);
  assert.deepEqual(await ids("search=202-555-0100&limit=1"), ["acme"]);
  assert.deepEqual(await ids(`search=${encodeURIComponent(STRANGER)}`), []);
  assert.deepEqual(await ids("status=suspended"), []);
  await api.ask("PATCH /accounts/acme", { body: { status: "suspended" } });
  assert.deepEqual(await ids("status=suspended"), ["acme"]);
  assert.deepEqual(await ids(`status=active&search=${encodeURIComponent(ACME_NUMBER)}`), []);
});

Deno.test("a holder found by number is shown once, and the cursor goes on behind", async () => {
  using api = await serveApi();
  const search = encodeURIComponent(ACME_NUMBER);
  expectJson(
    await api.ask("POST /accounts", { body: { name: `was ${ACME_NUMBER}`, id: "zoo" } }),
    201,
  );
  const first = expectJson(await api.ask(`GET /accounts?limit=1&search=${search}`), 200);
  assert.deepEqual(first.data.map((one: { id: string }) => one.id), ["acme"]);
  const rest = await api.ask(`GET /accounts?limit=1&search=${search}&cursor=${first.nextCursor}`);
  assert.deepEqual(expectJson(rest, 200).data.map((one: { id: string }) => one.id), ["zoo"]);
});

Deno.test("a key is shown once, opens its own account alone, and no more when revoked", async () => {
  using api = await serveApi();
  const answer = await api.ask("POST /accounts/acme/api-keys", { body: { name: "dialler" } });
  const made = expectJson(answer, 201);
  assert.match(made.key, /^tk_/);
  assert(made.key.startsWith(made.prefix));
  const as = made.key;
  expectJson(await api.ask("GET /accounts/acme", { as }), 200);
  expectProblem(await api.ask("GET /accounts/kiwi", { as }), {
    status: 404,
    code: "account_not_found",
  });
  expectProblem(await api.ask("GET /accounts", { as }), { status: 403, code: "forbidden" });
  const listed = expectJson(await api.ask("GET /accounts/acme/api-keys"), 200);
  assert.deepEqual(listed.data.map((one: object) => Object.keys(one)), [
    ["id", "name", "prefix", "createdAt", "revokedAt"],
  ]);
  const revoked = await api.ask(`DELETE /accounts/acme/api-keys/${made.id}`);
  assert.deepEqual([revoked.status, revoked.type, revoked.body], [204, null, null]);
  expectProblem(await api.ask("GET /accounts/acme", { as }), { status: 401, code: "unauthorized" });
  await expectRefusals(api, [
    {
      line: "POST /accounts/nobody/api-keys",
      body: { name: "a" },
      status: 404,
      code: "account_not_found",
    },
    {
      line: "POST /accounts/acme/api-keys",
      body: {},
      status: 422,
      code: "validation",
      pointer: "/name",
    },
    { line: "GET /accounts/nobody/api-keys", status: 404, code: "account_not_found" },
    { line: "DELETE /accounts/acme/api-keys/none", status: 404, code: "not_found" },
    { line: `DELETE /accounts/kiwi/api-keys/${made.id}`, status: 404, code: "not_found" },
  ]);
});
