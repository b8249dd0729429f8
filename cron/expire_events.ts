/**
 * Forgets events that were handled long ago. What they caused stays; nothing about money rests on them.
 *
 * @module
 */
import { DAY_MS } from "../core/clock.ts";
import type { InboxEvent } from "../core/jobs/inbox.ts";
import { eventByTimePrefix, eventKey, timePart } from "../core/kv/keys.ts";
import type { Store } from "../core/kv/store.ts";

const EVENTS_MAX = 200;

/** Deletes processed events older than the retention, a batch at a time; answers how many. */
export async function expireEvents(
  store: Store,
  { nowMs, retentionDays }: { nowMs: number; retentionDays: number },
): Promise<number> {
  const until = [...eventByTimePrefix, timePart(nowMs - retentionDays * DAY_MS)];
  const pointers = await store.list<object>({
    prefix: eventByTimePrefix,
    until,
    limit: EVENTS_MAX,
  });
  const events = await store.getMany<InboxEvent>(pointers.map(({ key }) => eventKey(key[2]!)));
  const deletes = pointers.flatMap(({ key }, i) => {
    const state = events[i]?.value.state;
    return state === undefined || state === "processed" ? [key, eventKey(key[2]!)] : [];
  });
  if (deletes.length > 0) await store.commit({ checks: [], puts: [], deletes });
  return deletes.length / 2;
}
