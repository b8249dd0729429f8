import assert from "node:assert/strict";
import { reportOf } from "../../support/call_report.ts";
import { bill, expectJson, expectProblem, expectRefusals, serveApi } from "./served_api.ts";

const GOLD = "PUT /rate-plans/gold";
const perMinute = (rate: string, effectiveFrom: string | null = null) => ({
  effectiveFrom,
  kind: "per_minute",
  rate,
});
const gold = (...versions: object[]) => ({ service: "bland_voice", currency: "USD", versions });

Deno.test("a plan of each kind is stored whole and read back as it can be sent again", async () => {
  using api = await serveApi();
  const versions = [
    { version: 1, effectiveFrom: null, kind: "per_minute", rate: "0.110000" },
    {
      version: 2,
      effectiveFrom: "2026-03-01T00:00:00.000Z",
      kind: "cost_plus",
      markupPercent: "12.5",
      fixedFee: "0.000000",
      estimateRate: "0.015000",
    },
  ];
  const body = {
    service: "telnyx_voice",
    currency: "USD",
    versions: [
      { effectiveFrom: null, kind: "per_minute", rate: "0.11" },
      {
        effectiveFrom: "2026-03-01T01:00:00+01:00",
        kind: "cost_plus",
        markupPercent: "12.5000",
        estimateRate: "0.015",
      },
    ],
  };
  const answer = await api.ask(GOLD, { body });
  const plan = expectJson(answer, 201);
  assert.equal(answer.headers.get("location"), "/api/v1/rate-plans/gold");
  const increment = { firstSeconds: 60, nextSeconds: 60 };
  assert.deepEqual(plan, {
    id: "gold",
    service: "telnyx_voice",
    currency: "USD",
    versions: [{ ...versions[0], increment, freeMinutesPerMonth: 0 }, versions[1]],
  });
  const read = await api.ask("GET /rate-plans/gold");
  assert.deepEqual(expectJson(read, 200), plan);
  const etag = read.headers.get("etag")!;
  assert.equal(etag, answer.headers.get("etag"));
  const sent = await api.ask(GOLD, { body: plan, headers: { "if-match": etag } });
  assert.deepEqual(expectJson(sent, 200), plan);
  assert.equal(sent.headers.get("etag"), etag);
  const sms = {
    service: "sms",
    currency: "USD",
    versions: [{
      effectiveFrom: null,
      kind: "per_segment",
      fallback: "0.01",
      prefixes: [{ prefix: "49", price: "0.07" }, { prefix: "+1", price: "0.0079" }],
    }],
  };
  const stored = expectJson(await api.ask("PUT /rate-plans/deck", { body: sms }), 201);
  assert.deepEqual(stored.versions[0].prefixes, [
    { prefix: "+49", price: "0.070000" },
    { prefix: "+1", price: "0.007900" },
  ]);
  const { data } = expectJson(await api.ask("GET /rate-plans?limit=3"), 200);
  assert.deepEqual(data.map((one: { id: string }) => one.id), ["bland_voice", "deck", "gold"]);
});

Deno.test("a new plan prices the calls of the accounts that are given it", async () => {
  using api = await serveApi();
  expectJson(await api.ask(GOLD, { body: gold(perMinute("0.06")) }), 201);
  assert.equal(api.nudges(), 1);
  const body = { ratePlans: { bland_voice: "gold" } };
  expectJson(await api.ask("PATCH /accounts/acme", { body }), 200);
  await bill(api, reportOf("c1"));
  const call = expectJson(await api.ask("GET /calls/bland:c1"), 200);
  assert.deepEqual([call.charge.trace.plan, call.charge.amount.amount], ["gold", "0.060000"]);
});

Deno.test("what is in force stays; what begins later may change or go", async () => {
  using api = await serveApi();
  const put = async (body: object) => {
    const etag = (await api.ask("GET /rate-plans/gold")).headers.get("etag");
    return await api.ask(GOLD, { body, headers: etag ? { "if-match": etag } : {} });
  };
  const later = "2026-03-01T00:00:00Z";
  expectJson(await put(gold(perMinute("0.06"), perMinute("0.07", later))), 201);
  expectJson(await put(gold(perMinute("0.06"), perMinute("0.08", later))), 200);
  expectJson(await put(gold(perMinute("0.06"))), 200);
  const before = await api.rows();
  const changed = await put(gold(perMinute("0.05")));
  expectProblem(changed, { status: 409, code: "state_conflict" });
  assert.match(changed.body.detail, /Version 1 is in force/);
  const moved = await put({ ...gold(perMinute("0.06")), currency: "EUR" });
  expectProblem(moved, { status: 409, code: "state_conflict" });
  assert.match(moved.body.detail, /currency/);
  assert.deepEqual(await api.rows(), before);
});

