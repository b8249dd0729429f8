import assert from "node:assert/strict";
import {
  directionByStatus,
  isMessageOver,
  laterMessageStatus,
  parseTwilioMessageStatus,
  TWILIO_MESSAGE_STATUSES,
} from "../../../../../core/carriers/twilio/fields/message_status.ts";

Deno.test("of two message statuses the stronger holds, whichever comes first", () => {
  for (const [rank, weaker] of TWILIO_MESSAGE_STATUSES.entries()) {
    for (const stronger of TWILIO_MESSAGE_STATUSES.slice(rank)) {
      assert.equal(laterMessageStatus(weaker, stronger), stronger);
      assert.equal(laterMessageStatus(stronger, weaker), stronger);
    }
  }
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
