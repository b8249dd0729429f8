import assert from "node:assert/strict";
import { MINUTE_MS, SECOND_MS } from "../../../../core/clock.ts";
import { costOfFacts } from "../../../../core/carriers/telnyx/calls/call_cost.ts";
import {
  addEvent,
  type TelnyxCallFacts,
} from "../../../../core/carriers/telnyx/calls/call_facts.ts";
import { reportOf } from "../../../../core/carriers/telnyx/calls/call_report.ts";
import { parseTelnyxEvent } from "../../../../core/carriers/telnyx/events.ts";
import {
  addMessageEvent,
  type TelnyxMessageFacts,
} from "../../../../core/carriers/telnyx/messages/message_facts.ts";
import { messageReportOf } from "../../../../core/carriers/telnyx/messages/message_report.ts";
import { sumRecords } from "../../../../core/carriers/telnyx/records/sum_records.ts";
import type { TelnyxWebhookRequest } from "../../../../core/carriers/telnyx/simulated/deliveries.ts";
import {
  createTelnyxVerifier,
  TELNYX_SIGNATURE_HEADER,
  TELNYX_TIMESTAMP_HEADER,
} from "../../../../core/carriers/telnyx/webhook.ts";
import { API_KEY, NOW_MS, type ServedTelnyx, serveTelnyx } from "./served_telnyx.ts";

const PARTIES = { from: "+12025550100", to: "+37251234567" };

const kindOf = ({ body }: TelnyxWebhookRequest): string => JSON.parse(body).data.event_type;

/** The facts of every call and message that webhooks told of. */
function learn(webhooks: readonly TelnyxWebhookRequest[]) {
  const calls = new Map<string, TelnyxCallFacts>();
  const messages = new Map<string, TelnyxMessageFacts>();
  for (const { body } of webhooks) {
    const outcome = parseTelnyxEvent(body);
    if (outcome.status === "call_event") {
      const { sessionId } = outcome.event;
      calls.set(sessionId, addEvent(calls.get(sessionId) ?? null, outcome.event));
    } else if (outcome.status === "message_event") {
      const { messageId } = outcome.event.message;
      messages.set(messageId, addMessageEvent(messages.get(messageId) ?? null, outcome.event));
    } else throw new Error(JSON.stringify(outcome));
  }
  return { calls, messages };
}

async function ask(telnyx: ServedTelnyx, path: string, key = API_KEY) {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(telnyx.baseUrl + path, { headers });
  return { response, body: await response.json() };
}

Deno.test("a call's webhooks come as the clock moves, each when its hour has come", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived } = telnyx;
  simulator.placeCall({ legs: [{ ...PARTIES, ringSeconds: 4, talkSeconds: 60 }] });
  const stages: [seconds: number, kinds: string[]][] = [
    [0, ["call.initiated"]],
    [4, ["call.answered"]],
    [59.999, []],
    [0.001, ["call.hangup"]],
    [6, ["call.cost"]],
    [600, []],
  ];
  for (const [seconds, kinds] of stages) {
    clock.advance(seconds * SECOND_MS);
    assert.deepEqual(arrived.splice(0).map(kindOf), kinds);
  }
  await simulator.idle();
});

Deno.test("webhooks are signed over their bytes with the simulator's own key, when they are sent", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived } = telnyx;
  simulator.placeCall({ legs: [{ ...PARTIES, talkSeconds: 1 }] });
  simulator.placeMessage({ ...PARTIES });
  clock.advance(MINUTE_MS);
  assert.equal(arrived.length, 6);
  const verify = createTelnyxVerifier(simulator.publicKey);
  for (const { body, headers, path } of arrived) {
    const proof = verify({
      body: new TextEncoder().encode(body),
      signature: headers[TELNYX_SIGNATURE_HEADER] ?? null,
      timestamp: headers[TELNYX_TIMESTAMP_HEADER] ?? null,
      nowMs: clock.now(),
    });
    assert.deepEqual(proof, { status: "verified" });
    const isCall = kindOf({ body, headers, path }).startsWith("call.");
    assert.equal(path, `/api/telnyx/webhooks/${isCall ? "calls" : "messages"}`);
  }
  await simulator.idle();
});

