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
  fromMs: number;
  isHourly: boolean;
  isDaily: boolean;
}

/** Where a carrier key stands. */
export interface Cursor {
  sourceId: string;
  /** Calls created before this instant have been read; null before the first good run. */
  completeToMs: number | null;
  /** When a wider stretch was last read again, and the widest. */
  lastHourlyMs: number;
  lastDailyMs: number;
  /** Where a run that was out of time stopped reading; null when its stretch was read to the end. */
  stopped: StoppedStretch | null;
  lastRunAtMs: number;
  /** Why the last run failed; null when it did not. */
  lastError: string | null;
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

/** Every cursor there is. */
export async function listCursors(store: Store): Promise<Cursor[]> {
  return (await store.list<Cursor>({ prefix: cursorPrefix })).map((row) => row.value);
}
