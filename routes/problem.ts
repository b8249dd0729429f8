/**
 * Errors as RFC 9457 problems: every code with its status, its cause and what to do about it.
 *
 * @module
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { AppEnv } from "./caller.ts";

/** What a problem code means, for programs and for the page `/problems/:code`. */
export interface ProblemMeaning {
  /** The HTTP status it is answered with. */
  status: ContentfulStatusCode;
  /** The same words for every occurrence. */
  title: string;
  /** How one gets here. */
  cause: string;
  /** What to do about it. */
  fix: string;
  /** Seconds after which it is worth trying again, sent as `Retry-After`. */
  retryAfterSeconds?: number;
}

/** Every problem the program answers with. */
export const PROBLEMS = {
  malformed_body: {
    status: 400,
    title: "The body cannot be read",
    cause: "The body is not JSON, or not UTF-8.",
    fix: "Send one JSON object with Content-Type: application/json.",
  },
  malformed_cursor: {
    status: 400,
    title: "The cursor is not one of ours",
    cause: "A cursor was changed, cut off, or made up.",
    fix: "Use nextCursor of the previous answer as it is, or leave the cursor out.",
  },
  missing_idempotency_key: {
    status: 400,
    title: "An Idempotency-Key is missing",
    cause: "Money is moved once per key, and this request had none.",
    fix: "Send Idempotency-Key with a fresh value per payment, and the same value when repeating.",
  },
  unauthorized: {
    status: 401,
    title: "Who are you?",
    cause: "There was no credential, or not one that is known or still good.",
    fix: "Send Authorization: Bearer with a key, or sign in.",
  },
  insufficient_funds: {
    status: 402,
    title: "The wallet cannot cover this",
    cause: "The amount is larger than what is available: balance - held + credit limit.",
    fix: "Top the wallet up, raise its credit limit, or ask for less.",
  },
  forbidden: {
    status: 403,
    title: "You may not do this",
    cause: "The credential is good, but not for this place.",
    fix: "Use an admin's credential, or another place.",
  },
  forged_form: {
    status: 403,
    title: "The form came from another site",
    cause: "A form was posted with a session from a page that is not ours.",
    fix: "Open the page here and send its form again.",
  },
  not_found: {
    status: 404,
    title: "There is nothing here",
    cause: "The address is wrong, or what it named is not yours to see.",
    fix: "See /openapi.json for the addresses there are.",
  },
  account_not_found: {
    status: 404,
    title: "There is no such account",
    cause: "No account has this id, or it is not yours to see.",
    fix: "GET /api/v1/accounts lists the accounts.",
  },
  body_too_slow: {
    status: 408,
    title: "The body did not arrive in time",
    cause: "A body has 10 seconds to arrive as a whole.",
    fix: "Send it again over a connection that is not in the way.",
  },
  number_held: {
    status: 409,
    title: "Another account holds this number",
    cause: "A number belongs to one account at a time, and the times would overlap.",
    fix: "Release it from the other account first, or choose a later instant.",
  },
  account_exists: {
    status: 409,
    title: "There is an account with this id",
    cause: "The id is taken.",
    fix: "Choose another id, or leave it out and take the one you are given.",
  },
  state_conflict: {
    status: 409,
    title: "Not in this state",
    cause: "What was asked does not go with the state the thing is in.",
    fix: "Read it again and decide anew.",
  },
  changed_meanwhile: {
    status: 412,
    title: "It has changed meanwhile",
    cause: "If-Match names an older version than the present one.",
    fix: "Read it again, apply your change to what you find, and send its ETag.",
  },
  body_too_large: {
    status: 413,
    title: "The body is too large",
    cause: "A body may have 256 KiB.",
    fix: "Send less at once.",
  },
  unsupported_media_type: {
    status: 415,
    title: "The content type is not accepted here",
    cause: "The API takes JSON; pages take forms.",
    fix: "Send Content-Type: application/json, or use the form of the page.",
  },
  validation: {
    status: 422,
    title: "The request is not valid",
    cause: "Members are missing, wrong or unknown; errors names each of them.",
    fix: "Correct what errors points at.",
  },
  key_reused: {
    status: 422,
    title: "The Idempotency-Key was used for something else",
    cause: "The same key came with another request before.",
    fix: "Use a fresh key for a fresh request.",
  },
  currency_mismatch: {
    status: 422,
    title: "The currencies differ",
    cause: "Amounts are never converted.",
    fix: "Use the currency of the account.",
  },
  precondition_required: {
    status: 428,
    title: "An If-Match is missing",
    cause: "This could overwrite a change that you have not seen.",
    fix: "Read it first and send its ETag as If-Match.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    cause: "More came within the window than the limit allows.",
    fix: "Wait as long as Retry-After says.",
    retryAfterSeconds: 60,
  },
  internal: {
    status: 500,
    title: "Something is broken here",
    cause: "A fault of this program.",
    fix: "Quote request_id to whoever runs it. Money requests may be repeated with the same key.",
  },
  carrier_unavailable: {
    status: 502,
    title: "The carrier did not answer",
    cause: "The carrier is away, slow, or answered something unreadable.",
    fix: "Nothing is lost; it is tried again by itself.",
    retryAfterSeconds: 60,
  },
  not_configured: {
    status: 503,
    title: "This is switched off",
    cause: "The secret or carrier key that opens it is not set in the environment.",
    fix: "Set the variable that detail names, and restart.",
    retryAfterSeconds: 3_600,
  },
  store_unavailable: {
    status: 503,
    title: "The database is away",
    cause: "The database did not answer in time.",
    fix: "Repeat in a moment; money requests with the same key.",
    retryAfterSeconds: 5,
  },
  outcome_unknown: {
    status: 503,
    title: "It may or may not have happened",
    cause: "The database did not confirm the change in time.",
    fix: "Repeat with the same key: it happens once, whatever became of the first try.",
    retryAfterSeconds: 5,
  },
} as const satisfies Record<string, ProblemMeaning>;

