import assert from "node:assert/strict";
import { callId } from "../../../core/usage/call_usage.ts";

Deno.test("callId() keeps the same carrier id of two carriers apart", () => {
  assert.equal(callId({ carrier: "bland", carrierCallId: "a" }), "bland:a");
  assert.notEqual(
    callId({ carrier: "bland", carrierCallId: "a" }),
    callId({ carrier: "telnyx", carrierCallId: "a" }),
  );
});
