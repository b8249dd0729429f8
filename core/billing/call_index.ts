/**
 * Where calls are looked up: the index that fits a question, read newest first.
 *
 * Comes from: `core/billing/list_calls.ts`.
 *
 * @module
 */
import {
  callByAccountPrefix,
  callByTimePrefix,
  callWaitingPrefix,
  type Key,
  timePart,
  unassignedCallPrefix,
} from "../kv/keys.ts";
import { formatCursor, listPage, parseCursor } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { CallQuery } from "./list_calls.ts";

/** Index rows of unassigned calls that are put in order of time; a longer list is read by time. */
const UNASSIGNED_ROWS_MAX = 5_000;
const UNASSIGNED_PAGE_ROWS = 200;

/** Places of calls, newest first: time and id, the last parts of every index by time. */
export type CallIndex = (
  cursor: string | undefined,
) => Promise<{ places: Key[]; nextCursor: string | null } | null>;

/** The index that a query is read from. */
export async function indexFor(
  store: Store,
  { query, pageRows }: { query: CallQuery; pageRows: number },
): Promise<CallIndex> {
  const { accountId, billing } = query;
  if (accountId !== undefined) {
    return indexBehind(store, {
      query,
      pageRows,
      prefix: billing === "waiting_funds"
        ? callWaitingPrefix(accountId)
        : callByAccountPrefix(accountId),
    });
  }
  const unassigned = billing === "unassigned" ? await listUnassigned(store) : null;
  return unassigned
    ? indexOver(unassigned, query)
    : indexBehind(store, { query, pageRows, prefix: callByTimePrefix });
}

function indexBehind(
  store: Store,
  { query, pageRows, prefix }: { query: CallQuery; pageRows: number; prefix: Key },
): CallIndex {
  const { fromMs, untilMs } = query;
  return async (cursor) => {
    const page = await listPage<object>(store, {
      prefix,
      reverse: true,
      limit: pageRows,
      cursor,
      ...(fromMs === undefined ? {} : { from: [...prefix, timePart(fromMs)] }),
      ...(untilMs === undefined ? {} : { until: [...prefix, timePart(untilMs)] }),
    });
    if (!page) return null;
    const places = page.rows.map(({ key }) => key.slice(prefix.length));
    return { places, nextCursor: page.nextCursor };
  };
}

function indexOver(
  places: Key[],
  { fromMs, untilMs }: Pick<CallQuery, "fromMs" | "untilMs">,
): CallIndex {
  const nameOf = (place: Key) => place.join("\u0000");
  const wanted = places
    .filter(([time]) =>
      (fromMs === undefined || time! >= timePart(fromMs)) &&
      (untilMs === undefined || time! < timePart(untilMs))
    )
    .sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  return (cursor) => {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    if (after === null) return Promise.resolve(null);
    const rest = after ? wanted.filter((place) => nameOf(place) < nameOf(after)) : wanted;
    const page = rest.slice(0, UNASSIGNED_PAGE_ROWS);
    const nextCursor = rest.length > page.length ? formatCursor(page.at(-1)!) : null;
    return Promise.resolve({ places: page, nextCursor });
  };
}

/** The unassigned calls, each once; null when they are so many that reading all calls finds them sooner. */
async function listUnassigned(store: Store): Promise<Key[] | null> {
  const places = new Map<string, Key>();
  const prefix = unassignedCallPrefix();
  let after: Key | undefined;
  for (let seen = 0; seen < UNASSIGNED_ROWS_MAX;) {
    const rows = await store.list<object>({ prefix, ...(after ? { after } : {}) });
    if (rows.length === 0) return [...places.values()];
    // A call stands under each number, and the account, that would claim it.
    for (const { key } of rows) places.set(key[3]!, key.slice(2));
    after = rows.at(-1)!.key;
    seen += rows.length;
  }
  return null;
}