Deno.test("what webhooks and records tell of calls is the truth, legs, odd prices and all", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived, client } = telnyx;
  simulator.faults.isScientific = true;
  simulator.placeCall({ legs: [{ ...PARTIES, isInbound: true, talkSeconds: 6.8 }] });
  simulator.placeCall({ legs: [{ ...PARTIES, hangupCause: "user_busy" }] });
  simulator.placeCall({
    legs: [
      { ...PARTIES, isInbound: true, talkSeconds: 200, trunkRate: "0.0000007" },
      { ...PARTIES, afterSeconds: 5, talkSeconds: 190, controlRate: "0.0001687" },
      { ...PARTIES, afterSeconds: 6, ringSeconds: 20 },
    ],
  });
  clock.advance(10 * MINUTE_MS);
  const { calls } = learn(arrived);
  for (const truth of simulator.truth().calls) {
    const facts = calls.get(truth.sessionId);
    assert.ok(facts);
    const { report, needsDetailRecords } = reportOf(facts);
    assert.deepEqual(
      [report?.startedAtMs, report?.endedAtMs, report?.durationSeconds, needsDetailRecords],
      [truth.startedAtMs, truth.endedAtMs, truth.talkSeconds, false],
    );
    const cost = costOfFacts(facts);
    assert.equal(cost.status === "complete" && cost.costMicros, truth.costMicros);
    const rows = [];
    for (const recordType of ["call-control", "sip-trunking"]) {
      const outcome = await client.listDetailRecords({ recordType, sessionId: truth.sessionId });
      if (outcome.status !== "listed") throw new Error(outcome.status);
      rows.push(...outcome.rows);
    }
    const sum = sumRecords(rows, { sessionId: truth.sessionId });
    assert.deepEqual(
      sum.status === "complete" && [sum.costMicros, sum.billedSeconds, sum.talkSeconds],
      [truth.costMicros, truth.billedSeconds, truth.talkSeconds],
    );
  }
  assert.deepEqual([...calls.values()].map((facts) => reportOf(facts).report?.status), [
    "completed",
    "busy",
    "completed",
  ]);
  await simulator.idle();
});

Deno.test("disorder, delay and doubles change nothing of what is learned", async () => {
  const ends: unknown[] = [];
  for (const isRough of [false, true]) {
    await using telnyx = serveTelnyx();
    const { simulator, clock, arrived } = telnyx;
    if (isRough) {
      Object.assign(simulator.faults, {
        duplicateShare: 0.5,
        delayMs: 5 * SECOND_MS,
        disorderMs: 10 * MINUTE_MS,
      });
    }
    for (let i = 0; i < 40; i++) {
      simulator.placeCall({
        legs: [{ ...PARTIES, talkSeconds: i }, { ...PARTIES, talkSeconds: 9 }],
      });
      simulator.placeMessage({ ...PARTIES, segments: 1 + i % 3 });
    }
    clock.advance(60 * MINUTE_MS);
    await simulator.idle();
    const { calls, messages } = learn(arrived);
    const byId = (a: [string, unknown], b: [string, unknown]) => a[0] < b[0] ? -1 : 1;
    ends.push([
      [...calls].sort(byId).map(([, facts]) => [reportOf(facts), costOfFacts(facts)]),
      [...messages].sort(byId).map(([, facts]) => messageReportOf(facts)),
    ]);
    const kinds = arrived.map(kindOf);
    assert.equal(kinds.length > 500, isRough, String(kinds.length));
  }
  assert.deepEqual(ends[1], ends[0]);
});

Deno.test("lost webhooks: all by share, or by kind, and the call asks for its records", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived } = telnyx;
  simulator.faults.lossShare = 1;
  simulator.placeCall({ legs: [{ ...PARTIES, talkSeconds: 9 }] });
  simulator.faults.lossShare = 0;
  simulator.faults.lostKinds.add("call.answered");
  simulator.placeCall({ legs: [{ ...PARTIES, talkSeconds: 9 }] });
  clock.advance(MINUTE_MS);
  assert.deepEqual(arrived.map(kindOf), ["call.initiated", "call.hangup", "call.cost"]);
  const [facts] = learn(arrived).calls.values();
  assert.equal(facts && reportOf(facts).needsDetailRecords, true);
  await simulator.idle();
});

