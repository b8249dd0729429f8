/**
 * Reads Telnyx's answer about one message.
 *
 * @module
 */
import { z } from "zod";
import type { TelnyxAnswer, TelnyxFailure, TelnyxRateLimit } from "../answers.ts";
import { parseMessagePicture } from "./message_event.ts";
import { reportOfMessage, type TelnyxMessageReport } from "./message_report.ts";

/** One message; `message_not_found` also when it is older than 10 days. */
export type TelnyxMessageOutcome =
  | { status: "found"; message: TelnyxMessageReport; rateLimit: TelnyxRateLimit | null }
  | { status: "message_not_found"; rateLimit: TelnyxRateLimit | null }
  | TelnyxFailure;

/**
 * The message asked for; the answer about another one is refused.
 *
 * Source: Telnyx OpenAPI specification, `GET /messages/{id}`.
 */
export function readMessage(
  { messageId, answer, nowMs }: { messageId: string; answer: TelnyxAnswer; nowMs: number },
): TelnyxMessageOutcome {
  const { rateLimit } = answer;
  if (answer.status === "not_found") return { status: "message_not_found", rateLimit };
  if (answer.status === "request_refused") return { ...answer, status: "answer_unreadable" };
  if (answer.status !== "read") return answer;
  const parsed = bodySchema.safeParse(answer.value);
  const message = parseMessagePicture(parsed.data?.data);
  if (message.status === "unreadable") {
    return { status: "answer_unreadable", reason: message.reason, rateLimit };
  }
  if (message.picture.messageId !== messageId) {
    const reason = "another message than the one asked for";
    return { status: "answer_unreadable", reason, rateLimit };
  }
  const report = reportOfMessage({ picture: message.picture, atMs: nowMs });
  return { status: "found", message: report, rateLimit };
}

const bodySchema = z.object({ data: z.unknown() });
