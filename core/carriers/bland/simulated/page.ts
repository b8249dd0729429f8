/**
 * Draws one page of the simulated listing from the truth, faults included.
 *
 * @module
 */
import type { CallList, SimulatedCall } from "./call_list.ts";
import { endedAtMs, renderCallRow, renderListExampleRow } from "./call_row.ts";
import type { BlandFaults } from "./faults.ts";
import type { ListQuery } from "./list_query.ts";

/** What a page is drawn from. */
export interface PageDeps {
  /** The truth. */
  list: CallList;
  /** The knobs. */
  faults: BlandFaults;
}

/** Who asks for what, and when. */
export interface PageRequest {
  /** Whose calls. */
  apiKey: string;
  /** The present. */
  nowMs: number;
  /** Which of them. */
  query: ListQuery;
}

/** The body of a listing: `count`, mostly `total_count`, `calls`. */
export function renderPage(
  { list, faults }: PageDeps,
  { apiKey, nowMs, query }: PageRequest,
): Record<string, unknown> {
  const { startMs, endMs, from } = query;
  const calls = sortCalls(list.list({ apiKey, nowMs, startMs, endMs }), { query, nowMs })
    .flatMap((call) => faults.hasDuplicateRows ? [call, call] : [call]);
  const limit = Math.min(query.limit, faults.clampRowsMax ?? query.limit);
  const render = faults.hasMinimalRows ? renderListExampleRow : renderCallRow;
  const rows = calls.slice(from, from + limit).map((call) => render({ call, nowMs }));
  const total = faults.hidesTotalCount ? {} : { total_count: calls.length };
  return { count: rows.length, ...total, calls: rows };
}

function sortCalls(
  calls: SimulatedCall[],
  { query, nowMs }: { query: ListQuery; nowMs: number },
): SimulatedCall[] {
  const { isAscending, isByUpdate, isCompleted } = query;
  const kept = isCompleted === null
    ? calls
    : calls.filter((call) => renderCallRow({ call, nowMs }).completed === isCompleted);
  if (isByUpdate) kept.sort((a, b) => updatedAtMs(a, nowMs) - updatedAtMs(b, nowMs));
  return isAscending ? kept : kept.reverse();
}

function updatedAtMs(call: SimulatedCall, nowMs: number): number {
  return call.revisedAtMs ?? Math.min(endedAtMs(call), nowMs);
}
