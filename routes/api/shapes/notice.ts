/**
 * Notices and the endpoints they are posted to, as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import { TARGET_CHARS_MAX } from "../../../core/endpoint_target.ts";
import { formatInstant } from "../../../core/clock.ts";
import type { Delivery } from "../../../core/notices/deliver.ts";
import type { WebhookEndpoint } from "../../../core/notices/endpoint.ts";
import { NOTICE_KINDS } from "../../../core/notices/notice.ts";
import { idParam, instantShape } from "./fields.ts";

/** One notice; `showNotice` of `core/notices/notice.ts` makes it. */
export const noticeShape = z.object({
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  accountId: z.string().nullable().meta({ description: "Null: the installation as a whole" }),
  at: instantShape,
  title: z.string(),
  detail: z.string(),
  link: z.string().meta({ description: "The page that shows the cause" }),
  readAt: instantShape.nullable(),
}).meta({ id: "Notice" });

/** An endpoint, without its secret. */
export const endpointShape = z.object({
  id: z.string(),
  url: z.string(),
  kinds: z.array(z.enum(NOTICE_KINDS)).nullable().meta({ description: "Null: every kind" }),
  accountId: z.string().nullable().meta({ description: "Null: every account" }),
  state: z.enum(["active", "failing"]),
  createdAt: instantShape,
}).meta({ id: "WebhookEndpoint" });

/** An endpoint with a fresh secret. */
export const endpointWithSecretShape = endpointShape.extend({
  secret: z.string().meta({ description: "whsec_… of Standard Webhooks, shown this once" }),
}).meta({ id: "WebhookEndpointWithSecret" });

/** See {@link endpointShape}. */
export function showEndpoint(endpoint: WebhookEndpoint): z.infer<typeof endpointShape> {
  const { id, url, kinds, accountId, state, createdAtMs } = endpoint;
  return { id, url, kinds, accountId, state, createdAt: formatInstant(createdAtMs) };
}

/** What adds an endpoint. */
export const endpointRequest = z.strictObject({
  url: z.string().min(1).max(TARGET_CHARS_MAX)
    .meta({ description: "https, on the public internet", example: "https://example.com/hooks" }),
  kinds: z.array(z.enum(NOTICE_KINDS)).min(1).optional()
    .meta({ description: "Every kind when left out" }),
  accountId: idParam.optional()
    .meta({ description: "Only what this customer may hear about itself" }),
}).meta({ id: "WebhookEndpointRequest" });

/** One delivery to an endpoint. */
export const deliveryShape = z.object({
  messageId: z.string().meta({ description: "The notice's id, or a test's own" }),
  at: instantShape,
  state: z.enum(["pending", "running", "done", "failed"]),
  attempts: z.int(),
  answer: z.string().nullable().meta({ description: "To the last try, in words" }),
  nextTryAt: instantShape.nullable(),
  jobId: z.string().meta({ description: "POST /jobs/:id/retries sends it again" }),
}).meta({ id: "WebhookDelivery" });

/** See {@link deliveryShape}. */
export function showDelivery({ messageId, atMs, job }: Delivery): z.infer<typeof deliveryShape> {
  return {
    messageId,
    at: formatInstant(atMs),
    state: job.state,
    attempts: job.attempts,
    answer: answerOf(job),
    nextTryAt: job.state === "pending" ? formatInstant(job.dueAtMs) : null,
    jobId: job.id,
  };
}

/** What the endpoint said to the last try, in words; null before there was one. */
export function answerOf({ progress, lastError, state }: Delivery["job"]): string | null {
  if (state !== "done") return lastError;
  const httpStatus = progress?.result.httpStatus;
  return httpStatus === undefined ? "no longer wanted" : `HTTP ${httpStatus}`;
}
