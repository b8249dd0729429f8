import assert from "node:assert/strict";
import { DAY_MS, SECOND_MS } from "../../../../core/clock.ts";
import type { TwilioCallsOutcome } from "../../../../core/carriers/twilio/client.ts";
import type { TwilioListRequest } from "../../../../core/carriers/twilio/listing.ts";
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  NOW_MS,
  PARTIES,
  serve,
  type ServedTwilio,
  serveTwilio,
} from "./served_twilio.ts";

const WEEK = { startAtMs: NOW_MS - 7 * DAY_MS };
const ROOT = `/2010-04-01/Accounts/${ACCOUNT_SID}`;

function placeMany(twilio: ServedTwilio, count: number): void {
  for (let index = 0; index < count; index++) {
    const createdAtMs = NOW_MS - DAY_MS + index * SECOND_MS;
    twilio.simulator.placeCall({ ...PARTIES, createdAtMs, talkSeconds: 49 });
  }
}

function requireListed(
  outcome: TwilioCallsOutcome,
): Extract<TwilioCallsOutcome, { status: "listed" }> {
  if (outcome.status !== "listed") throw new Error(`${outcome.status}: ${outcome.reason}`);
  return outcome;
}

/** What the sweep will do: page until the last page, and fail when a page fails. */
async function listAll(twilio: ServedTwilio, pageSize: number): Promise<string[] | string> {
  const ids: string[] = [];
  let request: TwilioListRequest = { ...WEEK, pageSize };
  while (true) {
    const page = await twilio.client.listCalls(request);
    if (page.status !== "listed") return page.status;
    for (const call of page.calls) {
      ids.push(call.status === "unreadable_row" ? "unreadable" : call.carrierCallId);
    }
    if (page.nextPage === null) return ids;
    request = { page: page.nextPage };
  }
}

Deno.test("listCalls() pages 250 calls by next_page_uri, without a gap or a repeat", async () => {
  await using twilio = serveTwilio();
  placeMany(twilio, 250);
  assert.deepEqual(await listAll(twilio, 100), twilio.simulator.calls().map(({ sid }) => sid));
  assert.equal(twilio.simulator.requestCount.callList, 3);
});

Deno.test("listCalls() pages on when calls arrive or are removed meanwhile, and when pages are clamped", async () => {
  await using twilio = serveTwilio();
  placeMany(twilio, 30);
  twilio.simulator.faults.clampRowsMax = 10;
  const before = twilio.simulator.calls().map(({ sid }) => sid);
  const first = requireListed(await twilio.client.listCalls(WEEK));
  twilio.simulator.placeCall(PARTIES);
  const second = requireListed(await twilio.client.listCalls({ page: first.nextPage ?? "" }));
  const [last] = second.calls;
  assert.equal(last?.status === "unreadable_row" ? null : last?.carrierCallId, before[10]);
  assert.equal((await listAll(twilio, 1_000)).length, 31);
});

Deno.test("listCalls() asks with basic auth, an encoded >, a full instant, 1000 rows at most", async () => {
  const asked: { url: string; key: string | null }[] = [];
  await using server = serve((request) => {
    asked.push({ url: request.url, key: request.headers.get("authorization") });
    return Response.json({ calls: [], messages: [], next_page_uri: null });
  });
  await server.client.listCalls({ startAtMs: NOW_MS + 999, pageSize: 5_000 });
  await server.client.listMessages({ startAtMs: NOW_MS });
  assert.equal(asked[0]?.key, `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}`);
  const query = "2031-03-03T12%3A00%3A00Z&PageSize=1000";
  assert.deepEqual(asked.map(({ url }) => url.slice(server.baseUrl.length)), [
    `${ROOT}/Calls.json?StartTime%3E=${query}`,
    `${ROOT}/Messages.json?DateSent%3E=${query}`,
  ]);
});

Deno.test("listCalls() includes the call on the boundary, whether or not Twilio looks at the time of day", async () => {
  await using twilio = serveTwilio();
  const at = (sid: string, createdAtMs: number) =>
    twilio.simulator.placeCall({ ...PARTIES, sid, createdAtMs });
  at("dayBefore", WEEK.startAtMs - DAY_MS);
  at("before", WEEK.startAtMs - 1);
  at("boundary", WEEK.startAtMs);
  assert.deepEqual(await listAll(twilio, 10), ["boundary"]);
  twilio.simulator.faults.comparesDaysOnly = true;
  assert.deepEqual(await listAll(twilio, 10), ["boundary", "before"]);
});

