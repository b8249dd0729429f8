import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../../core/clock.ts";
import type { DetailRecordRequest } from "../../../../core/carriers/telnyx/records/record_query.ts";
import { sumRecords } from "../../../../core/carriers/telnyx/records/sum_records.ts";
import { API_KEY, NOW_MS, serve, type ServedTelnyx, serveTelnyx } from "./served_telnyx.ts";

const PARTIES = { from: "+12025550100", to: "+37251234567" };
const HOUR = { startedFromMs: NOW_MS - HOUR_MS, startedToMs: NOW_MS };

function placeMany(telnyx: ServedTelnyx, count: number): void {
  for (let i = 0; i < count; i++) {
    telnyx.simulator.placeCall({
      isSilent: true,
      startedAtMs: NOW_MS - 30 * MINUTE_MS + i * SECOND_MS,
      legs: [{ ...PARTIES, talkSeconds: 45 }],
    });
  }
}

async function list(telnyx: ServedTelnyx, request: DetailRecordRequest) {
  const outcome = await telnyx.client.listDetailRecords(request);
  if (outcome.status !== "listed") throw new Error(outcome.status);
  return outcome;
}

async function listAll(telnyx: ServedTelnyx, request: DetailRecordRequest): Promise<string[]> {
  const keys: string[] = [];
  for (let page = 1;; page++) {
    const { rows, totalPages } = await list(telnyx, { ...request, page });
    keys.push(...rows.map((row) => row.status === "record" ? row.key : row.reason));
    if (page >= totalPages) return keys;
  }
}

Deno.test("a window of 120 calls comes in 3 pages of 50, by meta.total_pages alone", async () => {
  await using telnyx = serveTelnyx();
  placeMany(telnyx, 120);
  const keys = await listAll(telnyx, { recordType: "sip-trunking", ...HOUR });
  assert.equal(new Set(keys).size, 120);
  assert.equal(telnyx.simulator.requestCount.detailRecords, 3);
});

Deno.test("a window of exactly 100 calls comes in 2 pages, an empty one in 1", async () => {
  await using telnyx = serveTelnyx();
  placeMany(telnyx, 100);
  assert.equal((await listAll(telnyx, { recordType: "call-control", ...HOUR })).length, 100);
  assert.equal(telnyx.simulator.requestCount.detailRecords, 2);
  const empty = await list(telnyx, {
    recordType: "sip-trunking",
    startedFromMs: NOW_MS - 3 * HOUR_MS,
    startedToMs: NOW_MS - 2 * HOUR_MS,
  });
  assert.deepEqual([empty.rows, empty.page, empty.totalPages, empty.totalResults], [[], 1, 0, 0]);
});

Deno.test("the window is closed below and open above", async () => {
  await using telnyx = serveTelnyx();
  const startedAtMs = NOW_MS - 10 * MINUTE_MS;
  telnyx.simulator.placeCall({
    isSilent: true,
    startedAtMs,
    legs: [{ ...PARTIES, talkSeconds: 1 }],
  });
  const count = async (startedFromMs: number, startedToMs: number) =>
    (await list(telnyx, { recordType: "sip-trunking", startedFromMs, startedToMs })).rows.length;
  assert.equal(await count(startedAtMs, startedAtMs + 1), 1);
  assert.equal(await count(startedAtMs - 1, startedAtMs), 0);
  assert.equal(await count(startedAtMs + 1, NOW_MS), 0);
});

Deno.test("the records of one session sum up to its true cost, all legs, all types", async () => {
  await using telnyx = serveTelnyx();
  placeMany(telnyx, 3);
  const { sessionId } = telnyx.simulator.placeCall({
    isSilent: true,
    startedAtMs: NOW_MS - 10 * MINUTE_MS,
    legs: [
      { ...PARTIES, isInbound: true, talkSeconds: 121, trunkRate: "0.00337" },
      { ...PARTIES, afterSeconds: 3, talkSeconds: 61.2, trunkRate: "0.0000007" },
    ],
  });
  const rows = [
    ...(await list(telnyx, { recordType: "sip-trunking", sessionId })).rows,
    ...(await list(telnyx, { recordType: "call-control", sessionId })).rows,
  ];
  assert.equal(rows.length, 4);
  const sum = sumRecords(rows, { sessionId });
  const truth = telnyx.simulator.truth().calls.find((call) => call.sessionId === sessionId);
  assert.deepEqual(
    sum.status === "complete" && [sum.costMicros, sum.billedSeconds, sum.talkSeconds],
    [truth?.costMicros, 180, 121],
  );
  assert.equal(sum.status === "complete" && sum.rateText, "0.0069707");
});

