import assert from "node:assert/strict";
import { parseJsonKeepingNumbers } from "../../../../../core/carriers/json_numbers.ts";
import { parseMessageRecords } from "../../../../../core/carriers/telnyx/records/message_records.ts";

const ROW = {
  record_type: "message_detail_record",
  uuid: "message-1",
  direction: "outbound",
  message_type: "SMS",
  cli: "+14155550123",
  cld: "+16505550199",
  status: "dlr_timeout",
  parts: 2,
  rate: "0.0022",
  carrier_fee: "0.006",
  cost: "0.0082",
  currency: "USD",
  created_at: "2026-11-03T10:02:10Z",
  sent_at: "2026-11-03T10:02:11Z",
  completed_at: "2026-11-03T10:02:14Z",
  errors: ["40300"],
  tags: "acct_42",
};

function parse(...rows: unknown[]) {
  const body = JSON.stringify({ data: rows, meta: { total_pages: 1, total_results: rows.length } });
  const json = parseJsonKeepingNumbers(body);
  const page = parseMessageRecords(json.status === "parsed" ? json.value : null);
  if (page.status === "unreadable") throw new Error(page.reason);
  return page.rows;
}

Deno.test("parseMessageRecords() reads a message's record, found by its uuid", () => {
  const [row] = parse(ROW);
  assert.deepEqual(row && { ...row, record: null }, {
    status: "record",
    messageId: "message-1",
    direction: "outbound",
    from: "+14155550123",
    to: "+16505550199",
    segments: 2,
    messageStatus: "unconfirmed",
    costMicros: 8_200n,
    costText: "0.0082",
    currency: "USD",
    createdAtMs: Date.UTC(2026, 10, 3, 10, 2, 10),
    sentAtMs: Date.UTC(2026, 10, 3, 10, 2, 11),
    completedAtMs: Date.UTC(2026, 10, 3, 10, 2, 14),
    record: null,
  });
  assert.equal(row?.status === "record" && row.record.tags, "acct_42");
});

Deno.test("parseMessageRecords() leaves a cost open that is missing, negative or no decimal", () => {
  for (const cost of [undefined, null, "", "free", "-0.01", {}]) {
    const [row] = parse({ ...ROW, cost });
    assert.deepEqual(row?.status === "record" && [row.costMicros, row.costText], [null, null]);
  }
  const [zero] = parse({ ...ROW, cost: "0.0000" });
  assert.equal(zero?.status === "record" && zero.costMicros, 0n);
});

Deno.test("parseMessageRecords() reads the neighbours of a row it cannot read", () => {
  const rows = parse({ ...ROW, uuid: undefined, id: "message-1" }, ROW, null);
  assert.deepEqual(rows.map((row) => row.status === "record" ? row.messageId : row.reason), [
    "no usable uuid",
    "message-1",
    "not an object",
  ]);
});
