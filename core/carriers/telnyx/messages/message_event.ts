/**
 * A message as Telnyx writes it: in a webhook event, or asked for by its id.
 *
 * @module
 */
import { z } from "zod";
import type { RawEvent } from "../calls/call_event.ts";
import { parseDecimalText } from "../decimal_sum.ts";
import {
  keepTexts,
  parseCurrency,
  parseDirection,
  parseParty,
  parseTelnyxId,
  parseText,
  parseTime,
  parseWhole,
} from "../fields.ts";

/** A message at one moment, JSON-safe; no text of it is kept. */
export interface TelnyxMessagePicture {
  /** `id`, which is `uuid` in detail records. */
  messageId: string;
  /** Null when Telnyx does not say. */
  direction: "inbound" | "outbound" | null;
  /** Null when Telnyx does not say. */
  from: string | null;
  /** The first recipient. */
  to: string | null;
  /** The first recipient's status, in Telnyx's words. */
  toStatus: string | null;
  /** `parts`: segments. */
  segments: number | null;
  /** Decimal as it was written, all parts and fees included; null while there is none. */
  costText: string | null;
  /** ISO 4217; null when there is no cost. */
  costCurrency: string | null;
  /** Whether there is a `cost` that is not as documented. */
  isCostUnreadable: boolean;
  /** Handed to the carrier; null until then. */
  sentAtMs: number | null;
  /** Accepted from us, or come in. */
  receivedAtMs: number | null;
  /** Ended; null until then. */
  completedAtMs: number | null;
  /** Members that matter to billing, as text, at most 2 KiB as JSON. */
  record: Record<string, string | null>;
}

/** An event of a message. */
export interface TelnyxMessageEvent {
  /** `data.id`: the same on every repetition. */
  eventId: string;
  /** `message.finalized` may arrive before `message.sent`. */
  kind: "message.sent" | "message.finalized" | "message.received";
  /** `data.occurred_at`. */
  occurredAtMs: number;
  /** The message as it was then. */
  message: TelnyxMessagePicture;
}

/** Whether events of this kind are read. */
export function isMessageKind(kind: string): kind is TelnyxMessageEvent["kind"] {
  return kind === "message.sent" || kind === "message.finalized" || kind === "message.received";
}

/** Reads the payload of a message's event. */
export function parseMessageEvent(
  { payload, ...stamp }: RawEvent<TelnyxMessageEvent["kind"]>,
): { status: "message_event"; event: TelnyxMessageEvent } | {
  status: "unreadable";
  reason: string;
} {
  const message = parseMessagePicture(payload);
  if (message.status === "unreadable") return message;
  return { status: "message_event", event: { ...stamp, message: message.picture } };
}

/**
 * Reads a message from JSON that kept its numbers; unreadable without an id.
 *
 * `from` and the entries of `to` are objects with a `phone_number` here.
 * Source: Telnyx OpenAPI specification, `OutboundMessagePayload` and `InboundMessagePayload`.
 */
export function parseMessagePicture(
  value: unknown,
): { status: "picture"; picture: TelnyxMessagePicture } | { status: "unreadable"; reason: string } {
  const parsed = payloadSchema.safeParse(value);
  if (!parsed.success) return { status: "unreadable", reason: "no payload" };
  const payload = parsed.data;
  const messageId = parseTelnyxId(payload.id);
  if (messageId === null) return { status: "unreadable", reason: "no usable id of a message" };
  const [recipient] = payload.to;
  const picture = {
    messageId,
    direction: parseDirection(payload.direction),
    from: parseParty(payload.from?.phone_number),
    to: parseParty(recipient?.phone_number),
    toStatus: parseText(recipient?.status, 32),
    segments: parseWhole(payload.parts),
    ...parseCost(payload.cost),
    sentAtMs: parseTime(payload.sent_at),
    receivedAtMs: parseTime(payload.received_at),
    completedAtMs: parseTime(payload.completed_at),
  };
  return { status: "picture", picture: { ...picture, record: keepMessageRecord(payload) } };
}

const anything = z.unknown().optional();
const party = z.object({ phone_number: anything, status: anything, carrier: anything })
  .nullish().catch(null);
const amount = z.object({ amount: anything, currency: anything }).nullish().catch(null);
const payloadSchema = z.object({
  id: anything,
  direction: anything,
  type: anything,
  parts: anything,
  from: party,
  to: z.array(party).catch([]).default([]),
  cost: anything,
  cost_breakdown: z.object({ carrier_fee: amount, rate: amount }).nullish().catch(null),
  sent_at: anything,
  received_at: anything,
  completed_at: anything,
  messaging_profile_id: anything,
  errors: z.array(z.object({ code: anything }).catch({})).catch([]).default([]),
  tags: z.array(anything).catch([]).default([]),
});

type Payload = z.output<typeof payloadSchema>;

function parseCost(
  value: unknown,
): Pick<TelnyxMessagePicture, "costText" | "costCurrency" | "isCostUnreadable"> {
  const none = { costText: null, costCurrency: null };
  if (value === undefined || value === null) return { ...none, isCostUnreadable: false };
  const cost = amount.parse(value);
  const costText = parseDecimalText(cost?.amount);
  const costCurrency = parseCurrency(cost?.currency);
  if (costText === null || costCurrency === null || costText.startsWith("-")) {
    return { ...none, isCostUnreadable: true };
  }
  return { costText, costCurrency, isCostUnreadable: false };
}

function keepMessageRecord(payload: Payload): Record<string, string | null> {
  const [recipient] = payload.to;
  const cost = amount.parse(payload.cost);
  const join = (values: unknown[]) => values.map((value) => parseText(value, 64) ?? "").join(",");
  return keepTexts({
    id: payload.id,
    direction: payload.direction,
    type: payload.type,
    parts: payload.parts,
    status: recipient?.status,
    cost: cost?.amount,
    cost_currency: cost?.currency,
    carrier_fee: payload.cost_breakdown?.carrier_fee?.amount,
    rate: payload.cost_breakdown?.rate?.amount,
    from: payload.from?.phone_number,
    to: recipient?.phone_number,
    recipients: String(payload.to.length),
    sent_at: payload.sent_at,
    received_at: payload.received_at,
    completed_at: payload.completed_at,
    messaging_profile_id: payload.messaging_profile_id,
    errors: join(payload.errors.map(({ code }) => code)),
    carrier: recipient?.carrier,
    tags: join(payload.tags),
  });
}
