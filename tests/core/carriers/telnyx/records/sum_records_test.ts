import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJsonKeepingNumbers } from "../../../../../core/carriers/json_numbers.ts";
import {
  parseDetailRecord,
  parseDetailRecords,
  type TelnyxDetailRecord,
  type UnreadableRecord,
} from "../../../../../core/carriers/telnyx/records/detail_records.ts";
import {
  sumRecords,
  type TelnyxRecordSumOutcome,
} from "../../../../../core/carriers/telnyx/records/sum_records.ts";

const SESSION = "5d0c76d2-b6f1-11f1-b3c4-02420a0d1f68";

const TRUNK = {
  record_type: "sip-trunking",
  id: "leg-a",
  direction: "outbound",
  cli: "+14155550123",
  cld: "+1650-555-0199",
  started_at: "2026-11-03T09:59:40Z",
  answered_at: "2026-11-03T10:00:00Z",
  finished_at: "2026-11-03T10:00:49Z",
  call_sec: 49,
  billed_sec: 60,
  rate: "0.005",
  rate_measured_in: "minutes",
  cost: "0.005",
  currency: "USD",
  telnyx_session_id: SESSION,
  call_control_id: "v3:abc",
  hangup_cause: "NORMAL_CLEARING",
};

function record(changes: Record<string, unknown> = {}): TelnyxDetailRecord | UnreadableRecord {
  const json = parseJsonKeepingNumbers(JSON.stringify({ ...TRUNK, ...changes }));
  return parseDetailRecord(json.status === "parsed" ? json.value : null);
}

const CONTROL = {
  record_type: "call-control",
  cost: "0.002",
  rate: "0.002",
  call_control_id: undefined,
  telnyx_leg_id: "leg-a",
};

const sum = (...records: (TelnyxDetailRecord | UnreadableRecord)[]) =>
  sumRecords(records, { sessionId: SESSION });

const sumOf = (outcome: TelnyxRecordSumOutcome) =>
  outcome.status === "complete"
    ? [outcome.costMicros, outcome.rateText, outcome.billedSeconds, outcome.talkSeconds]
    : outcome;

Deno.test("sumRecords() adds trunk and call control of one call", () => {
  assert.deepEqual(sum(record(), record(CONTROL)), {
    status: "complete",
    costMicros: 7_000n,
    amountText: "0.007",
    rateText: "0.007",
    billedSeconds: 60,
    currency: "USD",
    talkSeconds: 49,
    answeredAtMs: Date.UTC(2026, 10, 3, 10),
    finishedAtMs: Date.UTC(2026, 10, 3, 10, 0, 49),
    recordTypes: ["call-control", "sip-trunking"],
    recordCount: 2,
  });
});

Deno.test("sumRecords() adds every leg once, with or without a call_control_id", () => {
  const second = { id: "leg-b", call_control_id: undefined, cost: "1.687E-4", billed_sec: 120 };
  const outcome = sum(record(), record(second), record(CONTROL), record(), record(second));
  assert.deepEqual(sumOf(outcome), [7_169n, "0.012", 120, 49]);
});

Deno.test("one id on two types is two records", () => {
  const outcome = sum(record(), record({ record_type: "webrtc_detail_record", cost: "0.001" }));
  assert.deepEqual(sumOf(outcome), [6_000n, "0.01", 60, 49]);
});

Deno.test("a webrtc record alone is a trunk: such setups have no call control", () => {
  assert.equal(sum(record({ record_type: "webrtc" })).status, "complete");
});

Deno.test("of a record that changed between two readings the later counts", () => {
  assert.deepEqual(sumOf(sum(record({ cost: "9" }), record())), [5_000n, "0.005", 60, 49]);
});

Deno.test("exact first, rounded once: many costs below a micro add up", () => {
  const rows = Array.from({ length: 10 }, (_, i) => record({ id: `leg-${i}`, cost: "7.0E-7" }));
  assert.deepEqual(sumOf(sum(...rows))?.valueOf(), [7n, "0.05", 60, 49]);
});

Deno.test("rows of other calls are left out", () => {
  const other = record({ telnyx_session_id: "another", id: "leg-z", cost: "5" });
  assert.deepEqual(sumOf(sum(other, record())), [5_000n, "0.005", 60, 49]);
  assert.equal(sum(other).status, "incomplete");
});

const INCOMPLETE: readonly [
  why: string,
  records: (TelnyxDetailRecord | UnreadableRecord)[],
  reason: string,
][] = [
  ["nothing at all", [], "no records yet"],
  ["call control alone", [record(CONTROL)], "only call-control records yet"],
  [
    "features alone",
    [record({ record_type: "recording" }), record(CONTROL)],
    "only call-control, recording records yet",
  ],
  [
    "a record without a cost",
    [record(), record({ ...CONTROL, cost: null })],
    "a record has no usable cost",
  ],
  ["a cost that is no decimal", [record({ cost: "free" })], "a record has no usable cost"],
  ["a negative cost", [record({ cost: "-0.005" })], "a record has no usable cost"],
  ["a record without a currency", [record({ currency: undefined })], "a record has no usable cost"],
  ["a record that is unreadable", [record(), record({ id: null })], "a record cannot be read"],
];

