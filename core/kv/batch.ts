/**
 * A batch: reads that see what was staged, and writes that wait to become true together.
 *
 * Domain functions are handed a batch, read and stage, and never commit; whoever orchestrates commits
 * once. A batch can be forked, so that a stage that fails, or does not fit any more, leaves no trace.
 *
 * Goes to: `core/kv/codec.ts`, `core/kv/store.ts`.
 *
 * @module
 */
import { encodeRow } from "./codec.ts";
import type { Key } from "./keys.ts";
import {
  CHECKS_MAX,
  PAGE_ROWS_MAX,
  type Put,
  type Range,
  type Row,
  type Store,
  type Write,
} from "./store.ts";

/** Sets and deletes one commit may carry. */
export const MUTATIONS_MAX = 500;
/** Bytes one commit may carry: values once, keys of sets twice. */
export const BYTES_MAX = 700 * 1024;
/** Bytes of the keys of sets in one commit; the database itself ends at 81 920. */
export const KEY_BYTES_MAX = 72 * 1024;

/** What a stage may do. */
export interface Batch {
  /** The row as this batch sees it, or null. Safe to decide on only beneath this commit's gate. */
  get<T extends object>(key: Key): Promise<T | null>;
  /** Like `get`, for many keys at once. */
  getMany<T extends object>(keys: readonly Key[]): Promise<(T | null)[]>;
  /** Like `get`, for a row outside the gate on which a decision rests: the commit fails if it changes. */
  getChecked<T extends object>(key: Key): Promise<T | null>;
  /** Keys and rows under a prefix in key order, with what this batch staged; at most one page. */
  list<T extends object>(range: Omit<Range, "reverse">): Promise<{ key: Key; value: T }[]>;
  /** Stages a row in place of what is there; `expireInMs` is housekeeping only, never a rule. */
  set(key: Key, row: object, options?: { expireInMs?: number }): void;
  /** Stages that a row goes; one that is absent is no fault. */
  delete(key: Key): void;
}

/** A batch as its owner sees it. */
export interface OpenBatch extends Batch {
  /** A batch on top of this one. */
  fork(): OpenBatch;
  /** Takes over what a fork staged; false, and nothing taken, when it would not fit one commit. */
  merge(fork: OpenBatch): boolean;
  /** Rows staged to be set or deleted, not counting the forks. */
  staged(): ReadonlyMap<string, Staged>;
  /** Rows the commit rests on, as they were read; a null stamp means "must not exist". */
  checks(): ReadonlyMap<string, { key: Key; versionstamp: string | null }>;
  /** Everything staged, as one commit. */
  toWrite(): Write;
}

/** One staged write. */
export interface Staged {
  /** Which row. */
  key: Key;
  /** Null for a delete. */
  row: object | null;
  /** The row encoded, once it was merged. */
  bytes?: Uint8Array;
  /** Counted from the commit; the row stays without one. */
  expireInMs?: number;
}
type Cache = Map<string, Row<object> | null>;

/** The name of a key inside maps. */
export const nameOf = (key: Key): string => key.join("\u0000");

/** An empty batch over the database. */
export function openBatch(store: Store): OpenBatch {
  return layer(store, new Map(), new Map());
}

