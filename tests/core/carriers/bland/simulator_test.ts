import assert from "node:assert/strict";
import { DAY_MS, SECOND_MS, testClock } from "../../../../core/clock.ts";
import {
  parseBlandWebhook,
  verifyBlandSignature,
} from "../../../../core/carriers/bland/webhook.ts";
import { createBlandSimulator } from "../../../../core/carriers/bland/simulator.ts";
import { API_KEY, NOW_MS, serve, serveBland, type ServedBland } from "./served_bland.ts";

const PARTIES = { from: "+12025550100", to: "+37251234567" };

async function get(bland: ServedBland, path: string, key = API_KEY): Promise<string> {
  const response = await fetch(bland.baseUrl + path, { headers: { authorization: key } });
  return await response.text();
}

async function listIds(bland: ServedBland, query: string): Promise<string[]> {
  const page = JSON.parse(await get(bland, `/v1/calls?${query}`));
  return page.calls.map((call: { call_id: string }) => call.call_id);
}

Deno.test("a placed call is queued, then goes on, then has ended, as the clock moves", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({ ...PARTIES, callId: "a", waitSeconds: 10, talkSeconds: 45 });
  const stages: unknown[] = [];
  for (const seconds of [0, 10, 54, 55]) {
    bland.setNow(NOW_MS + seconds * SECOND_MS);
    const row = JSON.parse(await get(bland, "/v1/calls/a"));
    const outcome = await bland.client.getCall("a");
    const isFinal = outcome.status === "found" && outcome.call.isFinal;
    stages.push([
      row.queue_status,
      row.completed,
      row.call_length,
      row.corrected_duration,
      row.price,
      isFinal,
    ]);
  }
  assert.deepEqual(stages, [
    ["queued", false, 0, null, null, false],
    ["started", false, 0, null, null, false],
    ["started", false, 0, null, null, false],
    ["complete", true, 0.75, "45", 0.068, true],
  ]);
});

Deno.test("figures are raw JSON numbers with the documented decimals", async () => {
  await using bland = serveBland();
  const rows: [number, string, string][] = [
    [45, "0.75", "0.068"],
    [11, "0.183333333333333", "0.017"],
    [19, "0.316666666666667", "0.029"],
    [600, "10", "0.9"],
    [0, "0", "0.015"],
  ];
  for (const [talkSeconds, minutes, price] of rows) {
    const { callId } = bland.simulator.placeCall({
      ...PARTIES,
      createdAtMs: NOW_MS - DAY_MS,
      talkSeconds,
    });
    const text = await get(bland, `/v1/calls/${callId}`);
    assert.ok(text.includes(`"call_length":${minutes},`), text);
    assert.ok(text.includes(`"price":${price},`), text);
  }
});

Deno.test("a call that nobody answered has a price and no start; a failed one never says completed", async () => {
  await using bland = serveBland();
  for (const outcome of ["no-answer", "busy", "failed", "canceled"] as const) {
    const { callId } = bland.simulator.placeCall({ ...PARTIES, outcome });
    const row = JSON.parse(await get(bland, `/v1/calls/${callId}`));
    assert.deepEqual(
      [row.status, row.completed, row.price, row.started_at],
      [outcome, outcome !== "failed", 0.015, null],
    );
    const found = await bland.client.getCall(callId);
    const word = outcome === "no-answer" ? "no_answer" : outcome;
    assert.equal(found.status === "found" ? found.call.status : null, word);
    assert.equal(found.status === "found" ? found.call.isFinal : null, true);
  }
});

Deno.test("the listing pages, sorts and filters as documented", async () => {
  await using bland = serveBland();
  const day = Date.UTC(2031, 2, 2);
  for (
    const [callId, createdAtMs] of [["b", day], ["c", day + 1], ["a", day - 1], [
      "d",
      day + DAY_MS,
    ]] as const
  ) {
    bland.simulator.placeCall({ ...PARTIES, callId, createdAtMs });
  }
  const rows: [query: string, ids: string][] = [
    ["", "dcba"],
    ["ascending=true", "abcd"],
    ["ascending=true&from=1", "bcd"],
    ["ascending=true&from=1&limit=2", "bc"],
    ["ascending=true&from=1&to=3", "bc"],
    ["ascending=true&from=9", ""],
    ["ascending=true&start_date=2031-03-02", "bcd"],
    ["ascending=true&end_date=2031-03-02", "ab"],
    ["ascending=true&start_date=2031-03-02T00:00:00.001Z", "cd"],
    ["ascending=true&end_date=2031-03-02T00:00:00.001%2B00:00", "abc"],
    ["ascending=true&created_at=2031-03-02", "bc"],
    ["ascending=true&completed=false", ""],
    ["ascending=true&completed=true", "abcd"],
  ];
  for (const [query, ids] of rows) assert.equal((await listIds(bland, query)).join(""), ids, query);
  const { simulator, setNow } = bland;
  setNow(NOW_MS + 1);
  simulator.reviseCall("b", { talkSeconds: 1 });
  assert.equal((await listIds(bland, "ascending=true&sort_by=updated_at")).join(""), "acdb");
  for (
    const query of [
      "from=x",
      "limit=-1",
      "start_date=yesterday",
      "created_at=2031-03-02&end_date=2031-03-02",
    ]
  ) {
    assert.equal(
      await get(bland, `/v1/calls?${query}`),
      '{"status":"error","message":"Invalid parameters"}',
    );
  }
});