/** One of {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A problem as it is answered. */
export interface ProblemBody {
  /** A page that says what it means. */
  type: string;
  /** The same words for every occurrence. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** One of {@link PROBLEMS}. */
  code: string;
  /** What is wrong this time. */
  detail: string;
  /** Names the request in our log. */
  request_id: string;
  /** Members that are wrong; often none. */
  errors: ProblemError[];
}

/** For the API description. */
export const problemShape: z.ZodType<ProblemBody> = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
}).meta({ id: "Problem" });

/** One thing wrong with a request. */
export interface ProblemError {
  /** JSON pointer into the body; `/name` of a parameter or header. */
  pointer: string;
  /** What it must be. */
  detail: string;
}

/** One occurrence of a problem. */
export interface ProblemInput {
  /** Decides status and title. */
  code: ProblemCode;
  /** What is wrong this time; the cause of the code without one. Never holds a secret. */
  detail?: string | undefined;
  /** Members that are wrong. */
  errors?: readonly ProblemError[] | undefined;
  /** Further headers. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** The answer for a problem: `application/problem+json`, with `Retry-After` where waiting helps. */
export function problem(c: Context, { code, detail, errors, headers }: ProblemInput): Response {
  const meaning: ProblemMeaning = PROBLEMS[code];
  const { publicUrl = "", requestId = "" } = c.var as Partial<AppEnv["Variables"]>;
  const retry = meaning.retryAfterSeconds;
  const body: ProblemBody = {
    type: `${publicUrl}/problems/${code}`,
    title: meaning.title,
    status: meaning.status,
    code,
    detail: detail ?? meaning.cause,
    request_id: requestId,
    errors: [...errors ?? []],
  };
  return c.body(JSON.stringify(body), meaning.status, {
    ...(retry === undefined ? {} : { "retry-after": String(retry) }),
    ...headers,
    "content-type": "application/problem+json",
  });
}