Deno.test("call.cost can be off, or fail", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived } = telnyx;
  simulator.faults.sendsCallCost = false;
  simulator.placeCall({ legs: [{ ...PARTIES, talkSeconds: 9 }] });
  simulator.faults.sendsCallCost = true;
  simulator.faults.hasFailedCallCosts = true;
  simulator.placeCall({ legs: [{ ...PARTIES, talkSeconds: 9 }] });
  clock.advance(MINUTE_MS);
  const { calls } = learn(arrived);
  assert.deepEqual([...calls.values()].map((facts) => costOfFacts(facts).status), ["none", "none"]);
  assert.equal(arrived.map(kindOf).filter((kind) => kind === "call.cost").length, 1);
  await simulator.idle();
});

Deno.test("a refused webhook comes again, signed anew, three times in all; another 4xx does not", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived, statuses } = telnyx;
  statuses.push(500, 503, 500, 404);
  simulator.faults.lostKinds.add("message.sent");
  simulator.placeMessage({ ...PARTIES });
  simulator.placeMessage({ ...PARTIES, sentAtMs: NOW_MS + MINUTE_MS });
  for (let step = 0; step < 100; step++) {
    clock.advance(SECOND_MS);
    await simulator.idle();
    await Promise.resolve();
  }
  const attempts = arrived.map(({ body }) => JSON.parse(body).meta.attempt);
  assert.deepEqual(attempts, [1, 2, 3, 1]);
  const ids = new Set(arrived.map(({ body }) => JSON.parse(body).data.id));
  assert.equal(ids.size, 2);
  const stamps = new Set(arrived.map(({ headers }) => headers[TELNYX_TIMESTAMP_HEADER]));
  assert.equal(stamps.size, 4);
});

Deno.test("records appear late and in part: call control first, then the trunk", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, client } = telnyx;
  simulator.faults.recordsAfterMs = 10 * SECOND_MS;
  simulator.faults.trunkRecordsAfterMs = 20 * SECOND_MS;
  const { sessionId } = simulator.placeCall({
    isSilent: true,
    legs: [{ ...PARTIES, talkSeconds: 58 }],
  });
  const stages: [seconds: number, status: string, reason: string | null][] = [
    [60, "incomplete", "no records yet"],
    [10, "incomplete", "only call-control records yet"],
    [19.999, "incomplete", "only call-control records yet"],
    [0.001, "complete", null],
  ];
  for (const [seconds, status, reason] of stages) {
    clock.advance(seconds * SECOND_MS);
    const rows = [];
    for (const recordType of ["call-control", "sip-trunking"]) {
      const outcome = await client.listDetailRecords({ recordType, sessionId });
      if (outcome.status === "listed") rows.push(...outcome.rows);
    }
    const sum = sumRecords(rows, { sessionId });
    assert.deepEqual([sum.status, "reason" in sum ? sum.reason : null], [status, reason]);
  }
});

Deno.test("a call may never get records, and may cost in another currency", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, client } = telnyx;
  const place = (changes: { recordsAfterMs?: number; currency?: string }) =>
    simulator.placeCall({ isSilent: true, legs: [{ ...PARTIES, talkSeconds: 58 }], ...changes })
      .sessionId;
  const [never, euros] = [place({ recordsAfterMs: Infinity }), place({ currency: "EUR" })];
  clock.advance(100 * MINUTE_MS);
  const sumOf = async (sessionId: string) => {
    const outcome = await client.listDetailRecords({ recordType: "sip-trunking", sessionId });
    return outcome.status === "listed" ? sumRecords(outcome.rows, { sessionId }).status : null;
  };
  assert.deepEqual([await sumOf(never), await sumOf(euros)], ["incomplete", "other_currency"]);
});

