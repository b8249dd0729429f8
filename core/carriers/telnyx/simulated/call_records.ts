/**
 * The detail records of a simulated call.
 *
 * @module
 */
import { formatInstant } from "../../../clock.ts";
import { writeAmount } from "./amounts.ts";
import type { TelnyxFaults } from "./faults.ts";
import type { SimulatedCall, SimulatedLeg } from "./placed_call.ts";

/** One row as it is written. */
export type RecordRow = Record<string, unknown>;

/**
 * The rows of one type that there are by now, one for each leg.
 *
 * As measured on a live account: both types of a leg share one id; `call-control` has no
 * `call_control_id`, `sip-trunking` has it for the first leg and no `telnyx_leg_id`.
 */
export function renderCallRecords(
  call: SimulatedCall,
  { recordType, faults, nowMs }: { recordType: string; faults: TelnyxFaults; nowMs: number },
): RecordRow[] {
  if (recordType !== "sip-trunking" && recordType !== "call-control") return [];
  const isTrunk = recordType === "sip-trunking";
  const waitMs = (call.recordsAfterMs ?? faults.recordsAfterMs) +
    (isTrunk ? faults.trunkRecordsAfterMs : 0);
  return call.legs.filter((leg) => leg.endedAtMs + waitMs <= nowMs).map((leg) => ({
    record_type: recordType,
    id: leg.legId,
    ...renderCourse(leg),
    rate: writeAmount(isTrunk ? leg.trunkRate : leg.controlRate, faults),
    rate_measured_in: "minutes",
    cost: writeAmount(isTrunk ? leg.trunkCost : leg.controlCost, faults),
    currency: call.currency,
    telnyx_session_id: call.sessionId,
    connection_id: "1900000000000000001",
    tags: "",
    ...(isTrunk ? renderTrunk(call, leg) : { telnyx_leg_id: leg.legId }),
  }));
}

function renderCourse(leg: SimulatedLeg): RecordRow {
  return {
    direction: leg.isInbound ? "inbound" : "outbound",
    cli: leg.from,
    cld: leg.to,
    started_at: writeSecond(leg.initiatedAtMs),
    answered_at: leg.answeredAtMs === null ? null : writeSecond(leg.answeredAtMs),
    finished_at: writeSecond(leg.endedAtMs),
    call_sec: leg.talkSeconds,
    billed_sec: leg.billedSeconds,
    attempted: 1,
    connected: leg.answeredAtMs === null ? 0 : 1,
    completed: leg.answeredAtMs === null ? 0 : 1,
  };
}

function renderTrunk(call: SimulatedCall, leg: SimulatedLeg): RecordRow {
  return {
    ...(leg === call.legs[0] ? { call_control_id: leg.callControlId } : {}),
    sip_call_id: `sip-${leg.legId}`,
    hangup_cause: leg.hangupCause.toUpperCase(),
  };
}

// Records write whole seconds.
function writeSecond(ms: number): string {
  return formatInstant(ms).replace(/\.\d+Z$/, "Z");
}
