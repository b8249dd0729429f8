/**
 * How one leg of a call went, as far as its events tell.
 *
 * @module
 */
import type { TelnyxLegFacts } from "./call_facts.ts";

/** How a leg that nobody answered ended, in our words. */
export type UnansweredStatus = "no_answer" | "busy" | "failed" | "canceled";

/** The course of a leg. */
export type LegCourse =
  /** No `call.hangup` yet. */
  | { status: "running" }
  /** From `call.answered` to `call.hangup`; negative when the events contradict each other. */
  | { status: "talked"; talkMs: number }
  /** Ended without an answer. */
  | { status: "unanswered"; callStatus: UnansweredStatus }
  /** Ended, perhaps answered, and `call.answered` is missing: it may have lasted up to `talkMsMax`. */
  | { status: "talk_unknown"; talkMsMax: number };

/**
 * The course of a leg. Talk time never starts at `start_time`, which is before the ringing.
 *
 * Without `call.answered`, a cause that only an unanswered leg can have says so, and so does a SIP
 * error (400 and above), which answers an invitation. A leg that was bridged, was cleared normally,
 * ran into the time limit or ended for a cause unknown to us may have been answered.
 * Source: Telnyx OpenAPI specification, `call.hangup`; Telnyx documentation, "Voice API fundamentals".
 */
export function describeLeg(leg: TelnyxLegFacts): LegCourse {
  const { hangup, answered } = leg;
  if (!hangup) return { status: "running" };
  if (answered) return { status: "talked", talkMs: hangup.atMs - answered.atMs };
  if (!leg.bridged) {
    const callStatus = UNANSWERED_CAUSES.get(hangup.cause ?? "") ??
      (/^[4-6]\d\d$/.test(hangup.sipCause ?? "") ? "failed" : null);
    if (callStatus) return { status: "unanswered", callStatus };
  }
  return { status: "talk_unknown", talkMsMax: hangup.atMs - legStartMs(leg) };
}

/**
 * When a leg began: `call.initiated`, else the `start_time` another event names, else the earliest
 * event there is.
 */
export function legStartMs(leg: TelnyxLegFacts): number {
  return leg.initiated?.atMs ?? leg.startTimeMs ?? leg.seen.atMs;
}

const UNANSWERED_CAUSES = new Map<string, UnansweredStatus>([
  ["no_answer", "no_answer"],
  ["timeout", "no_answer"],
  ["user_busy", "busy"],
  ["originator_cancel", "canceled"],
  ["call_rejected", "failed"],
  ["not_found", "failed"],
]);
