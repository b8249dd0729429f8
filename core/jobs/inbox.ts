/**
 * The inbox: every verified webhook delivery, kept before we answer, under an id its repeats share.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  eventByTimeKey,
  eventByTimePrefix,
  eventDueKey,
  eventDuePrefix,
  eventKey,
  refusedDeliveryKey,
} from "../kv/keys.ts";
import { listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { utcDay } from "../clock.ts";
import type { Log } from "../log.ts";

/** Where a delivery stands. `parked` waits for a person, with a reason. */
export type EventState = "received" | "processed" | "parked";

/** One delivery. `payload` is what its carrier's adapter kept of it, as text. */
export interface InboxEvent {
  /** `<carrier>:<carrierEventId>`. */
  id: string;
  /** Who sent it. */
  carrier: string;
  /** As `call.finished`; `unreadable` when it made no sense. */
  kind: string;
  /** The carrier's id of it, or a hash of its body: the same each time it is sent. */
  carrierEventId: string;
  /** When it first came. */
  receivedAtMs: number;
  /** See {@link EventState}. */
  state: EventState;
  /** Why it is parked or still due, or a note on what was made of it; null for none. */
  reason: string | null;
  /** Tries since it came, or was replayed. */
  attempts: number;
  /** Empty when nothing of it is to be processed. */
  payload: string;
}

/** What is known of a delivery when it arrives. Its first state may already be its last. */
export type Delivery = Pick<
  InboxEvent,
  "carrier" | "kind" | "carrierEventId" | "payload" | "state" | "reason"
>;

/** What came of processing one. `later` leaves it due. */
export interface Processed {
  /** What the event becomes. */
  status: "processed" | "parked" | "later";
  /** Kept with the event; null for none. */
  reason: string | null;
}

/** Attempts before an event that is never ready is parked. */
export const EVENT_ATTEMPTS_MAX = 12;
const DRAIN_EVENTS_MAX = 500;

/** Keeps a delivery once; a repeat answers the first one. */
export function receiveEvent(
  deps: { gates: Gates; clock: Clock },
  delivery: Delivery,
): Promise<{ status: "received" | "already_received"; event: InboxEvent }> {
  const event: InboxEvent = {
    id: `${delivery.carrier}:${delivery.carrierEventId}`,
    ...delivery,
    receivedAtMs: deps.clock.now(),
    attempts: 0,
  };
  const key = eventKey(event.id);
  return deps.gates.change<{ status: "received" | "already_received"; event: InboxEvent }>({
    gate: key,
    stage: async (batch) => {
      const earlier = await batch.get<InboxEvent>(key);
      if (earlier) return { status: "already_received", event: earlier };
      batch.set(key, event);
      batch.set(eventByTimeKey(event.receivedAtMs, event.id), {});
      if (event.state === "received") batch.set(eventDueKey(event.receivedAtMs, event.id), {});
      return { status: "received", event };
    },
  });
}

/** Counts a delivery that was refused; nothing else of it is kept. */
export async function countRefused(
  deps: { gates: Gates; clock: Clock },
  carrier: string,
): Promise<void> {
  const key = refusedDeliveryKey(carrier, utcDay(deps.clock.now()));
  await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const row = await batch.get<{ count: number }>(key);
      batch.set(key, { count: (row?.count ?? 0) + 1 });
    },
  });
}

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
  const due = await deps.store.list<object>({ prefix: eventDuePrefix, limit: DRAIN_EVENTS_MAX });
  const rows = await deps.store.getMany<InboxEvent>(due.map(({ key }) => eventKey(key[2]!)));
  const events = rows.flatMap((row) => row?.value.state === "received" ? [row.value] : []);
  let count = 0;
  for (const [carrier, ofCarrier] of Map.groupBy(events, (event) => event.carrier)) {
    const all = together[carrier];
    if (all) {
      await all(ofCarrier);
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

/**
 * Stages what became of an event, beside its effect.
 *
 * Two who work it off at once both find it received; what it causes is guarded where it is written, so
 * the second one changes nothing.
 */
export async function stageEventEnd(
  batch: Batch,
  { event, processed }: { event: InboxEvent; processed: Processed },
): Promise<void> {
  const now = await batch.get<InboxEvent>(eventKey(event.id));
  if (now?.state !== "received") return;
  const attempts = now.attempts + 1;
  const isOver = processed.status !== "later" || attempts >= EVENT_ATTEMPTS_MAX;
  const state: EventState = processed.status === "processed"
    ? "processed"
    : isOver
    ? "parked"
    : "received";
  batch.set(eventKey(event.id), { ...now, attempts, state, reason: processed.reason });
  if (isOver) batch.delete(eventDueKey(now.receivedAtMs, now.id));
}

/** An event by id, or null. */
export async function getEvent(store: Store, eventId: string): Promise<InboxEvent | null> {
  return (await store.get<InboxEvent>(eventKey(eventId)))?.value ?? null;
}

/** Which events: of one carrier, in one state. */
export interface EventQuery {
  /** Any when left out. */
  carrier?: string | undefined;
  /** Any when left out. */
  state?: EventState | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Events looked at for a page. */
  limit: number;
}

/** A page of events, newest first; a filtered page may be short while its cursor goes on. */
export async function listEvents(
  store: Store,
  { carrier, state, cursor, limit }: EventQuery,
): Promise<Page<InboxEvent> | null> {
  const page = await listPage<object>(store, {
    prefix: eventByTimePrefix,
    reverse: true,
    cursor,
    limit,
  });
  if (!page) return null;
  const rows = await store.getMany<InboxEvent>(page.rows.map(({ key }) => eventKey(key[2]!)));
  const events = rows.filter((row) => row !== null)
    .filter(({ value }) =>
      (!carrier || value.carrier === carrier) && (!state || value.state === state)
    );
  return { rows: events, nextCursor: page.nextCursor };
}

/** Makes an event due again, whatever became of it; processing it twice changes nothing. */
export function replayEvent(
  deps: { gates: Gates },
  eventId: string,
): Promise<{ status: "event_due"; event: InboxEvent } | { status: "event_not_found" }> {
  const key = eventKey(eventId);
  return deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const event = await batch.get<InboxEvent>(key);
      if (!event) return { status: "event_not_found" as const };
      const next: InboxEvent = { ...event, state: "received", reason: null, attempts: 0 };
      batch.set(key, next);
      batch.set(eventDueKey(event.receivedAtMs, event.id), {});
      return { status: "event_due" as const, event: next };
    },
  });
}
