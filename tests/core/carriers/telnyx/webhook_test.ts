import assert from "node:assert/strict";
import {
  createTelnyxVerifier,
  TELNYX_SIGNATURE_HEADER,
  TELNYX_TIMESTAMP_HEADER,
  type TelnyxDelivery,
  type TelnyxProof,
} from "../../../../core/carriers/telnyx/webhook.ts";
import vectors from "../../../fixtures/telnyx_signature_vectors.json" with { type: "json" };

const bytes = (text: string) => new TextEncoder().encode(text);

type Vector = typeof vectors.vectors[number];
type Signed = TelnyxDelivery & { publicKey: string };

const verify = ({ publicKey, ...delivery }: Signed) => createTelnyxVerifier(publicKey)(delivery);

function deliveryOf(vector: Vector): Signed {
  const headers = new Headers(vector.headers as Record<string, string>);
  return {
    body: bytes(vector.raw_body),
    signature: headers.get(TELNYX_SIGNATURE_HEADER),
    timestamp: headers.get(TELNYX_TIMESTAMP_HEADER),
    publicKey: vector.public_key,
    nowMs: vector.now_unix * 1_000,
  };
}

/** Why each vector that must fail does. */
const REASONS: Record<string, TelnyxProof> = {
  "05-reserialised-body": { status: "refused", reason: "bad_signature" },
  "06-tampered-body": { status: "refused", reason: "bad_signature" },
  "07-timestamp-changed": { status: "refused", reason: "bad_signature" },
  "08-wrong-key": { status: "refused", reason: "bad_signature" },
  "10-tolerance-old-301": { status: "refused", reason: "stale" },
  "12-tolerance-future-301": { status: "refused", reason: "stale" },
  "13-missing-signature": { status: "refused", reason: "malformed" },
  "14-missing-timestamp": { status: "refused", reason: "malformed" },
  "15-signature-not-base64": { status: "refused", reason: "malformed" },
  "16-signature-short": { status: "refused", reason: "malformed" },
  "17-signature-unpadded-base64": { status: "refused", reason: "malformed" },
  "18-timestamp-not-integer": { status: "refused", reason: "malformed" },
  "19-timestamp-in-milliseconds": { status: "refused", reason: "stale" },
};

for (const vector of vectors.vectors) {
  // The vector of an empty body leaves it open: the signature holds, and reading refuses the body.
  const expected = vector.our_verifier_should_return ?? true;
  Deno.test(`a Telnyx verifier ${expected ? "accepts" : "refuses"} ${vector.name}`, () => {
    const proof = verify(deliveryOf(vector));
    assert.deepEqual(proof, expected ? { status: "verified" } : REASONS[vector.name]);
  });
  if (!expected) continue;
  Deno.test(`a Telnyx verifier refuses the twins of ${vector.name}`, () => {
    const delivery = deliveryOf(vector);
    const { body, signature } = delivery;
    const refused = (changes: Partial<Signed>) =>
      assert.notEqual(verify({ ...delivery, ...changes }).status, "verified");
    refused({ body: bytes(`${vector.raw_body} `) });
    refused({ body: body.slice(0, -1), ...(body.length === 0 ? { timestamp: "1" } : {}) });
    refused({ publicKey: vectors.keys.B.public_key_base64_raw });
    refused({ signature: `${signature} ` });
    refused({ signature: (signature ?? "").toLowerCase() });
    refused({ timestamp: `0${delivery.timestamp}` });
    refused({ timestamp: `${delivery.timestamp} ` });
    if (body.length === 0) return;
    refused({ body: body.with(0, (body[0] ?? 0) ^ 1) });
    // Another spelling of the same JSON: indented, or with its members sorted the other way.
    refused({ body: bytes(JSON.stringify(JSON.parse(vector.raw_body), null, 1)) });
    const { meta, data } = JSON.parse(vector.raw_body);
    refused({ body: bytes(JSON.stringify({ meta, data })) });
  });
}

Deno.test("the tolerance counts whole seconds, as the official SDK does", () => {
  const delivery = deliveryOf(vectors.vectors[0] as Vector);
  const at = (nowMs: number) => verify({ ...delivery, nowMs }).status;
  const signedMs = Number(delivery.timestamp) * 1_000;
  assert.equal(at(signedMs + 300_999), "verified");
  assert.equal(at(signedMs + 301_000), "refused");
  assert.equal(at(signedMs - 300_000), "verified");
  assert.equal(at(signedMs - 300_001), "refused");
});

Deno.test("a key that is none refuses everything and never throws", () => {
  const delivery = deliveryOf(vectors.vectors[0] as Vector);
  const rows: [publicKey: string, reason: string][] = [
    ["", "malformed"],
    ["not a key", "malformed"],
    [vectors.keys.A.public_key_spki_base64, "malformed"],
    [vectors.keys.A.public_key_base64_raw.slice(0, -1), "malformed"],
    // Canonical base64 has one spelling: the last digit's idle bits are zero.
    [vectors.keys.A.public_key_base64_raw.replace("uw=", "ux="), "malformed"],
    [btoa("\xff".repeat(32)), "bad_signature"],
    // Not every 32 bytes are a point of the curve.
    [btoa("\x02" + "\0".repeat(31)), "malformed"],
  ];
  for (const [publicKey, reason] of rows) {
    assert.deepEqual(verify({ ...delivery, publicKey }), {
      status: "refused",
      reason,
    });
  }
});
