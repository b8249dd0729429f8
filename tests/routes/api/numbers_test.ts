import assert from "node:assert/strict";
import { makeApiKey } from "../../../core/accounts/api_keys.ts";
import { DAY_MS } from "../../../core/clock.ts";
import { reportOf } from "../../support/call_report.ts";
import { faultyKv, type KvHooks } from "../../support/faulty_kv.ts";
import { ACME_NUMBER, KIWI_NUMBER, START_MS } from "../../support/world.ts";
import { bill, expectJson, expectProblem, expectRefusals, serveApi } from "./served_api.ts";

const NUMBERS = "/accounts/acme/numbers";
const FRESH = "+12025550177";

Deno.test("a number assigned with an instant in the past bills what nobody owned", async () => {
  using api = await serveApi();
  await bill(api, reportOf("c1", { from: FRESH }), reportOf("c2", { from: FRESH, seconds: 61 }));
  const listed = expectJson(await api.ask("GET /calls?billing=unassigned"), 200);
  assert.deepEqual(listed.data.map((one: { id: string }) => one.id), ["bland:c2", "bland:c1"]);
  const body = { number: FRESH, from: "2026-01-01T00:00:00Z" };
  const answer = await api.ask(`POST ${NUMBERS}`, { body });
  assert.deepEqual(expectJson(answer, 201), {
    number: FRESH,
    carrier: null,
    accountId: "acme",
    from: "2026-01-01T00:00:00.000Z",
    to: null,
  });
  const calls = expectJson(await api.ask("GET /calls?account=acme"), 200);
  assert.deepEqual(
    calls.data.map((one: { billing: object }) => one.billing),
    [{ state: "billed", reason: null }, { state: "billed", reason: null }],
  );
  const wallet = expectJson(await api.ask("GET /accounts/acme/wallet"), 200);
  assert.equal(wallet.balance.amount, "49.670000");
  const before = await api.rows();
  assert.deepEqual(expectJson(await api.ask(`POST ${NUMBERS}`, { body }), 200), answer.body);
  assert.deepEqual(await api.rows(), before);
});

Deno.test("a number is assigned from now unless told, at one carrier or at all", async () => {
  using api = await serveApi();
  const body = { number: FRESH, carrier: "twilio" };
  const held = expectJson(await api.ask(`POST ${NUMBERS}`, { body }), 201);
  assert.deepEqual([held.carrier, held.from], ["twilio", "2026-01-31T22:30:00.000Z"]);
  const other = { number: FRESH, carrier: "bland" };
  expectJson(await api.ask("POST /accounts/kiwi/numbers", { body: other }), 201);
});

Deno.test("a released number stays the account's for what started before", async () => {
  using api = await serveApi();
  const path = `${NUMBERS}/${encodeURIComponent(ACME_NUMBER)}`;
  const released = await api.ask(`DELETE ${path}`);
  assert.deepEqual([released.status, released.body], [204, null]);
  expectProblem(await api.ask(`DELETE ${path}`), { status: 404, code: "not_found" });
  const { data } = expectJson(await api.ask(`GET ${NUMBERS}`), 200);
  assert.deepEqual(data.map((one: { to: string }) => one.to), ["2026-01-31T22:30:00.000Z"]);
  await bill(
    api,
    reportOf("before", { startedAtMs: START_MS - 1 }),
    reportOf("after", { startedAtMs: START_MS }),
  );
  const owner = async (id: string) => (await api.ask(`GET /calls/${id}`)).body.accountId;
  assert.deepEqual([await owner("bland:before"), await owner("bland:after")], ["acme", null]);
  api.world.clock.advance(DAY_MS);
  expectJson(await api.ask("POST /accounts/kiwi/numbers", { body: { number: ACME_NUMBER } }), 201);
});

Deno.test("releasing a number ends it at every carrier", async () => {
  using api = await serveApi();
  for (const carrier of ["bland", "twilio"]) {
    expectJson(await api.ask(`POST ${NUMBERS}`, { body: { number: FRESH, carrier } }), 201);
  }
  api.world.clock.advance(DAY_MS);
  assert.equal((await api.ask(`DELETE ${NUMBERS}/${encodeURIComponent(FRESH)}`)).status, 204);
  const { data } = expectJson(await api.ask(`GET ${NUMBERS}`), 200);
  const held = data.filter((one: { number: string }) => one.number === FRESH);
  assert.deepEqual(held.map((one: { carrier: string; to: string }) => [one.carrier, one.to]), [
    ["bland", "2026-02-01T22:30:00.000Z"],
    ["twilio", "2026-02-01T22:30:00.000Z"],
  ]);
});

