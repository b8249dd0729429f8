/**
 * Twilio's status callbacks: proven over the exact public URL and the raw body, kept once, answered in XML.
 *
 * Twilio has no id for a delivery, so its content is one: the same words again are the same event.
 *
 * Goes to: `core/carriers/twilio/webhook.ts`, `routes/webhooks/refuse_delivery.ts`.
 * Picked up by `cron/process_event.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { namesOtherAccount, parseTwilioCallback } from "../../core/carriers/twilio/callbacks.ts";
import { publicUrlOf } from "../../core/carriers/twilio/signed_urls.ts";
import {
  TWILIO_SIGNATURE_HEADER,
  verifyTwilioSignature,
} from "../../core/carriers/twilio/webhook.ts";
import type { Delivery } from "../../core/jobs/inbox.ts";
import { receiveEvent } from "../../core/jobs/receive_event.ts";
import type { AppEnv } from "../caller.ts";
import { doc } from "../openapi.ts";
import { problem } from "../problem.ts";
import type { WebhookDeps } from "./refuse_delivery.ts";

/** `POST /webhook/twilio/voice` and `/webhook/twilio/messages`. Twilio's token not set closes them. */
export function twilioWebhookRoutes(deps: WebhookDeps): Hono<AppEnv> {
  const described = (summary: string) =>
    doc({
      summary,
      description: "Form encoded, signed by `X-Twilio-Signature`. Answers `<Response></Response>`.",
      tags: ["webhooks"],
      responses: { 200: { description: "Kept, now or earlier" } },
    });
  return new Hono<AppEnv>()
    .post(
      "/webhook/twilio/voice",
      described("Twilio tells a call's status"),
      (c) => receive(deps, c),
    )
    .post(
      "/webhook/twilio/messages",
      described("Twilio tells a message's status"),
      (c) => receive(deps, c),
    );
}

async function receive(deps: WebhookDeps, c: Context<AppEnv>): Promise<Response> {
  const { twilio, publicUrl } = deps.config;
  if (!twilio) {
    return problem(c, { code: "not_configured", detail: "TWILIO_AUTH_TOKEN is not set" });
  }
  const body = new Uint8Array(await c.req.arrayBuffer());
  const proof = {
    url: publicUrlOf({ publicUrl, requestUrl: c.req.url }),
    body,
    contentType: c.req.header("content-type") ?? null,
    signature: c.req.header(TWILIO_SIGNATURE_HEADER) ?? null,
  };
  const isSigned = twilio.webhookTokens.some((token) =>
    verifyTwilioSignature({ ...proof, authToken: token.reveal() })
  );
  if (!isSigned || namesOtherAccount(body, twilio.accountSid)) {
    return await deps.refuse(c, {
      carrier: "twilio",
      detail: isSigned
        ? "AccountSid is not the account we know"
        : "The signature does not match the address and body",
    });
  }
  const delivery = readDelivery(body);
  const kept = await receiveEvent(deps, delivery);
  if (delivery.state === "parked") {
    return problem(c, { code: "malformed_body", detail: delivery.reason ?? "" });
  }
  if (kept.status === "received") deps.actions.nudge();
  return c.body("<Response></Response>", 200, { "content-type": "text/xml" });
}

/** Keeps what the callback says in our terms; the body itself may hold a message's text. */
function readDelivery(body: Uint8Array): Delivery {
  const carrierEventId = createHash("sha256").update(body).digest("hex").slice(0, 32);
  const base = { carrier: "twilio", carrierEventId };
  const parsed = parseTwilioCallback(body);
  if (parsed.status === "unreadable") {
    return { ...base, kind: "unreadable", payload: "", state: "parked", reason: parsed.reason };
  }
  const kind = `${parsed.status === "call_status" ? "call" : "message"}.${parsed.callback.status}`;
  return { ...base, kind, payload: JSON.stringify(parsed), state: "received", reason: null };
}
