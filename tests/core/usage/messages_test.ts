import assert from "node:assert/strict";
import { mergeMessage, type Message } from "../../../core/usage/messages.ts";
import type { MessageReport } from "../../../core/usage/message_usage.ts";
import { messageOf } from "../../support/message_report.ts";

const SENT = { status: "sent", isFinal: false, rank: 5 };
const QUEUED = { status: "queued", isFinal: false, rank: 2 };
const DELIVERED = { status: "delivered", isFinal: true, rank: 11 };
const READ = { status: "read", isFinal: true, rank: 12 };

function join(...reports: MessageReport[]): Message {
  return reports.reduce<Message | null>(
    (earlier, report) => mergeMessage(earlier, { report, sourceId: "s", atMs: 1 }) ?? earlier,
    null,
  )!;
}

const ORDERS: [what: string, steps: typeof SENT[], status: string, isFinal: boolean][] = [
  ["in order", [QUEUED, SENT, DELIVERED], "delivered", true],
  ["the end first", [DELIVERED, SENT, QUEUED], "delivered", true],
  ["an open step late", [SENT, QUEUED], "sent", false],
  ["the second end first", [READ, DELIVERED], "read", true],
  ["again and again", [SENT, READ, SENT, READ, QUEUED], "read", true],
];

for (const [what, steps, status, isFinal] of ORDERS) {
  Deno.test(`the steps of a message, ${what}: ${status}`, () => {
    const message = join(...steps.map((step) => messageOf("m", step)));
    assert.deepEqual([message.status, message.isFinal, message.record.status], [
      status,
      isFinal,
      status,
    ]);
  });
}

Deno.test("of reports without a rank the later one holds, but nothing undoes an end", () => {
  const open = { status: "a", isFinal: false };
  assert.equal(join(messageOf("m", open), messageOf("m", { ...open, status: "b" })).status, "b");
  assert.equal(join(messageOf("m", { status: "z" }), messageOf("m", open)).status, "z");
});

Deno.test("late word adds what is not known, once, and says nothing new the second time", () => {
  const end = messageOf("m", { ...DELIVERED, segments: null });
  const late = messageOf("m", { ...SENT, segments: 3, costMicros: 7_500n });
  const both = join(end, late);
  assert.deepEqual(
    [both.status, both.segments, both.costMicros, both.record.price, both.revision],
    ["delivered", 3, 7_500n, "-7500", 2],
  );
  assert.equal(mergeMessage(both, { report: late, sourceId: "s", atMs: 2 }), null);
  assert.equal(mergeMessage(both, { report: end, sourceId: "s", atMs: 2 }), null);
});
