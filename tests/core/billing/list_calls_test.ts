import assert from "node:assert/strict";
import { billDue } from "../../../core/billing/bill_due.ts";
import {
  billingOf,
  type CallQuery,
  CALLS_LOOKED_AT_MAX,
  getChargedCall,
  listCalls,
} from "../../../core/billing/list_calls.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import { listUsageRecords } from "../../../core/billing/usage_records.ts";
import type { CallReport } from "../../../core/usage/call_usage.ts";
import { reportOf, ringing } from "../../support/call_report.ts";
import { ACME_NUMBER, openWorld, START_MS, STRANGER, type World } from "../../support/world.ts";

function take({ deps }: World, reports: CallReport[]) {
  const intake = { carrier: "bland" as const, sourceId: "bland:main", keyAccountId: null };
  return recordCalls(deps, { ...intake, reports, atMs: START_MS });
}

async function idsOf({ deps }: World, query: Partial<CallQuery>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listCalls(deps.store, { limit: 100, ...query, cursor });
    assert(page);
    assert(page.calls.length <= (query.limit ?? 100));
    ids.push(...page.calls.map(({ call }) => call.carrierCallId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

const numbered = (count: number, told: Parameters<typeof reportOf>[1] = {}): CallReport[] =>
  Array.from(
    { length: count },
    (_, i) => reportOf(`c${String(i).padStart(5, "0")}`, { ...told, startedAtMs: START_MS - i }),
  );

Deno.test("listCalls() shows every call once, whatever the size of a page", async () => {
  using world = await openWorld();
  const reports = numbered(53);
  await take(world, reports);
  const wanted = reports.map(({ carrierCallId }) => carrierCallId);
  for (const limit of [1, 7, 52, 53, 54]) {
    assert.deepEqual(await idsOf(world, { limit }), wanted, `limit ${limit}`);
    assert.deepEqual(await idsOf(world, { limit, accountId: "acme" }), wanted);
    assert.deepEqual(await idsOf(world, { limit, status: "completed" }), wanted);
    assert.deepEqual(await idsOf(world, { limit, accountId: "kiwi" }), []);
  }
});

Deno.test("listCalls() says at the end of a page that there is no other", async () => {
  using world = await openWorld();
  await take(world, numbered(3));
  for (const query of [{}, { status: "completed" as const }, { accountId: "acme" }]) {
    const page = await listCalls(world.deps.store, { ...query, limit: 3 });
    assert.deepEqual([page?.calls.length, page?.nextCursor], [3, null]);
  }
});

Deno.test("listCalls() looks at so many calls for one answer, and its cursor goes on", async () => {
  using world = await openWorld();
  await take(world, [
    ...numbered(CALLS_LOOKED_AT_MAX),
    reportOf("needle", { startedAtMs: START_MS - 10_000, status: "busy", seconds: 0 }),
  ]);
  const first = await listCalls(world.deps.store, { status: "busy", limit: 1 });
  assert.equal(first?.calls.length, 0);
  assert.notEqual(first?.nextCursor, null);
  assert.deepEqual(await idsOf(world, { status: "busy" }), ["needle"]);
});

Deno.test("listCalls() takes the start inclusive and the end exclusive", async () => {
  using world = await openWorld();
  await take(world, numbered(4));
  const period = { fromMs: START_MS - 2, untilMs: START_MS };
  for (const query of [period, { ...period, accountId: "acme" }]) {
    assert.deepEqual(await idsOf(world, query), ["c00001", "c00002"]);
  }
  const last = await listCalls(world.deps.store, { limit: 1 });
  const outside = { limit: 1, fromMs: START_MS, cursor: last!.nextCursor! };
  assert.deepEqual(await listCalls(world.deps.store, outside), { calls: [], nextCursor: null });
});

Deno.test("listCalls() finds unassigned calls newest first, each once though it stands under two numbers", async () => {
  using world = await openWorld();
  const nobodys = { from: "+12125550101", to: STRANGER, direction: null };
  await take(world, [
    ...numbered(5, nobodys),
    reportOf("words", { ...nobodys, from: "\u65e5\u672c\u8a9e", startedAtMs: START_MS - 9 }),
    ringing("ringing", nobodys),
    reportOf("owned", { from: ACME_NUMBER }),
  ]);
  const wanted = ["c00000", "c00001", "c00002", "c00003", "c00004", "words"];
  for (const limit of [1, 2, 6, 7]) {
    assert.deepEqual(await idsOf(world, { billing: "unassigned", limit }), wanted);
  }
  const period = { fromMs: START_MS - 2, untilMs: START_MS };
  assert.deepEqual(await idsOf(world, { billing: "unassigned", ...period }), ["c00001", "c00002"]);
});

Deno.test("listCalls() finds unassigned calls by time where they are very many", async () => {
  using world = await openWorld();
  const nobodys = { from: "+12125550101", to: STRANGER, direction: null };
  await take(world, numbered(2_600, nobodys));
  const found = await idsOf(world, { billing: "unassigned" });
  assert.equal(found.length, 2_600);
  assert.deepEqual(found.slice(0, 2), ["c00000", "c00001"]);
});

Deno.test("listCalls() refuses a cursor that is not one of ours", async () => {
  using world = await openWorld();
  for (const query of [{}, { accountId: "acme" }, { billing: "unassigned" as const }]) {
    assert.equal(await listCalls(world.deps.store, { ...query, limit: 1, cursor: "?" }), null);
  }
  assert.equal(await listUsageRecords(world.deps.store, { limit: 1, cursor: "?" }), null);
});

Deno.test("billingOf() follows a call from ringing to billed, and a later change of it", async () => {
  using world = await openWorld();
  const stand = async () => {
    const { state, reason } = billingOf((await getChargedCall(world.deps.store, "bland:c1"))!);
    return [state, reason];
  };
  await take(world, [ringing("c1")]);
  assert.deepEqual(await stand(), ["open", "not_final"]);
  await take(world, [reportOf("c1")]);
  assert.deepEqual(await stand(), ["open", "due"]);
  await billDue(world.deps, { actor: "test" });
  assert.deepEqual(await stand(), ["billed", null]);
  await take(world, [reportOf("c1", { seconds: 61 })]);
  assert.deepEqual(await stand(), ["billed", "due"]);
  await billDue(world.deps, { actor: "test" });
  assert.deepEqual(await stand(), ["billed", null]);
  assert.equal(await getChargedCall(world.deps.store, "bland:none"), null);
});

Deno.test("billingOf() shows a fault of a call that nobody owns, and of one that is parked", async () => {
  using world = await openWorld();
  await take(world, [
    reportOf("a", { fault: "negative_duration", isFinal: false }),
    reportOf("b", { fault: "negative_duration", isFinal: false, from: STRANGER }),
  ]);
  await billDue(world.deps, { actor: "test" });
  const page = await listCalls(world.deps.store, { limit: 9 });
  assert.deepEqual(page?.calls.map((one) => [one.call.carrierCallId, billingOf(one)]), [
    ["b", { state: "unassigned", reason: "negative_duration" }],
    ["a", { state: "parked", reason: "negative_duration" }],
  ]);
});
