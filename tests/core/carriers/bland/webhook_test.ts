import assert from "node:assert/strict";
import {
  type BlandWebhook,
  parseBlandWebhook,
  verifyBlandSignature,
} from "../../../../core/carriers/bland/webhook.ts";
import vectors from "../../../fixtures/bland_signature_vectors.json" with { type: "json" };

const bytes = (text: string) => new TextEncoder().encode(text);

for (
  const { id, secret, body_base64, signature, reserialized_signature, raw_equals_reserialized }
    of vectors.vectors
) {
  const body = Uint8Array.fromBase64(body_base64);
  Deno.test(`verifyBlandSignature() accepts the vector ${id}`, () => {
    assert.ok(verifyBlandSignature({ body, signature, secret }));
  });
  Deno.test(`verifyBlandSignature() refuses ${id} with one bit of its body flipped`, () => {
    const flipped = body.length === 0 ? bytes(" ") : body.with(0, (body[0] ?? 0) ^ 1);
    assert.ok(!verifyBlandSignature({ body: flipped, signature, secret }));
  });
  if (raw_equals_reserialized || !reserialized_signature) continue;
  Deno.test(`verifyBlandSignature() checks the raw bytes of ${id}, not the re-serialised ones`, () => {
    assert.ok(!verifyBlandSignature({ body, signature: reserialized_signature, secret }));
  });
}

for (const negative of vectors.negative) {
  Deno.test(`verifyBlandSignature() refuses the vector ${negative.id}`, () => {
    const original = vectors.vectors.find(({ id }) => id === negative.body_of);
    const body = original
      ? Uint8Array.fromBase64(original.body_base64)
      : bytes(negative.body_override ?? "");
    const { header: signature, secret } = negative;
    assert.equal(verifyBlandSignature({ body, signature, secret }), false);
  });
}

Deno.test("verifyBlandSignature() refuses everything when the secret is empty", () => {
  // HMAC-SHA-256 of nothing under an empty key: anybody can compute it.
  const signature = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  assert.equal(verifyBlandSignature({ body: bytes(""), signature, secret: "" }), false);
});

const DELIVERIES: readonly [why: string, text: string, expected: BlandWebhook][] = [
  ["a completed call", '{"call_id":"c-1","completed":true}', {
    status: "finished_call",
    carrierCallId: "c-1",
  }],
  ["a call with a status", '{"call_id":"c-1","status":"no-answer"}', {
    status: "finished_call",
    carrierCallId: "c-1",
  }],
  ["a failed call that never completed", '{"call_id":"c-1","completed":false}', {
    status: "finished_call",
    carrierCallId: "c-1",
  }],
  ["an id beyond the allow-list", '{"call_id":"../me","completed":true}', {
    status: "unreadable",
    reason: "call_id is not as documented",
  }],
  ["an id that is null", '{"call_id":null,"completed":true}', {
    status: "unreadable",
    reason: "call_id is not as documented",
  }],
  ["a live event", '{"message":"hi","call_id":"c-1","category":"call","log_level":"info"}', {
    status: "other_event",
    kind: "live_event",
  }],
  ["a citation", '{"event_type":"citations","timestamp":"x","citations":[]}', {
    status: "other_event",
    kind: "citations",
  }],
  ["a text conversation", '{"conversation_id":"s-1","status":"open"}', {
    status: "other_event",
    kind: "sms_conversation",
  }],
  ["a kind that is no word", '{"event_type":"a b\\n"}', { status: "other_event", kind: "unknown" }],
  ["an id alone", '{"call_id":"c-1"}', { status: "other_event", kind: "unknown" }],
  ["nothing", "{}", { status: "other_event", kind: "unknown" }],
  ["a list", "[]", { status: "unreadable", reason: "not an object" }],
  ["null", "null", { status: "unreadable", reason: "not an object" }],
  ["a cut body", '{"call_id":"c-1","comp', { status: "unreadable", reason: "not JSON" }],
  ["an empty body", "", { status: "unreadable", reason: "not JSON" }],
];

for (const [why, text, expected] of DELIVERIES) {
  Deno.test(`parseBlandWebhook(): ${why}`, () =>
    assert.deepEqual(parseBlandWebhook(text), expected));
}
