/**
 * Reads what Bland answered, as far as every answer is alike: its status, its JSON, its refusals.
 *
 * @module
 */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { EgressAnswer } from "../../egress.ts";
import { parseJsonKeepingNumbers } from "../json_numbers.ts";
import { parseRetryAfter } from "../retry_after.ts";

/** An answer that brought nothing. No reason quotes a secret. */
export type BlandFailure =
  /** Unreachable, overloaded or broken: worth another try. */
  | { status: "carrier_unavailable"; reason: string; retryAfterMs: number | null }
  /** The key is missing, wrong, expired or flagged: no use trying again. */
  | { status: "credentials_refused"; reason: string }
  /** Something else than the documented answer: HTML, cut JSON, another shape. */
  | { status: "answer_unreadable"; reason: string };

/** What {@link readBlandAnswer} needs; the key is only looked for in reasons, to cut it out. */
export interface AnswerDeps {
  /** Tells how far off a `Retry-After` date is. */
  clock: Pick<Clock, "now">;
  /** The key that was sent. */
  apiKey: string;
}

/**
 * The JSON of a 200, with its numbers' text kept; `not_found` for a 404 in JSON; else a failure.
 *
 * Strict about `application/json`: a proxy's page with status 200 or 404 is not Bland's word. A 200
 * that holds one of the two documented error shapes is a failure, too.
 * Source: Bland API reference, `POST /v1/calls` (error shapes and status codes).
 */
export function readBlandAnswer(
  deps: AnswerDeps,
  answer: EgressAnswer,
): { status: "read"; value: unknown } | { status: "not_found" } | BlandFailure {
  if (answer.status === "unreachable") {
    const reason = scrub(deps.apiKey, answer.reason);
    return { status: "carrier_unavailable", reason, retryAfterMs: null };
  }
  const json = readJson(answer);
  const refusal = json.status === "parsed" ? readRefusal(json.value) : null;
  const reason = scrub(deps.apiKey, `HTTP ${answer.httpStatus} ${refusal?.words ?? ""}`.trim());
  if (isOverloaded(answer.httpStatus)) {
    const header = answer.headers.get("retry-after");
    const retryAfterMs = parseRetryAfter({ header, nowMs: deps.clock.now() });
    return { status: "carrier_unavailable", reason, retryAfterMs };
  }
  if (answer.httpStatus === 401 || answer.httpStatus === 403 || refusal?.isAboutKey) {
    return { status: "credentials_refused", reason };
  }
  if (json.status === "not_json") {
    return { status: "answer_unreadable", reason: `${reason}: ${json.reason}` };
  }
  if (answer.httpStatus === 404) return { status: "not_found" };
  if (answer.httpStatus !== 200 || refusal) return { status: "answer_unreadable", reason };
  return { status: "read", value: json.value };
}

function isOverloaded(httpStatus: number): boolean {
  return httpStatus === 408 || httpStatus === 429 || httpStatus >= 500;
}

function readJson(
  answer: Extract<EgressAnswer, { status: "answered" }>,
): { status: "parsed"; value: unknown } | { status: "not_json"; reason: string } {
  const mediaType = answer.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") {
    return { status: "not_json", reason: "not application/json" };
  }
  const json = parseJsonKeepingNumbers(answer.text);
  if (json.status === "parsed") return json;
  return { status: "not_json", reason: `JSON broken (${answer.text.length} characters)` };
}

// `{"data":null,"errors":[{"error":"…","message":"…"}]}`, where errors may also be texts, or
// `{"status":"error","message":"…"}`, or `{"error":"…"}`.
const refusalSchema = z.union([
  z.object({
    errors: z.array(z.union([
      z.string(),
      z.object({ error: z.string().optional(), message: z.string().optional() }),
    ])).min(1),
  }).transform(({ errors }) => errors),
  z.object({ status: z.literal("error"), message: z.string().optional() })
    .transform(({ message }) => [{ error: undefined, message }]),
  z.object({ error: z.string() }).transform(({ error }) => [error]),
]);

function readRefusal(value: unknown): { words: string; isAboutKey: boolean } | null {
  const parsed = refusalSchema.safeParse(value);
  if (!parsed.success || holdsCalls(value)) return null;
  const words = parsed.data.flatMap((each) =>
    typeof each === "string" ? [each] : [each.error, each.message]
  ).filter((word) => word !== undefined);
  return { words: words.join(" "), isAboutKey: words.includes("AUTH_FAILURE") };
}

// Such an answer is read for its calls, whatever other members it has.
function holdsCalls(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("call_id" in value || "calls" in value);
}

const REASON_LENGTH_MAX = 160;

// Carriers do quote the key they refuse, whole or in part; so no long token passes.
function scrub(apiKey: string, text: string): string {
  const withoutKey = apiKey === "" ? text : text.replaceAll(apiKey, "…");
  return withoutKey.slice(0, 10 * REASON_LENGTH_MAX)
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, " ")
    .replace(/[\w+/=.:-]{16,}/g, (token) => token.length >= 24 || /\d/.test(token) ? "…" : token)
    .slice(0, REASON_LENGTH_MAX)
    .toWellFormed();
}
