import assert from "node:assert/strict";
import fc from "fast-check";
import { SECOND_MS } from "../../../../core/clock.ts";
import {
  factsOf,
  joinFacts,
  reportOf,
  type TwilioCallFacts,
} from "../../../../core/carriers/twilio/call_facts.ts";
import {
  parseTwilioCallback,
  type TwilioCallCallback,
} from "../../../../core/carriers/twilio/callbacks.ts";
import { TWILIO_CALL_STATUSES } from "../../../../core/carriers/twilio/fields/call_status.ts";
import { formatRfc2822 } from "../../../../core/carriers/twilio/fields/rfc_2822.ts";
import { NOW_MS, serveTwilio } from "./served_twilio.ts";

function callback(parameters: Record<string, string>): TwilioCallCallback {
  const body = new URLSearchParams({ CallSid: "CA1", ...parameters }).toString();
  const parsed = parseTwilioCallback(new TextEncoder().encode(body));
  if (parsed.status !== "call_status") throw new Error(JSON.stringify(parsed));
  return parsed.callback;
}

function facts(parameters: Record<string, string>, receivedAtMs = NOW_MS): TwilioCallFacts {
  return factsOf({ callback: callback(parameters), receivedAtMs });
}

const at = (seconds: number) => formatRfc2822(NOW_MS + seconds * SECOND_MS);

Deno.test("a completed call starts at its Timestamp less its CallDuration", () => {
  const report = reportOf(facts({
    CallStatus: "completed",
    CallDuration: "180",
    Timestamp: at(0),
    From: "+12025550100",
    To: "+18886103810",
    Direction: "inbound",
  }, NOW_MS + 999));
  const { record, ...rest } = report;
  assert.deepEqual(rest, {
    carrier: "twilio",
    carrierCallId: "CA1",
    direction: "inbound",
    from: "+12025550100",
    to: "+18886103810",
    status: "completed",
    isFinal: true,
    startedAtMs: NOW_MS - 180 * SECOND_MS,
    answeredAtMs: null,
    endedAtMs: NOW_MS,
    durationSeconds: 180,
    costMicros: null,
    costCurrency: null,
    claimedAccountId: null,
    fault: null,
  });
  assert.deepEqual([record.status, record.duration, record.started_at], [
    "completed",
    "180",
    undefined,
  ]);
});

Deno.test("without a Timestamp the time of receipt stands in", () => {
  const report = reportOf(facts({ CallStatus: "completed", CallDuration: "60" }, NOW_MS + 1));
  assert.deepEqual([report.startedAtMs, report.endedAtMs], [NOW_MS + 1 - 60_000, NOW_MS + 1]);
});

for (
  const [word, status] of [
    ["busy", "busy"],
    ["no-answer", "no_answer"],
    ["failed", "failed"],
    ["canceled", "canceled"],
  ]
) {
  Deno.test(`${word} is final with 0 seconds, whatever CallDuration says`, () => {
    for (const CallDuration of [undefined, "", "0", "17", "-3", "soon"]) {
      const parameters = CallDuration === undefined ? {} : { CallDuration };
      const report = reportOf(facts({ CallStatus: word ?? "", Timestamp: at(0), ...parameters }));
      assert.deepEqual(
        [report.status, report.isFinal, report.durationSeconds, report.fault, report.startedAtMs],
        [status, true, 0, null, NOW_MS],
      );
    }
  });
}

Deno.test("a completed call without a usable duration is not final", () => {
  for (
    const [text, fault] of [["", null], ["-5", "negative_duration"], ["x", "bad_duration"]] as const
  ) {
    const report = reportOf(facts({ CallStatus: "completed", CallDuration: text }));
    assert.deepEqual(
      [report.status, report.isFinal, report.durationSeconds, report.fault, report.endedAtMs],
      ["completed", false, null, fault, null],
    );
  }
});

