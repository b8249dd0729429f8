import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJsonKeepingNumbers } from "../../../../../core/carriers/json_numbers.ts";
import { parseTwilioCall } from "../../../../../core/carriers/twilio/rows/parse_call.ts";

const ROW = {
  sid: "CAaa11bb22cc33dd44ee55ff6600778899",
  account_sid: "AC1b2c3d4e5f60718293a4b5c6d7e8f901",
  parent_call_sid: null,
  status: "completed",
  direction: "outbound-api",
  from: "+14155550123",
  to: "+16505550199",
  date_created: "Tue, 03 Nov 2026 10:14:31 +0000",
  start_time: "Tue, 03 Nov 2026 10:14:41 +0000",
  end_time: "Tue, 03 Nov 2026 10:15:30 +0000",
  duration: "49",
  price: "-0.01400",
  price_unit: "USD",
  queue_time: "0",
};

const START = Date.UTC(2026, 10, 3, 10, 14, 41);

function report(change: Record<string, unknown> = {}) {
  const call = parseTwilioCall({ ...ROW, ...change });
  if (call.status === "unreadable_row") throw new Error(call.reason);
  return call;
}

Deno.test("parseTwilioCall() reads the documented call", () => {
  assert.deepEqual(report(), {
    carrier: "twilio",
    carrierCallId: ROW.sid,
    direction: "outbound",
    from: "+14155550123",
    to: "+16505550199",
    status: "completed",
    isFinal: true,
    startedAtMs: START,
    answeredAtMs: null,
    endedAtMs: START + 49_000,
    durationSeconds: 49,
    costMicros: 14_000n,
    costCurrency: "USD",
    claimedAccountId: null,
    fault: null,
    record: {
      sid: ROW.sid,
      parent_call_sid: null,
      date_created: ROW.date_created,
      started_at: ROW.start_time,
      end_time: ROW.end_time,
      duration: "49",
      price: "-0.01400",
      price_unit: "USD",
      status: "completed",
      direction: "outbound-api",
      trunk_sid: null,
      to: ROW.to,
      from: ROW.from,
      answered_by: null,
    },
  });
});

const DIRECTIONS: [unknown, string | null][] = [
  ["inbound", "inbound"],
  ["outbound-api", "outbound"],
  ["outbound-dial", "outbound"],
  ["trunking-originating", "inbound"],
  ["trunking-terminating", "outbound"],
  ["sideways", null],
  [null, null],
];

for (const [word, direction] of DIRECTIONS) {
  Deno.test(`parseTwilioCall(): direction ${word} is ${direction}`, () => {
    assert.equal(report({ direction: word }).direction, direction);
  });
}

const COURSES: [
  why: string,
  change: Record<string, unknown>,
  status: string,
  isFinal: boolean,
  seconds: number | null,
  fault: string | null,
][] = [
  [
    "still ringing",
    { status: "ringing", duration: null, end_time: null },
    "in_progress",
    false,
    null,
    null,
  ],
  [
    "going on, with a figure",
    { status: "in-progress", duration: "12" },
    "in_progress",
    false,
    null,
    null,
  ],
  ["completed", {}, "completed", true, 49, null],
  ["completed at once", { duration: "0" }, "completed", true, 0, null],
  ["completed without a duration", { duration: null }, "completed", false, null, null],
  ["completed with an empty one", { duration: "" }, "completed", false, null, null],
  ["busy, no duration", { status: "busy", duration: null }, "busy", true, 0, null],
  [
    "no answer, ringing counted",
    { status: "no-answer", duration: "17" },
    "no_answer",
    true,
    0,
    null,
  ],
  ["failed, nonsense", { status: "failed", duration: "-1" }, "failed", true, 0, null],
  ["canceled", { status: "canceled", duration: "" }, "canceled", true, 0, null],
  ["negative", { duration: "-1" }, "completed", false, null, "negative_duration"],
  ["ten years", { duration: "315360000" }, "completed", false, null, "absurd_duration"],
  ["no number", { duration: "49s" }, "completed", false, null, "bad_duration"],
  ["a list", { duration: ["49"] }, "completed", false, null, "bad_duration"],
  ["a positive price", { price: "0.01" }, "completed", true, 49, "bad_price"],
  ["no currency", { price_unit: null }, "completed", true, 49, "bad_currency"],
  [
    "a bad price, still going on",
    { status: "ringing", price: "?" },
    "in_progress",
    false,
    null,
    null,
  ],
  ["a status that is none", { status: "melted" }, "in_progress", false, null, "unknown_status"],
];