function layer(store: Store, cache: Cache, below: ReadonlyMap<string, Staged>): OpenBatch {
  const staged = new Map<string, Staged>();
  const checks = new Map<string, { key: Key; versionstamp: string | null }>();
  const stagedRow = (name: string) => staged.get(name) ?? below.get(name);

  async function read(keys: readonly Key[]): Promise<void> {
    const missing = keys.filter((key) => !stagedRow(nameOf(key)) && !cache.has(nameOf(key)));
    const rows = missing.length === 0 ? [] : await store.getMany<object>(missing);
    missing.forEach((key, i) => cache.set(nameOf(key), rows[i] ?? null));
  }
  function seen<T extends object>(key: Key): T | null {
    const name = nameOf(key);
    const mine = stagedRow(name);
    return (mine ? mine.row : cache.get(name)?.value ?? null) as T | null;
  }
  async function getMany<T extends object>(keys: readonly Key[]): Promise<(T | null)[]> {
    await read(keys);
    return keys.map((key) => seen<T>(key));
  }
  async function get<T extends object>(key: Key): Promise<T | null> {
    await read([key]);
    return seen<T>(key);
  }
  async function getChecked<T extends object>(key: Key): Promise<T | null> {
    const row = await get<T>(key);
    const name = nameOf(key);
    // A row this batch itself wrote or created has no stamp of its own to hold on to.
    if (cache.has(name)) {
      checks.set(name, { key, versionstamp: cache.get(name)?.versionstamp ?? null });
    }
    return row;
  }
  function merge(fork: OpenBatch): boolean {
    const after = new Map([...staged, ...encoded(fork.staged())]);
    const allChecks = new Map([...checks, ...fork.checks()]);
    if (!fits(after, allChecks.size)) return false;
    for (const [name, put] of after) staged.set(name, put);
    for (const [name, check] of allChecks) checks.set(name, check);
    return true;
  }
  return {
    get,
    getMany,
    getChecked,
    list: (range) => listThrough(store, { layers: [below, staged], range }),
    merge,
    set: (key, row, options) => void staged.set(nameOf(key), { key, row, ...options }),
    delete: (key) => void staged.set(nameOf(key), { key, row: null }),
    fork: () => layer(store, cache, below.size === 0 ? staged : new Map([...below, ...staged])),
    staged: () => staged,
    checks: () => checks,
    toWrite: () => toWrite(staged, checks),
  };
}

/** A page of the database as it will be once the layers are committed, the upper ones last. */
async function listThrough<T extends object>(
  store: Store,
  { layers, range }: { layers: ReadonlyMap<string, Staged>[]; range: Omit<Range, "reverse"> },
): Promise<{ key: Key; value: T }[]> {
  const limit = range.limit ?? PAGE_ROWS_MAX;
  const staged = layers.flatMap((layer) => [...layer]).filter(([, { key }]) => isIn(key, range));
  // Rows that are staged to go would take the places of those behind them.
  const goneCount = staged.filter(([, { row }]) => !row).length;
  const found = await store.list<T>({ ...range, limit: limit + goneCount });
  const rows = new Map(found.map(({ key, value }) => [nameOf(key), { key, value }]));
  for (const [name, { key, row }] of staged) {
    if (row) rows.set(name, { key, value: row as T });
    else rows.delete(name);
  }
  return [...rows.values()]
    .sort((a, b) => (nameOf(a.key) < nameOf(b.key) ? -1 : 1))
    .slice(0, limit);
}

function isIn(key: Key, { prefix, after, from, until }: Omit<Range, "reverse">): boolean {
  const name = nameOf(key);
  return prefix.every((part, i) => key[i] === part) && key.length > prefix.length &&
    (!after || name > nameOf(after)) && (!from || name >= nameOf(from)) &&
    (!until || name < nameOf(until));
}

function encoded(rows: ReadonlyMap<string, Staged>): Map<string, Staged> {
  const done = new Map<string, Staged>();
  for (const [name, put] of rows) {
    done.set(name, put.row && !put.bytes ? { ...put, bytes: encodeRow(put.key, put.row) } : put);
  }
  return done;
}

function fits(rows: ReadonlyMap<string, Staged>, checkCount: number): boolean {
  let bytes = 0;
  let keyBytes = 0;
  for (const { key, bytes: value } of rows.values()) {
    if (!value) continue;
    const size = key.reduce((sum, part) => sum + part.length + 2, 0);
    keyBytes += size;
    bytes += value.length + 2 * size;
  }
  return rows.size <= MUTATIONS_MAX && bytes <= BYTES_MAX && keyBytes <= KEY_BYTES_MAX &&
    checkCount <= CHECKS_MAX;
}

function toWrite(
  rows: ReadonlyMap<string, Staged>,
  checks: ReadonlyMap<string, { key: Key; versionstamp: string | null }>,
): Write {
  const puts: Put[] = [];
  const deletes: Key[] = [];
  for (const { key, row, bytes, expireInMs } of encoded(rows).values()) {
    if (!row) deletes.push(key);
    else puts.push({ key, bytes: bytes!, ...(expireInMs === undefined ? {} : { expireInMs }) });
  }
  return { checks: [...checks.values()], puts, deletes };
}
