/**
 * A call's report together with the facts it was made of, so that the next event can be joined to it.
 *
 * @module
 */
import type { CallReport } from "../../../usage/call_usage.ts";
import { costOfFacts } from "./call_cost.ts";
import { joinFacts, type TelnyxCallFacts } from "./call_facts.ts";
import { reportOf } from "./call_report.ts";

/** The report of facts; of a call known by its price alone, a report that says no more than that. */
export function reportWithFacts(facts: TelnyxCallFacts): CallReport {
  const { report } = reportOf(facts);
  const cost = costOfFacts(facts);
  const pricedAtMs = Math.max(0, ...facts.legs.map((leg) => leg.cost?.atMs ?? 0));
  const costDetail = cost.status === "complete"
    ? {
      source: "call_cost_webhook",
      rate: cost.rateText,
      billedSeconds: cost.billedSeconds,
      fetchedAtMs: pricedAtMs,
    }
    : null;
  return {
    ...(report ?? unknownCall(facts)),
    costDetail,
    facts: JSON.stringify(facts),
    isWhole: true,
  };
}

/** Joins two pictures of one call, each as the JSON of its facts. */
export function joinPictures(earlierFacts: string, laterFacts: string): CallReport {
  // Both were written by `reportWithFacts`.
  const earlier = JSON.parse(earlierFacts) as TelnyxCallFacts;
  return reportWithFacts(joinFacts(earlier, JSON.parse(laterFacts) as TelnyxCallFacts));
}

/** Whether only the detail records can say how long the call took. */
export function needsRecords(facts: string): boolean {
  return reportOf(JSON.parse(facts) as TelnyxCallFacts).needsDetailRecords;
}

function unknownCall(facts: TelnyxCallFacts): CallReport {
  return {
    carrier: "telnyx",
    carrierCallId: facts.sessionId,
    direction: null,
    from: "",
    to: "",
    status: "in_progress",
    isFinal: false,
    startedAtMs: Math.min(...facts.legs.map((leg) => leg.seen.atMs)),
    answeredAtMs: null,
    endedAtMs: null,
    durationSeconds: null,
    costMicros: null,
    costCurrency: null,
    claimedAccountId: null,
    fault: null,
    record: { call_session_id: facts.sessionId },
  };
}
