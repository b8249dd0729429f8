/**
 * What the callbacks about one call amount to, in whatever order and however often they come.
 *
 * Facts are joined: the outcome of a join depends neither on the order, nor on the grouping, nor on
 * repetition, so no callback can undo what another one told.
 *
 * @module
 */
import { SECOND_MS } from "../../clock.ts";
import type { CallReport } from "../../usage/call_usage.ts";
import type { TwilioCallCallback } from "./callbacks.ts";
import {
  describeCallStatus,
  describeDirection,
  isTwilioCallOver,
  TWILIO_CALL_STATUSES,
} from "./fields/call_status.ts";
import { formatRfc2822 } from "./fields/rfc_2822.ts";

/** All that callbacks told about a call; plain values, fit to be stored. */
export interface TwilioCallFacts {
  /** The same in all facts that are joined. */
  callSid: string;
  /** The callback that counts: the strongest status, then the better known duration. */
  furthest: FurthestStep;
  /** Null when no callback told it; of two that differ, the greater text. */
  accountSid: string | null;
  /** See {@link TwilioCallFacts.accountSid}. */
  parentCallSid: string | null;
  /** See {@link TwilioCallFacts.accountSid}. */
  from: string | null;
  /** See {@link TwilioCallFacts.accountSid}. */
  to: string | null;
  /** See {@link TwilioCallFacts.accountSid}. */
  direction: string | null;
  /** The earliest `Timestamp` of an `in-progress`. */
  answeredAtMs: number | null;
  /** The earliest instant anything was told of, or came to us where nothing was. */
  firstAtMs: number;
}

/** A callback's own part, which only counts as a whole. */
export type FurthestStep =
  & Pick<
    TwilioCallCallback,
    | "status"
    | "durationSeconds"
    | "durationFault"
    | "durationText"
    | "timestampMs"
    | "sequenceNumber"
    | "sipResponseCode"
  >
  & {
    /** When we got it: stands in for a `Timestamp` that is missing. */
    receivedAtMs: number;
  };

/** The facts in one callback. */
export function factsOf(
  { callback, receivedAtMs }: { callback: TwilioCallCallback; receivedAtMs: number },
): TwilioCallFacts {
  const { callSid, accountSid, parentCallSid, from, to, direction, ...step } = callback;
  return {
    callSid,
    furthest: { ...step, receivedAtMs },
    accountSid,
    parentCallSid,
    from: from === "" ? null : from,
    to: to === "" ? null : to,
    direction,
    answeredAtMs: step.status === "in-progress" ? step.timestampMs : null,
    firstAtMs: step.timestampMs ?? receivedAtMs,
  };
}

/** Both together. Throws when they are about two calls, which is a mistake of the caller. */
export function joinFacts(one: TwilioCallFacts, other: TwilioCallFacts): TwilioCallFacts {
  if (one.callSid !== other.callSid) throw new Error("Cannot join facts: they are of two calls");
  return {
    callSid: one.callSid,
    furthest: isFurther(other.furthest, one.furthest) ? other.furthest : one.furthest,
    accountSid: greater(one.accountSid, other.accountSid),
    parentCallSid: greater(one.parentCallSid, other.parentCallSid),
    from: greater(one.from, other.from),
    to: greater(one.to, other.to),
    direction: greater(one.direction, other.direction),
    answeredAtMs: one.answeredAtMs === null || other.answeredAtMs === null
      ? one.answeredAtMs ?? other.answeredAtMs
      : Math.min(one.answeredAtMs, other.answeredAtMs),
    firstAtMs: Math.min(one.firstAtMs, other.firstAtMs),
  };
}

/**
 * The call as its callbacks show it; the listing knows the start and, later, the price.
 *
 * Final when it is over and, for `completed`, a duration was told; any other end is final with 0 seconds,
 * whatever it says. The start of a completed call is `Timestamp` less `CallDuration`; of any other, the
 * first instant told. Without a `Timestamp` the time of receipt stands in. There is never a cost here.
 */
export function reportOf(facts: TwilioCallFacts): CallReport {
  const { furthest: step } = facts;
  const isOver = isTwilioCallOver(step.status);
  const isCompleted = step.status === "completed";
  const durationSeconds = isCompleted ? step.durationSeconds : isOver ? 0 : null;
  const isFinal = durationSeconds !== null;
  const toldAtMs = step.timestampMs ?? step.receivedAtMs;
  const startedAtMs = isCompleted && isFinal
    ? toldAtMs - durationSeconds * SECOND_MS
    : facts.firstAtMs;
  return {
    carrier: "twilio",
    carrierCallId: facts.callSid,
    direction: describeDirection(facts.direction),
    from: facts.from ?? "",
    to: facts.to ?? "",
    status: describeCallStatus(step.status),
    isFinal,
    startedAtMs,
    answeredAtMs: facts.answeredAtMs,
    endedAtMs: isFinal ? toldAtMs : null,
    durationSeconds,
    costMicros: null,
    costCurrency: null,
    claimedAccountId: null,
    fault: isCompleted ? step.durationFault : null,
    record: recordOf(facts),
  };
}

/** Under the names a listed row has, so that either adds to the other. */
function recordOf(facts: TwilioCallFacts): Record<string, string | null> {
  const { furthest: step } = facts;
  return {
    sid: facts.callSid,
    parent_call_sid: facts.parentCallSid,
    duration: step.durationText,
    status: step.status,
    direction: facts.direction,
    from: facts.from,
    to: facts.to,
    callback_timestamp: step.timestampMs === null ? null : formatRfc2822(step.timestampMs),
    sip_response_code: step.sipResponseCode,
  };
}

function isFurther(one: FurthestStep, other: FurthestStep): boolean {
  const [a, b] = [rankOf(one), rankOf(other)];
  for (const [at, part] of a.entries()) {
    const than = b[at] ?? part;
    if (part !== than) return part > than;
  }
  return false;
}

// Every member takes part, so that only equal steps rank equally and a join cannot depend on the order.
function rankOf(step: FurthestStep): (number | string)[] {
  const knowledge = step.durationSeconds !== null ? 2 : step.durationFault !== null ? 1 : 0;
  return [
    TWILIO_CALL_STATUSES.indexOf(step.status),
    knowledge,
    step.durationSeconds ?? -1,
    step.timestampMs === null ? 0 : 1,
    -(step.timestampMs ?? step.receivedAtMs),
    step.durationText ?? "",
    step.sipResponseCode ?? "",
    step.sequenceNumber ?? -1,
    -step.receivedAtMs,
  ];
}

function greater(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? other : one;
}
