/**
 * Reads the query of `GET /v1/calls` the way Bland documents it.
 *
 * @module
 */
import { DAY_MS, parseInstant } from "../../../clock.ts";

/** What a listing is asked for. */
export interface ListQuery {
  /** Inclusive; `-Infinity` for none. */
  startMs: number;
  /** Inclusive; `Infinity` for none. */
  endMs: number;
  /** Index of the first row. */
  from: number;
  /** Rows at most: 1000 without one, and never more. */
  limit: number;
  /** Oldest first; newest first without it. */
  isAscending: boolean;
  /** Sorted by last change instead of by creation. */
  isByUpdate: boolean;
  /** Only calls that have, or have not, completed; null for all. */
  isCompleted: boolean | null;
}

/**
 * Null when Bland would answer 400: an unreadable value, or `created_at` beside a window.
 *
 * A bare date means its midnight, also as `end_date`, as an integrator found it against the docs.
 */
export function parseListQuery(query: Record<string, string>): ListQuery | null {
  const window = parseWindow(query);
  const from = parseIndex(query.from, 0);
  const to = parseIndex(query.to, Infinity);
  const limit = parseIndex(query.limit, LIST_ROWS_MAX);
  if (!window || from === null || to === null || limit === null) return null;
  return {
    ...window,
    from,
    limit: Math.max(0, Math.min(limit, LIST_ROWS_MAX, to - from)),
    isAscending: query.ascending === "true",
    isByUpdate: query.sort_by === "updated_at",
    isCompleted: query.completed === undefined ? null : query.completed === "true",
  };
}

const LIST_ROWS_MAX = 1000;

function parseWindow(query: Record<string, string>): { startMs: number; endMs: number } | null {
  const { start_date: start, end_date: end, created_at: day } = query;
  if (day !== undefined) {
    const dayMs = parseInstant(`${day}T00:00:00Z`);
    if (dayMs === null || start !== undefined || end !== undefined) return null;
    return { startMs: dayMs, endMs: dayMs + DAY_MS - 1 };
  }
  const startMs = start === undefined ? -Infinity : parseDate(start);
  const endMs = end === undefined ? Infinity : parseDate(end);
  return startMs === null || endMs === null ? null : { startMs, endMs };
}

function parseDate(text: string): number | null {
  return parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
}

function parseIndex(text: string | undefined, fallback: number): number | null {
  if (text === undefined) return fallback;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
