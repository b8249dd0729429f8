/**
 * The webhook events of a simulated call, as Telnyx's documentation shows them.
 *
 * @module
 */
import { formatInstant } from "../../../clock.ts";
import { writeAmount } from "./amounts.ts";
import type { TelnyxFaults } from "./faults.ts";
import type { SimulatedCall, SimulatedLeg } from "./placed_call.ts";

/** An event before it is signed and sent. */
export interface SimulatedEvent {
  /** The same on every repetition. */
  eventId: string;
  /** `call.hangup`, `message.finalized`, … */
  kind: string;
  /** The call or message it is of. */
  subjectId: string;
  /** When it happens. */
  occurredAtMs: number;
  /** As it is written in the envelope. */
  occurredAt: string;
  /** `data.payload`. */
  payload: Record<string, unknown>;
}

/** What events are rendered with. */
export interface EventDeps {
  /** A fresh id for an event. */
  id: () => string;
  /** The knobs. */
  faults: TelnyxFaults;
}

/** All events of a call, in the order they happen. */
export function renderCallEvents(deps: EventDeps, call: SimulatedCall): SimulatedEvent[] {
  const event = (
    kind: string,
    { leg, atMs, extra }: { leg: SimulatedLeg; atMs: number; extra: Record<string, unknown> },
  ): SimulatedEvent => ({
    eventId: deps.id(),
    kind,
    subjectId: call.sessionId,
    occurredAtMs: atMs,
    occurredAt: writeVoiceInstant(atMs),
    payload: { ...renderIds(call, leg), ...extra },
  });
  const events = call.legs.flatMap((leg) => [
    event("call.initiated", { leg, atMs: leg.initiatedAtMs, extra: renderStart(leg) }),
    ...(leg.answeredAtMs === null
      ? []
      : [event("call.answered", { leg, atMs: leg.answeredAtMs, extra: renderAnswer(leg) })]),
    event("call.hangup", { leg, atMs: leg.endedAtMs, extra: renderHangup(leg) }),
    ...(deps.faults.sendsCallCost
      ? [event("call.cost", {
        leg,
        atMs: leg.endedAtMs + deps.faults.callCostAfterMs,
        extra: renderCost(deps.faults, { call, leg }),
      })]
      : []),
  ]);
  const bridges = bridgesOf(call).map(({ leg, atMs }) =>
    event("call.bridged", { leg, atMs, extra: renderParties(leg) })
  );
  return [...events, ...bridges].sort((a, b) => a.occurredAtMs - b.occurredAtMs);
}

function renderIds(call: SimulatedCall, leg: SimulatedLeg): Record<string, unknown> {
  return {
    call_control_id: leg.callControlId,
    call_leg_id: leg.legId,
    call_session_id: call.sessionId,
    connection_id: "1900000000000000001",
    client_state: null,
  };
}

function renderParties(leg: SimulatedLeg): Record<string, unknown> {
  return { from: leg.from, to: leg.to };
}

function renderStart(leg: SimulatedLeg): Record<string, unknown> {
  return {
    ...renderParties(leg),
    direction: leg.isInbound ? "incoming" : "outgoing",
    state: leg.isInbound ? "parked" : "bridging",
    start_time: writeVoiceInstant(leg.initiatedAtMs),
  };
}

function renderAnswer(leg: SimulatedLeg): Record<string, unknown> {
  const start_time = writeVoiceInstant(leg.initiatedAtMs);
  return { ...renderParties(leg), state: "answered", start_time };
}

function renderHangup(leg: SimulatedLeg): Record<string, unknown> {
  return {
    ...renderParties(leg),
    state: "hangup",
    start_time: writeVoiceInstant(leg.initiatedAtMs),
    end_time: writeVoiceInstant(leg.endedAtMs),
    hangup_cause: leg.hangupCause,
    hangup_source: "callee",
    sip_hangup_cause: leg.sipCause,
  };
}

function renderCost(
  faults: TelnyxFaults,
  { call, leg }: { call: SimulatedCall; leg: SimulatedLeg },
): Record<string, unknown> {
  const occurred_at = writeVoiceInstant(leg.endedAtMs);
  if (faults.hasFailedCallCosts) {
    const nothing = { billed_duration_secs: null, total_cost: null, cost_parts: [] };
    return { occurred_at, status: "error", billing_group_id: null, ...nothing };
  }
  const write = (amount: bigint) => writeAmount(amount, faults);
  const part = (name: string, rate: bigint, cost: bigint) => ({
    call_part: name,
    rate: write(rate),
    cost: write(cost),
    currency: call.currency,
    billed_duration_secs: leg.billedSeconds,
  });
  return {
    occurred_at,
    status: "success",
    billing_group_id: null,
    billed_duration_secs: leg.billedSeconds,
    total_cost: write(leg.trunkCost + leg.controlCost),
    cost_parts: [
      part("sip-trunking", leg.trunkRate, leg.trunkCost),
      part("call-control", leg.controlRate, leg.controlCost),
    ],
  };
}

/** When a later leg is answered, it and the first one are joined. */
function bridgesOf({ legs: [first, ...others] }: SimulatedCall) {
  return others.flatMap((other) => {
    if (first.answeredAtMs === null || other.answeredAtMs === null) return [];
    const atMs = Math.max(first.answeredAtMs, other.answeredAtMs);
    return [{ leg: first, atMs }, { leg: other, atMs }];
  });
}

// Voice writes microseconds: 2026-11-03T10:00:49.250000Z
function writeVoiceInstant(ms: number): string {
  return formatInstant(ms).replace("Z", "000Z");
}
