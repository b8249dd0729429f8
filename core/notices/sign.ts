/**
 * A notice as it travels: its body, and the headers of Standard Webhooks that prove where it is from.
 *
 * Comes from: `core/notices/deliver.ts`. Goes to: `core/notices/endpoint.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { toDate } from "../clock.ts";
import type { EndpointSecret } from "./endpoint.ts";

/** One message to one endpoint. */
export interface SignedMessage {
  /** What arrives. */
  body: string;
  /** `webhook-id`, `webhook-timestamp`, `webhook-signature`, and the content type. */
  headers: Record<string, string>;
}

/**
 * Signs a body; with a secret that was rotated lately there are two signatures.
 *
 * `messageId` is the same for every try, so that receivers can tell a repeat. Source: Standard Webhooks,
 * "Webhook Headers".
 */
export function signMessage(
  secrets: EndpointSecret,
  { messageId, body, atMs }: { messageId: string; body: string; atMs: number },
): SignedMessage {
  const id = headerId(messageId);
  const both = [
    secrets.secret,
    ...(secrets.previous !== null && atMs < secrets.previousUntilMs ? [secrets.previous] : []),
  ];
  const signatures = both.map((secret) => new Webhook(secret).sign(id, toDate(atMs), body));
  return {
    body,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(atMs / 1_000)),
      "webhook-signature": signatures.join(" "),
    },
  };
}

/** As it is where a header and the signed text can hold it (a point would end it early); else hashed. */
function headerId(id: string): string {
  return /^[\w:+@-]+$/.test(id) ? id : `msg_${createHash("sha256").update(id).digest("hex")}`;
}