Deno.test("only the raw key opens, and is refused in the documented shape", async () => {
  await using bland = serveBland();
  const refusal = '{"data":null,"errors":[{"error":"AUTH_FAILURE","message":"Unauthorized"}]}';
  for (const key of ["", "wrong", `Bearer ${API_KEY}`]) {
    assert.equal(await get(bland, "/v1/calls", key), refusal);
    assert.equal(await get(bland, "/v1/me", key), refusal);
  }
  assert.equal(JSON.parse(await get(bland, "/v1/me")).status, "active");
  assert.deepEqual(bland.simulator.requestCount, { list: 3, detail: 0, me: 4 });
});

Deno.test("a hidden call appears late, at its old place", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({ ...PARTIES, callId: "early", createdAtMs: NOW_MS - DAY_MS });
  bland.simulator.placeCall({
    ...PARTIES,
    callId: "late",
    createdAtMs: NOW_MS - 2 * DAY_MS,
    visibleAtMs: NOW_MS + 1,
  });
  assert.deepEqual(await listIds(bland, "ascending=true"), ["early"]);
  assert.deepEqual(await bland.client.getCall("late"), { status: "call_not_found" });
  bland.setNow(NOW_MS + 1);
  assert.deepEqual(await listIds(bland, "ascending=true"), ["late", "early"]);
});

Deno.test("a revised call tells its new figures, and a removed one is gone", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({
    ...PARTIES,
    callId: "a",
    createdAtMs: NOW_MS - DAY_MS,
    talkSeconds: 45,
  });
  bland.simulator.reviseCall("a", { talkSeconds: 60, priceText: "0.1" });
  const outcome = await bland.client.getCall("a");
  if (outcome.status !== "found") throw new Error(outcome.status);
  assert.deepEqual([outcome.call.durationSeconds, outcome.call.costMicros], [60, 100_000n]);
  assert.ok(bland.simulator.removeCall("a"));
  assert.ok(!bland.simulator.removeCall("a"));
  assert.deepEqual(await bland.client.getCall("a"), { status: "call_not_found" });
  assert.throws(() => bland.simulator.reviseCall("a", {}), /no call has that id/);
  assert.throws(() => bland.simulator.deliverWebhook("a"), /no call has that id/);
});

Deno.test("a call id is taken once", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({ ...PARTIES, callId: "a" });
  assert.throws(() => bland.simulator.placeCall({ ...PARTIES, callId: "a" }), /its id is taken/);
});

Deno.test("faults that count down end by themselves", async () => {
  await using bland = serveBland();
  const { faults } = bland.simulator;
  faults.failNext = { httpStatus: 500, count: 1 };
  faults.htmlNext = 1;
  faults.truncateNext = 1;
  bland.simulator.placeCall({ ...PARTIES, createdAtMs: NOW_MS - SECOND_MS });
  const statuses: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    statuses.push((await bland.client.listCalls({ startAtMs: 0, from: 0 })).status);
  }
  assert.deepEqual(statuses, [
    "carrier_unavailable",
    "answer_unreadable",
    "answer_unreadable",
    "listed",
  ]);
});

Deno.test("a slow Bland is waited for until the deadline, and no longer", async () => {
  const clock = testClock();
  const simulator = createBlandSimulator({
    clock,
    random: () => 0,
    id: () => "a",
    apiKey: API_KEY,
    webhookSecret: "s",
  });
  const asked = Promise.withResolvers<void>();
  await using server = serve((request) => {
    const answer = simulator.app.fetch(request);
    asked.resolve();
    return answer;
  }, clock);
  const client = server.clientOf(API_KEY);
  simulator.faults.slowMs = 5;
  assert.equal((await client.listCalls({ startAtMs: 0, from: 0 })).status, "listed");
  simulator.faults.slowMs = 60 * SECOND_MS;
  const waiting = client.listCalls({ startAtMs: 0, from: 0 });
  await asked.promise;
  while (simulator.requestCount.list < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  clock.advance(60 * SECOND_MS);
  assert.deepEqual(await waiting, {
    status: "carrier_unavailable",
    reason: "no answer within 15000 ms",
    retryAfterMs: null,
  });
});

Deno.test("a delivery is signed over its bytes and names its call", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({
    ...PARTIES,
    callId: "a",
    createdAtMs: NOW_MS - DAY_MS,
    talkSeconds: 11,
  });
  const { body, headers } = bland.simulator.deliverWebhook("a");
  const signature = headers["x-webhook-signature"] ?? null;
  const bytes = new TextEncoder().encode(body);
  assert.ok(verifyBlandSignature({ body: bytes, signature, secret: "whsec_demo" }));
  assert.ok(body.includes('"call_length":0.183333333333333'));
  assert.deepEqual(parseBlandWebhook(body), { status: "finished_call", carrierCallId: "a" });
});

Deno.test("10 000 calls are placed in any order and paged within seconds", async () => {
  await using bland = serveBland();
  for (let index = 0; index < 10_000; index++) {
    const createdAtMs = NOW_MS - ((index * 7_919) % 10_000) * SECOND_MS;
    bland.simulator.placeCall({ ...PARTIES, createdAtMs, talkSeconds: index % 100 });
  }
  const startedAtMs = performance.now();
  const ids = new Set<string>();
  let lastMs = 0;
  for (let from = 0; from < 10_000; from += 1_000) {
    const page = await bland.client.listCalls({ startAtMs: 0, from });
    if (page.status !== "listed") throw new Error(page.status);
    for (const call of page.calls) {
      if (call.status === "unreadable_row") throw new Error(call.reason);
      assert.ok(call.startedAtMs >= lastMs);
      lastMs = call.startedAtMs;
      ids.add(call.carrierCallId);
    }
  }
  assert.equal(ids.size, 10_000);
  const tookMs = performance.now() - startedAtMs;
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
});
