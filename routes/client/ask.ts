/**
 * One request to the service, typed by its own routes: answered, refused, or no good answer in time.
 *
 * Comes from: `routes/client/sms_billing_client.ts`, `routes/client/report_usage.ts`.
 *
 * @module
 */
import { type ClientRequestOptions, hc } from "hono/client";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import type { SmsCheckRoutes } from "../api/sms_checks.ts";
import type { SmsUsageRoutes } from "../api/sms_usage.ts";

/** How requests are made. */
export interface Requests {
  /** Where the service is. */
  url: string;
  /** Sent as a bearer token. */
  apiKey: string;
  /** The runtime's own without one. */
  fetch?: ((input: string | URL | Request, init?: RequestInit) => Promise<Response>) | undefined;
  /** Rings when an answer is overdue. */
  clock: Pick<Clock, "after">;
  /** When it is. */
  deadlineMs: number;
}

/** What came of a request. */
export type Reply<T> =
  | { status: "answered"; body: T }
  | { status: "refused"; refusal: SmsBillingRefusal }
  | { status: "away" };

/** The service understood the request and said no: asking again will not help. */
export class SmsBillingRefusal extends Error {
  /** As logs name it. */
  override name = "SmsBillingRefusal";
  /** With the status and the problem of the answer (RFC 9457). */
  constructor(readonly httpStatus: number, readonly problem: Problem) {
    super(`Cannot bill: ${problem.detail ?? problem.code ?? `the service answered ${httpStatus}`}`);
  }

  /** Whether the key is what is wrong: with a good one the same request may succeed. */
  get isAboutKey(): boolean {
    return this.httpStatus === 401 || this.httpStatus === 403;
  }
}

const problemAnswer = z.object({
  code: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
}).catch({});

/** What the service says of a refusal. */
export type Problem = z.infer<typeof problemAnswer>;

/** The addresses, typed. */
export interface Addresses {
  /** `POST /api/v1/sms/checks`. */
  checks: ReturnType<typeof hc<SmsCheckRoutes>>["sms"]["checks"];
  /** `POST /api/v1/sms/usage`. */
  usage: ReturnType<typeof hc<SmsUsageRoutes>>["sms"]["usage"];
}

/** Makes one request, and reads its answer with a schema. */
export type Ask = <T>(
  send: (
    addresses: Addresses,
    sent: ClientRequestOptions,
  ) => Promise<Pick<Response, "status" | "text">>,
  answer: z.ZodType<T>,
) => Promise<Reply<T>>;

/** Answers that are about the moment, not about the request. */
const PASSING: readonly number[] = [408, 425, 429];

/** Requests to one service. */
export function createAsk(requests: Requests): Ask {
  const { apiKey, clock, deadlineMs } = requests;
  const base = `${requests.url.replace(/\/{1,99}$/, "")}/api/v1`;
  const options = {
    headers: { authorization: `Bearer ${apiKey}` },
    ...(requests.fetch ? { fetch: requests.fetch } : {}),
  };
  const addresses: Addresses = {
    checks: hc<SmsCheckRoutes>(base, options).sms.checks,
    usage: hc<SmsUsageRoutes>(base, options).sms.usage,
  };
  return async (send, answer) => {
    const overdue = new AbortController();
    const cancel = clock.after(deadlineMs, () => overdue.abort());
    try {
      const response = await send(addresses, { init: { signal: overdue.signal } });
      const text = await response.text();
      return readReply({ httpStatus: response.status, text }, answer);
    } catch {
      // Refused, reset, overdue: whether it arrived nobody knows, so it is asked again with the same key.
      return { status: "away" };
    } finally {
      cancel();
    }
  };
}

function readReply<T>(
  { httpStatus, text }: { httpStatus: number; text: string },
  answer: z.ZodType<T>,
): Reply<T> {
  if (httpStatus >= 400 && httpStatus < 500 && !PASSING.includes(httpStatus)) {
    const problem = problemAnswer.parse(parseJson(text));
    return { status: "refused", refusal: new SmsBillingRefusal(httpStatus, problem) };
  }
  const read = answer.safeParse(parseJson(text));
  const isGood = httpStatus >= 200 && httpStatus < 300 && read.success;
  return isGood ? { status: "answered", body: read.data } : { status: "away" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
