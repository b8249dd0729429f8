/**
 * Events of one invented call, as facts are made of them.
 *
 * @module
 */
import type { TelnyxCallEvent } from "../../../../../core/carriers/telnyx/calls/call_event.ts";
import {
  addEvent,
  type TelnyxCallFacts,
} from "../../../../../core/carriers/telnyx/calls/call_facts.ts";
import type { TelnyxLegCost } from "../../../../../core/carriers/telnyx/calls/leg_cost.ts";

export const START_MS = Date.UTC(2031, 2, 3, 12);

const state = { count: 0 };

/** What every event below has; `atSeconds` counts from {@link START_MS}. */
export interface Place {
  atSeconds: number;
  leg?: string;
  eventId?: string;
}

function base({ atSeconds, leg = "leg-a", eventId = `event-${state.count++}` }: Place) {
  return {
    eventId,
    occurredAtMs: START_MS + Math.round(atSeconds * 1_000),
    sessionId: "session-1",
    legId: leg,
    callControlId: `v3:${leg}`,
    connectionId: "1900000000000000001",
    from: "+12025550100",
    to: "+37251234567",
    startTimeMs: START_MS,
  };
}

export function initiated(
  place: Place & { direction?: "inbound" | "outbound" },
): TelnyxCallEvent {
  return { ...base(place), kind: "call.initiated", direction: place.direction ?? "outbound" };
}

export function answered(place: Place): TelnyxCallEvent {
  return { ...base(place), kind: "call.answered" };
}

export function bridged(place: Place): TelnyxCallEvent {
  return { ...base(place), kind: "call.bridged" };
}

export function hangup(
  place: Place & { cause?: string | null; sipCause?: string },
): TelnyxCallEvent {
  const { cause = "normal_clearing", sipCause = "unspecified" } = place;
  return { ...base(place), kind: "call.hangup", hangup: { cause, source: "caller", sipCause } };
}

export function cost(place: Place & { cost?: Partial<TelnyxLegCost> }): TelnyxCallEvent {
  const told = { status: "success", totalText: "0.0068", billedSeconds: 60, parts: PARTS } as const;
  return {
    ...base(place),
    from: null,
    to: null,
    startTimeMs: null,
    kind: "call.cost",
    cost: { ...told, ...place.cost },
  };
}

const PARTS = [
  {
    part: "sip-trunking",
    rateText: "0.0050",
    costText: "0.0050",
    currency: "USD",
    billedSeconds: 60,
  },
  {
    part: "call-control",
    rateText: "0.00180",
    costText: "0.0018",
    currency: "USD",
    billedSeconds: 60,
  },
];

export function factsOf(...events: TelnyxCallEvent[]): TelnyxCallFacts {
  const facts = events.reduce<TelnyxCallFacts | null>(addEvent, null);
  if (!facts) throw new Error("no events");
  return facts;
}
