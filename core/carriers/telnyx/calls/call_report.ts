/**
 * Turns the facts of a call into our terms.
 *
 * @module
 */
import { DAY_MS, SECOND_MS } from "../../../clock.ts";
import type { CallReport, CallStatus } from "../../../usage/call_usage.ts";
import { costOfFacts } from "./call_cost.ts";
import type { TelnyxCallFacts, TelnyxLegFacts } from "./call_facts.ts";
import { keepCallRecord } from "./call_record.ts";
import { describeLeg, type LegCourse, legStartMs } from "./leg_course.ts";

/** The longest call believed: 7 days; Telnyx ends one after 4 hours unless told otherwise. */
export const TELNYX_TALK_SECONDS_MAX: number = 7 * DAY_MS / SECOND_MS;

/** A call in our terms, and whether its events are enough. */
export interface TelnyxCallPicture {
  /** Null while nothing but prices came: neither who called nor when is known. */
  report: CallReport | null;
  /**
   * Whether an event is missing that will hardly come, so that how long the call took is for its
   * detail records to say: answered without `call.answered`, a price without a hangup, too many legs.
   */
  needsDetailRecords: boolean;
}

/**
 * The report on a call, a function of its facts alone.
 *
 * - Final when every leg that any event named has hung up and the talk time is known.
 * - Talk time is that of the longest answered leg, `call.answered` to `call.hangup`, in whole seconds
 *   rounded up: the leg that faces the caller spans those it was bridged or transferred to, and legs
 *   side by side are the same conversation. Each leg's own price comes with the exact cost.
 * - A leg whose `call.answered` is missing leaves the talk time open, unless even from its start on it
 *   could not have been the longest; then the report is not final, `durationSeconds` is null and
 *   `needsDetailRecords` is set.
 * - Nobody answered: 0 seconds, and the status the first leg ended with.
 * - Direction and parties are the first leg's that named any; the direction is null while its `call.initiated` is
 *   missing. `fault` is `negative_duration` or `absurd_duration`; such a report is never final.
 * - A cost is there once `call.cost` has told that of every leg.
 *
 * Source: Telnyx documentation, "Voice API fundamentals" (sample of one call).
 */
export function reportOf(facts: TelnyxCallFacts): TelnyxCallPicture {
  const legs = facts.legs.toSorted((a, b) => legStartMs(a) - legStartMs(b));
  const courses = legs.map(describeLeg);
  const talk = describeTalk(courses, facts.hasMoreLegs);
  const isHangupLost = legs.some((leg) => leg.cost && !leg.hangup);
  const needsDetailRecords = talk.status === "unknown" || isHangupLost || facts.hasMoreLegs;
  const first = legs.find((leg) => leg.parties !== null);
  if (!first) return { report: null, needsDetailRecords };
  const course = describeCourse(legs, talk);
  const parties = {
    direction: first.initiated?.direction ?? null,
    from: first.parties?.from ?? "",
    to: first.parties?.to ?? "",
  };
  const cost = costOfFacts(facts);
  const price = cost.status === "complete" ? cost : null;
  const report: Omit<CallReport, "record"> = {
    carrier: "telnyx",
    carrierCallId: facts.sessionId,
    ...parties,
    ...course,
    startedAtMs: Math.min(...legs.map(legStartMs)),
    answeredAtMs: smallest(legs.map((leg) => leg.answered?.atMs)),
    costMicros: price?.costMicros ?? null,
    costCurrency: price?.currency ?? null,
    claimedAccountId: null,
  };
  const record = keepCallRecord({ report, first, legs, cost });
  return { report: { ...report, record }, needsDetailRecords };
}

type Talk =
  | { status: "running" }
  | { status: "known"; talkSeconds: number; callStatus: CallStatus }
  | { status: "unknown" }
  | { status: "faulty"; fault: "negative_duration" | "absurd_duration" };

function describeTalk(courses: LegCourse[], hasMoreLegs: boolean): Talk {
  if (hasMoreLegs || courses.some(({ status }) => status === "running")) {
    return { status: "running" };
  }
  const talks = courses.flatMap((course) => course.status === "talked" ? [course.talkMs] : []);
  const longestMs = Math.max(0, ...talks);
  if (talks.some((talkMs) => talkMs < 0)) return { status: "faulty", fault: "negative_duration" };
  if (longestMs > TELNYX_TALK_SECONDS_MAX * SECOND_MS) {
    return { status: "faulty", fault: "absurd_duration" };
  }
  const mayBeLonger = courses.some((course) =>
    course.status === "talk_unknown" && !(talks.length > 0 && course.talkMsMax <= longestMs)
  );
  if (mayBeLonger) return { status: "unknown" };
  const talkSeconds = Math.ceil(longestMs / SECOND_MS);
  if (talks.length > 0) return { status: "known", talkSeconds, callStatus: "completed" };
  const ended = courses.find((course) => course.status === "unanswered");
  return { status: "known", talkSeconds: 0, callStatus: ended?.callStatus ?? "failed" };
}

type Course = Pick<
  CallReport,
  "status" | "isFinal" | "endedAtMs" | "durationSeconds" | "fault"
>;

function describeCourse(legs: TelnyxLegFacts[], talk: Talk): Course {
  const isFinal = talk.status === "known";
  return {
    // It has ended with somebody on the line; only for how long is open.
    status: isFinal ? talk.callStatus : talk.status === "running" ? "in_progress" : "completed",
    isFinal,
    endedAtMs: isFinal ? Math.max(...legs.map((leg) => leg.hangup?.atMs ?? 0)) : null,
    durationSeconds: isFinal ? talk.talkSeconds : null,
    fault: talk.status === "faulty" ? talk.fault : null,
  };
}

function smallest(instants: (number | undefined)[]): number | null {
  const known = instants.filter((atMs) => atMs !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}
