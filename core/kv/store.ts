/**
 * The database as the rest of the program sees it: rows, pages of rows, and one kind of commit.
 *
 * Every call has a deadline. A read that fails throws {@link StoreUnavailable}; a commit that did not
 * answer `ok` has an unknown outcome, whatever the reason, and says so: it may have been applied, or
 * may be applied later. Only check, set and delete exist here; `sum` counts twice when a reply is lost.
 *
 * Goes to: `core/kv/codec.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { decodeRow } from "./codec.ts";
import type { Key } from "./keys.ts";

/** A stored row with the stamp of the commit that wrote it. */
export interface Row<T> {
  /** All parts. */
  key: Key;
  /** As it was encoded, amounts as bigint. */
  value: T;
  /** Of the commit that wrote it; that of a later one is greater. */
  versionstamp: string;
}

/** One set of a commit; `expireInMs` is housekeeping only, never a rule. */
export interface Put {
  /** Which row. */
  key: Key;
  /** The whole row, encoded. */
  bytes: Uint8Array;
  /** Counted from the commit; the row stays without one. */
  expireInMs?: number;
}

/** One atomic commit: all of it or none of it. A null stamp means "must not exist". */
export interface Write {
  /** Rows that must still be as they were read; at most {@link CHECKS_MAX}. */
  checks: { key: Key; versionstamp: string | null }[];
  /** Rows to set, whatever is there. */
  puts: Put[];
  /** Rows to take away; one that is absent is no fault. */
  deletes: Key[];
}

/** Which rows of a prefix: in key order or against it, after or before a key, at most 1000. */
export interface Range {
  /** First parts of every key; a key has more of them. */
  prefix: Key;
  /** {@link PAGE_ROWS_MAX} without one, and never more. */
  limit?: number;
  /** Against key order. */
  reverse?: boolean;
  /** Start just behind this key, in the direction of reading. */
  after?: Key;
  /** Only keys at or above this one. */
  from?: Key;
  /** Only keys below this one. */
  until?: Key;
}

/** The doors to the database. */
export interface Store {
  /** A row, or null. */
  get<T>(key: Key): Promise<Row<T> | null>;
  /** Rows in the order of the keys; groups of ten are one snapshot each. */
  getMany<T>(keys: readonly Key[]): Promise<(Row<T> | null)[]>;
  /** One page, at most 1000 rows; a page is one snapshot, two pages are not. */
  list<T>(range: Range): Promise<Row<T>[]>;
  /** Never throws. `unknown` may have been applied all the same, or may be later. */
  commit(write: Write): Promise<{ status: "ok" } | { status: "unknown"; reason: string }>;
  /** The same database with another deadline for every call. */
  within(deadlineMs: number): Store;
}

/** The database did not answer a read in time, or not at all. */
export class StoreUnavailable extends Error {
  /** As the log names it. */
  override name = "StoreUnavailable";
}

/** Deadlines of one database call: inside a webhook, a page or API call, and a job. */
export const DEADLINE_MS = { webhook: 1_000, page: 3_000, job: 10_000 } as const;
/** Checks one commit may carry: the smallest ceiling among the databases that speak KV Connect. */
export const CHECKS_MAX = 10;
/** Rows one page may hold. */
export const PAGE_ROWS_MAX = 1_000;
const READS_AT_ONCE = 16;

/** Opens the doors over an open database. */
export function createStore(
  { kv, clock, deadlineMs = DEADLINE_MS.job }: { kv: Deno.Kv; clock: Clock; deadlineMs?: number },
): Store {
  const timed = <T>(what: string, work: Promise<T>) =>
    withDeadline({ clock, deadlineMs, what }, work);
  async function getMany<T>(keys: readonly Key[]): Promise<(Row<T> | null)[]> {
    const groups: Key[][] = [];
    for (let i = 0; i < keys.length; i += CHECKS_MAX) groups.push(keys.slice(i, i + CHECKS_MAX));
    const rows: (Row<T> | null)[] = [];
    for (let i = 0; i < groups.length; i += READS_AT_ONCE) {
      const found = await Promise.all(
        groups.slice(i, i + READS_AT_ONCE).map((group) =>
          timed("read", kv.getMany<unknown[]>([...group]))
        ),
      );
      for (const group of found) for (const one of group) rows.push(toRow<T>(one));
    }
    return rows;
  }

  async function list<T>(range: Range): Promise<Row<T>[]> {
    const limit = Math.min(range.limit ?? PAGE_ROWS_MAX, PAGE_ROWS_MAX);
    const selector = selectorOf(range);
    if (!selector) return [];
    const rows = kv.list(selector, {
      limit,
      batchSize: limit,
      reverse: range.reverse ?? false,
    });
    const found = await timed("list", Array.fromAsync(rows));
    return found.map((one) => toRow<T>(one)!);
  }

  async function commit(
    write: Write,
  ): Promise<{ status: "ok" } | { status: "unknown"; reason: string }> {
    try {
      const answer = await timed("commit", toAtomic(kv, write).commit());
      return answer.ok ? { status: "ok" } : { status: "unknown", reason: "a row has changed" };
    } catch (error) {
      return { status: "unknown", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    get: async <T>(key: Key) => toRow<T>(await timed("read", kv.get(key))),
    getMany,
    list,
    commit,
    within: (ms) => createStore({ kv, clock, deadlineMs: ms }),
  };
}

function toRow<T>(found: Deno.KvEntryMaybe<unknown>): Row<T> | null {
  if (found.versionstamp === null) return null;
  const key = found.key as Key;
  return { key, value: decodeRow<T>(key, found.value), versionstamp: found.versionstamp };
}

function toAtomic(kv: Deno.Kv, { checks, puts, deletes }: Write): Deno.AtomicOperation {
  const atomic = kv.atomic().check(...checks);
  for (const { key, bytes, expireInMs } of puts) {
    atomic.set(key, bytes, expireInMs === undefined ? {} : { expireIn: expireInMs });
  }
  for (const key of deletes) atomic.delete(key);
  return atomic;
}

/** Null for a range that holds no key: the database itself refuses one that is upside down. */
function selectorOf(
  { prefix, reverse = false, after, from, until }: Range,
): Deno.KvListSelector | null {
  // A key ends where its successor begins: the same key with one more, lowest, part.
  const starts = [from, !reverse && after ? [...after, ""] : undefined];
  const ends = [until, reverse ? after : undefined];
  const [start] = sorted(starts).toReversed();
  const [end] = sorted(ends);
  if (start && end) return sorted([start, end])[0] === start ? { start, end } : null;
  if (start) return { prefix, start };
  return end ? { prefix, end } : { prefix };
}

function sorted(keys: readonly (Key | undefined)[]): Key[] {
  const nameOf = (key: Key) => key.join("\u0000");
  return keys.filter((key) => key !== undefined)
    .sort((a, b) => nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0);
}

async function withDeadline<T>(
  { clock, deadlineMs, what }: { clock: Clock; deadlineMs: number; what: string },
  work: Promise<T>,
): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(
      deadlineMs,
      () =>
        reject(
          new StoreUnavailable(`The database did not answer a ${what} within ${deadlineMs} ms`),
        ),
    );
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof RangeError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreUnavailable(`The database refused a ${what}: ${reason}`, { cause: error });
  } finally {
    cancel();
  }
}