Deno.test("a filter that is ignored brings other calls, which the sum leaves out", async () => {
  await using telnyx = serveTelnyx();
  placeMany(telnyx, 4);
  telnyx.simulator.faults.ignoresFilters = true;
  const sessionId = telnyx.simulator.calls()[2]?.sessionId ?? "";
  const { rows } = await list(telnyx, { recordType: "sip-trunking", sessionId });
  assert.equal(rows.length, 4);
  const sum = sumRecords(rows, { sessionId });
  assert.equal(sum.status === "complete" && sum.recordCount, 1);
});

Deno.test("the client asks with Bearer, the type, one filter and 50 rows", async () => {
  const asked: { url: URL; key: string | null }[] = [];
  await using server = serve((request) => {
    asked.push({ url: new URL(request.url), key: request.headers.get("authorization") });
    return Response.json({ data: [], meta: { total_pages: 0, total_results: 0 } });
  });
  const client = server.clientOf(API_KEY);
  await client.listDetailRecords({ recordType: "call-control", sessionId: "s-1", page: 3 });
  await client.listDetailRecords({ recordType: "sip-trunking", ...HOUR });
  await client.listMessageRecords({ messageId: "m-1" });
  await client.listMessageRecords({ createdFromMs: NOW_MS - DAY_MS, createdToMs: NOW_MS });
  assert.ok(asked.every(({ key }) => key === `Bearer ${API_KEY}`));
  assert.ok(asked.every(({ url }) => url.pathname === "/v2/detail_records"));
  assert.deepEqual(asked.map(({ url }) => Object.fromEntries(url.searchParams)), [
    {
      "filter[record_type]": "call-control",
      "filter[telnyx_session_id]": "s-1",
      "page[number]": "3",
      "page[size]": "50",
    },
    {
      "filter[record_type]": "sip-trunking",
      "filter[started_at][gte]": "2031-03-03T11:00:20.000Z",
      "filter[started_at][lt]": "2031-03-03T12:00:20.000Z",
      sort: "started_at",
      "page[number]": "1",
      "page[size]": "50",
    },
    {
      "filter[record_type]": "messaging",
      "filter[uuid]": "m-1",
      "page[number]": "1",
      "page[size]": "50",
    },
    {
      "filter[record_type]": "messaging",
      "filter[created_at][gte]": "2031-03-02T12:00:20.000Z",
      "filter[created_at][lt]": "2031-03-03T12:00:20.000Z",
      sort: "created_at",
      "page[number]": "1",
      "page[size]": "50",
    },
  ]);
});

Deno.test("a refused type or filter is told apart from the quota, though the code is the same", async () => {
  await using telnyx = serveTelnyx();
  const { client, simulator } = telnyx;
  const refused = await client.listDetailRecords({ recordType: "voice", sessionId: "s" });
  assert.deepEqual(refused, {
    status: "filter_refused",
    reason: "HTTP 400 10011 Bad Request No matching record type or filter was found.",
    rateLimit: { remaining: 39, resetMs: 40_000 },
  });
  simulator.faults.quotaPerMinute = 1;
  const limited = await client.listDetailRecords({ recordType: "sip-trunking", sessionId: "s" });
  assert.deepEqual(limited, {
    status: "carrier_unavailable",
    reason: "HTTP 429 10011 Too many requests The request quota is used up.",
    retryAfterMs: 40_000,
    rateLimit: { remaining: 0, resetMs: 40_000 },
  });
  telnyx.clock.advance(40 * SECOND_MS);
  const again = await client.listDetailRecords({ recordType: "sip-trunking", sessionId: "s" });
  assert.equal(again.status, "listed");
});

Deno.test("HTML, cut JSON, 5xx, an empty list, a wrong key: each is its own outcome", async () => {
  await using telnyx = serveTelnyx();
  const { client, simulator } = telnyx;
  const { faults } = simulator;
  placeMany(telnyx, 1);
  const turns: [turn: () => void, expected: unknown][] = [
    [() => faults.failNext = { httpStatus: 503, count: 1 }, "carrier_unavailable"],
    [() => faults.failNext = { httpStatus: 429, count: 1 }, "carrier_unavailable"],
    [() => faults.htmlNext = 1, "answer_unreadable"],
    [() => faults.truncateNext = 1, "answer_unreadable"],
    [() => faults.emptyNext = 1, 0],
    [() => {}, 1],
  ];
  for (const [turn, expected] of turns) {
    turn();
    const outcome = await client.listDetailRecords({ recordType: "sip-trunking", ...HOUR });
    assert.equal(outcome.status === "listed" ? outcome.rows.length : outcome.status, expected);
  }
  const wrong = await telnyx.clientOf("KEY_wrong").getBalance();
  assert.equal(wrong.status, "credentials_refused");
});

