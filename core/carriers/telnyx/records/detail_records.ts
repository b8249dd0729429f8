/**
 * Telnyx's detail records of calls: one page of them, read.
 *
 * @module
 */
import { z } from "zod";
import { parseDecimalText } from "../decimal_sum.ts";
import {
  parseControlId,
  parseCurrency,
  parseDirection,
  parseParty,
  parseTelnyxId,
  parseText,
  parseTime,
  parseWhole,
} from "../fields.ts";
import { parsePage, type TelnyxPage } from "./record_page.ts";

/** One record; null where Telnyx says nothing, or something else than seen so far. */
export interface TelnyxDetailRecord {
  /** Told apart from an unreadable row by this word. */
  status: "record";
  /** Type and id: `webrtc` and `sip-trunking` records of one call may share an id. */
  key: string;
  /** `sip-trunking`, `call-control`, `webrtc`, `recording`, …, without `_detail_record`. */
  recordType: string;
  /** Unique within its type only. */
  id: string;
  /** `telnyx_session_id` (`call_session_id` on speech types): the call. */
  sessionId: string | null;
  /** `telnyx_leg_id` or `call_leg_id`. */
  legId: string | null;
  /** On `sip-trunking`, but not of every leg; never on `call-control`. */
  callControlId: string | null;
  /** `inbound` or `outbound`, other words than the webhooks'. */
  direction: "inbound" | "outbound" | null;
  /** `cli`. */
  from: string | null;
  /** `cld`. */
  to: string | null;
  /** Decimal as it was written. */
  costText: string | null;
  /** Decimal as it was written; per minute unless `rate_measured_in` says otherwise. */
  rateText: string | null;
  /** ISO 4217. */
  currency: string | null;
  /** `billed_sec`: rounded up to the increment. */
  billedSeconds: number | null;
  /** `call_sec`: seconds connected. */
  talkSeconds: number | null;
  /** `started_at`. */
  startedAtMs: number | null;
  /** `answered_at`; not on `webrtc`. */
  answeredAtMs: number | null;
  /** `finished_at`. */
  finishedAtMs: number | null;
  /** As seen on `sip-trunking`, lower case. */
  hangupCause: string | null;
}

/** A row that cannot be read; its neighbours can. */
export interface UnreadableRecord {
  /** Told apart from a record by this word. */
  status: "unreadable_record";
  /** Names the member at fault, never its value. */
  reason: string;
  /** Null when not even that is usable. */
  sessionId: string | null;
}

/** Reads a page of voice records of any type, from JSON that kept its numbers. */
export function parseDetailRecords(
  value: unknown,
): TelnyxPage<TelnyxDetailRecord | UnreadableRecord> | { status: "unreadable"; reason: string } {
  return parsePage(value, parseDetailRecord);
}

/**
 * Reads one record; only its type and id must be there.
 *
 * No schema is published for these types. Source: one documented `webrtc` example, and measurements
 * of an integrator on a live account (July 2026).
 */
export function parseDetailRecord(value: unknown): TelnyxDetailRecord | UnreadableRecord {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) {
    return { status: "unreadable_record", reason: "not an object", sessionId: null };
  }
  const row = parsed.data;
  const sessionId = parseTelnyxId(row.telnyx_session_id) ?? parseTelnyxId(row.call_session_id);
  const recordType = parseText(row.record_type, 64)?.replace(/_detail_record$/, "") ?? null;
  const id = parseTelnyxId(row.id);
  if (recordType === null || id === null) {
    const reason = id === null ? "no usable id" : "no usable record_type";
    return { status: "unreadable_record", reason, sessionId };
  }
  return {
    status: "record",
    key: `${recordType}:${id}`,
    recordType,
    id,
    sessionId,
    ...parseLeg(row),
    ...parsePrice(row),
  };
}

const anything = z.unknown().optional();
const recordSchema = z.object({
  record_type: anything,
  id: anything,
  telnyx_session_id: anything,
  call_session_id: anything,
  telnyx_leg_id: anything,
  call_leg_id: anything,
  call_control_id: anything,
  telnyx_call_control_id: anything,
  direction: anything,
  cli: anything,
  cld: anything,
  cost: anything,
  rate: anything,
  currency: anything,
  billed_sec: anything,
  call_sec: anything,
  started_at: anything,
  answered_at: anything,
  finished_at: anything,
  hangup_cause: anything,
});

type Row = z.output<typeof recordSchema>;

function parseLeg(
  row: Row,
): Pick<
  TelnyxDetailRecord,
  "legId" | "callControlId" | "direction" | "from" | "to" | "hangupCause"
> {
  const controlId = row.call_control_id ?? row.telnyx_call_control_id;
  return {
    legId: parseTelnyxId(row.telnyx_leg_id) ?? parseTelnyxId(row.call_leg_id),
    callControlId: parseControlId(controlId),
    direction: parseDirection(row.direction),
    from: parseParty(row.cli),
    to: parseParty(row.cld),
    hangupCause: parseText(row.hangup_cause, 64)?.toLowerCase() ?? null,
  };
}

function parsePrice(
  row: Row,
): Pick<
  TelnyxDetailRecord,
  | "costText"
  | "rateText"
  | "currency"
  | "billedSeconds"
  | "talkSeconds"
  | "startedAtMs"
  | "answeredAtMs"
  | "finishedAtMs"
> {
  return {
    costText: parseDecimalText(row.cost),
    rateText: parseDecimalText(row.rate),
    currency: parseCurrency(row.currency),
    billedSeconds: parseWhole(row.billed_sec),
    talkSeconds: parseWhole(row.call_sec),
    startedAtMs: parseTime(row.started_at),
    answeredAtMs: parseTime(row.answered_at),
    finishedAtMs: parseTime(row.finished_at),
  };
}
