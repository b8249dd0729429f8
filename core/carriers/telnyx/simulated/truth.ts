/**
 * What is true of the simulated usage, whatever its events and records show.
 *
 * @module
 */
import { toTruthMicros } from "./amounts.ts";
import type { SimulatedCall } from "./placed_call.ts";
import type { SimulatedMessage } from "./placed_message.ts";

/** What billing must arrive at for a call. */
export interface CallTruth {
  /** `call_session_id`. */
  sessionId: string;
  /** When the first leg begins. */
  startedAtMs: number;
  /** When it is over. */
  endedAtMs: number;
  /** Of the longest leg. */
  talkSeconds: number;
  /** Of the longest leg. */
  billedSeconds: number;
  /** All parts, rounded half away from zero. */
  costMicros: bigint;
  /** ISO 4217. */
  currency: string;
}

/** What billing must arrive at for a message. */
export interface MessageTruth {
  /** Its id. */
  messageId: string;
  /** `parts`. */
  segments: number;
  /** All parts, rounded half away from zero. */
  costMicros: bigint;
  /** ISO 4217. */
  currency: string;
}

/** The truth about a call. */
export function truthOfCall(call: SimulatedCall): CallTruth {
  return {
    sessionId: call.sessionId,
    startedAtMs: call.startedAtMs,
    endedAtMs: call.endedAtMs,
    talkSeconds: Math.max(...call.legs.map(({ talkSeconds }) => talkSeconds)),
    billedSeconds: Math.max(...call.legs.map(({ billedSeconds }) => billedSeconds)),
    costMicros: toTruthMicros(costOfCall(call)),
    currency: call.currency,
  };
}

/** The truth about a message. */
export function truthOfMessage(message: SimulatedMessage): MessageTruth {
  return {
    messageId: message.messageId,
    segments: message.segments,
    costMicros: toTruthMicros(message.cost),
    currency: message.currency,
  };
}

/** Ten-billionths, all legs. */
export function costOfCall(call: SimulatedCall): bigint {
  return call.legs.reduce((sum, leg) => sum + leg.trunkCost + leg.controlCost, 0n);
}
