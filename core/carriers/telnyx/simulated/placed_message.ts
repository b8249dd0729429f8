/**
 * A message as somebody places it in the simulated Telnyx, and as it then really is.
 *
 * @module
 */
import { SECOND_MS } from "../../../clock.ts";
import { toTenBillionths } from "./amounts.ts";

/** A message to place; what is absent has a plain default. */
export interface PlacedMessage {
  /** Who calls or sends. */
  from: string;
  /** Who is called or receives. */
  to: string;
  /** A fresh id when absent. */
  messageId?: string;
  /** Outbound when absent. */
  isInbound?: boolean;
  /** 1 when absent. */
  segments?: number;
  /** The whole message, plain decimal; 0.0082 a segment when absent. */
  cost?: string;
  /** As the knob stands when absent. */
  currency?: string;
  /** Now when absent. */
  sentAtMs?: number;
  /** From being sent to its end; 2 when absent. */
  finalAfterSeconds?: number;
  /** In Telnyx's words; `delivered` when absent. */
  status?: string;
  /** Its event tells no cost: as the knob stands when absent. */
  hasNullCost?: boolean;
  /** From the end to its record; as the knob stands when absent, never when `Infinity`. */
  recordsAfterMs?: number;
  /** No webhooks; they can still be had by hand. */
  isSilent?: boolean;
}

/** A message as it really is. */
export interface SimulatedMessage {
  /** Its id. */
  messageId: string;
  /** Who reached whom. */
  isInbound: boolean;
  /** Who calls or sends. */
  from: string;
  /** Who is called or receives. */
  to: string;
  /** `parts`. */
  segments: number;
  /** Ten-billionths. */
  cost: bigint;
  /** ISO 4217. */
  currency: string;
  /** When it is sent, or comes in. */
  sentAtMs: number;
  /** When it is over. */
  endedAtMs: number;
  /** In Telnyx's words, once it has ended. */
  status: string;
  /** Whether its final event tells no cost. */
  hasNullCost: boolean;
  /** Null: as the knob stands when asked. */
  recordsAfterMs: number | null;
}

/** Fills in what was left out. */
export function completeMessage(
  deps: { id: () => string; nowMs: number; currency: string; hasNullCost: boolean },
  placed: PlacedMessage,
): SimulatedMessage {
  const { isInbound = false, segments = 1, sentAtMs = deps.nowMs, finalAfterSeconds = 2 } = placed;
  const cost = placed.cost === undefined
    ? toTenBillionths("0.0082") * BigInt(segments)
    : toTenBillionths(placed.cost);
  return {
    messageId: placed.messageId ?? deps.id(),
    isInbound,
    from: placed.from,
    to: placed.to,
    segments,
    cost,
    currency: placed.currency ?? deps.currency,
    sentAtMs,
    endedAtMs: isInbound ? sentAtMs : sentAtMs + finalAfterSeconds * SECOND_MS,
    status: placed.status ?? (isInbound ? "webhook_delivered" : "delivered"),
    hasNullCost: placed.hasNullCost ?? deps.hasNullCost,
    recordsAfterMs: placed.recordsAfterMs ?? null,
  };
}