Deno.test("plans that are not right are refused, and nothing changes", async () => {
  using api = await serveApi();
  const etag = (await api.ask("GET /rate-plans/bland_voice")).headers.get("etag")!;
  expectJson(await api.ask(GOLD, { body: gold(perMinute("0.06")) }), 201);
  const line = "PUT /rate-plans/fresh";
  const invalid = { status: 422, code: "validation" };
  const first = (one: object) => gold({ ...perMinute("0.06"), ...one });
  const at = (...instants: (string | null)[]) =>
    gold(...instants.map((one) => perMinute("1", one)));
  const segments = (...prefixes: string[]) => ({
    service: "sms",
    currency: "USD",
    versions: [{
      effectiveFrom: null,
      kind: "per_segment",
      fallback: "0",
      prefixes: prefixes.map((prefix) => ({ prefix, price: "1" })),
    }],
  });
  const v0 = "/versions/0";
  await expectRefusals(api, [
    { line: "GET /rate-plans/none", status: 404, code: "not_found" },
    { line: GOLD, body: gold(perMinute("0.06")), status: 428, code: "precondition_required" },
    {
      line: GOLD,
      body: gold(perMinute("0.06"), perMinute("0.07", "2026-03-01T00:00:00Z")),
      headers: { "if-match": etag },
      status: 412,
      code: "changed_meanwhile",
    },
    {
      line,
      body: gold(perMinute("0.06")),
      headers: { "if-match": etag },
      status: 412,
      code: "changed_meanwhile",
    },
    { line, body: { ...gold(perMinute("1")), id: "other" }, ...invalid, pointer: "/id" },
    { line, body: { ...gold(perMinute("1")), name: "x" }, ...invalid, pointer: "/name" },
    { line, body: { ...gold(perMinute("1")), service: "tea" }, ...invalid, pointer: "/service" },
    { line, body: { ...gold(perMinute("1")), currency: "usd" }, ...invalid, pointer: "/currency" },
    { line, body: gold(), ...invalid, pointer: "/versions" },
    { line, body: first({ rate: 0.06 }), ...invalid, pointer: `${v0}/rate` },
    { line, body: first({ rate: "-1" }), ...invalid, pointer: `${v0}/rate` },
    { line, body: first({ rate: "0.0000001" }), ...invalid, pointer: `${v0}/rate` },
    { line, body: first({ kind: "flat" }), ...invalid, pointer: `${v0}/kind` },
    { line, body: first({ version: 2 }), ...invalid, pointer: `${v0}/version` },
    { line, body: first({ fallback: "1" }), ...invalid, pointer: `${v0}/fallback` },
    {
      line,
      body: first({ increment: { firstSeconds: 0, nextSeconds: 1 } }),
      ...invalid,
      pointer: `${v0}/increment/firstSeconds`,
    },
    {
      line,
      body: first({ freeMinutesPerMonth: -1 }),
      ...invalid,
      pointer: `${v0}/freeMinutesPerMonth`,
    },
    { line, body: at(null, null), ...invalid, pointer: "/versions/1/effectiveFrom" },
    {
      line,
      body: at("2026-03-01T00:00:00Z", "2026-03-01T01:00:00+01:00"),
      ...invalid,
      pointer: "/versions/1/effectiveFrom",
    },
    {
      line,
      body: at(null, "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"),
      ...invalid,
      pointer: "/versions/2/effectiveFrom",
    },
    {
      line,
      body: gold({ effectiveFrom: null, kind: "cost_plus", markupPercent: "1.23456" }),
      ...invalid,
      pointer: `${v0}/markupPercent`,
    },
    {
      line,
      body: { ...segments("1"), service: "bland_voice" },
      ...invalid,
      pointer: `${v0}/kind`,
    },
    { line, body: segments("1", "+1"), ...invalid, pointer: `${v0}/prefixes` },
    { line, body: segments("a"), ...invalid, pointer: `${v0}/prefixes/0/prefix` },
    {
      line,
      body: segments(...Array.from({ length: 601 }, (_, i) => `${i}`)),
      ...invalid,
      pointer: "/versions",
    },
    { line: "PUT /rate-plans/no%20spaces", body: gold(perMinute("1")), ...invalid, pointer: "/id" },
    { line: "GET /rate-plans?cursor=x", status: 400, code: "malformed_cursor" },
  ]);
});

Deno.test("the largest plan that is accepted fits its row", async () => {
  using api = await serveApi();
  const prefixes = Array.from({ length: 600 }, (_, i) => ({
    prefix: `+${10 ** 14 + i}`,
    price: "999999999999.999999",
  }));
  const fallback = "999999999999.999999";
  const versions = Array.from({ length: 50 }, (_, i) => ({
    effectiveFrom: i === 0 ? null : `${2100 + i}-01-01T00:00:00Z`,
    kind: "per_segment",
    fallback,
    prefixes: i === 0 ? prefixes : [],
  }));
  const body = { service: "telnyx_sms", currency: "USD", versions };
  expectJson(await api.ask(GOLD, { body }), 201);
});
