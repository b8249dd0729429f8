/**
 * Bland's post-call webhook: proven on the raw bytes, kept once, answered; billing comes later, if at all.
 *
 * Goes to: `core/carriers/bland/webhook.ts`, `routes/webhooks/refuse_delivery.ts`.
 * Picked up by `cron/process_event.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import {
  BLAND_SIGNATURE_HEADER,
  parseBlandWebhook,
  verifyBlandSignature,
} from "../../core/carriers/bland/webhook.ts";
import type { Delivery } from "../../core/jobs/inbox.ts";
import { receiveEvent } from "../../core/jobs/receive_event.ts";
import type { AppEnv } from "../caller.ts";
import { doc } from "../openapi.ts";
import { problem } from "../problem.ts";
import { decodeUtf8 } from "../read_input.ts";
import { receivedSchema } from "../webhook_answers.ts";
import type { WebhookDeps } from "./refuse_delivery.ts";

/** `POST /api/webhooks/bland`. A secret that is not set closes it. */
export function blandWebhookRoutes(deps: WebhookDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().post(
    "/api/webhooks/bland",
    doc({
      summary: "Bland tells that a call has ended",
      description: "Recorded once; bills only where BLAND_BILLING is `webhook` or `both`.",
      tags: ["webhooks"],
      responses: { 200: { description: "Kept, now or earlier", schema: receivedSchema } },
    }),
    async (c) => {
      const secrets = deps.config.bland?.webhookSecrets ?? [];
      if (secrets.length === 0) {
        return problem(c, { code: "not_configured", detail: "BLAND_WEBHOOK_SECRET is not set" });
      }
      const body = new Uint8Array(await c.req.arrayBuffer());
      const signature = c.req.header(BLAND_SIGNATURE_HEADER) ?? null;
      const isSigned = secrets.some((secret) =>
        verifyBlandSignature({ body, signature, secret: secret.reveal() })
      );
      if (!isSigned) {
        const detail = "The signature does not match the body";
        return await deps.refuse(c, { carrier: "bland", detail });
      }
      const delivery = readDelivery(body, deps.config.bland!.billing);
      await receiveEvent(deps, delivery);
      if (delivery.state === "parked") {
        return problem(c, { code: "malformed_body", detail: delivery.reason ?? "" });
      }
      if (delivery.state === "received") deps.actions.nudge();
      return c.json({ received: true });
    },
  );
}

/** Keeps of a delivery what billing may need: transcripts and summaries are none of our business. */
function readDelivery(body: Uint8Array, billing: "sync" | "webhook" | "both"): Delivery {
  const carrierEventId = createHash("sha256").update(body).digest("hex").slice(0, 32);
  const base = { carrier: "bland", carrierEventId };
  const text = decodeUtf8(body);
  const webhook = text === null
    ? { status: "unreadable" as const, reason: "not UTF-8" }
    : parseBlandWebhook(text);
  switch (webhook.status) {
    case "unreadable":
      return { ...base, kind: "unreadable", payload: "", state: "parked", reason: webhook.reason };
    case "other_event":
      return {
        ...base,
        kind: webhook.kind,
        payload: "",
        state: "processed",
        reason: "not a finished call",
      };
    case "finished_call": {
      const payload = JSON.stringify({ call_id: webhook.carrierCallId, completed: true });
      const kind = "call.finished";
      if (billing !== "sync") return { ...base, kind, payload, state: "received", reason: null };
      return {
        ...base,
        kind,
        payload,
        state: "processed",
        reason: "recorded only: BLAND_BILLING is sync",
      };
    }
  }
}
