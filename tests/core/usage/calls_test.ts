import assert from "node:assert/strict";
import { openBatch } from "../../../core/kv/batch.ts";
import {
  type Call,
  mergeReport,
  ownNumbers,
  stageCall,
  talkSeconds,
} from "../../../core/usage/calls.ts";
import { reportOf, ringing, type Told } from "../../support/call_report.ts";
import { ACME_NUMBER, openWorld, START_MS, STRANGER } from "../../support/world.ts";

const merge = (earlier: Call | null, report: ReturnType<typeof reportOf>, atMs = START_MS) =>
  mergeReport(earlier, { report, sourceId: "bland:main", atMs });

const known = (told: Told = {}) => merge(null, reportOf("a", told))!;

Deno.test("a first report becomes a call that nobody owns yet", () => {
  const call = merge(null, reportOf("a", { seconds: 61 }), START_MS + 5)!;
  assert.deepEqual(
    [call.id, call.accountId, call.revision, call.durationSeconds, call.learnedAtMs],
    ["bland:a", null, 1, 61, START_MS + 5],
  );
});

Deno.test("a report that says nothing new is no news, however often it comes", () => {
  assert.equal(merge(known(), reportOf("a")), null);
});

Deno.test("a short row that leaves out what is known is no news", () => {
  const silent = ["corrected_duration", "price", "status", "started_at"];
  assert.equal(merge(known({ costMicros: 5n }), reportOf("a", {}, silent)), null);
});

Deno.test("an old picture of a call that has ended is not believed", () => {
  assert.equal(merge(known(), ringing("a")), null);
});

Deno.test("a call that goes on and then ends becomes final, one revision later", () => {
  const open = merge(null, ringing("a"))!;
  assert.equal(open.isFinal, false);
  const ended = merge(open, reportOf("a", { seconds: 30 }), START_MS + 1)!;
  assert.deepEqual(
    [ended.isFinal, ended.durationSeconds, ended.revision, ended.learnedAtMs],
    [true, 30, 2, START_MS + 1],
  );
});

Deno.test("what a short row leaves out stays as it was", () => {
  const earlier = known({
    seconds: 61,
    costMicros: 90_000n,
    status: "busy",
    claimedAccountId: "acme",
  });
  const short = reportOf("a", {
    seconds: null,
    isFinal: true,
    status: "in_progress",
    startedAtMs: START_MS,
    direction: null,
    answeredAtMs: null,
    endedAtMs: null,
    record: { answered_by: "human" },
  }, ["status", "started_at", "metadata_account_id", "price"]);
  const call = merge(earlier, short)!;
  assert.deepEqual({
    seconds: call.durationSeconds,
    cost: call.costMicros,
    currency: call.costCurrency,
    status: call.status,
    started: call.startedAtMs,
    answered: call.answeredAtMs,
    ended: call.endedAtMs,
    direction: call.direction,
    claimed: call.claimedAccountId,
    price: call.record.price,
    answeredBy: call.record.answered_by,
  }, {
    seconds: 61,
    cost: 90_000n,
    currency: "USD",
    status: "busy",
    started: earlier.startedAtMs,
    answered: earlier.answeredAtMs,
    ended: earlier.endedAtMs,
    direction: "outbound",
    claimed: "acme",
    price: "90000",
    answeredBy: "human",
  });
});

Deno.test("parties that a short row leaves out stay as they were", () => {
  const short = reportOf("a", { from: "", to: "", record: { answered_by: "human" } }, [
    "from",
    "to",
  ]);
  const call = merge(known(), short)!;
  assert.deepEqual([call.from, call.to], [ACME_NUMBER, STRANGER]);
});

Deno.test("what was found wrong with a report is forgotten when the next one is right", () => {
  const faulty = known({ fault: "bad_price", record: { price: "-1" } });
  assert.equal(faulty.fault, "bad_price");
  assert.equal(merge(faulty, reportOf("a", { costMicros: 5n }))?.fault, null);
});

Deno.test("a call keeps its owner and its id whatever is reported", () => {
  const owned: Call = { ...known(), accountId: "acme" };
  const call = merge(owned, reportOf("a", { seconds: 90, claimedAccountId: "kiwi" }))!;
  assert.deepEqual([call.accountId, call.id], ["acme", "bland:a"]);
});

const TALK: [Call["status"], number | null, number][] = [
  ["completed", 61, 61],
  ["completed", 0, 0],
  ["completed", null, 0],
  ["no_answer", 61, 0],
  ["busy", 61, 0],
  ["failed", 61, 61],
  ["canceled", 61, 61],
];
for (const [status, durationSeconds, seconds] of TALK) {
  Deno.test(`a ${status} call of ${durationSeconds} s has ${seconds} s to price`, () => {
    assert.equal(talkSeconds({ status, durationSeconds }), seconds);
  });
}

Deno.test("our number is `to` of an inbound call, `from` of an outbound one, either when unknown", () => {
  const parties = { from: "+1", to: "+2" };
  assert.deepEqual(ownNumbers({ ...parties, direction: "inbound" }), ["+2"]);
  assert.deepEqual(ownNumbers({ ...parties, direction: "outbound" }), ["+1"]);
  assert.deepEqual(ownNumbers({ ...parties, direction: null }), ["+1", "+2"]);
  assert.deepEqual(ownNumbers({ from: "+1", to: "+1", direction: null }), ["+1"]);
});

Deno.test("a call whose start moves, or that finds its owner, stands in each index once", async () => {
  using world = await openWorld();
  const { gates, store } = world.deps;
  const stage = (before: Call | null, after: Call) =>
    gates.change({
      gate: ["carrier_intake", "bland"],
      stage: (batch) => Promise.resolve(stageCall(batch, { before, after })),
    });
  const first = known();
  const moved: Call = { ...first, startedAtMs: START_MS };
  const owned: Call = { ...moved, accountId: "acme" };
  const movedOwned: Call = { ...owned, startedAtMs: START_MS + 5 };
  const places = async () =>
    (await Promise.all(
      [["call_by_time"], ["call_by_account"]].map((prefix) => store.list({ prefix })),
    )).flat().map(({ key }) => `${key.length === 4 ? key[1] : "all"} ${Number(key.at(-2))}`);
  await stage(null, first);
  assert.deepEqual(await places(), [`all ${first.startedAtMs}`]);
  await stage(first, moved);
  assert.deepEqual(await places(), [`all ${START_MS}`]);
  await stage(moved, owned);
  assert.deepEqual(await places(), [`all ${START_MS}`, `acme ${START_MS}`]);
  await stage(owned, movedOwned);
  assert.deepEqual(await places(), [`all ${START_MS + 5}`, `acme ${START_MS + 5}`]);
  const batch = openBatch(store);
  stageCall(batch, { before: movedOwned, after: { ...movedOwned, revision: 9 } });
  assert.equal(batch.staged().size, 1, "a call that stays where it is writes its row only");
});
