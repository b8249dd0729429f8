/**
 * How far each carrier key has been read, and how its last run went.
 *
 * A cursor moves only when everything before it is stored. It saves work; reading a stretch again
 * changes nothing.
 *
 * @module
 */
import { encodeRow } from "../kv/codec.ts";
import { cursorKey, cursorPrefix } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";

/** A stretch that is not read to its end: where to go on, and which one it was. */
export interface StoppedStretch {
  /** Where the next run begins. */
  fromMs: number;
  /** It is the hourly, wider stretch. */
  isHourly: boolean;
  /** It is the daily, widest stretch. */
  isDaily: boolean;
}

/** Where a carrier key stands. */
export interface Cursor {
  /** The carrier key, as `bland:main`. */
  sourceId: string;
  /** Calls created before this instant have been read; null before the first good run. */
  completeToMs: number | null;
  /** When the hourly, wider stretch was last read to its end; 0 before the first time. */
  lastHourlyMs: number;
  /** When the daily, widest stretch was; 0 before the first time. */
  lastDailyMs: number;
  /** Where a run that was out of time stopped reading; null when its stretch was read to the end. */
  stopped: StoppedStretch | null;
  /** When the last run ended, well or not; 0 before the first. */
  lastRunAtMs: number;
  /** Why the last run failed; null when it did not. */
  lastError: string | null;
  /** Failed runs since the last good one. */
  failuresInARow: number;
}

/** A cursor; a fresh one when the key was never read. */
export async function getCursor(store: Store, sourceId: string): Promise<Cursor> {
  const row = await store.get<Cursor>(cursorKey(sourceId));
  return row?.value ?? {
    sourceId,
    completeToMs: null,
    lastHourlyMs: 0,
    lastDailyMs: 0,
    stopped: null,
    lastRunAtMs: 0,
    lastError: null,
    failuresInARow: 0,
  };
}

/** Stores a cursor; when that fails, the next run reads the same stretch again. */
export async function saveCursor(store: Store, cursor: Cursor): Promise<void> {
  const key = cursorKey(cursor.sourceId);
  await store.commit({ checks: [], puts: [{ key, bytes: encodeRow(key, cursor) }], deletes: [] });
}

/** Every cursor there is, by source; at most 1000. */
export async function listCursors(store: Store): Promise<Cursor[]> {
  return (await store.list<Cursor>({ prefix: cursorPrefix })).map((row) => row.value);
}
