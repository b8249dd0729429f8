/**
 * Which windows of time hold the detail records of which calls: pure.
 *
 * Comes from: `cron/read_telnyx_records.ts`.
 *
 * @module
 */
import type { TelnyxCallFacts } from "../core/carriers/telnyx/calls/call_facts.ts";
import { MINUTE_MS } from "../core/clock.ts";
import type { Call } from "../core/usage/calls.ts";

/** Calls that began further apart than this do not share a window. */
const GAP_MS = 10 * MINUTE_MS;
const MARGIN_MS = MINUTE_MS;

/** Calls that began near each other, together; one whose start we do not know, alone. */
export function groupsOf(calls: Call[]): Call[][] {
  const groups = calls.filter(isStartUnknown).map((call) => [call]);
  const placed = calls.filter((call) => !isStartUnknown(call));
  let last: Call[] | undefined;
  for (const call of placed.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    if (last && call.startedAtMs - last.at(-1)!.startedAtMs <= GAP_MS) last.push(call);
    else groups.push(last = [call]);
  }
  return groups;
}

/** Of a leg we may have no more than the price, which comes long after its start. */
function isStartUnknown({ facts }: Call): boolean {
  if (!facts) return false;
  const { legs } = JSON.parse(facts) as TelnyxCallFacts;
  return legs.some((leg) => leg.initiated === null && leg.startTimeMs === null);
}

/** Two groups of half as many, in the same order. */
export function halve(group: Call[]): Call[][] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}

/** One call by its session, or all that began in `[startedFromMs, startedToMs)`. */
export type Window = { sessionId: string } | { startedFromMs: number; startedToMs: number };

/** Where the records of every leg of these calls lie. */
export function windowOf(group: Call[]): Window {
  if (group.length === 1) return { sessionId: group[0]!.carrierCallId };
  const ends = group.map(lastBeginMs);
  return {
    startedFromMs: group[0]!.startedAtMs - MARGIN_MS,
    startedToMs: Math.max(...ends) + MARGIN_MS,
  };
}

/** A leg can have begun until the call ended; of one that has not, until we last heard of it. */
function lastBeginMs(call: Call): number {
  return call.isFinal && call.endedAtMs !== null
    ? Math.max(call.startedAtMs, call.endedAtMs)
    : Math.max(call.startedAtMs, call.learnedAtMs);
}
