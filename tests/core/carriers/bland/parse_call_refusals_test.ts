import assert from "node:assert/strict";
import { parseInstant } from "../../../../core/clock.ts";
import type { UnreadableRow } from "../../../../core/carriers/bland/call_row.ts";
import { parseBlandCall } from "../../../../core/carriers/bland/parse_call.ts";
import { jsonNumber } from "../../../../core/carriers/json_numbers.ts";
import { FINISHED, parseReport } from "./finished_row.ts";

const n = jsonNumber;
const at = (text: string) => parseInstant(text);

const FAULTS: readonly [
  why: string,
  changes: Record<string, unknown>,
  fault: string | null,
  costMicros: bigint | null,
][] = [
  ["a negative duration", { corrected_duration: "-1" }, "negative_duration", 68_000n],
  ["ten years", { corrected_duration: "315576000" }, "absurd_duration", 68_000n],
  ["a negative price", { price: n("-0.068") }, "bad_price", null],
  ["a price a micro below nothing", { price: n("-0.000001") }, "bad_price", null],
  ["a price of nothing with a sign", { price: n("-0.0") }, null, 0n],
  ["a price that is a word", { price: "free" }, "bad_price", null],
  ["a price that is an object", { price: {} }, "bad_price", null],
  ["a price beyond all money", { price: n("1e30") }, "bad_price", null],
  [
    "both: the duration is named",
    { corrected_duration: "-1", price: "x" },
    "negative_duration",
    null,
  ],
  ["no price yet", { price: null }, null, null],
  ["an empty price", { price: "" }, null, null],
  ["a price of nothing", { price: n("0") }, null, 0n],
  ["a price as text", { price: "0.068" }, null, 68_000n],
  ["a price with an exponent", { price: n("1.687E-4") }, null, 169n],
  ["a price with many decimals", { price: n("0.0679999999999999") }, null, 68_000n],
  [
    "a negative duration while it goes on",
    { completed: false, status: null, corrected_duration: "-1" },
    null,
    68_000n,
  ],
];

for (const [why, changes, fault, costMicros] of FAULTS) {
  Deno.test(`parseBlandCall() fault: ${why}`, () => {
    const report = parseReport(changes);
    assert.deepEqual([report.fault, report.costMicros], [fault, costMicros]);
    assert.equal(report.costCurrency, costMicros === null ? null : "USD");
    if (fault?.endsWith("duration")) {
      assert.deepEqual([report.isFinal, report.durationSeconds], [false, null]);
    }
  });
}

const TIMES: readonly [why: string, changes: Record<string, unknown>, startedAt: string | null][] =
  [
    ["microseconds and an offset", {}, "2031-03-03T08:15:40.500Z"],
    ["another offset", { started_at: "2031-03-03T10:15:40+02:00" }, "2031-03-03T08:15:40Z"],
    ["Z", { started_at: "2031-03-03T08:15:40Z" }, "2031-03-03T08:15:40Z"],
    ["no start yet", { started_at: null }, "2031-03-03T08:15:30.120Z"],
    ["an empty start", { started_at: "" }, "2031-03-03T08:15:30.120Z"],
    ["a bad created_at behind a good start", { created_at: "x" }, "2031-03-03T08:15:40.500Z"],
    ["a start without a zone", { started_at: "2031-03-03T08:15:40" }, null],
    ["a start that is no day", { started_at: "2031-02-30T08:15:40Z" }, null],
    ["a leap second", { started_at: "2031-03-03T23:59:60Z" }, null],
    ["a bare day", { started_at: "2031-03-03" }, null],
    ["created without a zone", { started_at: null, created_at: "2031-03-03T08:15:30" }, null],
    ["neither", { started_at: null, created_at: null }, null],
  ];

for (const [why, changes, startedAt] of TIMES) {
  Deno.test(`parseBlandCall() start: ${why}`, () => {
    const report = parseBlandCall({ ...FINISHED, ...changes });
    if (startedAt !== null && report.status !== "unreadable_row") {
      assert.equal(report.startedAtMs, at(startedAt));
      return;
    }
    assert.equal(startedAt, null);
    assert.equal(report.status, "unreadable_row");
    assert.equal((report as UnreadableRow).id, FINISHED.call_id);
  });
}

const UNREADABLE: readonly [value: unknown, reason: string, id: string | null][] = [
  [null, "not an object", null],
  ["row", "not an object", null],
  [[], "not an object", null],
  [{}, "call_id is not as documented", null],
  [{ ...FINISHED, call_id: null }, "call_id is not as documented", null],
  [{ ...FINISHED, call_id: "" }, "call_id is not as documented", null],
  [{ ...FINISHED, call_id: ".." }, "call_id is not as documented", null],
  [{ ...FINISHED, call_id: "a/b" }, "call_id is not as documented", null],
  [{ ...FINISHED, call_id: "a".repeat(65) }, "call_id is not as documented", null],
  [{ ...FINISHED, completed: "true" }, "completed is not as documented", FINISHED.call_id],
  [{ ...FINISHED, status: n("1") }, "status is not as documented", FINISHED.call_id],
  [{ ...FINISHED, started_at: n("1") }, "started_at is not as documented", FINISHED.call_id],
];

for (const [index, [value, reason, id]] of UNREADABLE.entries()) {
  Deno.test(`parseBlandCall() refuses row ${index}: ${reason}`, () => {
    assert.deepEqual(parseBlandCall(value), { status: "unreadable_row", reason, id });
  });
}