Deno.test("40 requests in a fixed minute of UTC, told in headers, full again at :00", async () => {
  await using telnyx = serveTelnyx();
  const path = "/detail_records?filter[record_type]=sip-trunking";
  for (let left = 39; left >= 0; left--) {
    const { response } = await ask(telnyx, path);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-ratelimit-remaining"), String(left));
  }
  const { response, body } = await ask(telnyx, path);
  assert.equal(response.status, 429);
  assert.equal(body.errors[0].code, "10011");
  assert.equal(response.headers.get("x-ratelimit-limit"), "40, 40;w=60");
  assert.equal(response.headers.get("x-ratelimit-reset"), "40");
  assert.equal(response.headers.get("retry-after"), null);
  telnyx.clock.advance(39_999);
  assert.equal((await ask(telnyx, path)).response.status, 429);
  telnyx.clock.advance(1);
  assert.equal((await ask(telnyx, path)).response.status, 200);
  assert.equal((await ask(telnyx, "/balance")).response.headers.get("x-ratelimit-limit"), null);
});

Deno.test("the listing filters, sorts, pages and clamps as documented", async () => {
  await using telnyx = serveTelnyx();
  const { simulator } = telnyx;
  simulator.faults.quotaPerMinute = 1_000;
  for (let i = 0; i < 70; i++) {
    const startedAtMs = NOW_MS - (60 - i % 60) * MINUTE_MS;
    const from = `+120255502${String(i).padStart(2, "0")}`;
    simulator.placeCall({
      isSilent: true,
      startedAtMs,
      legs: [{ ...PARTIES, from, talkSeconds: 1 }],
    });
  }
  const rows: [query: string, count: number | null, total: number][] = [
    ["", 20, 70],
    ["&page[size]=50", 50, 70],
    ["&page[size]=250", 50, 70],
    ["&page[size]=250&page[number]=2", 20, 70],
    ["&page[number]=9", 0, 70],
    ["&filter[cli]=%2B12025550207", 1, 1],
    ["&filter[cli][starts_with]=%2B1202555020", 10, 10],
    ["&filter[cli][contains]=55026", 10, 10],
    ["&filter[cli][ends_with]=69", 1, 1],
    ["&filter[started_at][gte]=2031-03-03T11:58:20Z&page[size]=50", 2, 2],
    ["&filter[started_at][lt]=2031-03-03T11:01:20Z", 2, 2],
    ["&filter[started_at][lte]=2031-03-03T11:01:20Z", 4, 4],
    ["&filter[date_range]=today", 20, 70],
    ["&filter[date_range]=yesterday", 0, 0],
    ["&filter[created_at][gte]=2031-03-03T11:01:20Z", null, 0],
    ["&sort=created_at", null, 0],
    ["&filter[started_at][near]=x", null, 0],
    ["&page[size]=0", null, 0],
  ];
  const base = "/detail_records?filter[record_type]=sip-trunking";
  for (const [query, count, total] of rows) {
    const { response, body } = await ask(telnyx, base + query);
    assert.equal(response.status, count === null ? 400 : 200, query);
    if (count === null) continue;
    assert.deepEqual([body.data.length, body.meta.total_results], [count, total], query);
  }
  const sorted = await ask(telnyx, `${base}&sort=-cli&page[size]=2`);
  assert.deepEqual(sorted.body.data.map((row: { cli: string }) => row.cli), [
    "+12025550269",
    "+12025550268",
  ]);
  for (const type of ["", "call", "calls", "voice"]) {
    assert.equal(
      (await ask(telnyx, `/detail_records?filter[record_type]=${type}`)).response.status,
      400,
    );
  }
  const control = "/detail_records?filter[record_type]=call-control&filter[call_control_id]=v3:x";
  assert.equal((await ask(telnyx, control)).response.status, 400);
  simulator.faults.ignoresUnknownFields = true;
  assert.equal((await ask(telnyx, control)).body.meta.total_results, 0);
  simulator.faults.refusedTypes.add("webrtc");
  assert.equal(
    (await ask(telnyx, "/detail_records?filter[record_type]=webrtc")).response.status,
    400,
  );
});

