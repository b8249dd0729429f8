/**
 * Every webhook address of the app, and how its carrier would sign any bytes whatever.
 *
 * Goes to: `tests/support/app.ts`, `core/carriers/twilio/webhook.ts`.
 *
 * @module
 */
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { parseForm } from "../../core/carriers/twilio/form.ts";
import { formatTwilioSignature } from "../../core/carriers/twilio/webhook.ts";
import { type AppOptions, type AppWorld, openApp, PUBLIC_URL, SECRETS } from "./app.ts";

const telnyxKeys = generateKeyPairSync("ed25519");
const ACCOUNT_SID = "AC1b2c3d4e5f60718293a4b5c6d7e8f901";
const AUTH_TOKEN = "twilio-token-of-the-tests-0123456";

/** Turns every carrier on. */
export const CARRIERS_ENV: Record<string, string> = {
  TELNYX_API_KEY: "telnyx-key-of-the-tests",
  TELNYX_PUBLIC_KEY: telnyxKeys.publicKey.export({ type: "spki", format: "der" }).subarray(12)
    .toString("base64"),
  TWILIO_ACCOUNT_SID: ACCOUNT_SID,
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
};

/** The app with every carrier on. */
export function openCarrierApp(options: AppOptions = {}): Promise<AppWorld> {
  return openApp({ ...options, env: { ...CARRIERS_ENV, ...options.env } });
}

/** A delivery that is signed as it should be. */
export interface SignedDelivery {
  path: string;
  body: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

/** One address that a carrier posts to. */
export interface WebhookDoor {
  /** For the name of a test. */
  name: string;
  carrier: "bland" | "telnyx" | "twilio";
  /** As registered. */
  path: string;
  /** A body the carrier would send, a fresh one for each turn. */
  sample(turn: number): string;
  /** What a good delivery is answered with. */
  answer: string;
  sign(body: Uint8Array<ArrayBuffer>, nowMs: number): SignedDelivery;
}

const bland: WebhookDoor = {
  name: "Bland",
  carrier: "bland",
  path: "/api/webhooks/bland",
  answer: `{"received":true}`,
  sample: (turn) =>
    JSON.stringify({ call_id: idOf(turn), completed: true, call_length: 1.5, price: 0.09 }),
  sign: (body) => {
    const hmac = createHmac("sha256", SECRETS.BLAND_WEBHOOK_SECRET).update(body).digest("hex");
    const headers = { "content-type": "application/json", "x-webhook-signature": hmac };
    return { path: bland.path, body, headers };
  },
};

const idOf = (turn: number) => `00000000-0000-4000-8000-${String(turn).padStart(12, "0")}`;

function telnyx(kind: "calls" | "messages", event: (turn: number) => object): WebhookDoor {
  const path = `/api/telnyx/webhooks/${kind}`;
  return {
    name: `Telnyx ${kind}`,
    carrier: "telnyx",
    path,
    answer: `{"received":true}`,
    sample: (turn) =>
      JSON.stringify({
        data: {
          record_type: "event",
          id: idOf(turn),
          occurred_at: "2026-01-31T22:00:00.000000Z",
          ...event(turn),
        },
      }),
    sign: (body, nowMs) => {
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signed = Buffer.concat([Buffer.from(`${timestamp}|`), body]);
      const signature = sign(null, signed, telnyxKeys.privateKey).toString("base64");
      return {
        path,
        body,
        headers: {
          "content-type": "application/json",
          "telnyx-signature-ed25519": signature,
          "telnyx-timestamp": timestamp,
        },
      };
    },
  };
}

const telnyxCalls = telnyx("calls", (turn) => ({
  event_type: "call.hangup",
  payload: {
    call_control_id: `v3:${turn}`,
    call_session_id: idOf(turn),
    call_leg_id: idOf(turn),
    connection_id: "1",
    from: "+12025550100",
    to: "+12125550199",
    direction: "outgoing",
    start_time: "2026-01-31T21:59:00.000000Z",
    end_time: "2026-01-31T22:00:00.000000Z",
    hangup_cause: "normal_clearing",
    hangup_source: "caller",
  },
}));
const telnyxMessages = telnyx("messages", (turn) => ({
  event_type: "message.finalized",
  payload: {
    id: idOf(turn),
    direction: "outbound",
    from: { phone_number: "+12025550100" },
    to: [{ phone_number: "+12125550199", status: "delivered" }],
    parts: 1,
    sent_at: "2026-01-31T22:00:00.000+00:00",
    cost: { amount: "0.0040", currency: "USD" },
  },
}));

function twilio(
  kind: "voice" | "messages",
  fields: (turn: number) => Record<string, string>,
): WebhookDoor {
  const path = `/webhook/twilio/${kind}`;
  return {
    name: `Twilio ${kind}`,
    carrier: "twilio",
    path,
    answer: "<Response></Response>",
    sample: (turn) => new URLSearchParams({ AccountSid: ACCOUNT_SID, ...fields(turn) }).toString(),
    sign: (body) => {
      const form = parseForm(body);
      // A form that is not UTF-8 cannot be signed as one: then the body stands in the address.
      const isForm = form.status === "form";
      const digest = createHash("sha256").update(body).digest("hex");
      const to = isForm ? path : `${path}?bodySHA256=${digest}`;
      const parameters = isForm ? form.parameters : [];
      const url = PUBLIC_URL + to;
      return {
        path: to,
        body,
        headers: {
          "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
          "x-twilio-signature": formatTwilioSignature({ url, parameters, authToken: AUTH_TOKEN }),
        },
      };
    },
  };
}

const sidOf = (letters: string, turn: number) => letters + String(turn).padStart(32, "0");

const twilioVoice = twilio("voice", (turn) => ({
  CallSid: sidOf("CA", turn),
  CallStatus: "completed",
  CallDuration: "61",
  Direction: "inbound",
  From: "+12125550199",
  To: "+12025550100",
}));
const twilioMessages = twilio("messages", (turn) => ({
  MessageSid: sidOf("SM", turn),
  MessageStatus: "delivered",
  From: "+12025550100",
  To: "+12125550199",
}));

/** Every webhook address, one by one. */
export const WEBHOOK_DOORS: readonly WebhookDoor[] = [
  bland,
  telnyxCalls,
  telnyxMessages,
  twilioVoice,
  twilioMessages,
];

/** Posts a delivery, from nobody knows where unless an address is given. */
export async function deliver(
  { app }: Pick<AppWorld, "app">,
  { path, body, headers, remoteAddress }: SignedDelivery & { remoteAddress?: string },
): Promise<Response> {
  return await app.request(path, { method: "POST", headers, body }, { remoteAddress });
}
