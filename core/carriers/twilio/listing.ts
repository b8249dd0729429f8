/**
 * One page of a Twilio listing: what to ask, and where the next page is.
 *
 * @module
 */
import { z } from "zod";
import { formatInstant } from "../../clock.ts";
import type { readTwilioAnswer, TwilioFailure } from "./answers.ts";

/** Rows Twilio returns at most in one page; without a size it returns 50. */
export const TWILIO_PAGE_ROWS_MAX = 1000;

/** The first page of a window, or the page that an earlier one named. */
export type TwilioListRequest =
  | {
    /** Calls that start, or messages sent, at or after this instant; maybe earlier ones of its day. */
    startAtMs: number;
    /** {@link TWILIO_PAGE_ROWS_MAX} when absent, and never more. */
    pageSize?: number;
  }
  | {
    /** The `nextPage` of a page of the same listing. */
    page: string;
  };

/** What every page says. */
export interface TwilioPage {
  /** The envelope was right; single rows may still be unreadable. */
  status: "listed";
  /** Rows in this page. */
  count: number;
  /** Where the listing goes on; null when this page is the last. */
  nextPage: string | null;
}

/** A listing of one account. */
export interface TwilioListing {
  /** From the root, without a query. */
  path: string;
  /** The envelope's member that holds the rows. */
  member: "calls" | "messages";
  /** The date its window goes by. */
  windowName: "StartTime" | "DateSent";
}

/** Sends one GET to a path with its query. */
export type TwilioAsk = (target: string) => Promise<ReturnType<typeof readTwilioAnswer>>;

/**
 * Reads a page; its rows are as they came.
 *
 * `answer_unreadable` when the envelope has no rows or no `next_page_uri`, or when that leads anywhere but
 * on in the same listing of the same account; a `page` that does so is not even asked for.
 * Source: Twilio OpenAPI, the answers of `ListCall` and `ListMessage`.
 */
export async function readPage(
  ask: TwilioAsk,
  { listing, request }: { listing: TwilioListing; request: TwilioListRequest },
): Promise<TwilioPage & { rows: unknown[] } | TwilioFailure> {
  const target = "page" in request
    ? parseNextPage(listing, request.page)
    : `${listing.path}?${windowQuery(listing, request)}`;
  if (target === null) return unreadable("not a page of this listing");
  const answer = await ask(target);
  if (answer.status === "not_found") return unreadable("HTTP 404");
  if (answer.status !== "read") return answer;
  const envelope = envelopeSchema.safeParse(answer.value);
  const rows = envelope.success ? envelope.data[listing.member] : undefined;
  if (!envelope.success || !rows) return unreadable(`not a list of ${listing.member}`);
  const { next_page_uri: next } = envelope.data;
  const nextPage = next === null ? null : parseNextPage(listing, next);
  if (next !== null && nextPage === null) return unreadable("next_page_uri leads elsewhere");
  if (nextPage === target) return unreadable("next_page_uri leads to this page");
  return { status: "listed", count: rows.length, nextPage, rows };
}

// A full instant with its seconds, as the official package sends it; whether Twilio looks at more than
// the day is not documented, and either way nothing after the instant is left out.
function windowQuery(
  { windowName }: TwilioListing,
  { startAtMs, pageSize = TWILIO_PAGE_ROWS_MAX }: { startAtMs: number; pageSize?: number },
): string {
  const startAt = `${formatInstant(startAtMs).slice(0, 19)}Z`;
  const rowsMax = Math.min(pageSize, TWILIO_PAGE_ROWS_MAX);
  return `${windowName}%3E=${encodeURIComponent(startAt)}&PageSize=${rowsMax}`;
}

// The credentials go wherever this leads, so it must begin with the very path that was asked.
function parseNextPage({ path }: TwilioListing, uri: string): string | null {
  const isOurs = uri.startsWith(`${path}?`) && uri.length <= 2_000;
  return isOurs && /^[\x21-\x7e]+$/.test(uri) && !/[#\\]/.test(uri) ? uri : null;
}

const rowsSchema = z.array(z.unknown()).max(10 * TWILIO_PAGE_ROWS_MAX).optional();
const envelopeSchema = z.object({
  calls: rowsSchema,
  messages: rowsSchema,
  next_page_uri: z.string().nullable(),
});

function unreadable(reason: string): { status: "answer_unreadable"; reason: string } {
  return { status: "answer_unreadable", reason };
}
