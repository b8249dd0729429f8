/**
 * A call as somebody places it in the simulated Telnyx, and as it then really is.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../../../clock.ts";
import { toTenBillionths } from "./amounts.ts";

/** A leg to place; what is absent has a plain default. */
export interface PlacedLeg {
  /** Who calls. */
  from: string;
  /** Who is called. */
  to: string;
  /** Outgoing when absent. */
  isInbound?: boolean;
  /** From the call's start to this leg's; 0 when absent. */
  afterSeconds?: number;
  /** From being initiated to being answered, or given up; 2 when absent. */
  ringSeconds?: number;
  /** From the answer to the hangup, fractions allowed; 0, when absent, means nobody answers. */
  talkSeconds?: number;
  /** In Telnyx's words; `normal_clearing` or `no_answer` when absent. */
  hangupCause?: string;
  /** Per minute, plain decimal; 0.0050 when absent. */
  trunkRate?: string;
  /** Per minute, plain decimal; 0.0018 when absent. */
  controlRate?: string;
}

/** A call to place; what is absent has a plain default. */
export interface PlacedCall {
  /** The first leg and those bridged to it. */
  legs: [PlacedLeg, ...PlacedLeg[]];
  /** A fresh id when absent. */
  sessionId?: string;
  /** Now when absent; what has happened by now is delivered at once. */
  startedAtMs?: number;
  /** As the knob stands when absent. */
  currency?: string;
  /** From the end to its records; as the knob stands when absent, never when `Infinity`. */
  recordsAfterMs?: number;
  /** No webhooks; they can still be had by hand. */
  isSilent?: boolean;
}

/** A leg as it really is. */
export interface SimulatedLeg {
  /** `call_leg_id`. */
  legId: string;
  /** `call_control_id`. */
  callControlId: string;
  /** Who reached whom. */
  isInbound: boolean;
  /** Who calls or sends. */
  from: string;
  /** Who is called or receives. */
  to: string;
  /** When it begins. */
  initiatedAtMs: number;
  /** Null when nobody answered. */
  answeredAtMs: number | null;
  /** When it is over. */
  endedAtMs: number;
  /** In Telnyx's words. */
  hangupCause: string;
  /** A SIP code as text. */
  sipCause: string;
  /** Whole, rounded up. */
  talkSeconds: number;
  /** Whole minutes. */
  billedSeconds: number;
  /** Ten-billionths per minute. */
  trunkRate: bigint;
  /** Ten-billionths per minute. */
  controlRate: bigint;
  /** Ten-billionths. */
  trunkCost: bigint;
  /** Ten-billionths. */
  controlCost: bigint;
}

/** A call as it really is; what Telnyx shows of it depends on the time and the knobs. */
export interface SimulatedCall {
  /** `call_session_id`. */
  sessionId: string;
  /** The first leg and those bridged to it. */
  legs: [SimulatedLeg, ...SimulatedLeg[]];
  /** When the first leg begins. */
  startedAtMs: number;
  /** When its last leg ends. */
  endedAtMs: number;
  /** ISO 4217. */
  currency: string;
  /** Null: as the knob stands when asked. */
  recordsAfterMs: number | null;
}

/** Fills in what was left out. */
export function completeCall(
  deps: { id: () => string; nowMs: number; currency: string },
  placed: PlacedCall,
): SimulatedCall {
  const startedAtMs = placed.startedAtMs ?? deps.nowMs;
  const [first, ...others] = placed.legs;
  const complete = (leg: PlacedLeg) => completeLeg({ id: deps.id, startedAtMs }, leg);
  const legs: SimulatedCall["legs"] = [complete(first), ...others.map(complete)];
  return {
    sessionId: placed.sessionId ?? deps.id(),
    legs,
    startedAtMs,
    endedAtMs: Math.max(...legs.map(({ endedAtMs }) => endedAtMs)),
    currency: placed.currency ?? deps.currency,
    recordsAfterMs: placed.recordsAfterMs ?? null,
  };
}

function completeLeg(
  { id, startedAtMs }: { id: () => string; startedAtMs: number },
  leg: PlacedLeg,
): SimulatedLeg {
  const { talkSeconds: talk = 0, ringSeconds = 2, afterSeconds = 0 } = leg;
  const isAnswered = talk > 0;
  const initiatedAtMs = startedAtMs + afterSeconds * SECOND_MS;
  const ringEndMs = initiatedAtMs + ringSeconds * SECOND_MS;
  const legId = id();
  const minutes = Math.ceil(talk * SECOND_MS / MINUTE_MS);
  const trunkRate = toTenBillionths(leg.trunkRate ?? "0.0050");
  const controlRate = toTenBillionths(leg.controlRate ?? "0.0018");
  return {
    legId,
    callControlId: `v3:${legId}_control-id`,
    isInbound: leg.isInbound ?? false,
    from: leg.from,
    to: leg.to,
    initiatedAtMs,
    answeredAtMs: isAnswered ? ringEndMs : null,
    endedAtMs: ringEndMs + Math.round(talk * SECOND_MS),
    hangupCause: leg.hangupCause ?? (isAnswered ? "normal_clearing" : "no_answer"),
    sipCause: isAnswered ? "200" : "487",
    talkSeconds: Math.ceil(talk),
    billedSeconds: minutes * 60,
    trunkRate,
    controlRate,
    trunkCost: trunkRate * BigInt(minutes),
    controlCost: controlRate * BigInt(minutes),
  };
}