for (const [why, change, status, isFinal, seconds, fault] of COURSES) {
  Deno.test(`parseTwilioCall(): ${why}`, () => {
    const call = report(change);
    assert.deepEqual(
      [call.status, call.isFinal, call.durationSeconds, call.fault, call.endedAtMs !== null],
      [status, isFinal, seconds, fault, isFinal],
    );
  });
}

Deno.test("parseTwilioCall() starts at start_time, else date_created, and ends by its duration where no end is told", () => {
  const queued = report({ status: "queued", start_time: null, end_time: null, duration: null });
  assert.equal(queued.startedAtMs, START - 10_000);
  assert.equal(queued.record.started_at, null);
  assert.equal(report({ end_time: null }).endedAtMs, START + 49_000);
  assert.equal(report({ end_time: "yesterday" }).endedAtMs, START + 49_000);
});

Deno.test("parseTwilioCall() bills a dialled leg as a call of its own and names its parent", () => {
  const leg = report({ direction: "outbound-dial", parent_call_sid: "CA0", from: "client:ada" });
  assert.deepEqual([leg.record.parent_call_sid, leg.from, leg.costMicros], [
    "CA0",
    "client:ada",
    14_000n,
  ]);
});

const UNREADABLE: [change: unknown, reason: string, id: string | null][] = [
  [{ ...ROW, sid: "../x" }, "sid is not as documented", null],
  [{ ...ROW, sid: null }, "sid is not as documented", null],
  [{ ...ROW, status: null }, "status is not as documented", ROW.sid],
  [{ ...ROW, start_time: 7 }, "start_time is not as documented", ROW.sid],
  [{ ...ROW, start_time: "2026-11-03T10:14:41" }, "start_time is not a date with a zone", ROW.sid],
  [{ ...ROW, start_time: null, date_created: null }, "no start_time", ROW.sid],
  [[], "not an object", null],
  [null, "not an object", null],
  ["row", "not an object", null],
];

for (const [row, reason, id] of UNREADABLE) {
  Deno.test(`parseTwilioCall() says why it cannot read ${JSON.stringify(row)?.slice(0, 40)}: ${reason}`, () => {
    assert.deepEqual(parseTwilioCall(row), { status: "unreadable_row", reason, id });
  });
}

Deno.test("a record stays below 2 KiB, whatever the row holds", () => {
  const long = "é\u0001€".repeat(500);
  const members = Object.keys(ROW).filter((name) => !/sid$|status|time|date|direction/.test(name));
  const call = report(Object.fromEntries(members.map((name) => [name, long])));
  assert.ok(new TextEncoder().encode(JSON.stringify(call.record)).length <= 2_048);
});

Deno.test("parseTwilioCall() never throws, whatever the row", () => {
  const odd = fc.record(
    Object.fromEntries(
      Object.keys(ROW).map((name) => [name, fc.oneof(fc.anything(), fc.constant(ROW.start_time))]),
    ),
  );
  fc.assert(
    fc.property(fc.oneof(odd, fc.json().map((text) => parseJsonKeepingNumbers(text))), (row) => {
      parseTwilioCall(row);
      parseTwilioCall({ ...ROW, ...(row as object) });
    }),
    { numRuns: 200 },
  );
});