Deno.test("a reply of the database lost after the commit: assigned all the same, and billed", async () => {
  const hooks: KvHooks = {};
  using api = await serveApi((kv) => faultyKv(kv, hooks).kv);
  await bill(api, reportOf("c1", { from: FRESH }));
  hooks.commit = ({ keys }) => keys.includes(`number/${FRESH}`) ? "throws_after" : undefined;
  const body = { number: FRESH, from: "2026-01-01T00:00:00Z" };
  expectJson(await api.ask(`POST ${NUMBERS}`, { body }), 201);
  assert.equal((await api.ask("GET /calls/bland:c1")).body.billing.state, "billed");
});

Deno.test("a number taken back after a gap keeps the time before the gap", async () => {
  using api = await serveApi();
  const assign = (from: string) => api.ask(`POST ${NUMBERS}`, { body: { number: FRESH, from } });
  expectJson(await assign("2026-01-01T00:00:00Z"), 201);
  await api.ask(`DELETE ${NUMBERS}/${encodeURIComponent(FRESH)}`);
  // The new holding begins inside the old one: together they are one.
  expectJson(await assign("2026-01-15T00:00:00Z"), 201);
  await bill(api, reportOf("c1", { from: FRESH, startedAtMs: Date.UTC(2026, 0, 2) }));
  assert.equal((await api.ask("GET /calls/bland:c1")).body.accountId, "acme");
});

Deno.test("requests for numbers that are not right are refused, and nothing changes", async () => {
  using api = await serveApi();
  const line = `POST ${NUMBERS}`;
  const invalid = { status: 422, code: "validation", pointer: "/number" };
  await expectRefusals(api, [
    { line, body: { number: "12025550177" }, ...invalid },
    { line, body: { number: "+02025550177" }, ...invalid },
    { line, body: { number: "+120255" }, ...invalid },
    { line, body: { number: "+1 202 555 0177" }, ...invalid },
    { line, body: { number: 12025550177 }, ...invalid },
    { line, body: {}, ...invalid },
    { line, body: { number: FRESH, carrier: "pigeon" }, ...invalid, pointer: "/carrier" },
    { line, body: { number: FRESH, from: "2026-01-01" }, ...invalid, pointer: "/from" },
    { line, body: { number: FRESH, to: null }, ...invalid, pointer: "/to" },
    { line, body: { number: KIWI_NUMBER }, status: 409, code: "number_held" },
    {
      line: "POST /accounts/nobody/numbers",
      body: { number: FRESH },
      status: 404,
      code: "account_not_found",
    },
    { line: "GET /accounts/nobody/numbers", status: 404, code: "account_not_found" },
    { line: `GET ${NUMBERS}?limit=0`, ...invalid, pointer: "/limit" },
    { line: `GET ${NUMBERS}?cursor=x`, status: 400, code: "malformed_cursor" },
    {
      line: `DELETE ${NUMBERS}/${encodeURIComponent(KIWI_NUMBER)}`,
      status: 404,
      code: "not_found",
    },
  ]);
  const refused = await api.ask(line, { body: { number: KIWI_NUMBER } });
  assert.match(refused.body.detail, /kiwi/);
});

Deno.test("an account sees its own numbers and may not change them", async () => {
  using api = await serveApi();
  const made = await makeApiKey(api.deps, { accountId: "acme", name: "a", actor: "test" });
  assert(made.status === "api_key_made");
  const as = made.key;
  const { data } = expectJson(await api.ask(`GET ${NUMBERS}`, { as }), 200);
  assert.deepEqual(data.map((one: { number: string }) => one.number), [ACME_NUMBER]);
  const body = { number: KIWI_NUMBER };
  expectProblem(await api.ask(`POST ${NUMBERS}`, { body, as }), { status: 403, code: "forbidden" });
});
