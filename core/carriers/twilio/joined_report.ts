/**
 * A call's report by its callbacks, together with the facts it was made of, so that the next callback
 * can be joined to it whatever their order.
 *
 * @module
 */
import type { CallReport } from "../../usage/call_usage.ts";
import { factsOf, joinFacts, reportOf, type TwilioCallFacts } from "./call_facts.ts";
import type { TwilioCallCallback } from "./callbacks.ts";

/** The report of one callback. */
export function reportOfCallback(
  told: { callback: TwilioCallCallback; receivedAtMs: number },
): CallReport {
  return withFacts(factsOf(told));
}

/** Joins what callbacks told before with what one tells now, each as the JSON of its facts. */
export function joinCallbacks(earlierFacts: string, laterFacts: string): CallReport {
  // Both were written by this module.
  const earlier = JSON.parse(earlierFacts) as TwilioCallFacts;
  return withFacts(joinFacts(earlier, JSON.parse(laterFacts) as TwilioCallFacts));
}

function withFacts(facts: TwilioCallFacts): CallReport {
  return { ...reportOf(facts), facts: JSON.stringify(facts) };
}
