/**
 * An event of a call as Telnyx writes it, in terms that facts can be made of.
 *
 * @module
 */
import { z } from "zod";
import {
  parseControlId,
  parseDirection,
  parseParty,
  parseTelnyxId,
  parseText,
  parseTime,
} from "../fields.ts";
import { parseLegCost, type TelnyxLegCost } from "./leg_cost.ts";

/** What every event of a call tells. */
export interface TelnyxCallEventBase {
  /** `data.id`: the same on every repetition. */
  eventId: string;
  /** `data.occurred_at`. */
  occurredAtMs: number;
  /** `call_session_id`: the call. */
  sessionId: string;
  /** `call_leg_id`: one leg of it. */
  legId: string;
  /** `call_control_id`; null when absent. */
  callControlId: string | null;
  /** `connection_id`; null when absent. */
  connectionId: string | null;
  /** Null when the event does not say, as `call.cost` never does. */
  from: string | null;
  /** See {@link TelnyxCallEventBase.from}. */
  to: string | null;
  /** `start_time`: when the call began to be set up, **not** when it was answered. */
  startTimeMs: number | null;
}

/** How a leg ended, in Telnyx's words. */
export interface TelnyxHangup {
  /** `hangup_cause`, lower case; null when absent. */
  cause: string | null;
  /** `hangup_source`. */
  source: string | null;
  /** `sip_hangup_cause`: a SIP code as text, or `unspecified`. */
  sipCause: string | null;
}

/** An event of a call that matters to billing. */
export type TelnyxCallEvent =
  & TelnyxCallEventBase
  & (
    | { kind: "call.initiated"; direction: "inbound" | "outbound" | null }
    | { kind: "call.answered" | "call.bridged" }
    | { kind: "call.hangup"; hangup: TelnyxHangup }
    | { kind: "call.cost"; cost: TelnyxLegCost }
  );

/** Whether events of this kind are read. */
export function isCallKind(kind: string): kind is TelnyxCallEvent["kind"] {
  return (CALL_KINDS as readonly string[]).includes(kind);
}

/** An event's envelope and its unread payload, from JSON that kept its numbers. */
export interface RawEvent<Kind> {
  /** `data.id`. */
  eventId: string;
  /** `data.event_type`. */
  kind: Kind;
  /** `data.occurred_at`. */
  occurredAtMs: number;
  /** `data.payload`. */
  payload: unknown;
}

/**
 * Reads the payload of a call's event.
 *
 * Unreadable without the ids of call and leg, and when a cost is neither `success` nor `error`.
 * Source: Telnyx OpenAPI specification, call events; `direction` is on `call.initiated` alone.
 */
export function parseCallEvent(
  { kind, payload, ...stamp }: RawEvent<TelnyxCallEvent["kind"]>,
): { status: "call_event"; event: TelnyxCallEvent } | { status: "unreadable"; reason: string } {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return { status: "unreadable", reason: "no payload" };
  const { call_session_id, call_leg_id, ...members } = parsed.data;
  const [sessionId, legId] = [parseTelnyxId(call_session_id), parseTelnyxId(call_leg_id)];
  if (sessionId === null) return { status: "unreadable", reason: "no usable call_session_id" };
  if (legId === null) return { status: "unreadable", reason: "no usable call_leg_id" };
  const base = { ...stamp, sessionId, legId, ...parseBase(members) };
  if (kind !== "call.cost") {
    return { status: "call_event", event: { ...base, ...parseCourse(kind, members) } };
  }
  const cost = parseLegCost(members);
  if (!cost) return { status: "unreadable", reason: "status of the cost is not as documented" };
  return { status: "call_event", event: { ...base, kind, cost } };
}

const CALL_KINDS = [
  "call.initiated",
  "call.answered",
  "call.bridged",
  "call.hangup",
  "call.cost",
] as const;

const anything = z.unknown().optional();
const payloadSchema = z.object({
  call_session_id: anything,
  call_leg_id: anything,
  call_control_id: anything,
  connection_id: anything,
  from: anything,
  to: anything,
  start_time: anything,
  direction: anything,
  hangup_cause: anything,
  hangup_source: anything,
  sip_hangup_cause: anything,
  status: anything,
  total_cost: anything,
  billed_duration_secs: anything,
  cost_parts: anything,
});

type Members = Omit<z.output<typeof payloadSchema>, "call_session_id" | "call_leg_id">;

function parseBase(
  members: Members,
): Omit<TelnyxCallEventBase, "eventId" | "occurredAtMs" | "sessionId" | "legId"> {
  return {
    callControlId: parseControlId(members.call_control_id),
    connectionId: parseText(members.connection_id, 32),
    from: parseParty(members.from),
    to: parseParty(members.to),
    startTimeMs: parseTime(members.start_time),
  };
}

type Course =
  | { kind: "call.initiated"; direction: "inbound" | "outbound" | null }
  | { kind: "call.answered" | "call.bridged" }
  | { kind: "call.hangup"; hangup: TelnyxHangup };

function parseCourse(kind: Course["kind"], members: Members): Course {
  if (kind === "call.initiated") return { kind, direction: parseDirection(members.direction) };
  if (kind !== "call.hangup") return { kind };
  const hangup = {
    cause: parseText(members.hangup_cause, 32)?.toLowerCase() ?? null,
    source: parseText(members.hangup_source, 16),
    sipCause: parseText(members.sip_hangup_cause, 16),
  };
  return { kind, hangup };
}
