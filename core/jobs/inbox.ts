/**
 * The inbox: every verified webhook delivery, kept once under the carrier's own id, before we answer.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
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
  id: string;
  carrier: string;
  kind: string;
  carrierEventId: string;
  receivedAtMs: number;
  state: EventState;
  reason: string | null;
  attempts: number;
  payload: string;
}

/** What is known of a delivery when it arrives. Its first state may already be its last. */
export type Delivery = Pick<
  InboxEvent,
  "carrier" | "kind" | "carrierEventId" | "payload" | "state" | "reason"
>;

/** What came of processing one. `later` leaves it due. */
export interface Processed {
  status: "processed" | "parked" | "later";
  reason: string | null;
}

/** Attempts before an event that is never ready is parked. */
export const EVENT_ATTEMPTS_MAX = 12;
const DRAIN_EVENTS_MAX = 200;

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

/** Processes what is due, oldest first, until nothing is or `untilMs` has come. Answers how many. */
export async function drainEvents(
  deps: { store: Store; gates: Gates; clock: Clock; log: Log },
  { process, untilMs }: { process: (event: InboxEvent) => Promise<Processed>; untilMs: number },
): Promise<number> {
  const due = await deps.store.list<object>({ prefix: eventDuePrefix, limit: DRAIN_EVENTS_MAX });
  let count = 0;
  for (const { key } of due) {
    if (deps.clock.now() >= untilMs) break;
    const event = await getEvent(deps.store, key[2]!);
    if (!event || event.state !== "received") continue;
    await finishEvent(deps, { event, processed: await processSafely(deps, { event, process }) });
    count++;
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
  const key = eventKey(event.id);
  await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const now = await batch.get<InboxEvent>(key);
      if (now?.state !== "received") return;
      const attempts = now.attempts + 1;
      const isOver = processed.status !== "later" || attempts >= EVENT_ATTEMPTS_MAX;
      const state: EventState = processed.status === "processed"
        ? "processed"
        : isOver
        ? "parked"
        : "received";
      batch.set(key, { ...now, attempts, state, reason: processed.reason });
      if (isOver) batch.delete(eventDueKey(now.receivedAtMs, now.id));
    },
  });
}

/** An event by id, or null. */
export async function getEvent(store: Store, eventId: string): Promise<InboxEvent | null> {
  return (await store.get<InboxEvent>(eventKey(eventId)))?.value ?? null;
}

/** Which events: of one carrier, in one state. */
export interface EventQuery {
  carrier?: string | undefined;
  state?: EventState | undefined;
  cursor?: string | undefined;
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