const ELSEWHERE = [
  `https://evil.test${ROOT}/Calls.json?Page=1`,
  `//evil.test${ROOT}/Calls.json?Page=1`,
  `${ROOT}/Messages.json?Page=1`,
  `${ROOT}/Calls.json`,
  `${ROOT}/Calls.json/../../x?Page=1`,
  `/2010-04-01/Accounts/ACother/Calls.json?Page=1`,
  `${ROOT}/Calls.json?Page=1#x`,
  `${ROOT}/Calls.json?Page=1\\x`,
  `${ROOT}/Calls.json?Page=1 x`,
  `${ROOT}/Calls.json?Page=1\n`,
  `${ROOT}/Calls.json?${"x".repeat(2_000)}`,
  `@evil.test${ROOT}/Calls.json?Page=1`,
  "",
];

for (const uri of ELSEWHERE) {
  Deno.test(`listCalls() never follows ${JSON.stringify(uri.slice(0, 80))}`, async () => {
    await using twilio = serveTwilio();
    twilio.simulator.faults.nextPageUri = uri;
    assert.deepEqual(await twilio.client.listCalls(WEEK), {
      status: "answer_unreadable",
      reason: "next_page_uri leads elsewhere",
    });
    assert.deepEqual(await twilio.client.listCalls({ page: uri }), {
      status: "answer_unreadable",
      reason: "not a page of this listing",
    });
    assert.equal(twilio.simulator.requestCount.callList, 1);
  });
}

Deno.test("a page that names itself as the next one ends the listing", async () => {
  await using twilio = serveTwilio();
  const page = `${ROOT}/Calls.json?Page=1`;
  twilio.simulator.faults.nextPageUri = page;
  const outcome = await twilio.client.listCalls({ page });
  assert.deepEqual(outcome, {
    status: "answer_unreadable",
    reason: "next_page_uri leads to this page",
  });
});

Deno.test("repeated rows come as they are, broken ones leave their neighbours readable", async () => {
  await using twilio = serveTwilio();
  placeMany(twilio, 2);
  twilio.simulator.faults.hasDuplicateRows = true;
  const sid = twilio.simulator.calls()[0]?.sid ?? "";
  twilio.simulator.reviseCall(sid, { members: { start_time: "2031-03-03T08:00:00" } });
  const { calls, count } = requireListed(await twilio.client.listCalls(WEEK));
  assert.equal(count, 4);
  assert.deepEqual(calls.map(({ status }) => status), [
    "unreadable_row",
    "unreadable_row",
    "completed",
    "completed",
  ]);
});

Deno.test("a page that fails fails the listing", async () => {
  await using twilio = serveTwilio();
  placeMany(twilio, 25);
  twilio.simulator.faults.failAtPage = 1;
  assert.equal(await listAll(twilio, 10), "carrier_unavailable");
});

Deno.test("getCall() and getMessage() find one, and say so when there is none", async () => {
  await using twilio = serveTwilio();
  const { simulator, client } = twilio;
  const { sid } = simulator.placeCall({
    ...PARTIES,
    createdAtMs: NOW_MS - DAY_MS,
    talkSeconds: 61,
  });
  const call = await client.getCall(sid);
  if (call.status !== "found") throw new Error(call.status);
  assert.deepEqual([call.call.durationSeconds, call.call.costMicros], [61, 28_000n]);
  const placed = simulator.placeMessage({ ...PARTIES, createdAtMs: NOW_MS - DAY_MS, segments: 3 });
  const message = await client.getMessage(placed.sid);
  if (message.status !== "found") throw new Error(message.status);
  assert.deepEqual(
    [message.message.segments, message.message.costMicros, message.message.costCurrency],
    [3, 22_500n, "USD"],
  );
  assert.deepEqual(await client.getCall("CAnone"), { status: "call_not_found" });
  assert.deepEqual(await client.getMessage("SMnone"), { status: "message_not_found" });
});