Deno.test("joinFacts() keeps who talked to whom from any callback, and when it was answered", () => {
  const joined = joinFacts(
    facts({
      CallStatus: "in-progress",
      Timestamp: at(3),
      From: "+12025550100",
      ParentCallSid: "CA0",
    }),
    facts({ CallStatus: "completed", CallDuration: "5", Timestamp: at(9), To: "+12025550101" }),
  );
  const report = reportOf(joined);
  assert.deepEqual([report.from, report.to], ["+12025550100", "+12025550101"]);
  assert.equal(report.answeredAtMs, NOW_MS + 3_000);
  assert.equal(report.startedAtMs, NOW_MS + 4_000);
  assert.equal(report.record.parent_call_sid, "CA0");
});

Deno.test("joinFacts() refuses two calls", () => {
  const other = { ...facts({ CallStatus: "ringing" }), callSid: "CA2" };
  assert.throws(() => joinFacts(facts({ CallStatus: "ringing" }), other), /two calls/);
});

const PRECEDENCE = [...TWILIO_CALL_STATUSES];

Deno.test("of two statuses the documented one holds, whichever comes first", () => {
  for (const [rank, weaker] of PRECEDENCE.entries()) {
    for (const stronger of PRECEDENCE.slice(rank + 1)) {
      const [one, other] = [facts({ CallStatus: weaker }), facts({ CallStatus: stronger })];
      assert.equal(joinFacts(one, other).furthest.status, stronger);
      assert.equal(joinFacts(other, one).furthest.status, stronger);
    }
  }
});

const anyFacts = fc.record({
  CallStatus: fc.constantFrom(...PRECEDENCE),
  CallDuration: fc.constantFrom("", "0", "5", "49", "-1", "x", "y"),
  Timestamp: fc.constantFrom("", "soon", at(0), at(7), at(-90)),
  From: fc.constantFrom("", "+12025550100", "client:ada"),
  To: fc.constantFrom("", "+12025550101"),
  Direction: fc.constantFrom("", "inbound", "outbound-api", "sideways"),
  ParentCallSid: fc.constantFrom("", "CA0"),
  SequenceNumber: fc.constantFrom("", "0", "3"),
  SipResponseCode: fc.constantFrom("", "200", "487"),
}).chain((parameters) =>
  fc.integer({ min: 0, max: 3 }).map((late) => facts(parameters, NOW_MS + late))
);

Deno.test("joinFacts() is a semilattice: order, grouping and repetition change nothing", () => {
  fc.assert(
    fc.property(anyFacts, anyFacts, anyFacts, (a, b, c) => {
      assert.deepEqual(joinFacts(a, b), joinFacts(b, a));
      assert.deepEqual(joinFacts(joinFacts(a, b), c), joinFacts(a, joinFacts(b, c)));
      assert.deepEqual(joinFacts(a, a), a);
      assert.deepEqual(joinFacts(joinFacts(a, b), b), joinFacts(a, b));
    }),
    { numRuns: 500 },
  );
});

function permutations<Thing>(things: readonly Thing[]): Thing[][] {
  if (things.length === 0) return [[]];
  return things.flatMap((thing, at) =>
    permutations(things.toSpliced(at, 1)).map((rest) => [thing, ...rest])
  );
}

Deno.test("a call's callbacks come to the same report in every order, and repeated", async () => {
  await using twilio = serveTwilio();
  const { sid } = twilio.simulator.placeCall({
    from: "+12025550100",
    to: "+37251234567",
    waitSeconds: 4,
    talkSeconds: 49,
  });
  const all = twilio.simulator.callbacksOf(sid).map(({ body }, index) => {
    const parsed = parseTwilioCallback(new TextEncoder().encode(body));
    if (parsed.status !== "call_status") throw new Error(parsed.status);
    return factsOf({ callback: parsed.callback, receivedAtMs: NOW_MS + index });
  });
  assert.equal(all.length, 4);
  const reports = permutations([...all, ...all.slice(3)]).map((order) =>
    reportOf(order.reduce(joinFacts))
  );
  for (const report of reports) assert.deepEqual(report, reports[0]);
  const [report] = reports;
  assert.deepEqual(
    [report?.status, report?.durationSeconds, report?.startedAtMs, report?.answeredAtMs],
    ["completed", 49, NOW_MS + 4_000, NOW_MS + 4_000],
  );
});
