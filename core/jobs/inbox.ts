/**
 * The inbox: every verified webhook delivery, kept before we answer, under an id its repeats share.
 *
 * @module
 */
import { type Clock, utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  eventByTimeKey,
  eventByTimePrefix,
  eventDueKey,
  eventDuePrefix,
  eventKey,
  type Key,
  refusedDeliveryKey,
} from "../kv/keys.ts";
import { formatCursor, listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";

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
  if (!isOver) return;
  batch.delete(eventDueKey(now.receivedAtMs, now.id));
  batch.set(eventByTimeKey(now.receivedAtMs, now.id), {});
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
  const listed = (prefix: Key) => listPage<object>(store, { prefix, reverse: true, cursor, limit });
  // In this order: one that is worked off meanwhile is seen twice rather than not at all.
  const due = await listed(eventDuePrefix);
  const past = await listed(eventByTimePrefix);
  if (!due || !past) return null;
  const places = new Map(
    [...due.rows, ...past.rows].map(({ key }) => [key.slice(1).join("\u0000"), key.slice(1)]),
  );
  const sorted = [...places].sort(([a], [b]) => a < b ? 1 : -1).map(([, place]) => place);
  const shown = sorted.slice(0, limit);
  const hasMore = sorted.length > limit || due.nextCursor !== null || past.nextCursor !== null;
  const rows = await store.getMany<InboxEvent>(shown.map((place) => eventKey(place[1]!)));
  const events = rows.filter((row) => row !== null)
    .filter(({ value }) =>
      (!carrier || value.carrier === carrier) && (!state || value.state === state)
    );
  const last = shown.at(-1);
  return { rows: events, nextCursor: hasMore && last ? formatCursor(last) : null };
}

/**
 * Makes an event due again, whatever became of it; processing it twice changes nothing. One of which
 * nothing was kept stays what it became.
 */
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
      if (event.payload === "") return { status: "event_due" as const, event };
      const next: InboxEvent = { ...event, state: "received", reason: null, attempts: 0 };
      batch.set(key, next);
      batch.set(eventDueKey(event.receivedAtMs, event.id), {});
      batch.delete(eventByTimeKey(event.receivedAtMs, event.id));
      return { status: "event_due" as const, event: next };
    },
  });
}
