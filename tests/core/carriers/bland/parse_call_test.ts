import assert from "node:assert/strict";
import { parseInstant } from "../../../../core/clock.ts";
import { parseBlandCall } from "../../../../core/carriers/bland/parse_call.ts";
import { jsonNumber, parseJsonKeepingNumbers } from "../../../../core/carriers/json_numbers.ts";
import type { CallReport } from "../../../../core/usage/call_usage.ts";
import { FINISHED, parseReport } from "./finished_row.ts";

const n = jsonNumber;
const at = (text: string) => parseInstant(text);

Deno.test("parseBlandCall() reads a finished call whole", () => {
  assert.deepEqual(parseReport({}), {
    carrier: "bland",
    carrierCallId: FINISHED.call_id,
    direction: "outbound",
    from: "+15550100000",
    to: "+37250000000",
    status: "completed",
    isFinal: true,
    startedAtMs: at("2031-03-03T08:15:40.500Z"),
    answeredAtMs: at("2031-03-03T08:15:40.500Z"),
    endedAtMs: at("2031-03-03T08:16:25.500Z"),
    durationSeconds: 45,
    costMicros: 68_000n,
    costCurrency: "USD",
    claimedAccountId: "acct_1",
    fault: null,
    record: {
      metadata_account_id: "acct_1",
      call_id: FINISHED.call_id,
      created_at: FINISHED.created_at,
      started_at: FINISHED.started_at,
      end_at: FINISHED.end_at,
      call_length: "0.75",
      corrected_duration: "45",
      price: "0.068",
      status: "completed",
      queue_status: "complete",
      completed: "true",
      inbound: "false",
      is_proxy_agent_call: null,
      to: "+37250000000",
      from: "+15550100000",
      answered_by: "human",
      error_message: null,
    },
  });
});

Deno.test("parseBlandCall() reads the documented list example, which has no start, price or status", () => {
  const json = parseJsonKeepingNumbers(
    `{"call_id":"0f1e2d3c-0000-4000-8000-000000000001","created_at":"2031-03-03T08:15:30.120000+00:00",
"call_length":0.75,"to":"+37250000000","from":"+15550100","completed":true,"queue_status":"complete","error_message":null,
"answered_by":"human","batch_id":null}`,
  );
  const report = parseBlandCall(json.status === "parsed" ? json.value : null);
  if (report.status === "unreadable_row") throw new Error(report.reason);
  const { startedAtMs, answeredAtMs, durationSeconds, costMicros, costCurrency, direction } =
    report;
  assert.equal(report.status, "completed");
  assert.deepEqual(
    { startedAtMs, answeredAtMs, durationSeconds, costMicros, costCurrency, direction },
    {
      startedAtMs: at("2031-03-03T08:15:30.120Z"),
      answeredAtMs: null,
      durationSeconds: 45,
      costMicros: null,
      costCurrency: null,
      direction: null,
    },
  );
});

const none = { completed: undefined, status: undefined, queue_status: undefined };
const COURSES: readonly [
  why: string,
  changes: Record<string, unknown>,
  status: CallReport["status"],
  isFinal: boolean,
  durationSeconds: number | null,
][] = [
  ["completed alone ends it", { ...none, completed: true }, "completed", true, 45],
  ["a terminal status alone ends it", { ...none, status: "completed" }, "completed", true, 45],
  ["a queue error alone ends it", { ...none, queue_status: "call_error" }, "failed", true, 45],
  [
    "queue_status complete alone does not",
    { ...none, queue_status: "complete" },
    "in_progress",
    false,
    null,
  ],
  ["nothing told does not", none, "in_progress", false, null],
  ["status while the transcript is still worked on", { completed: false }, "completed", true, 45],
  [
    "in-progress is not in the documented list",
    { ...none, status: "in-progress" },
    "in_progress",
    false,
    null,
  ],
  ["an unknown status is waited for", { ...none, status: "on-hold" }, "in_progress", false, null],
  [
    "an unknown status of an ended call",
    { ...none, status: "unknown", completed: true },
    "completed",
    true,
    45,
  ],
  ["no-answer", { status: "no-answer", corrected_duration: "0" }, "no_answer", true, 0],
  ["no-answer with talk keeps it", { status: "no-answer" }, "no_answer", true, 45],
  ["busy with talk keeps it", { status: "busy" }, "busy", true, 45],
  ["failed with talk keeps it", { status: "failed" }, "failed", true, 45],
  ["canceled with talk keeps it", { status: "canceled" }, "canceled", true, 45],
  [
    "ended without a duration",
    { corrected_duration: null, call_length: null },
    "completed",
    false,
    null,
  ],
  [
    "an ended queue error of length 0",
    { ...none, queue_status: "queue_error", corrected_duration: null, call_length: n("0") },
    "failed",
    true,
    0,
  ],
  [
    "a queue error without a length",
    { ...none, queue_status: "pre_queue_error", corrected_duration: null, call_length: null },
    "in_progress",
    false,
    null,
  ],
  [
    "completed, nobody answered",
    { ...none, completed: true, answered_by: "no-answer", corrected_duration: "0" },
    "no_answer",
    true,
    0,
  ],
  [
    "completed, voicemail of no length",
    { ...none, completed: true, answered_by: "voicemail", corrected_duration: "0" },
    "completed",
    true,
    0,
  ],
  [
    "completed, connected for no time",
    { ...none, completed: true, answered_by: null, corrected_duration: "0" },
    "completed",
    true,
    0,
  ],
  [
    "completed, no trace of an answer",
    { ...none, completed: true, answered_by: "unknown", started_at: null, corrected_duration: "0" },
    "no_answer",
    true,
    0,
  ],
  ["a second leg is a call of its own", { is_proxy_agent_call: true }, "completed", true, 45],
  [
    "an error message on a good call",
    { error_message: "voicemail detected" },
    "completed",
    true,
    45,
  ],
  [
    "a length while it goes on is no knowledge",
    { ...none, completed: false, call_length: n("0") },
    "in_progress",
    false,
    null,
  ],
];

for (const [why, changes, status, isFinal, durationSeconds] of COURSES) {
  Deno.test(`parseBlandCall() course: ${why}`, () => {
    const report = parseReport(changes);
    assert.deepEqual(
      [report.status, report.isFinal, report.durationSeconds, report.fault],
      [status, isFinal, durationSeconds, null],
    );
    assert.equal(report.endedAtMs === null, !isFinal);
  });
}

Deno.test("parseBlandCall() takes an id of 64 characters, and one written as a number", () => {
  assert.equal(parseReport({ call_id: "a".repeat(64) }).carrierCallId, "a".repeat(64));
  assert.equal(
    parseReport({ call_id: n("12345678901234567890") }).carrierCallId,
    "12345678901234567890",
  );
});

Deno.test("parseBlandCall() ignores members it does not know", () => {
  assert.deepEqual(parseReport({ transcripts: [{}], invented: 1 }), parseReport({}));
});

Deno.test("parseBlandCall() tells the direction only when Bland does", () => {
  const directions = [true, false, null, "true"].map((inbound) =>
    parseReport({ inbound }).direction
  );
  assert.deepEqual(directions, ["inbound", "outbound", null, null]);
});

Deno.test("parseBlandCall() completes numbers and keeps what is no number", () => {
  const report = parseReport({ from: "2025550123", to: "anonymous" });
  assert.deepEqual([report.from, report.to], ["+12025550123", "anonymous"]);
  const without = parseReport({ from: null, to: undefined });
  assert.deepEqual([without.from, without.to], ["", ""]);
});
