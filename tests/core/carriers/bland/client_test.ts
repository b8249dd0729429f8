import assert from "node:assert/strict";
import { DAY_MS, SECOND_MS } from "../../../../core/clock.ts";
import { isLastPage } from "../../../../core/carriers/bland/client.ts";
import type { BlandListOutcome } from "../../../../core/carriers/bland/client.ts";
import { API_KEY, NOW_MS, serve, serveBland, type ServedBland } from "./served_bland.ts";

const PARTIES = { from: "+12025550100", to: "+37251234567" };
const WEEK = { startAtMs: NOW_MS - 7 * DAY_MS, from: 0 };

function placeMany(bland: ServedBland, count: number): void {
  for (let index = 0; index < count; index++) {
    const createdAtMs = NOW_MS - (count - index) * SECOND_MS - DAY_MS;
    bland.simulator.placeCall({ ...PARTIES, createdAtMs, talkSeconds: 45 });
  }
}

/** What the sync will do: page until the last page, and fail when a page fails. */
async function listAll(bland: ServedBland, limit: number): Promise<string[] | string> {
  const ids: string[] = [];
  for (let from = 0;;) {
    const page = await bland.client.listCalls({ ...WEEK, from, limit });
    if (page.status !== "listed") return page.status;
    for (const call of page.calls) {
      ids.push(call.status === "unreadable_row" ? "unreadable" : call.carrierCallId);
    }
    const { count, totalCount } = page;
    if (isLastPage({ fromIndex: from, count, limit, totalCount })) return ids;
    from += count;
  }
}

function requireListed(outcome: BlandListOutcome): Extract<BlandListOutcome, { status: "listed" }> {
  if (outcome.status !== "listed") throw new Error(`${outcome.status}`);
  return outcome;
}

Deno.test("listCalls() pages 2500 calls in order, without a gap or a repeat, in 3 requests", async () => {
  await using bland = serveBland();
  placeMany(bland, 2_500);
  const ids = await listAll(bland, 1_000);
  assert.deepEqual(ids, bland.simulator.calls().map(({ callId }) => callId));
  assert.equal(bland.simulator.requestCount.list, 3);
});

Deno.test("listCalls() pages the same calls when Bland never says total_count", async () => {
  await using bland = serveBland();
  placeMany(bland, 2_500);
  bland.simulator.faults.hidesTotalCount = true;
  assert.equal((await listAll(bland, 1_000)).length, 2_500);
  assert.equal(bland.simulator.requestCount.list, 3);
});

Deno.test("listCalls() pages all calls when Bland returns fewer rows than asked for", async () => {
  await using bland = serveBland();
  placeMany(bland, 250);
  bland.simulator.faults.clampRowsMax = 100;
  assert.equal((await listAll(bland, 1_000)).length, 250);
});

Deno.test("listCalls() returns repeated rows as they come, so that nobody counts them away", async () => {
  await using bland = serveBland();
  placeMany(bland, 15);
  bland.simulator.faults.hasDuplicateRows = true;
  const ids = await listAll(bland, 10);
  assert.equal(ids.length, 30);
  assert.equal(new Set(ids).size, 15);
});

Deno.test("a page that fails fails the listing", async () => {
  await using bland = serveBland();
  placeMany(bland, 25);
  bland.simulator.faults.failAtIndex = 15;
  assert.equal(await listAll(bland, 10), "carrier_unavailable");
  assert.equal(bland.simulator.requestCount.list, 2);
});

Deno.test("listCalls() asks with the raw key, ascending, from a full instant, 1000 rows at most", async () => {
  const asked: { url: URL; key: string | null }[] = [];
  await using server = serve((request) => {
    asked.push({ url: new URL(request.url), key: request.headers.get("authorization") });
    return Response.json({ count: 0, calls: [] });
  });
  await server.clientOf(API_KEY).listCalls({ startAtMs: NOW_MS, from: 7, limit: 5_000 });
  assert.equal(asked[0]?.key, API_KEY);
  assert.equal(asked[0]?.url.pathname, "/v1/calls");
  assert.deepEqual(Object.fromEntries(asked[0]?.url.searchParams ?? []), {
    ascending: "true",
    sort_by: "created_at",
    start_date: "2031-03-03T12:00:00.000Z",
    from: "7",
    limit: "1000",
  });
});

Deno.test("listCalls() includes the call on the boundary and leaves out the one before it", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({ ...PARTIES, callId: "before", createdAtMs: WEEK.startAtMs - 1 });
  bland.simulator.placeCall({ ...PARTIES, callId: "boundary", createdAtMs: WEEK.startAtMs });
  assert.deepEqual(await listAll(bland, 10), ["boundary"]);
});

Deno.test("a row that is broken leaves its neighbours readable", async () => {
  await using bland = serveBland();
  placeMany(bland, 3);
  bland.simulator.reviseCall("call-000001", { members: { started_at: "2031-03-03T08:00:00" } });
  const page = requireListed(await bland.client.listCalls(WEEK));
  assert.deepEqual(page.calls.map(({ status }) => status), [
    "completed",
    "unreadable_row",
    "completed",
  ]);
  assert.deepEqual(page.calls[1], {
    status: "unreadable_row",
    reason: "started_at is not an instant with a zone",
    id: "call-000001",
  });
});