Deno.test("getBalance() reads decimal texts, negative ones too, and lives with missing ones", async () => {
  const bodies: unknown[] = [
    {
      data: {
        record_type: "balance",
        balance: "-12.30",
        credit_limit: "50.00",
        available_credit: "37.70",
        pending: "1.2E0",
        currency: "USD",
      },
    },
    { data: { balance: 31.27, credit_limit: null, pending: "" } },
    { data: { balance: null, currency: "USD" } },
    {},
  ];
  await using server = serve(() => Response.json(bodies.shift()));
  const client = server.clientOf(API_KEY);
  assert.deepEqual(await client.getBalance(), {
    status: "balance",
    balance: {
      balanceMicros: -12_300_000n,
      creditLimitMicros: 50_000_000n,
      availableMicros: 37_700_000n,
      pendingMicros: 1_200_000n,
      currency: "USD",
    },
    rateLimit: null,
  });
  const sparse = await client.getBalance();
  assert.deepEqual(sparse.status === "balance" && sparse.balance, {
    balanceMicros: 31_270_000n,
    creditLimitMicros: null,
    availableMicros: null,
    pendingMicros: null,
    currency: null,
  });
  assert.equal((await client.getBalance()).status, "answer_unreadable");
  assert.equal((await client.getBalance()).status, "answer_unreadable");
});

Deno.test("getMessage() finds a message, and says so when there is none or it is too old", async () => {
  await using telnyx = serveTelnyx();
  const { client, simulator, clock } = telnyx;
  const { messageId } = simulator.placeMessage({ ...PARTIES, segments: 2, isSilent: true });
  clock.advance(2 * SECOND_MS);
  const found = await client.getMessage(messageId);
  assert.deepEqual(
    found.status === "found" && [found.message.isFinal, found.message.costMicros],
    [true, 16_400n],
  );
  assert.equal((await client.getMessage("none")).status, "message_not_found");
  clock.advance(10 * DAY_MS);
  assert.equal((await client.getMessage(messageId)).status, "message_not_found");
});

Deno.test("getMessage() never asks for an impossible id, and refuses the answer about another", async () => {
  await using telnyx = serveTelnyx();
  for (const id of ["", "..", "a/b", "a?b", "a b", "ä", "a".repeat(65)]) {
    assert.equal((await telnyx.client.getMessage(id)).status, "answer_unreadable");
  }
  assert.equal(telnyx.simulator.requestCount.messages, 0);
  const bodies: unknown[] = [{ data: { id: "other" } }, { data: {} }, {}];
  await using server = serve(() => Response.json(bodies.shift()));
  const client = server.clientOf(API_KEY);
  for (let turn = 0; turn < 3; turn++) {
    assert.equal((await client.getMessage("asked")).status, "answer_unreadable");
  }
});

Deno.test("listMessageRecords() finds the price a final event did not tell", async () => {
  await using telnyx = serveTelnyx();
  const { client, simulator, clock } = telnyx;
  const { messageId } = simulator.placeMessage({ ...PARTIES, hasNullCost: true, isSilent: true });
  const find = async () => {
    const outcome = await client.listMessageRecords({ messageId });
    if (outcome.status !== "listed") throw new Error(outcome.status);
    return outcome.rows.map((row) => row.status === "record" ? row.costMicros : row.reason);
  };
  assert.deepEqual(await find(), []);
  clock.advance(30 * SECOND_MS);
  assert.deepEqual(await find(), [8_200n]);
  const window = await client.listMessageRecords({
    createdFromMs: NOW_MS,
    createdToMs: NOW_MS + 1,
  });
  assert.equal(window.status === "listed" && window.rows.length, 1);
});

Deno.test("a carrier that is not there is unavailable", async () => {
  const telnyx = serveTelnyx();
  await telnyx[Symbol.asyncDispose]();
  assert.deepEqual(await telnyx.client.getBalance(), {
    status: "carrier_unavailable",
    reason: "connection refused",
    retryAfterMs: null,
    rateLimit: null,
  });
});
