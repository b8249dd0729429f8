/**
 * What is kept of a Telnyx call as text: enough to explain a charge later.
 *
 * @module
 */
import { formatInstant } from "../../../clock.ts";
import type { CallReport } from "../../../usage/call_usage.ts";
import type { TelnyxCallCost } from "./call_cost.ts";
import type { TelnyxLegFacts } from "./call_facts.ts";

/**
 * The members that matter to billing, at most 2 KiB as JSON; whatever changes a charge changes one.
 *
 * Ids, parties and causes are the first leg's; instants are RFC 3339 with milliseconds.
 */
export function keepCallRecord(
  { report, first, legs, cost }: {
    report: Omit<CallReport, "record">;
    first: TelnyxLegFacts;
    legs: readonly TelnyxLegFacts[];
    cost: TelnyxCallCost;
  },
): Record<string, string | null> {
  const { durationSeconds } = report;
  return {
    call_session_id: report.carrierCallId,
    call_leg_id: first.legId,
    call_control_id: first.callControlId,
    connection_id: first.connectionId,
    direction: report.direction,
    from: report.from,
    to: report.to,
    status: report.status,
    started_at: formatInstant(report.startedAtMs),
    answered_at: keepInstant(report.answeredAtMs),
    ended_at: keepInstant(report.endedAtMs),
    talk_seconds: durationSeconds === null ? null : String(durationSeconds),
    legs: String(legs.length),
    legs_ended: String(legs.filter((leg) => leg.hangup).length),
    hangup_cause: first.hangup?.cause ?? null,
    hangup_source: first.hangup?.source ?? null,
    sip_hangup_cause: first.hangup?.sipCause ?? null,
    cost_state: cost.status,
    cost: "amountText" in cost ? cost.amountText : null,
    cost_currency: "currency" in cost ? cost.currency : null,
    rate: "rateText" in cost ? cost.rateText : null,
    billed_seconds: "billedSeconds" in cost && cost.billedSeconds !== null
      ? String(cost.billedSeconds)
      : null,
  };
}

function keepInstant(ms: number | null): string | null {
  return ms === null ? null : formatInstant(ms);
}
