/**
 * Pages over a prefix, with a cursor that a caller can hand back.
 *
 * A cursor is the position in key order, as base64url; it is not a secret and grants nothing, because
 * the prefix it continues is always the caller's own.
 *
 * Goes to: `core/kv/store.ts`.
 *
 * @module
 */
import type { Key } from "./keys.ts";
import type { Range, Row, Store } from "./store.ts";

/** A page and where the next one starts; null at the end. */
export interface Page<T> {
  /** In the order that was asked for. */
  rows: Row<T>[];
  /** To be handed back for the next page; null at the end. */
  nextCursor: string | null;
}

/** Which page. */
export interface PageRequest extends Omit<Range, "limit" | "after"> {
  /** Rows a page may hold, below 1000: one more is read to see whether it is the last. */
  limit: number;
  /** `nextCursor` of the page before; the first page without one. */
  cursor?: string | undefined;
}

/** Rows of a page answer a caller may ask for. */
export const PAGE_LIMIT_MAX = 100;
/** Rows of a page answer when the caller does not say. */
export const PAGE_LIMIT_DEFAULT = 25;
/** No cursor of ours is longer; what it stands for must fit a key. */
const CURSOR_LENGTH_MAX = 1_024;

/** One page of rows in key order, or against it. Null when the cursor is not one of ours. */
export async function listPage<T>(store: Store, request: PageRequest): Promise<Page<T> | null> {
  const { cursor, ...range } = request;
  const position = cursor === undefined ? undefined : parseCursor(cursor);
  if (position === null) return null;
  const after = position && [...range.prefix, ...position];
  const rows = await store.list<T>({
    ...range,
    limit: range.limit + 1,
    ...(after ? { after } : {}),
  });
  const page = rows.slice(0, range.limit);
  const last = page.at(-1);
  const more = rows.length > page.length && last;
  return {
    rows: page,
    nextCursor: more ? formatCursor(last.key.slice(range.prefix.length)) : null,
  };
}

/** The cursor behind a key's last parts. */
export function formatCursor(position: Key): string {
  // Numbers are kept as carriers write them, so a part may hold any letter; base64 knows bytes only.
  const ascii = JSON.stringify(position).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return btoa(ascii).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The parts a cursor stands for; null when it is not one of ours. */
export function parseCursor(cursor: string): Key | null {
  if (cursor.length > CURSOR_LENGTH_MAX) return null;
  try {
    const parts: unknown = JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
    const isKey = Array.isArray(parts) && parts.length > 0 &&
      parts.every((part) => typeof part === "string");
    return isKey ? parts as Key : null;
  } catch {
    return null;
  }
}

/** Every row of a prefix, a thousand at a time; for work that means to see them all. */
export async function* everyRow<T>(
  store: Store,
  range: Omit<Range, "limit">,
): AsyncGenerator<Row<T>> {
  let after = range.after;
  while (true) {
    const rows = await store.list<T>({ ...range, ...(after ? { after } : {}) });
    yield* rows;
    if (rows.length === 0) return;
    after = rows.at(-1)!.key;
  }
}
