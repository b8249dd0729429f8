import assert from "node:assert/strict";
import { jsonNumber } from "../../../../../core/carriers/json_numbers.ts";
import { parseTwilioMessage } from "../../../../../core/carriers/twilio/rows/parse_message.ts";

const ROW = {
  sid: "SM00112233445566778899aabbccddeeff",
  status: "delivered",
  direction: "outbound-api",
  from: "+14155550123",
  to: "+16505550199",
  body: "what nobody needs to keep",
  date_created: "Tue, 03 Nov 2026 10:14:31 +0000",
  date_sent: "Tue, 03 Nov 2026 10:14:41 +0000",
  num_segments: "2",
  num_media: "0",
  price: "-0.01500",
  price_unit: "usd",
  error_code: null,
  messaging_service_sid: null,
};

function report(change: Record<string, unknown> = {}) {
  const message = parseTwilioMessage({ ...ROW, ...change });
  if (message.status === "unreadable_row") throw new Error(message.reason);
  return message;
}

Deno.test("parseTwilioMessage() reads a delivered message and leaves its text alone", () => {
  const { record, ...rest } = report();
  assert.deepEqual(rest, {
    carrier: "twilio",
    carrierMessageId: ROW.sid,
    direction: "outbound",
    from: "+14155550123",
    to: "+16505550199",
    segments: 2,
    status: "delivered",
    rank: 11,
    isFinal: true,
    costMicros: 15_000n,
    costCurrency: "USD",
    sentAtMs: Date.UTC(2026, 10, 3, 10, 14, 41),
    fault: null,
  });
  assert.ok(!JSON.stringify(record).includes("nobody"));
  assert.equal(record.price_unit, "usd");
});

const STATUSES: [word: string, status: string, isFinal: boolean, fault: string | null][] = [
  ["queued", "queued", false, null],
  ["sent", "sent", false, null],
  ["partially_delivered", "partially_delivered", false, null],
  ["delivered", "delivered", true, null],
  ["read", "read", true, null],
  ["undelivered", "undelivered", true, null],
  ["failed", "failed", true, null],
  ["canceled", "canceled", true, null],
  ["received", "received", true, null],
  ["evaporated", "unknown", false, "unknown_status"],
];

for (const [word, status, isFinal, fault] of STATUSES) {
  Deno.test(`parseTwilioMessage(): ${word} is ${isFinal ? "final" : "not final"}`, () => {
    const message = report({ status: word });
    assert.deepEqual([message.status, message.isFinal, message.fault], [status, isFinal, fault]);
  });
}

Deno.test("parseTwilioMessage() takes no segments for not known yet", () => {
  for (const num_segments of ["0", null, "", "many", "-1"]) {
    assert.equal(report({ num_segments }).segments, null);
  }
  assert.equal(report({ num_segments: jsonNumber("3") }).segments, 3);
});

Deno.test("parseTwilioMessage() tells the direction by its word, else by its status", () => {
  for (const word of ["outbound-api", "outbound-call", "outbound-reply"]) {
    assert.equal(report({ direction: word }).direction, "outbound");
  }
  assert.equal(report({ direction: "inbound" }).direction, "inbound");
  assert.equal(report({ direction: null, status: "received" }).direction, "inbound");
  assert.equal(report({ direction: null }).direction, "outbound");
});

Deno.test("parseTwilioMessage() keeps the error's number, the date it has, and the price's state", () => {
  const failed = report({
    status: "failed",
    error_code: jsonNumber("30003"),
    price: null,
    price_unit: null,
  });
  assert.deepEqual([failed.record.error_code, failed.costMicros, failed.fault], [
    "30003",
    null,
    null,
  ]);
  assert.equal(report({ price: "0.00000" }).costMicros, 0n);
  assert.equal(report({ price: "0.5" }).fault, "bad_price");
  assert.equal(report({ date_sent: null }).sentAtMs, Date.UTC(2026, 10, 3, 10, 14, 31));
});

Deno.test("parseTwilioMessage() says why it cannot read a row", () => {
  const rows: [unknown, string, string | null][] = [
    [{ ...ROW, sid: "a b" }, "sid is not as documented", null],
    [{ ...ROW, status: 7 }, "status is not as documented", ROW.sid],
    [{ ...ROW, date_sent: "soon" }, "date_sent is not a date with a zone", ROW.sid],
    [{ ...ROW, date_sent: null, date_created: null }, "no date_sent", ROW.sid],
    [null, "not an object", null],
  ];
  for (const [row, reason, id] of rows) {
    assert.deepEqual(parseTwilioMessage(row), { status: "unreadable_row", reason, id });
  }
});
