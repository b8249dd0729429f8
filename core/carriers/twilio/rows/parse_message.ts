/**
 * Turns a row of `Messages.json` into our terms. Pure: nothing is fetched, stored or billed here.
 *
 * @module
 */
import { z } from "zod";
import { normalizeNumber } from "../../../numbering.ts";
import { decimalText } from "../../json_numbers.ts";
import {
  directionByStatus,
  isMessageOver,
  parseTwilioMessageStatus,
  rankMessageStatus,
  type TwilioMessageStatus,
} from "../fields/message_status.ts";
import { parseTwilioCost } from "../fields/price.ts";
import { parseRfc2822 } from "../fields/rfc_2822.ts";
import { parseTwilioSid } from "../fields/sid.ts";
import { describeUnreadable, keepRecord, type UnreadableRow } from "./row_record.ts";

/** What Twilio told us about one message; the next report about it may tell more. */
export interface TwilioMessageReport {
  /** Who reports. */
  carrier: "twilio";
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  carrierMessageId: string;
  /** By the row's word, else by its status. */
  direction: "inbound" | "outbound";
  /** E.164 when it can be normalised, else the raw text, at most 64 characters. */
  from: string;
  /** See {@link TwilioMessageReport.from}. */
  to: string;
  /** At least 1; null while unknown: Twilio writes 0 until it has chosen a sender. */
  segments: number | null;
  /** In Twilio's words, which `core/carriers/twilio/fields/message_status.ts` ranks. */
  status: TwilioMessageStatus | "unknown";
  /** See `core/carriers/twilio/fields/message_status.ts`; -1 for a status that is not known. */
  rank: number;
  /** Nothing follows but the price. */
  isFinal: boolean;
  /** Carrier fees included; null when not known yet, or never. */
  costMicros: bigint | null;
  /** ISO 4217; null when there is no cost. */
  costCurrency: string | null;
  /** `date_sent`, else `date_created`. */
  sentAtMs: number;
  /** Why it cannot be billed: `bad_price`, `bad_currency`, `unknown_status`; null when it can. */
  fault: string | null;
  /** Members that matter to billing, as they came; never the text. At most 2 KiB as JSON. */
  record: Record<string, string | null>;
}

/**
 * A message as Twilio lists it, from JSON that kept its numbers (`core/carriers/json_numbers.ts`).
 *
 * Unreadable: no usable id, no status, no date, a date that is none.
 * Source: Twilio OpenAPI, `api.v2010.account.message`.
 */
export function parseTwilioMessage(value: unknown): TwilioMessageReport | UnreadableRow {
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) return describeUnreadable(value, parsed.error.issues);
  const row = parsed.data;
  const name = row.date_sent ? "date_sent" : "date_created";
  const sentAtMs = parseRfc2822(row[name] ?? "");
  if (sentAtMs === null) {
    const reason = row[name] ? `${name} is not a date with a zone` : "no date_sent";
    return { status: "unreadable_row", reason, id: row.sid };
  }
  return describe(row, sentAtMs);
}

const rowSchema = z.object({
  sid: z.unknown().transform(parseTwilioSid).pipe(z.string()),
  status: z.string(),
  date_sent: z.string().nullish(),
  date_created: z.string().nullish(),
  direction: z.string().nullish(),
  num_segments: z.unknown().optional(),
  price: z.unknown().optional(),
  price_unit: z.unknown().optional(),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  num_media: z.unknown().optional(),
  error_code: z.unknown().optional(),
  messaging_service_sid: z.unknown().optional(),
});

type Row = z.output<typeof rowSchema>;

function describe(row: Row, sentAtMs: number): TwilioMessageReport {
  const status = parseTwilioMessageStatus(row.status);
  const { fault: costFault, ...cost } = parseTwilioCost(row);
  return {
    ...cost,
    carrier: "twilio",
    carrierMessageId: row.sid,
    direction: describeDirection(row, status),
    from: normalizeNumber(decimalText(row.from) ?? ""),
    to: normalizeNumber(decimalText(row.to) ?? ""),
    segments: parseSegments(row.num_segments),
    status: status ?? "unknown",
    rank: status === null ? -1 : rankMessageStatus(status),
    isFinal: status !== null && isMessageOver(status),
    sentAtMs,
    fault: status === null ? "unknown_status" : costFault,
    record: keepRecord([
      ["sid", row.sid],
      ["sent_at", row[row.date_sent ? "date_sent" : "date_created"]],
      ["date_created", row.date_created],
      ["date_sent", row.date_sent],
      ["num_segments", row.num_segments],
      ["num_media", row.num_media],
      ["price", row.price],
      ["price_unit", row.price_unit],
      ["status", row.status],
      ["direction", row.direction],
      ["error_code", row.error_code],
      ["messaging_service_sid", row.messaging_service_sid],
      ["to", row.to],
      ["from", row.from],
    ]),
  };
}

function describeDirection(
  { direction }: Row,
  status: TwilioMessageStatus | null,
): "inbound" | "outbound" {
  if (direction === "inbound") return "inbound";
  if (direction?.startsWith("outbound-")) return "outbound";
  return status === null ? "outbound" : directionByStatus(status);
}

function parseSegments(value: unknown): number | null {
  const text = decimalText(value) ?? "";
  return /^\d{1,4}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