Deno.test("records look as they were measured: shared ids, no call_control_id where there is none", async () => {
  await using telnyx = serveTelnyx();
  const { simulator } = telnyx;
  simulator.faults.hasDuplicateRows = true;
  simulator.faults.isScientific = true;
  simulator.placeCall({
    isSilent: true,
    startedAtMs: NOW_MS - 10 * MINUTE_MS,
    legs: [{ ...PARTIES, talkSeconds: 1 }, { ...PARTIES, talkSeconds: 1 }],
  });
  const list = async (type: string) =>
    (await ask(telnyx, `/detail_records?filter[record_type]=${type}`)).body.data;
  const [trunks, controls] = [await list("sip-trunking"), await list("call-control")];
  assert.deepEqual(
    trunks.map((row: { id: string }) => row.id),
    controls.map((row: { id: string }) => row.id),
  );
  assert.equal(new Set(trunks.map((row: { id: string }) => row.id)).size, 2);
  assert.equal(trunks.length, 4);
  assert.deepEqual(
    trunks.map((
      row: Record<string, unknown>,
    ) => [row.cost, "call_control_id" in row, "telnyx_leg_id" in row]),
    [["5.0E-3", true, false], ["5.0E-3", true, false], ["5.0E-3", false, false], [
      "5.0E-3",
      false,
      false,
    ]],
  );
  assert.ok(controls.every((row: Record<string, unknown>) => !("call_control_id" in row)));
  assert.equal(trunks[0].started_at, "2031-03-03T11:50:20Z");
});

Deno.test("the balance goes down as calls and messages end, by their true cost", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, client } = telnyx;
  const balance = async () => {
    const outcome = await client.getBalance();
    return outcome.status === "balance" ? outcome.balance.balanceMicros : null;
  };
  simulator.placeCall({ isSilent: true, legs: [{ ...PARTIES, talkSeconds: 58 }] });
  simulator.placeMessage({ ...PARTIES, isSilent: true });
  assert.equal(await balance(), 100_000_000n);
  clock.advance(59 * SECOND_MS);
  assert.equal(await balance(), 100_000_000n - 8_200n);
  clock.advance(SECOND_MS);
  assert.equal(await balance(), 100_000_000n - 8_200n - 6_800n);
});

Deno.test("a message's events: sent without a price, finalized with one unless that is off", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived } = telnyx;
  simulator.placeMessage({ ...PARTIES, segments: 3 });
  simulator.faults.hasNullMessageCosts = true;
  simulator.placeMessage({ ...PARTIES, status: "delivery_failed" });
  simulator.placeMessage({ ...PARTIES, isInbound: true, cost: "0.0000", hasNullCost: false });
  clock.advance(MINUTE_MS);
  const { messages } = learn(arrived);
  assert.deepEqual(
    [...messages.values()].map(messageReportOf).map((each) => [
      each.status,
      each.segments,
      each.costMicros,
      each.isFinal,
    ]),
    [["delivered", 3, 24_600n, true], ["failed", 1, null, true], ["received", 1, 0n, true]],
  );
  assert.deepEqual(simulator.truth().messages.map(({ costMicros }) => costMicros), [
    24_600n,
    8_200n,
    0n,
  ]);
  await simulator.idle();
});

Deno.test("only the key opens; slow answers wait; ids are taken once; silence is silent", async () => {
  await using telnyx = serveTelnyx();
  const { simulator, clock, arrived } = telnyx;
  assert.equal((await ask(telnyx, "/balance", "wrong")).body.errors[0].code, "10009");
  simulator.faults.slowMs = 5 * SECOND_MS;
  await ask(telnyx, "/balance");
  assert.equal(clock.now(), NOW_MS + 5 * SECOND_MS);
  assert.deepEqual(simulator.requestCount, { balance: 2, detailRecords: 0, messages: 0 });
  simulator.placeCall({ sessionId: "s", isSilent: true, legs: [PARTIES] });
  assert.throws(() => simulator.placeCall({ sessionId: "s", legs: [PARTIES] }), /its id is taken/);
  assert.equal(arrived.length, 0);
  assert.deepEqual(simulator.renderWebhooks("s").map(kindOf), [
    "call.initiated",
    "call.hangup",
    "call.cost",
  ]);
  simulator.placeCall({ legs: [PARTIES] });
  simulator.stop();
  assert.equal(clock.waiting(), 0);
});
