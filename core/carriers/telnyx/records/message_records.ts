/**
 * Telnyx's detail records of messages.
 *
 * @module
 */
import { z } from "zod";
import { parseDecimal } from "../../../money.ts";
import { parseDecimalText } from "../decimal_sum.ts";
import {
  keepTexts,
  parseCurrency,
  parseDirection,
  parseParty,
  parseTelnyxId,
  parseText,
  parseTime,
  parseWhole,
} from "../fields.ts";
import { describeMessageStatus, type TelnyxMessageStatus } from "../messages/message_report.ts";
import { parsePage, type TelnyxPage } from "./record_page.ts";

/** One message's record; null where Telnyx says nothing usable. */
export interface TelnyxMessageRecord {
  /** Told apart from an unreadable row by this word. */
  status: "record";
  /** `uuid`: the message's id; these records have no `id`. */
  messageId: string;
  /** Null when Telnyx does not say. */
  direction: "inbound" | "outbound" | null;
  /** `cli`. */
  from: string | null;
  /** `cld`. */
  to: string | null;
  /** `parts`. */
  segments: number | null;
  /** Of a vocabulary of its own. */
  messageStatus: TelnyxMessageStatus;
  /** The whole message, fees included; null while there is none, and when it is negative. */
  costMicros: bigint | null;
  /** The cost as it was written. */
  costText: string | null;
  /** ISO 4217. */
  currency: string | null;
  /** What a window is asked by. */
  createdAtMs: number | null;
  /** Handed to the carrier. */
  sentAtMs: number | null;
  /** Ended. */
  completedAtMs: number | null;
  /** Members that matter to billing, as text, at most 2 KiB as JSON. */
  record: Record<string, string | null>;
}

/** A row that cannot be read; its neighbours can. */
export interface UnreadableMessageRecord {
  /** Told apart from a record by this word. */
  status: "unreadable_record";
  /** Names the member at fault, never its value. */
  reason: string;
}

/**
 * Reads a page of messaging records, from JSON that kept its numbers.
 *
 * Source: Telnyx OpenAPI specification, `MessageDetailRecord`; `errors` are codes as text here.
 */
export function parseMessageRecords(
  value: unknown,
): TelnyxPage<TelnyxMessageRecord | UnreadableMessageRecord> | {
  status: "unreadable";
  reason: string;
} {
  return parsePage(value, parseMessageRecord);
}

function parseMessageRecord(value: unknown): TelnyxMessageRecord | UnreadableMessageRecord {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return { status: "unreadable_record", reason: "not an object" };
  const row = parsed.data;
  const messageId = parseTelnyxId(row.uuid);
  if (messageId === null) return { status: "unreadable_record", reason: "no usable uuid" };
  const costMicros = parseDecimal(parseDecimalText(row.cost) ?? "");
  const isUsable = costMicros !== null && costMicros >= 0n;
  return {
    status: "record",
    messageId,
    direction: parseDirection(row.direction),
    from: parseParty(row.cli),
    to: parseParty(row.cld),
    segments: parseWhole(row.parts),
    messageStatus: describeMessageStatus(parseText(row.status, 32)),
    costMicros: isUsable ? costMicros : null,
    costText: isUsable ? parseDecimalText(row.cost) : null,
    currency: parseCurrency(row.currency),
    createdAtMs: parseTime(row.created_at),
    sentAtMs: parseTime(row.sent_at),
    completedAtMs: parseTime(row.completed_at),
    record: keepTexts(row),
  };
}

const anything = z.unknown().optional();
const recordSchema = z.object({
  uuid: anything,
  direction: anything,
  message_type: anything,
  cli: anything,
  cld: anything,
  status: anything,
  parts: anything,
  cost: anything,
  rate: anything,
  carrier_fee: anything,
  currency: anything,
  created_at: anything,
  sent_at: anything,
  completed_at: anything,
  profile_id: anything,
  country_code: anything,
  tags: anything,
});
