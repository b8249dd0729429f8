/**
 * How far the carriers have been read: the cut-off of every number on a usage page.
 *
 * Goes to: `core/jobs/cursors.ts`.
 *
 * @module
 */
import type { Config } from "../../../core/config.ts";
import { type Cursor, listCursors } from "../../../core/jobs/cursors.ts";
import { accountWithBlandKeyPrefix } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";

/** How far one carrier has been read; the worst of its keys. */
export interface Freshness {
  /** Everything before this instant is known; null before the first good run of every key. */
  completeToMs: number | null;
  /** When the last run ended; null before the first. */
  lastRunAtMs: number | null;
  /** Why the last run of a key failed; null when all went well. */
  lastError: string | null;
  /** Failed runs in a row, of the key with most of them. */
  failuresInARow: number;
}

/** How far Bland has been read, under the keys that are still in use. */
export async function readBlandFreshness(store: Store): Promise<Freshness> {
  const [cursors, owners] = await Promise.all([
    listCursors(store),
    store.list<object>({ prefix: accountWithBlandKeyPrefix }),
  ]);
  // The cursor of a key that was taken away stays where it was; it says nothing any more.
  const inUse = new Set(["bland:main", ...owners.map(({ key }) => `bland:account:${key[1]}`)]);
  return worstOf(cursors.filter(({ sourceId }) => inUse.has(sourceId)));
}

/** How far Twilio has been swept. */
export async function readTwilioFreshness(store: Store): Promise<Freshness> {
  return worstOf((await listCursors(store)).filter(({ sourceId }) => sourceId === "twilio:main"));
}

/** Up to when every carrier that is read has told us everything; null before the first good runs. */
export async function readCompleteTo(
  { store, config }: { store: Store; config: Pick<Config, "bland" | "twilio"> },
): Promise<number | null> {
  const read = await Promise.all([
    ...(config.bland ? [readBlandFreshness(store)] : []),
    ...(config.twilio ? [readTwilioFreshness(store)] : []),
  ]);
  const ends = read.map(({ completeToMs }) => completeToMs);
  return ends.length > 0 && ends.every((ms) => ms !== null) ? Math.min(...ends) : null;
}

function worstOf(cursors: readonly Cursor[]): Freshness {
  const readTo = cursors.map(({ completeToMs }) => completeToMs);
  const isRead = readTo.length > 0 && readTo.every((ms) => ms !== null);
  return {
    completeToMs: isRead ? Math.min(...readTo) : null,
    lastRunAtMs: cursors.length > 0 ? Math.max(...cursors.map((one) => one.lastRunAtMs)) : null,
    lastError: cursors.find(({ lastError }) => lastError !== null)?.lastError ?? null,
    failuresInARow: Math.max(0, ...cursors.map((one) => one.failuresInARow)),
  };
}
