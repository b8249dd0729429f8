/**
 * Bland's post-call webhook: proof of origin, and which call it is about.
 *
 * A delivery is only a hint to read that call again: it carries no time and no nonce, so a replay
 * years later looks just as genuine.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { parseJsonKeepingNumbers } from "../json_numbers.ts";
import { parseBlandCallId } from "./call_row.ts";

/** The header that carries the signature. */
export const BLAND_SIGNATURE_HEADER = "x-webhook-signature";

/**
 * Whether `signature` is the HMAC-SHA-256 of the raw body under the signing secret, lower-case hex.
 *
 * The bytes as they came are checked, never a re-serialised body; upper case, a prefix, a missing
 * header and an empty secret are refused.
 * Source: Bland documentation, "Webhook signing".
 */
export function verifyBlandSignature(
  { body, signature, secret }: { body: Uint8Array; signature: string | null; secret: string },
): boolean {
  // Before the comparison, which throws on unequal lengths.
  if (secret === "" || signature === null || !/^[0-9a-f]{64}$/.test(signature)) return false;
  const expected = createHmac("sha256", secret).update(body).digest();
  return timingSafeEqual(expected, Uint8Array.fromHex(signature));
}

/** What a delivery turned out to be. */
export type BlandWebhook =
  | { status: "finished_call"; carrierCallId: string }
  | { status: "other_event"; kind: string }
  | { status: "unreadable"; reason: string };

/**
 * Reads a delivery whose signature was verified.
 *
 * A finished call has `call_id` and `completed` or `status`. The same address also gets live events,
 * citations and text conversations: `other_event` of kind `live_event`, the `event_type` Bland
 * writes, `sms_conversation`, or `unknown`.
 * Source: Bland documentation, "Post call webhooks".
 */
export function parseBlandWebhook(text: string): BlandWebhook {
  const json = parseJsonKeepingNumbers(text);
  if (json.status === "not_json") return { status: "unreadable", reason: "not JSON" };
  const parsed = deliverySchema.safeParse(json.value);
  if (!parsed.success) return { status: "unreadable", reason: "not an object" };
  const delivery = parsed.data;
  const isCall = typeof delivery.completed === "boolean" || typeof delivery.status === "string";
  if (!isCall || delivery.call_id === undefined) {
    return { status: "other_event", kind: describeKind(delivery) };
  }
  const carrierCallId = parseBlandCallId(delivery.call_id);
  if (!carrierCallId) return { status: "unreadable", reason: "call_id is not as documented" };
  return { status: "finished_call", carrierCallId };
}

const deliverySchema = z.object({
  call_id: z.unknown().optional(),
  completed: z.unknown().optional(),
  status: z.unknown().optional(),
  event_type: z.unknown().optional(),
  category: z.unknown().optional(),
  conversation_id: z.unknown().optional(),
});

function describeKind(delivery: z.output<typeof deliverySchema>): string {
  const { event_type: eventType } = delivery;
  if (typeof eventType === "string" && /^[a-z0-9_.-]{1,40}$/i.test(eventType)) return eventType;
  if (delivery.conversation_id !== undefined) return "sms_conversation";
  return delivery.category === undefined ? "unknown" : "live_event";
}
