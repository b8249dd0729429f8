import assert from "node:assert/strict";
import { decideByRecords } from "../../../../../core/carriers/telnyx/calls/decide_by_records.ts";
import { reportOf } from "../../../../../core/carriers/telnyx/calls/call_report.ts";
import type { CallReport } from "../../../../../core/usage/call_usage.ts";
import type { TelnyxRecordSum } from "../../../../../core/carriers/telnyx/records/sum_records.ts";
import { answered, factsOf, hangup, initiated, START_MS } from "./call_events.ts";

const SUM: TelnyxRecordSum = {
  costMicros: 6_800n,
  amountText: "0.0068",
  rateText: "0.0068",
  billedSeconds: 60,
  currency: "USD",
  talkSeconds: 49,
  answeredAtMs: START_MS + 20_000,
  finishedAtMs: START_MS + 69_000,
  recordTypes: ["call-control", "sip-trunking"],
  recordCount: 2,
};

function reportOfEvents(...events: Parameters<typeof factsOf>): CallReport {
  const { report } = reportOf(factsOf(...events));
  if (!report) throw new Error("no report");
  return report;
}

const open = () => reportOfEvents(initiated({ atSeconds: 0 }), hangup({ atSeconds: 69.25 }));

Deno.test("decideByRecords() ends a call whose answer was lost, from its call_sec", () => {
  const decided = decideByRecords(open(), SUM);
  assert.deepEqual(
    [decided?.status, decided?.isFinal, decided?.durationSeconds, decided?.costMicros],
    ["completed", true, 49, 6_800n],
  );
  assert.deepEqual(
    [decided?.answeredAtMs, decided?.endedAtMs],
    [START_MS + 20_000, START_MS + 69_000],
  );
  assert.equal(decided?.record.duration_source, "detail_records");
});

Deno.test("decideByRecords() knows that 0 seconds mean nobody answered", () => {
  const decided = decideByRecords(open(), { ...SUM, talkSeconds: 0, finishedAtMs: null });
  assert.deepEqual(
    [decided?.status, decided?.durationSeconds, decided?.answeredAtMs, decided?.endedAtMs],
    ["no_answer", 0, null, START_MS],
  );
});

Deno.test("decideByRecords() changes nothing that is final or faulty", () => {
  const final = reportOfEvents(answered({ atSeconds: 1 }), hangup({ atSeconds: 9 }));
  assert.equal(decideByRecords(final, SUM), final);
  const faulty = reportOfEvents(answered({ atSeconds: 9 }), hangup({ atSeconds: 1 }));
  assert.equal(decideByRecords(faulty, SUM), faulty);
});

Deno.test("decideByRecords() leaves open what the records leave open, and faults the absurd", () => {
  assert.equal(decideByRecords(open(), { ...SUM, talkSeconds: null }), null);
  const absurd = decideByRecords(open(), { ...SUM, talkSeconds: 604_801 });
  assert.deepEqual([absurd?.isFinal, absurd?.fault], [false, "absurd_duration"]);
});