Deno.test("an id that Twilio cannot have written is never asked for, an answer about another refused", async () => {
  let askedCount = 0;
  const row = {
    sid: "other",
    status: "completed",
    start_time: "Tue, 03 Nov 2026 10:14:41 +0000",
    date_sent: "Tue, 03 Nov 2026 10:14:41 +0000",
  };
  await using server = serve(() => {
    askedCount += 1;
    return Response.json(row);
  });
  for (const sid of ["", "..", "a/b", "a?b", "a b", "é", "a".repeat(65)]) {
    assert.equal((await server.client.getCall(sid)).status, "answer_unreadable");
    assert.equal((await server.client.getMessage(sid)).status, "answer_unreadable");
  }
  assert.equal(askedCount, 0);
  const another = { status: "answer_unreadable", reason: "another one than asked for" };
  assert.deepEqual(await server.client.getCall("asked"), another);
  assert.deepEqual(await server.client.getMessage("asked"), another);
});

type Answer = [why: string, answer: () => Response, status: string, reason: string];

const json = (body: unknown, init: ResponseInit = {}) => () => Response.json(body, init);

const ANSWERS: Answer[] = [
  [
    "an overload",
    json({ code: 20429, message: "Too Many Requests" }, {
      status: 429,
      headers: { "retry-after": "7" },
    }),
    "carrier_unavailable",
    "HTTP 429 20429 Too Many Requests",
  ],
  ["a 502 page", () => new Response("<html>", { status: 502 }), "carrier_unavailable", "HTTP 502"],
  [
    "a wrong token",
    json({ code: 20003, message: `Authenticate ${AUTH_TOKEN}` }, { status: 401 }),
    "credentials_refused",
    "HTTP 401 20003 Authenticate …",
  ],
  [
    "a refusal that says 400",
    json({ code: 20003, message: "Authenticate" }, { status: 400 }),
    "credentials_refused",
    "HTTP 400 20003 Authenticate",
  ],
  ["a 403", () => new Response("no", { status: 403 }), "credentials_refused", "HTTP 403"],
  [
    "another account",
    json({ code: 20404, message: `The resource ${ROOT} was not found` }, { status: 404 }),
    "answer_unreadable",
    "HTTP 404",
  ],
  [
    "HTML with 200",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "answer_unreadable",
    "HTTP 200: not application/json",
  ],
  [
    "cut JSON",
    () => new Response('{"calls":[', { headers: { "content-type": "application/json" } }),
    "answer_unreadable",
    "HTTP 200: JSON broken (10 characters)",
  ],
  ["no list", json({ next_page_uri: null }), "answer_unreadable", "not a list of calls"],
  ["no word of a next page", json({ calls: [] }), "answer_unreadable", "not a list of calls"],
  [
    "messages instead",
    json({ messages: [], next_page_uri: null }),
    "answer_unreadable",
    "not a list of calls",
  ],
  [
    "a 201",
    json({ calls: [], next_page_uri: null }, { status: 201 }),
    "answer_unreadable",
    "HTTP 201",
  ],
];

for (const [why, answer, status, reason] of ANSWERS) {
  Deno.test(`listCalls() answered by ${why} is ${status}`, async () => {
    await using server = serve(answer);
    const outcome = await server.client.listCalls(WEEK);
    assert.equal(outcome.status, status);
    assert.equal("reason" in outcome ? outcome.reason : "", reason);
    if (outcome.status === "carrier_unavailable") {
      assert.equal(outcome.retryAfterMs, why === "an overload" ? 7_000 : null);
    }
  });
}

Deno.test("no reason quotes a secret or an id", async () => {
  const basic = btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`);
  const message = `${
    AUTH_TOKEN.slice(0, 20)
  } ${basic} ${ACCOUNT_SID} CAaa11bb22cc33dd44ee55ff6600778899`;
  await using server = serve(() => Response.json({ code: 1, message }, { status: 400 }));
  const outcome = await server.client.listCalls(WEEK);
  assert.equal("reason" in outcome ? outcome.reason : "", "HTTP 400 1 … … … …");
});

Deno.test("a carrier that is not there is unavailable", async () => {
  const twilio = serveTwilio();
  await twilio[Symbol.asyncDispose]();
  assert.deepEqual(await twilio.client.listCalls(WEEK), {
    status: "carrier_unavailable",
    reason: "connection refused",
    retryAfterMs: null,
  });
});
