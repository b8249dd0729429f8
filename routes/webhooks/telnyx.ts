/**
 * Telnyx's webhooks: proven on the raw bytes, kept once under the event's own id, answered.
 *
 * Goes to: `core/carriers/telnyx/webhook.ts`, `core/jobs/receive_event.ts`.
 * Picked up by `cron/take_in_telnyx.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { parseTelnyxEvent, type TelnyxEventOutcome } from "../../core/carriers/telnyx/events.ts";
import {
  createTelnyxVerifier,
  TELNYX_SIGNATURE_HEADER,
  TELNYX_TIMESTAMP_HEADER,
} from "../../core/carriers/telnyx/webhook.ts";
import type { Delivery } from "../../core/jobs/inbox.ts";
import { createReceiver } from "../../core/jobs/receive_event.ts";
import type { AppEnv } from "../caller.ts";
import { doc } from "../openapi.ts";
import { problem } from "../problem.ts";
import { decodeUtf8 } from "../read_input.ts";
import { receivedSchema } from "../webhook_answers.ts";
import type { WebhookDeps } from "./refuse_delivery.ts";

/** What an event may be long: escaped as text in a row it may take twice that, and must still fit. */
const PAYLOAD_BYTES_MAX = 28_000;

/** `POST /api/telnyx/webhooks/calls` and `/messages`. A public key that is not set closes them. */
export function telnyxWebhookRoutes(deps: WebhookDeps): Hono<AppEnv> {
  const described = (summary: string) =>
    doc({
      summary,
      description: "Signed with Ed25519 over `timestamp|body`, five minutes old at most.",
      tags: ["webhooks"],
      responses: { 200: { description: "Kept, now or earlier", schema: receivedSchema } },
    });
  const intake: Intake = {
    ...deps,
    verifiers: (deps.config.telnyx?.publicKeys ?? []).map(createTelnyxVerifier),
    receiveEvent: createReceiver(deps),
  };
  return new Hono<AppEnv>()
    .post(
      "/api/telnyx/webhooks/calls",
      described("Telnyx tells of a call"),
      (c) => receive(intake, c),
    )
    .post(
      "/api/telnyx/webhooks/messages",
      described("Telnyx tells of a message"),
      (c) => receive(intake, c),
    );
}

type Intake = WebhookDeps & {
  /** One for each public key; none closes the door. */
  verifiers: ReturnType<typeof createTelnyxVerifier>[];
  receiveEvent: ReturnType<typeof createReceiver>;
};

async function receive(intake: Intake, c: Context<AppEnv>): Promise<Response> {
  if (intake.verifiers.length === 0) {
    return problem(c, { code: "not_configured", detail: "TELNYX_PUBLIC_KEY is not set" });
  }
  const body = new Uint8Array(await c.req.arrayBuffer());
  const told = {
    body,
    signature: c.req.header(TELNYX_SIGNATURE_HEADER) ?? null,
    timestamp: c.req.header(TELNYX_TIMESTAMP_HEADER) ?? null,
    nowMs: intake.clock.now(),
  };
  // The newest reason is as good as any: all keys see the same headers.
  let reason: string | null = null;
  for (const verify of intake.verifiers) {
    const proof = verify(told);
    reason = proof.status === "verified" ? null : proof.reason;
    if (reason === null) break;
  }
  if (reason !== null) {
    const detail = `The signature is refused: ${reason}`;
    return await intake.refuse(c, { carrier: "telnyx", detail });
  }
  const delivery = readDelivery(body);
  const kept = await intake.receiveEvent(delivery);
  if (delivery.state === "parked") {
    return problem(c, { code: "malformed_body", detail: delivery.reason ?? "" });
  }
  if (kept.status === "received" && delivery.state === "received") intake.actions.nudge();
  return c.json({ received: true });
}

function readDelivery(body: Uint8Array): Delivery {
  const text = decodeUtf8(body);
  const parsed: TelnyxEventOutcome = text === null
    ? { status: "unreadable", reason: "not UTF-8", eventId: null }
    : parseTelnyxEvent(text);
  const ownId = parsed.status === "call_event" || parsed.status === "message_event"
    ? parsed.event.eventId
    : parsed.eventId;
  const carrierEventId = ownId ?? createHash("sha256").update(body).digest("hex").slice(0, 32);
  const base = { carrier: "telnyx", carrierEventId };
  switch (parsed.status) {
    case "unreadable":
      return { ...base, kind: "unreadable", payload: "", state: "parked", reason: parsed.reason };
    case "other_event": {
      const reason = "of no use to billing";
      return { ...base, kind: parsed.kind, payload: "", state: "processed", reason };
    }
    default: {
      const { kind } = parsed.event;
      if (body.byteLength > PAYLOAD_BYTES_MAX) {
        return { ...base, kind, payload: "", state: "parked", reason: "the event is too long" };
      }
      return { ...base, kind, payload: text ?? "", state: "received", reason: null };
    }
  }
}