Deno.test("listCalls() reads list rows that have only the documented example's members", async () => {
  await using bland = serveBland();
  placeMany(bland, 1);
  bland.simulator.faults.hasMinimalRows = true;
  const [call] = requireListed(await bland.client.listCalls(WEEK)).calls;
  if (!call || call.status === "unreadable_row") throw new Error("no call");
  assert.deepEqual([call.isFinal, call.durationSeconds, call.costMicros], [true, 45, null]);
  const detail = await bland.client.getCall(call.carrierCallId);
  assert.equal(detail.status === "found" ? detail.call.costMicros : null, 68_000n);
});

Deno.test("prices and minutes keep their text from the wire to the record", async () => {
  await using bland = serveBland();
  bland.simulator.placeCall({
    ...PARTIES,
    createdAtMs: NOW_MS - 60_000,
    talkSeconds: 11,
    priceText: "1.70e-2",
  });
  const [call] = requireListed(await bland.client.listCalls(WEEK)).calls;
  if (!call || call.status === "unreadable_row") throw new Error("no call");
  assert.equal(call.record.price, "1.70e-2");
  assert.equal(call.record.call_length, "0.183333333333333");
  assert.equal(call.costMicros, 17_000n);
});

Deno.test("getCall() finds a call, and says so when there is none", async () => {
  await using bland = serveBland();
  placeMany(bland, 1);
  const found = await bland.client.getCall("call-000000");
  assert.equal(found.status === "found" ? found.call.durationSeconds : null, 45);
  assert.deepEqual(await bland.client.getCall("call-999999"), { status: "call_not_found" });
});

Deno.test("getCall() never asks for an id that Bland cannot have written", async () => {
  await using bland = serveBland();
  for (const id of ["", "..", ".", "a/b", "a?b", "a b", "ä", "a".repeat(65)]) {
    const outcome = await bland.client.getCall(id);
    assert.deepEqual(outcome, {
      status: "answer_unreadable",
      reason: "not an id of a Bland call",
    });
  }
  assert.equal(bland.simulator.requestCount.detail, 0);
});

Deno.test("getCall() refuses the answer about another call, and a call it cannot read", async () => {
  const bodies = [{ call_id: "other", created_at: "2031-03-03T08:00:00Z" }, { call_id: "asked" }];
  await using server = serve(() => Response.json(bodies.shift()));
  const client = server.clientOf(API_KEY);
  assert.equal((await client.getCall("asked")).status, "answer_unreadable");
  assert.equal((await client.getCall("asked")).status, "answer_unreadable");
});

Deno.test("a key sees its own calls only", async () => {
  await using bland = serveBland();
  bland.simulator.addKey("other-key");
  placeMany(bland, 1);
  const other = bland.clientOf("other-key");
  assert.equal(requireListed(await other.listCalls(WEEK)).count, 0);
  assert.deepEqual(await other.getCall("call-000000"), { status: "call_not_found" });
});

Deno.test("a revoked key is refused, and the reason says why", async () => {
  await using bland = serveBland();
  bland.simulator.revokeKey(API_KEY);
  const expected = { status: "credentials_refused", reason: "HTTP 401 AUTH_FAILURE Unauthorized" };
  assert.deepEqual(await bland.client.listCalls(WEEK), expected);
  assert.deepEqual(await bland.client.getCall("a"), expected);
});

Deno.test("a carrier that is not there is unavailable", async () => {
  const bland = serveBland();
  await bland[Symbol.asyncDispose]();
  const outcome = await bland.client.listCalls(WEEK);
  assert.deepEqual(outcome, {
    status: "carrier_unavailable",
    reason: "connection refused",
    retryAfterMs: null,
  });
});

Deno.test("a page that announces more rows than it brings says how many are still to come", async () => {
  await using server = serve(() => Response.json({ count: 1000, calls: [null, null] }));
  const page = requireListed(await server.clientOf(API_KEY).listCalls(WEEK));
  assert.deepEqual([page.count, page.totalCount], [2, 1000]);
});

const LAST_PAGES: readonly [
  from: number,
  count: number,
  limit: number,
  total: number | null,
  isLast: boolean,
][] = [
  [0, 0, 1000, null, true],
  [0, 0, 1000, 5, true],
  [0, 999, 1000, null, true],
  [0, 1000, 1000, null, false],
  [0, 1000, 1000, 1000, true],
  [0, 1000, 1000, 1001, false],
  [0, 100, 1000, 250, false],
  [200, 50, 1000, 250, true],
  [1000, 1, 1000, 1001, true],
];

for (const [fromIndex, count, limit, totalCount, isLast] of LAST_PAGES) {
  Deno.test(`isLastPage() from ${fromIndex}, ${count} of ${limit}, ${totalCount} altogether: ${isLast}`, () => {
    assert.equal(isLastPage({ fromIndex, count, limit, totalCount }), isLast);
  });
}
