/**
 * A signing key is replaced: for a while two are good, then one again. The published vectors of each
 * carrier are posted to the app as the carrier would.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { START_MS } from "../support/world.ts";
import { type AppWorld, openApp } from "../support/app.ts";
import bland from "../fixtures/bland_signature_vectors.json" with { type: "json" };
import telnyx from "../fixtures/telnyx_signature_vectors.json" with { type: "json" };
import twilio from "../fixtures/twilio_signature_vectors.json" with { type: "json" };

interface Rotation {
  carrier: string;
  /** What the environment holds besides the keys. */
  env: Record<string, string>;
  variable: string;
  /** The key that signed the vector, and another one. */
  key: string;
  other: string;
  /** When the vector was signed. */
  atMs: number;
  post: (world: AppWorld) => Promise<Response>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

const blandVector = bland.vectors[0]!;
const telnyxVector = telnyx.vectors[0]!;
const twilioVector = twilio.vectors.find(({ params, method }) =>
  method === "POST" && params.some(([name]) => name === "CallStatus")
)!;
const twilioUrl = new URL(twilioVector.signed_url);
/** The vectors stand for addresses of their own: ours lie elsewhere, so this one is signed anew. */
const twilioPath = "/webhook/twilio/voice";

const ROTATIONS: Rotation[] = [
  {
    carrier: "Bland",
    env: { BLAND_API_KEY: "b" },
    variable: "BLAND_WEBHOOK_SECRET",
    key: blandVector.secret,
    other: "whsec_another",
    atMs: START_MS,
    post: async ({ app }) =>
      await app.request("/api/webhooks/bland", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          [blandVector.header_name]: blandVector.signature,
        },
        body: Uint8Array.fromBase64(blandVector.body_base64),
      }),
  },
  {
    carrier: "Telnyx",
    env: { TELNYX_API_KEY: "t" },
    variable: "TELNYX_PUBLIC_KEY",
    key: telnyxVector.public_key,
    other: telnyx.keys.B.public_key_base64_raw,
    atMs: telnyxVector.now_unix * 1_000,
    post: async ({ app }) =>
      await app.request("/api/telnyx/webhooks/calls", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...telnyxVector.headers as Record<string, string>,
        },
        body: bytes(telnyxVector.raw_body),
      }),
  },
  {
    carrier: "Twilio",
    env: {
      TWILIO_ACCOUNT_SID: twilioVector.params.find(([name]) => name === "AccountSid")![1]!,
      PUBLIC_URL: twilioUrl.origin,
    },
    variable: "TWILIO_AUTH_TOKEN",
    key: twilioVector.auth_token,
    other: "ffffffffffffffffffffffffffffffaa",
    atMs: START_MS,
    post: async ({ app }) => {
      const signed = [...twilioVector.params].sort(([a = ""], [b = ""]) => a < b ? -1 : 1);
      const signatureAt = (url: string) =>
        createHmac("sha1", twilioVector.auth_token)
          .update(url + signed.flat().join("")).digest("base64");
      assert.equal(signatureAt(twilioVector.signed_url), twilioVector.expected_signature);
      return await app.request(twilioPath, {
        method: "POST",
        headers: {
          "content-type": twilioVector.content_type ?? "",
          "x-twilio-signature": signatureAt(twilioUrl.origin + twilioPath),
        },
        body: bytes(twilioVector.raw_body),
      });
    },
  },
];

for (const { carrier, env, variable, key, other, atMs, post } of ROTATIONS) {
  Deno.test(`${carrier}: while two keys are configured either proves a delivery, and no third one`, async () => {
    const third = [...other].reverse().join("").replace(/^=(.*)$/, "$1=");
    const rows: [keys: string, status: number][] = [
      [key, 200],
      [`${key},${other}`, 200],
      [`${other},${key}`, 200],
      [other, 403],
      [`${other},${third}`, 403],
    ];
    for (const [keys, status] of rows) {
      using world = await openApp({ env: { BLAND_WEBHOOK_SECRET: "", ...env, [variable]: keys } });
      world.clock.setTo(atMs);
      const answer = await post(world);
      assert.equal(answer.status, status, `${variable}=${keys}: ${await answer.text()}`);
    }
  });
}
