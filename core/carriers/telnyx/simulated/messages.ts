/**
 * How a simulated message shows: its payload, its events, its detail record.
 *
 * @module
 */
import { formatInstant } from "../../../clock.ts";
import { writeAmount } from "./amounts.ts";
import type { EventDeps, SimulatedEvent } from "./call_events.ts";
import type { SimulatedMessage } from "./placed_message.ts";

/** All events of a message, in the order they happen. */
export function renderMessageEvents(
  { id }: Pick<EventDeps, "id">,
  message: SimulatedMessage,
): SimulatedEvent[] {
  const event = (kind: string, atMs: number): SimulatedEvent => ({
    eventId: id(),
    kind,
    subjectId: message.messageId,
    occurredAtMs: atMs,
    occurredAt: writeMessageInstant(atMs),
    payload: renderMessage(message, { nowMs: atMs, showsCost: !message.hasNullCost }),
  });
  if (message.isInbound) return [event("message.received", message.endedAtMs)];
  return [event("message.sent", message.sentAtMs), event("message.finalized", message.endedAtMs)];
}

/** A message as its events and `GET /messages/{id}` write it; it has no cost before its end. */
export function renderMessage(
  message: SimulatedMessage,
  { nowMs, showsCost }: { nowMs: number; showsCost: boolean },
): Record<string, unknown> {
  const hasEnded = nowMs >= message.endedAtMs;
  const cost = { amount: writeAmount(message.cost), currency: message.currency };
  return {
    record_type: "message",
    direction: message.isInbound ? "inbound" : "outbound",
    id: message.messageId,
    type: "SMS",
    messaging_profile_id: "2f4b3a51-98aa-4d0f-8b52-0f2c7c1d3e44",
    from: { phone_number: message.from, carrier: "Telnyx", line_type: "Wireless" },
    to: [{
      phone_number: message.to,
      status: hasEnded ? message.status : "sent",
      carrier: "EXAMPLE MOBILE",
      line_type: "Wireless",
    }],
    text: "Hello",
    encoding: "GSM-7",
    parts: message.segments,
    tags: [],
    media: [],
    errors: [],
    cost: hasEnded && showsCost ? cost : null,
    cost_breakdown: null,
    received_at: writeMessageInstant(message.sentAtMs),
    sent_at: message.isInbound ? null : writeMessageInstant(message.sentAtMs),
    completed_at: hasEnded && !message.isInbound ? writeMessageInstant(message.endedAtMs) : null,
  };
}

/** A message's detail record, whose status is of another vocabulary. */
export function renderMessageRecord(
  message: SimulatedMessage,
  { isScientific }: { isScientific: boolean },
): Record<string, unknown> {
  return {
    record_type: "message_detail_record",
    uuid: message.messageId,
    direction: message.isInbound ? "inbound" : "outbound",
    message_type: "SMS",
    cli: message.from,
    cld: message.to,
    status: message.isInbound ? "received" : RECORD_STATUSES[message.status] ?? "delivered",
    parts: message.segments,
    rate: writeAmount(message.cost / BigInt(message.segments), { isScientific }),
    carrier_fee: "0.0000",
    cost: writeAmount(message.cost, { isScientific }),
    currency: message.currency,
    created_at: formatInstant(message.sentAtMs),
    sent_at: formatInstant(message.sentAtMs),
    completed_at: formatInstant(message.endedAtMs),
    updated_at: formatInstant(message.endedAtMs),
    country_code: "US",
    errors: [],
    tags: "",
  };
}

const RECORD_STATUSES: Record<string, string> = {
  delivery_unconfirmed: "dlr_unconfirmed",
  delivery_failed: "failed",
  sending_failed: "gw_reject",
  expired: "gw_timeout",
};

// Messaging writes +00:00 and milliseconds: 2026-11-03T10:02:14.148+00:00
function writeMessageInstant(ms: number): string {
  return formatInstant(ms).replace("Z", "+00:00");
}
