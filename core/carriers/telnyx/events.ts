/**
 * Tells Telnyx's webhook events apart and reads those that matter to billing.
 *
 * Goes to: `core/carriers/telnyx/calls/call_event.ts`, `core/carriers/telnyx/messages/message_event.ts`.
 *
 * @module
 */
import { z } from "zod";
import { parseJsonKeepingNumbers } from "../json_numbers.ts";
import { isCallKind, parseCallEvent, type TelnyxCallEvent } from "./calls/call_event.ts";
import { parseTelnyxId, parseTime } from "./fields.ts";
import {
  isMessageKind,
  parseMessageEvent,
  type TelnyxMessageEvent,
} from "./messages/message_event.ts";

/** What a delivery turned out to be; `eventId` is the same on every repetition of it. */
export type TelnyxEventOutcome =
  | { status: "call_event"; event: TelnyxCallEvent }
  | { status: "message_event"; event: TelnyxMessageEvent }
  | {
    /** Well formed and of no use to billing: speech, recordings, conferences, kinds to come. */
    status: "other_event";
    kind: string;
    eventId: string;
  }
  | {
    /** To be parked and shown. Names the member at fault, never its value. */
    status: "unreadable";
    reason: string;
    /** Null when not even the id is usable. */
    eventId: string | null;
  };

/**
 * Reads a delivery whose signature was verified; members that are not known are ignored.
 *
 * Without `data.id` it is refused aloud: the debugging views and API version 1 write events of other
 * shapes, and without an id a repetition cannot be told.
 * Source: Telnyx documentation, "Receiving webhooks"; OpenAPI specification, call and message events.
 */
export function parseTelnyxEvent(text: string): TelnyxEventOutcome {
  const json = parseJsonKeepingNumbers(text);
  if (json.status === "not_json") return unreadable("not JSON", null);
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) return unreadable("no data: not an event of API version 2", null);
  const { id, event_type: kind, occurred_at: occurredAt, payload } = envelope.data.data;
  const eventId = parseTelnyxId(id);
  if (eventId === null) return unreadable("no usable data.id", null);
  if (typeof kind !== "string" || !/^[a-z0-9_.-]{1,64}$/.test(kind)) {
    return unreadable("no usable data.event_type", eventId);
  }
  if (!isCallKind(kind) && !isMessageKind(kind)) return { status: "other_event", kind, eventId };
  const occurredAtMs = parseTime(occurredAt);
  if (occurredAtMs === null) {
    return unreadable("data.occurred_at is not an instant with a zone", eventId);
  }
  const outcome = isCallKind(kind)
    ? parseCallEvent({ eventId, kind, occurredAtMs, payload })
    : parseMessageEvent({ eventId, kind, occurredAtMs, payload });
  return outcome.status === "unreadable" ? unreadable(outcome.reason, eventId) : outcome;
}

const anything = z.unknown().optional();
const envelopeSchema = z.object({
  data: z.object({ id: anything, event_type: anything, occurred_at: anything, payload: anything }),
});

function unreadable(reason: string, eventId: string | null): TelnyxEventOutcome {
  return { status: "unreadable", reason, eventId };
}
