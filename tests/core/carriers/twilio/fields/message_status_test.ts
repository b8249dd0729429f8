import assert from "node:assert/strict";
import {
  directionByStatus,
  isMessageOver,
  parseTwilioMessageStatus,
  rankMessageStatus,
  TWILIO_MESSAGE_STATUSES,
} from "../../../../../core/carriers/twilio/fields/message_status.ts";

Deno.test("message statuses rank by how far the message is", () => {
  const ranks = TWILIO_MESSAGE_STATUSES.map(rankMessageStatus);
  assert.deepEqual(ranks, ranks.toSorted((a, b) => a - b));
  assert.equal(new Set(ranks).size, TWILIO_MESSAGE_STATUSES.length);
});

Deno.test("no status that goes on beats one that is over", () => {
  const firstOver = TWILIO_MESSAGE_STATUSES.findIndex(isMessageOver);
  assert.ok(TWILIO_MESSAGE_STATUSES.slice(firstOver).every(isMessageOver));
  assert.equal(isMessageOver("sent"), false);
});

Deno.test("a status says which way a message went; other words are none", () => {
  assert.equal(directionByStatus("received"), "inbound");
  assert.equal(directionByStatus("delivered"), "outbound");
  assert.equal(parseTwilioMessageStatus("Delivered"), null);
});
