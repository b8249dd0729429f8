/**
 * Reads what Twilio answered, as far as every answer is alike: its status, its JSON, its refusals.
 *
 * @module
 */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { EgressAnswer } from "../../egress.ts";
import { decimalText, parseJsonKeepingNumbers } from "../json_numbers.ts";
import { parseRetryAfter } from "../retry_after.ts";

/** An answer that brought nothing. No reason quotes a secret. */
export type TwilioFailure =
  /** Unreachable, overloaded or broken: worth another try. */
  | { status: "carrier_unavailable"; reason: string; retryAfterMs: number | null }
  /** The account's id or its token is missing, wrong or suspended: no use trying again. */
  | { status: "credentials_refused"; reason: string }
  /** Something else than the documented answer: HTML, cut JSON, another shape. */
  | { status: "answer_unreadable"; reason: string };

/** What {@link readTwilioAnswer} needs. */
export interface AnswerDeps {
  /** Tells how far off a `Retry-After` date is. */
  clock: Pick<Clock, "now">;
  /** What was sent and no reason may hold: the token, and the header made of it. */
  secrets: readonly string[];
}

/**
 * The JSON of a 200, with its numbers' text kept; `not_found` for a 404 in JSON; else a failure.
 *
 * Strict about `application/json`: a proxy's page with status 200 or 404 is not Twilio's word. A 429
 * counts as overload: Twilio limits concurrent requests and has then done nothing (error 20429).
 * Source: npm twilio 6.2.0, `lib/rest/RestException.js` (error body).
 */
export function readTwilioAnswer(
  deps: AnswerDeps,
  answer: EgressAnswer,
): { status: "read"; value: unknown } | { status: "not_found" } | TwilioFailure {
  if (answer.status === "unreachable") {
    const reason = scrub(deps, answer.reason);
    return { status: "carrier_unavailable", reason, retryAfterMs: null };
  }
  const { httpStatus } = answer;
  const json = readJson(answer);
  const refusal = json.status === "parsed" ? readRefusal(json.value) : null;
  const reason = scrub(deps, `HTTP ${httpStatus} ${refusal?.words ?? ""}`.trim());
  if (httpStatus === 408 || httpStatus === 429 || httpStatus >= 500) {
    const header = answer.headers.get("retry-after");
    const retryAfterMs = parseRetryAfter({ header, nowMs: deps.clock.now() });
    return { status: "carrier_unavailable", reason, retryAfterMs };
  }
  if (httpStatus === 401 || httpStatus === 403 || refusal?.code === CREDENTIALS_CODE) {
    return { status: "credentials_refused", reason };
  }
  if (json.status === "not_json") {
    return { status: "answer_unreadable", reason: `${reason}: ${json.reason}` };
  }
  if (httpStatus === 404) return { status: "not_found" };
  if (httpStatus !== 200) return { status: "answer_unreadable", reason };
  return { status: "read", value: json.value };
}

/** "Authenticate": no account goes by this id and token. */
const CREDENTIALS_CODE = "20003";

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

const refusalSchema = z.object({
  code: z.unknown().transform(decimalText).pipe(z.string()),
  message: z.string().optional(),
});

function readRefusal(value: unknown): { code: string; words: string } | null {
  const parsed = refusalSchema.safeParse(value);
  if (!parsed.success) return null;
  const { code, message = "" } = parsed.data;
  return { code, words: `${code} ${message}` };
}

const REASON_LENGTH_MAX = 160;

// Errors quote the path asked for, and with it ids; so no long token passes, and no secret in any form.
function scrub({ secrets }: AnswerDeps, text: string): string {
  const withoutSecrets = secrets.filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
  return withoutSecrets.slice(0, 10 * REASON_LENGTH_MAX)
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, " ")
    .replace(/[\w+/=.:-]{16,}/g, (token) => token.length >= 24 || /\d/.test(token) ? "…" : token)
    .slice(0, REASON_LENGTH_MAX)
    .toWellFormed();
}
