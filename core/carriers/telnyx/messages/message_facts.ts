/**
 * What is known of one message, joined from its events: the same whatever their order or repetition.
 *
 * Every slot keeps the latest event of its kind, as in `core/carriers/telnyx/calls/call_facts.ts`.
 *
 * @module
 */
import type { TelnyxMessageEvent } from "./message_event.ts";

/** What is known of one message, JSON-safe. */
export interface TelnyxMessageFacts {
  /** Its id. */
  messageId: string;
  /** The latest `message.sent`. */
  sent: TelnyxMessageEvent | null;
  /** The latest `message.finalized` or `message.received`. */
  ended: TelnyxMessageEvent | null;
  /** The latest of those that told a cost: a later one without does not take it back. */
  priced: TelnyxMessageEvent | null;
}

/** Facts with one event more. Throws when it is of another message, which is a mistake of ours. */
export function addMessageEvent(
  facts: TelnyxMessageFacts | null,
  event: TelnyxMessageEvent,
): TelnyxMessageFacts {
  const isEnd = event.kind !== "message.sent";
  const single = {
    messageId: event.message.messageId,
    sent: isEnd ? null : event,
    ended: isEnd ? event : null,
    priced: isEnd && event.message.costText !== null ? event : null,
  };
  return facts ? joinMessageFacts(facts, single) : single;
}

/** Everything that either knows. Throws when they are about two messages. */
export function joinMessageFacts(
  one: TelnyxMessageFacts,
  other: TelnyxMessageFacts,
): TelnyxMessageFacts {
  if (one.messageId !== other.messageId) {
    throw new Error("Cannot join facts: they are about two messages");
  }
  return {
    messageId: one.messageId,
    sent: latest(one.sent, other.sent),
    ended: latest(one.ended, other.ended),
    priced: latest(one.priced, other.priced),
  };
}

function latest(
  one: TelnyxMessageEvent | null,
  other: TelnyxMessageEvent | null,
): TelnyxMessageEvent | null {
  if (one === null || other === null) return one ?? other;
  return isLater(one, other) ? one : other;
}

// The text decides should one event id ever come with two contents.
function isLater(one: TelnyxMessageEvent, other: TelnyxMessageEvent): boolean {
  if (one.occurredAtMs !== other.occurredAtMs) return one.occurredAtMs > other.occurredAtMs;
  if (one.eventId !== other.eventId) return one.eventId > other.eventId;
  return JSON.stringify(one) > JSON.stringify(other);
}
