import assert from "node:assert/strict";
import fc from "fast-check";
import { keepRecord, parseClaimedAccountId } from "../../../../core/carriers/bland/call_record.ts";
import { jsonNumber } from "../../../../core/carriers/json_numbers.ts";

const CLAIMS: readonly [metadata: unknown, accountId: string | null][] = [
  [{ account_id: "acct_1-A" }, "acct_1-A"],
  ['{"account_id":"acct_1"}', "acct_1"],
  [{ account_id: "a".repeat(64) }, "a".repeat(64)],
  [{ account_id: "a".repeat(65) }, null],
  [{ account_id: "" }, null],
  [{ account_id: "a b" }, null],
  [{ account_id: "a\n" }, null],
  [{ account_id: jsonNumber("7") }, null],
  [{ account_id: null }, null],
  ['{"account_id":7}', null],
  ["{", null],
  ["null", null],
  [null, null],
  [undefined, null],
  [[], null],
];

for (const [index, [metadata, accountId]] of CLAIMS.entries()) {
  Deno.test(`parseClaimedAccountId() row ${index} claims ${accountId}`, () => {
    assert.equal(parseClaimedAccountId(metadata), accountId);
  });
}

Deno.test("keepRecord() keeps a member's first 200 characters and no control characters", () => {
  const record = keepRecord({ call_id: "a", error_message: "x\n" + "y".repeat(300) });
  assert.equal(record.error_message, "x " + "y".repeat(198));
});

Deno.test("keepRecord() keeps nothing of what was said or sent along", () => {
  const metadata = { account_id: "acct_1", patient: "Mrs Smith" };
  const row = { call_id: "a", metadata, summary: "She said", error_message: { said: "She said" } };
  const text = JSON.stringify(keepRecord(row));
  assert.ok(!text.includes("She said") && !text.includes("Smith"), text);
});

Deno.test("keepRecord() stays below 2 KiB whatever a row holds", () => {
  const text = fc.string({ unit: "binary", maxLength: 400 });
  const member = fc.oneof(
    text,
    text.map((each) => each + "語".repeat(200)),
    fc.constant('"'.repeat(400)),
  );
  const row = fc.record({
    call_id: fc.constant("a".repeat(64)),
    created_at: member,
    started_at: member,
    end_at: member,
    corrected_duration: member,
    status: member,
    queue_status: member,
    from: member,
    to: member,
    answered_by: member,
    error_message: member,
    metadata: fc.constant({ account_id: "a".repeat(64) }),
  });
  fc.assert(fc.property(row, (each) => {
    const byteCount = new TextEncoder().encode(JSON.stringify(keepRecord(each))).length;
    assert.ok(byteCount <= 2048, String(byteCount));
  }));
});
