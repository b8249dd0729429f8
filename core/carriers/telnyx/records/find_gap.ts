/**
 * What is still missing among a call's detail records, by what its events tell of its legs.
 *
 * @module
 */
import type { TelnyxCallFacts } from "../calls/call_facts.ts";
import { describeLeg } from "../calls/leg_course.ts";
import type { TelnyxDetailRecord, UnreadableRecord } from "./detail_records.ts";

/** What to hold the records against. */
export interface GapQuestion {
  /** The call's facts as JSON; null when no event of it ever came. */
  facts: string | null;
  /** All there are of its session. */
  records: readonly (TelnyxDetailRecord | UnreadableRecord)[];
  /** Nothing will be asked again: only what a call cannot be without is missed. */
  isLastTry: boolean;
}

/**
 * The types that must be there, and the leg whose records are missing in words; null when none are.
 *
 * Every leg that Call Control told of has a `call-control` record with its id, and some trunk (or
 * WebRTC) record, which need not name the leg; they come one by one, each after its own leg's end. A leg
 * that nobody answered, and a second trunk record, are no longer waited for at the last try.
 * Source: measurements of an integrator on a live account (54 sessions of up to 3 legs, July 2026).
 */
export function findGap(
  { facts, records, isLastTry }: GapQuestion,
): { expectedTypes: string[]; gap: string | null } {
  const { legs } = facts === null ? { legs: [] } : JSON.parse(facts) as TelnyxCallFacts;
  const wanted = legs.filter((leg) =>
    leg.callControlId !== null && !(isLastTry && describeLeg(leg).status === "unanswered")
  );
  if (wanted.length === 0) return { expectedTypes: [], gap: null };
  const expectedTypes = ["call-control"];
  const rows = records.filter((row) => row.status === "record");
  const control = rows.filter(({ recordType }) => recordType === "call-control");
  const named = new Set(control.map(({ legId }) => legId));
  const unnamed = new Set(control.filter(({ legId }) => legId === null).map(({ id }) => id));
  const missing = wanted.filter(({ legId }) => !named.has(legId));
  if (missing.length > unnamed.size) {
    return { expectedTypes, gap: "no call-control record of a leg yet" };
  }
  // One leg may show a trunk and a WebRTC record, which then share their id.
  const trunks = new Set(
    rows.filter(({ recordType }) => recordType === "sip-trunking" || recordType === "webrtc")
      .map(({ id }) => id),
  );
  const isShort = !isLastTry && trunks.size < wanted.length;
  return { expectedTypes, gap: isShort ? "no sip-trunking record of a leg yet" : null };
}
