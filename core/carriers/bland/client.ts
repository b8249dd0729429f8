/**
 * Asks Bland for calls: a page of the listing, or one call by its id.
 *
 * Knows one key and remembers nothing; who pages, retries and stores is the caller.
 *
 * @module
 */
import { z } from "zod";
import { type Clock, formatInstant } from "../../clock.ts";
import type { Egress } from "../../egress.ts";
import type { CallReport } from "../../usage/call_usage.ts";
import { decimalText } from "../json_numbers.ts";
import { type BlandFailure, readBlandAnswer } from "./answers.ts";
import { parseBlandCallId, type UnreadableRow } from "./call_row.ts";
import { parseBlandCall } from "./parse_call.ts";

/** Rows Bland returns at most in one page (changelog of 21 July 2025). */
export const BLAND_PAGE_ROWS_MAX = 1000;

/** A page's rows may carry what a call was started with, so a full one can be large. */
export const BLAND_ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** What {@link createBlandClient} needs. */
export interface BlandClientDeps {
  /** The way out; must allow the origin of `baseUrl`. */
  egress: Egress;
  /** Tells how far off a `Retry-After` date is. */
  clock: Pick<Clock, "now">;
  /** `https://api.bland.ai`, without a slash at the end. */
  baseUrl: string;
  /** Sent raw, without `Bearer`; Bland shows each key its own calls only. */
  apiKey: string;
}

/** Which page. */
export interface BlandListRequest {
  /** Calls asked for at or after this instant; Bland compares `created_at`, inclusive. */
  startAtMs: number;
  /** Index of the first row, from 0. */
  from: number;
  /** {@link BLAND_PAGE_ROWS_MAX} when absent, and never more. */
  limit?: number;
}

/** A page, oldest first; the failures say whether another try is worth it. */
export type BlandListOutcome =
  | {
    /** The envelope was right; single rows may still be unreadable. */
    status: "listed";
    /** In Bland's order, repeated rows included. */
    calls: (CallReport | UnreadableRow)[];
    /** Rows in this page: the next one begins at `from + count`. */
    count: number;
    /** Rows that match altogether; null when Bland does not say. */
    totalCount: number | null;
  }
  | BlandFailure;

/** One call; `call_not_found` when Bland has none of that id under this key. */
export type BlandCallOutcome =
  | { status: "found"; call: CallReport }
  | { status: "call_not_found" }
  | BlandFailure;

/** Bland as one key sees it. */
export interface BlandClient {
  /** `GET /v1/calls`, ascending by `created_at`, so that calls that arrive meanwhile come last. */
  listCalls(request: BlandListRequest): Promise<BlandListOutcome>;
  /** `GET /v1/calls/{call_id}`. An id Bland cannot have written is `answer_unreadable`, unasked. */
  getCall(callId: string): Promise<BlandCallOutcome>;
}

/** Bland behind one key. Nothing a carrier does makes it throw. */
export function createBlandClient(deps: BlandClientDeps): BlandClient {
  async function ask(path: string): Promise<ReturnType<typeof readBlandAnswer>> {
    const url = deps.baseUrl.replace(/\/{1,99}$/, "") + path;
    const headers = { authorization: deps.apiKey, accept: "application/json" };
    const answer = await deps.egress({ url, headers, maxBytes: BLAND_ANSWER_BYTES_MAX });
    return readBlandAnswer(deps, answer);
  }
  return {
    listCalls: async (request) => readList(await ask(`/v1/calls?${listQuery(request)}`)),
    getCall: async (callId) => {
      if (parseBlandCallId(callId) === null) return unreadable("not an id of a Bland call");
      return readCall(callId, await ask(`/v1/calls/${encodeURIComponent(callId)}`));
    },
  };
}

/**
 * Whether a page was the last: by `totalCount` when Bland says it, else by being shorter than `limit`.
 *
 * A page without rows always is, so that a wrong total cannot keep a sync turning.
 */
export function isLastPage(
  page: { fromIndex: number; count: number; limit: number; totalCount: number | null },
): boolean {
  if (page.count === 0) return true;
  if (page.totalCount !== null) return page.fromIndex + page.count >= page.totalCount;
  return page.count < page.limit;
}

function listQuery({ startAtMs, from, limit = BLAND_PAGE_ROWS_MAX }: BlandListRequest): string {
  return new URLSearchParams({
    ascending: "true",
    sort_by: "created_at",
    // A bare date has been seen to mean another instant than documented.
    start_date: formatInstant(startAtMs),
    from: String(from),
    limit: String(Math.min(limit, BLAND_PAGE_ROWS_MAX)),
  }).toString();
}

const wholeNumber = z.unknown().transform((value) => {
  const text = decimalText(value);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
});

const envelopeSchema = z.object({
  count: wholeNumber.optional(),
  total_count: wholeNumber.optional(),
  calls: z.array(z.unknown()).max(10 * BLAND_PAGE_ROWS_MAX),
});

function readList(answer: ReturnType<typeof readBlandAnswer>): BlandListOutcome {
  if (answer.status === "not_found") return unreadable("HTTP 404");
  if (answer.status !== "read") return answer;
  const envelope = envelopeSchema.safeParse(answer.value);
  if (!envelope.success) return unreadable("not a list of calls");
  const { calls: rows, count: claimed = null, total_count: total = null } = envelope.data;
  // More rows announced than sent: the page was cut, and what is missing is still to be fetched.
  const totalCount = total ?? (claimed !== null && claimed > rows.length ? claimed : null);
  return { status: "listed", calls: rows.map(parseBlandCall), count: rows.length, totalCount };
}

function readCall(
  callId: string,
  answer: ReturnType<typeof readBlandAnswer>,
): BlandCallOutcome {
  if (answer.status === "not_found") return { status: "call_not_found" };
  if (answer.status !== "read") return answer;
  const call = parseBlandCall(answer.value);
  if (call.status === "unreadable_row") return unreadable(call.reason);
  if (call.carrierCallId !== callId) return unreadable("another call than the one asked for");
  return { status: "found", call };
}

function unreadable(reason: string): { status: "answer_unreadable"; reason: string } {
  return { status: "answer_unreadable", reason };
}
