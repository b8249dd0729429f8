/**
 * What is known of one call, joined from its events: the same whatever their order or repetition.
 *
 * Every slot keeps one event by an order that does not depend on arrival (the earliest, or for a cost
 * the latest), so joining is commutative, associative and idempotent: facts are a function of the
 * **set** of events. JSON-safe: text, whole milliseconds, null; legs sorted, so equal facts are equal
 * text.
 *
 * @module
 */
import type { TelnyxCallEvent, TelnyxHangup } from "./call_event.ts";
import type { TelnyxLegCost } from "./leg_cost.ts";

/** What is known of one call session. */
export interface TelnyxCallFacts {
  /** `call_session_id`. */
  sessionId: string;
  /** Sorted by id, {@link LEGS_MAX} at most; more legs than that leave the smallest ids. */
  legs: TelnyxLegFacts[];
  /** Whether legs were left out, so that detail records must decide. */
  hasMoreLegs: boolean;
}

/** Which event a fact is from. */
export interface FactSource {
  /** `occurred_at` of the event. */
  atMs: number;
  /** Decides between events of one instant. */
  eventId: string;
}

/** What is known of one leg. */
export interface TelnyxLegFacts {
  /** `call_leg_id`. */
  legId: string;
  /** Never differs within a leg; should it, the smaller text stays. */
  callControlId: string | null;
  /** See {@link TelnyxLegFacts.callControlId}. */
  connectionId: string | null;
  /** The earliest `start_time` any event named: only for a start when `call.initiated` is lost. */
  startTimeMs: number | null;
  /** The earliest event of any kind. */
  seen: FactSource;
  /** The earliest event that named a party. */
  parties: (FactSource & { from: string | null; to: string | null }) | null;
  /** The earliest `call.initiated`. */
  initiated: (FactSource & { direction: "inbound" | "outbound" | null }) | null;
  /** The earliest `call.answered`. */
  answered: FactSource | null;
  /** The earliest `call.bridged`: the leg was answered by then. */
  bridged: FactSource | null;
  /** The earliest `call.hangup`. */
  hangup: (FactSource & TelnyxHangup) | null;
  /** The latest `call.cost`. */
  cost: (FactSource & TelnyxLegCost) | null;
}

/** Legs kept of one call; with all their members at their longest they stay below 60 KiB as JSON. */
export const LEGS_MAX = 16;

/** Facts with one event more. Throws when the event is of another call, which is a mistake of ours. */
export function addEvent(facts: TelnyxCallFacts | null, event: TelnyxCallEvent): TelnyxCallFacts {
  const single = { sessionId: event.sessionId, legs: [legOf(event)], hasMoreLegs: false };
  return facts ? joinFacts(facts, single) : single;
}

/** Everything that either knows. Throws when they are about two calls. */
export function joinFacts(one: TelnyxCallFacts, other: TelnyxCallFacts): TelnyxCallFacts {
  if (one.sessionId !== other.sessionId) {
    throw new Error("Cannot join facts: they are about two calls");
  }
  const byId = new Map(one.legs.map((leg) => [leg.legId, leg]));
  for (const leg of other.legs) {
    const known = byId.get(leg.legId);
    byId.set(leg.legId, known ? joinLegs(known, leg) : leg);
  }
  const legs = [...byId.values()].sort((a, b) => compareTexts(a.legId, b.legId));
  // A leg among the smallest ids of all was never left out on the way, so its facts are whole.
  return {
    sessionId: one.sessionId,
    legs: legs.slice(0, LEGS_MAX),
    hasMoreLegs: one.hasMoreLegs || other.hasMoreLegs || legs.length > LEGS_MAX,
  };
}

function legOf(event: TelnyxCallEvent): TelnyxLegFacts {
  const { kind, from, to } = event;
  const source = { atMs: event.occurredAtMs, eventId: event.eventId };
  return {
    legId: event.legId,
    callControlId: event.callControlId,
    connectionId: event.connectionId,
    startTimeMs: event.startTimeMs,
    seen: source,
    parties: from === null && to === null ? null : { ...source, from, to },
    initiated: kind === "call.initiated" ? { ...source, direction: event.direction } : null,
    answered: kind === "call.answered" ? source : null,
    bridged: kind === "call.bridged" ? source : null,
    hangup: kind === "call.hangup" ? { ...source, ...event.hangup } : null,
    cost: kind === "call.cost" ? { ...source, ...event.cost } : null,
  };
}

function joinLegs(one: TelnyxLegFacts, other: TelnyxLegFacts): TelnyxLegFacts {
  return {
    legId: one.legId,
    callControlId: smallest(one.callControlId, other.callControlId, compareTexts),
    connectionId: smallest(one.connectionId, other.connectionId, compareTexts),
    startTimeMs: smallest(one.startTimeMs, other.startTimeMs, (a, b) => a - b),
    seen: compareSources(one.seen, other.seen) <= 0 ? one.seen : other.seen,
    parties: smallest(one.parties, other.parties, compareSources),
    initiated: smallest(one.initiated, other.initiated, compareSources),
    answered: smallest(one.answered, other.answered, compareSources),
    bridged: smallest(one.bridged, other.bridged, compareSources),
    hangup: smallest(one.hangup, other.hangup, compareSources),
    cost: smallest(one.cost, other.cost, (a, b) => compareSources(b, a)),
  };
}

function smallest<Value>(
  one: Value | null,
  other: Value | null,
  compare: (a: Value, b: Value) => number,
): Value | null {
  if (one === null || other === null) return one ?? other;
  return compare(one, other) <= 0 ? one : other;
}

/** By instant, then by event; the text decides should one event id ever come with two contents. */
function compareSources(one: FactSource, other: FactSource): number {
  return one.atMs - other.atMs || compareTexts(one.eventId, other.eventId) ||
    compareTexts(JSON.stringify(one), JSON.stringify(other));
}

// By code unit: a collation would depend on where the program runs.
function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
