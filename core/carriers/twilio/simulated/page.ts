/**
 * Draws one page of a simulated listing from the truth, faults included.
 *
 * @module
 */
import { DAY_MS, parseInstant } from "../../../clock.ts";
import type { TwilioFaults } from "./faults.ts";
import type { ListedThing, RowList } from "./row_list.ts";

/** What a page is drawn from. */
export interface PageDeps<Thing extends ListedThing> {
  /** The truth. */
  list: RowList<Thing>;
  /** The knobs. */
  faults: TwilioFaults;
  /** Writes one row. */
  render: (thing: Thing) => Record<string, unknown>;
}

/** Which listing is asked for what, and when. */
export interface PageRequest {
  /** From the root, without a query. */
  path: string;
  /** The envelope's member for the rows. */
  member: "calls" | "messages";
  /** The name of the window's beginning. */
  windowName: "StartTime>" | "DateSent>";
  /** Decoded. */
  query: Record<string, string>;
  /** The present. */
  nowMs: number;
}

/**
 * The body of a listing, or null when Twilio would answer 400.
 *
 * A page goes on behind the row its token names, so rows that arrive meanwhile shift nothing.
 */
export function renderPage<Thing extends ListedThing>(
  deps: PageDeps<Thing>,
  request: PageRequest,
): Record<string, unknown> | null {
  const query = parseQuery(deps.faults, request);
  if (!query) return null;
  const all = deps.list.list({ startMs: query.startMs, nowMs: request.nowMs });
  const from = query.afterSid === null ? 0 : all.findIndex(({ sid }) => sid === query.afterSid) + 1;
  const things = all.slice(from, from + query.pageSize);
  const rows = things.flatMap((thing) => {
    const row = deps.render(thing);
    return deps.faults.hasDuplicateRows ? [row, row] : [row];
  });
  const last = things.at(-1);
  const hasMore = last !== undefined && from + things.length < all.length;
  const next = hasMore ? uriOf(request, { page: query.page + 1, afterSid: last.sid }) : null;
  return {
    [request.member]: rows,
    page: query.page,
    page_size: query.pageSize,
    start: from,
    end: from + Math.max(0, things.length - 1),
    uri: uriOf(request, { page: query.page, afterSid: query.afterSid }),
    first_page_uri: uriOf(request, { page: 0, afterSid: null }),
    next_page_uri: deps.faults.nextPageUri ?? next,
    previous_page_uri: null,
  };
}

interface PageQuery {
  startMs: number;
  pageSize: number;
  page: number;
  /** The last row of the page before. */
  afterSid: string | null;
}

function parseQuery(
  { clampRowsMax, comparesDaysOnly }: TwilioFaults,
  { query, windowName }: PageRequest,
): PageQuery | null {
  const { PageSize: size = "50", Page: page = "0", PageToken: token } = query;
  const told = query[windowName];
  const startMs = told === undefined ? -Infinity : parseDate(told);
  if (startMs === null || !/^\d{1,4}$/.test(size) || !/^\d{1,6}$/.test(page)) return null;
  if (Number(size) < 1 || (token !== undefined && !token.startsWith("PA"))) return null;
  return {
    startMs: comparesDaysOnly ? Math.floor(startMs / DAY_MS) * DAY_MS : startMs,
    pageSize: Math.min(Number(size), PAGE_ROWS_MAX, clampRowsMax ?? PAGE_ROWS_MAX),
    page: Number(page),
    afterSid: token?.slice(2) ?? null,
  };
}

const PAGE_ROWS_MAX = 1000;

function parseDate(text: string): number | null {
  return parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
}

function uriOf(
  { path, windowName, query }: PageRequest,
  { page, afterSid }: { page: number; afterSid: string | null },
): string {
  const told = query[windowName];
  const parameters = [
    ...(told === undefined ? [] : [[windowName, told]]),
    ["PageSize", query.PageSize ?? "50"],
    ["Page", String(page)],
    ...(afterSid === null ? [] : [["PageToken", `PA${afterSid}`]]),
  ];
  return `${path}?${new URLSearchParams(parameters)}`;
}
