/**
 * Works off the inbox: everything that is due, the oldest of each carrier first.
 *
 * Comes from: `cron/mod.ts`. Goes to: `core/jobs/inbox.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { type Gates, Unresolved } from "../kv/gates.ts";
import { eventDuePrefix, eventKey, type Key } from "../kv/keys.ts";
import { type Store, StoreUnavailable } from "../kv/store.ts";
import type { Log } from "../log.ts";
import { type InboxEvent, type Processed, stageEventEnd } from "./inbox.ts";

/** Events read at a time. */
const DRAIN_EVENTS_MAX = 500;

/** How events are worked off: one by one, or all of a carrier's together. */
export interface Processing {
  /** Works off one. */
  process: (event: InboxEvent) => Promise<Processed>;
  /** Carriers whose events share commits; their work stages each event's end by `stageEventEnd`. */
  together: Record<string, (events: InboxEvent[]) => Promise<void>>;
}

/** Processes due events, the oldest of each carrier first, until `untilMs`. Answers how many. */
export async function drainEvents(
  deps: { store: Store; gates: Gates; clock: Clock; log: Log },
  { process, together, untilMs }: Processing & { untilMs: number },
): Promise<number> {
  let count = 0;
  let after: Key | undefined;
  while (true) {
    const due = await deps.store.list<object>({
      prefix: eventDuePrefix,
      limit: DRAIN_EVENTS_MAX,
      ...(after ? { after } : {}),
    });
    const rows = await deps.store.getMany<InboxEvent>(due.map(({ key }) => eventKey(key[2]!)));
    const events = rows.flatMap((row) => row?.value.state === "received" ? [row.value] : []);
    count += await workOff(deps, { process, together, untilMs, events });
    // One that is not ready stays due: what comes behind it must not wait for it.
    after = due.at(-1)?.key;
    if (due.length < DRAIN_EVENTS_MAX || deps.clock.now() >= untilMs) return count;
  }
}

async function workOff(
  deps: { gates: Gates; clock: Clock; log: Log },
  { process, together, untilMs, events }: Processing & { untilMs: number; events: InboxEvent[] },
): Promise<number> {
  let count = 0;
  for (const [carrier, ofCarrier] of Map.groupBy(events, (event) => event.carrier)) {
    const all = together[carrier];
    if (all) {
      await processTogether(deps, { events: ofCarrier, all });
      count += ofCarrier.length;
      continue;
    }
    for (const event of ofCarrier) {
      if (deps.clock.now() >= untilMs) return count;
      await finishEvent(deps, { event, processed: await processSafely(deps, { event, process }) });
      count++;
    }
  }
  return count;
}

/** All at once; when that fails for another reason than the database, one by one. */
async function processTogether(
  deps: { gates: Gates; log: Log },
  { events, all }: { events: InboxEvent[]; all: (events: InboxEvent[]) => Promise<void> },
): Promise<void> {
  try {
    await all(events);
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof Unresolved) throw error;
    if (events.length > 1) {
      for (const event of events) await processTogether(deps, { events: [event], all });
      return;
    }
    const processed = await processSafely(deps, {
      event: events[0]!,
      process: () => Promise.reject(error),
    });
    await finishEvent(deps, { event: events[0]!, processed });
  }
}

async function processSafely(
  { log }: { log: Log },
  { event, process }: { event: InboxEvent; process: (event: InboxEvent) => Promise<Processed> },
): Promise<Processed> {
  try {
    return await process(event);
  } catch (error) {
    // One bad event must not hold up its neighbours; it stays due until its attempts are used up.
    log("error", "An event could not be processed", { event: event.id, error });
    return { status: "later", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function finishEvent(
  deps: { gates: Gates },
  { event, processed }: { event: InboxEvent; processed: Processed },
): Promise<void> {
  await deps.gates.change({
    gate: eventKey(event.id),
    stage: (batch) => stageEventEnd(batch, { event, processed }),
  });
}