for (const [why, records, reason] of INCOMPLETE) {
  Deno.test(`sumRecords(): ${why} is incomplete, never free`, () => {
    assert.deepEqual(sum(...records), { status: "incomplete", reason });
  });
}

Deno.test("zero is complete when every record says zero", () => {
  const zero = { cost: "0.0000", call_sec: 0, billed_sec: 0 };
  assert.deepEqual(sumOf(sum(record(zero), record({ ...CONTROL, ...zero }))), [
    0n,
    "0.007",
    0,
    0,
  ]);
});

Deno.test("types that are expected must be there", () => {
  const selection = { sessionId: SESSION, expectedTypes: ["call-control", "recording"] };
  assert.deepEqual(sumRecords([record()], selection), {
    status: "incomplete",
    reason: "no call-control, recording record yet",
  });
  const all = [record(), record(CONTROL), record({ record_type: "recording" })];
  assert.equal(sumRecords(all, selection).status, "complete");
});

Deno.test("another currency is refused and named, its sum kept apart", () => {
  const euros = sum(record({ currency: "EUR" }));
  assert.deepEqual(
    euros.status === "other_currency" && [euros.currency, euros.sum?.costMicros],
    ["EUR", 5_000n],
  );
  assert.deepEqual(sum(record(), record({ ...CONTROL, currency: "EUR" })), {
    status: "other_currency",
    currency: "EUR",
    sum: null,
  });
  const asked = sumRecords([record({ currency: "EUR" })], { sessionId: SESSION, currency: "EUR" });
  assert.equal(asked.status, "complete");
});

Deno.test("an unreadable row of another call, or of none, stops nobody", () => {
  const broken = [record({ id: null, telnyx_session_id: "another" }), parseDetailRecord(null)];
  assert.equal(sum(record(), ...broken).status, "complete");
});

Deno.test("the sum does not depend on the order of records, nor on repetition", () => {
  const rows = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom("leg-a", "leg-b", "leg-c"),
      record_type: fc.constantFrom("sip-trunking", "call-control", "webrtc"),
      cost: fc.constantFrom("0.0050", "1.687E-4", "7.0E-7", "0.0000"),
      billed_sec: fc.integer({ min: 0, max: 600 }),
    }).map(record),
    { selector: (row) => row.status === "record" ? row.key : "", minLength: 1 },
  );
  const shuffled = rows.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.subarray(all),
    )
  );
  fc.assert(
    fc.property(shuffled, ([all, order, again]) => {
      assert.deepEqual(sum(...again, ...order, ...again), sum(...all));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseDetailRecord() reads a trunk record", () => {
  assert.deepEqual(record(), {
    status: "record",
    key: "sip-trunking:leg-a",
    recordType: "sip-trunking",
    id: "leg-a",
    sessionId: SESSION,
    legId: null,
    callControlId: "v3:abc",
    direction: "outbound",
    from: "+14155550123",
    to: "+16505550199",
    costText: "0.005",
    rateText: "0.005",
    currency: "USD",
    billedSeconds: 60,
    talkSeconds: 49,
    startedAtMs: Date.UTC(2026, 10, 3, 9, 59, 40),
    answeredAtMs: Date.UTC(2026, 10, 3, 10),
    finishedAtMs: Date.UTC(2026, 10, 3, 10, 0, 49),
    hangupCause: "normal_clearing",
  });
});

Deno.test("parseDetailRecord() reads the odd spellings that were seen", () => {
  const row = record({
    record_type: "webrtc_detail_record",
    call_control_id: undefined,
    telnyx_call_control_id: "",
    call_sec: "49",
    cost: 0.005,
    answered_at: undefined,
  });
  assert.deepEqual(
    row.status === "record" &&
      [row.recordType, row.callControlId, row.talkSeconds, row.costText, row.answeredAtMs],
    ["webrtc", null, 49, "0.005", null],
  );
  const speech = record({
    telnyx_session_id: undefined,
    call_session_id: SESSION,
    call_leg_id: "l",
  });
  assert.deepEqual(speech.status === "record" && [speech.sessionId, speech.legId], [SESSION, "l"]);
});

const PAGES: readonly [why: string, value: unknown, reason: string][] = [
  ["a list", [], "not a page of records"],
  ["no meta", { data: [] }, "not a page of records"],
  ["rows that are no list", { data: {}, meta: { total_pages: 1 } }, "not a page of records"],
  ["no total", { data: [], meta: {} }, "no meta.total_pages"],
  ["a total that is no number", { data: [], meta: { total_pages: "many" } }, "no meta.total_pages"],
];

for (const [why, value, reason] of PAGES) {
  Deno.test(`parseDetailRecords(): ${why} is no page`, () => {
    const json = parseJsonKeepingNumbers(JSON.stringify(value));
    const page = parseDetailRecords(json.status === "parsed" ? json.value : null);
    assert.deepEqual(page, { status: "unreadable", reason });
  });
}
