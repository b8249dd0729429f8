/**
 * Reads what Telnyx answered, as far as every answer is alike: its status, its JSON, its quota.
 *
 * @module
 */
import { z } from "zod";
import { type Clock, SECOND_MS } from "../../clock.ts";
import type { EgressAnswer } from "../../egress.ts";
import { parseJsonKeepingNumbers } from "../json_numbers.ts";
import { parseRetryAfter, RETRY_AFTER_MS_MAX } from "../retry_after.ts";

/** What is left of the quota after an answer. */
export interface TelnyxRateLimit {
  /** Requests left until then. */
  remaining: number;
  /** How long until the quota is full again; measured from the answer. */
  resetMs: number;
}

/** An answer that brought nothing. No reason quotes a secret. */
export type TelnyxFailure =
  /** Unreachable, overloaded or broken: worth another try. */
  | {
    status: "carrier_unavailable";
    reason: string;
    retryAfterMs: number | null;
    rateLimit: TelnyxRateLimit | null;
  }
  /** The key is missing, wrong or not allowed: no use trying again. */
  | { status: "credentials_refused"; reason: string; rateLimit: TelnyxRateLimit | null }
  /** Something else than the documented answer: HTML, cut JSON, another shape. */
  | { status: "answer_unreadable"; reason: string; rateLimit: TelnyxRateLimit | null };

/** An answer as far as it is read here; `rateLimit` is null when Telnyx does not say. */
export type TelnyxAnswer =
  | { status: "read"; value: unknown; rateLimit: TelnyxRateLimit | null }
  | { status: "not_found"; reason: string; rateLimit: TelnyxRateLimit | null }
  | { status: "request_refused"; reason: string; rateLimit: TelnyxRateLimit | null }
  | TelnyxFailure;

/** What {@link readTelnyxAnswer} needs; the key is only looked for in reasons, to cut it out. */
export interface AnswerDeps {
  /** Tells how far off a `Retry-After` date is. */
  clock: Pick<Clock, "now">;
  /** The key that was sent. */
  apiKey: string;
}

/**
 * The JSON of a 200 with its numbers' text kept; `not_found` for a 404 and `request_refused` for a 400
 * or 422, both in JSON; else a failure.
 *
 * Decided by the HTTP status alone: code 10011 means "too many requests" **and** "bad request" here.
 * Strict about `application/json`, so that a proxy's page is not Telnyx's word.
 * Source: Telnyx documentation, "Rate limiting" and "API errors"; OpenAPI specification.
 */
export function readTelnyxAnswer(deps: AnswerDeps, answer: EgressAnswer): TelnyxAnswer {
  if (answer.status === "unreachable") {
    const reason = scrub(deps.apiKey, answer.reason);
    return { status: "carrier_unavailable", reason, retryAfterMs: null, rateLimit: null };
  }
  const { httpStatus, headers } = answer;
  const rateLimit = parseRateLimit(headers);
  const json = readJson(answer);
  const words = json.status === "parsed" ? describeErrors(json.value) : "";
  const reason = scrub(deps.apiKey, `HTTP ${httpStatus} ${words}`.trim());
  if (httpStatus === 408 || httpStatus === 429 || httpStatus >= 500) {
    const retryAfterMs = findRetryAfter({ headers, nowMs: deps.clock.now() });
    return { status: "carrier_unavailable", reason, retryAfterMs, rateLimit };
  }
  if (httpStatus === 401 || httpStatus === 403) {
    return { status: "credentials_refused", reason, rateLimit };
  }
  if (json.status === "not_json") {
    return { status: "answer_unreadable", reason: `${reason}: ${json.reason}`, rateLimit };
  }
  if (httpStatus === 404) return { status: "not_found", reason, rateLimit };
  if (httpStatus === 400 || httpStatus === 422) {
    return { status: "request_refused", reason, rateLimit };
  }
  if (httpStatus !== 200 || words !== "") return { status: "answer_unreadable", reason, rateLimit };
  return { status: "read", value: json.value, rateLimit };
}

/** `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds); null unless both are whole numbers. */
function parseRateLimit(headers: Headers): TelnyxRateLimit | null {
  const remaining = parseCount(headers.get("x-ratelimit-remaining"));
  const resetMs = parseReset(headers);
  return remaining === null || resetMs === null ? null : { remaining, resetMs };
}

function parseReset(headers: Headers): number | null {
  const seconds = parseCount(headers.get("x-ratelimit-reset"));
  return seconds === null ? null : Math.min(seconds * SECOND_MS, RETRY_AFTER_MS_MAX);
}

function parseCount(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}

// Telnyx was not seen to send Retry-After; if it ever does, the longer of the two is kept.
function findRetryAfter({ headers, nowMs }: { headers: Headers; nowMs: number }): number | null {
  const told = parseRetryAfter({ header: headers.get("retry-after"), nowMs });
  const resetMs = parseReset(headers);
  return told === null || resetMs === null ? told ?? resetMs : Math.max(told, resetMs);
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

const errorsSchema = z.object({
  errors: z.array(z.object({
    code: z.string().optional().catch(undefined),
    title: z.string().optional().catch(undefined),
    detail: z.string().optional().catch(undefined),
  })).min(1),
});

/** `10011 Bad Request: …` of the documented envelope; nothing when it is none. */
function describeErrors(value: unknown): string {
  const parsed = errorsSchema.safeParse(value);
  if (!parsed.success) return "";
  return parsed.data.errors.map(({ code, title, detail }) =>
    [code, title, detail].filter(Boolean).join(" ")
  ).join("; ") || "errors";
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
