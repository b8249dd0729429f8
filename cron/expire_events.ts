/**
 * Forgets events that were handled long ago. What they caused stays; nothing about money rests on them.
 *
 * @module
 */
import { DAY_MS } from "../core/clock.ts";
import type { InboxEvent } from "../core/jobs/inbox.ts";
import { eventByTimePrefix, eventKey, type Key, timePart } from "../core/kv/keys.ts";
import type { Store } from "../core/kv/store.ts";

/** Events deleted in one go: two rows each, inside the budget of a commit. */
const EVENTS_MAX = 200;
const PAGE_ROWS = 500;

/** Deletes processed events older than the retention, a batch at a time; answers how many. */
export async function expireEvents(
  store: Store,
  { nowMs, retentionDays }: { nowMs: number; retentionDays: number },
): Promise<number> {
  const deletes: Key[] = [];
  let after: Key | undefined;
  // Parked ones stay until a person has dealt with them, and must not hide those behind them.
  while (deletes.length < 2 * EVENTS_MAX) {
    const pointers = await store.list<object>({
      prefix: eventByTimePrefix,
      until: [...eventByTimePrefix, timePart(nowMs - retentionDays * DAY_MS)],
      limit: PAGE_ROWS,
      ...(after ? { after } : {}),
    });
    if (pointers.length === 0) break;
    after = pointers.at(-1)!.key;
    const events = await store.getMany<InboxEvent>(pointers.map(({ key }) => eventKey(key[2]!)));
    deletes.push(...pointers.flatMap(({ key }, i) => {
      const state = events[i]?.value.state;
      return state === undefined || state === "processed" ? [key, eventKey(key[2]!)] : [];
    }));
  }
  const batch = deletes.slice(0, 2 * EVENTS_MAX);
  if (batch.length > 0) await store.commit({ checks: [], puts: [], deletes: batch });
  return batch.length / 2;
}
