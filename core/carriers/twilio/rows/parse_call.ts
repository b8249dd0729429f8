/**
 * Turns a row of `Calls.json` into our terms. Pure: nothing is fetched, stored or billed here.
 *
 * @module
 */
import { z } from "zod";
import { SECOND_MS } from "../../../clock.ts";
import { normalizeNumber } from "../../../numbering.ts";
import type { CallReport } from "../../../usage/call_usage.ts";
import { decimalText } from "../../json_numbers.ts";
import {
  describeCallStatus,
  describeDirection,
  isTwilioCallOver,
  parseTwilioCallStatus,
} from "../fields/call_status.ts";
import { parseTwilioCost } from "../fields/price.ts";
import { parseRfc2822 } from "../fields/rfc_2822.ts";
import { parseTwilioSid } from "../fields/sid.ts";
import { parseTalkTime, type TalkTime } from "../fields/talk_time.ts";
import { describeUnreadable, keepRecord, type UnreadableRow } from "./row_record.ts";

/**
 * A call leg as Twilio lists it, from JSON that kept its numbers (`core/carriers/json_numbers.ts`).
 *
 * Final when its status ends a call **and**, for `completed`, a duration is told; any other end is final
 * with 0 seconds. Starts at `start_time`, and at `date_created` while it has not been dialled. A leg that
 * another one made (`parent_call_sid`) is a call of its own and priced by Twilio as such; the record
 * names its parent. `fault` is `negative_duration`, `absurd_duration`, `bad_duration`, `bad_price`,
 * `bad_currency`, judged once the call is over, or `unknown_status`; with a faulty duration or status it
 * is never final. Unreadable: no usable id, no status, no start, a date that is none.
 * Source: Twilio OpenAPI, `api.v2010.account.call`.
 */
export function parseTwilioCall(value: unknown): CallReport | UnreadableRow {
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) return describeUnreadable(value, parsed.error.issues);
  const row = parsed.data;
  const name = row.start_time ? "start_time" : "date_created";
  const startedAtMs = parseRfc2822(row[name] ?? "");
  if (startedAtMs === null) {
    const reason = row[name] ? `${name} is not a date with a zone` : "no start_time";
    return { status: "unreadable_row", reason, id: row.sid };
  }
  return { ...describeParties(row), ...describeCourse(row, startedAtMs) };
}

const rowSchema = z.object({
  sid: z.unknown().transform(parseTwilioSid).pipe(z.string()),
  status: z.string(),
  start_time: z.string().nullish(),
  end_time: z.string().nullish(),
  date_created: z.string().nullish(),
  direction: z.string().nullish(),
  duration: z.unknown().optional(),
  price: z.unknown().optional(),
  price_unit: z.unknown().optional(),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  parent_call_sid: z.unknown().optional(),
  trunk_sid: z.unknown().optional(),
  answered_by: z.unknown().optional(),
});

type Row = z.output<typeof rowSchema>;

type Parties = Pick<
  CallReport,
  "carrier" | "carrierCallId" | "direction" | "from" | "to" | "claimedAccountId" | "record"
>;

function describeParties(row: Row): Parties {
  return {
    carrier: "twilio",
    carrierCallId: row.sid,
    direction: describeDirection(row.direction ?? null),
    from: normalizeNumber(decimalText(row.from) ?? ""),
    to: normalizeNumber(decimalText(row.to) ?? ""),
    claimedAccountId: null,
    record: keepRecord([
      ["sid", row.sid],
      ["parent_call_sid", row.parent_call_sid],
      ["date_created", row.date_created],
      // Named as stored calls know a told start, so that a later callback, which tells none, leaves it.
      ["started_at", row.start_time || null],
      ["end_time", row.end_time],
      ["duration", row.duration],
      ["price", row.price],
      ["price_unit", row.price_unit],
      ["status", row.status],
      ["direction", row.direction],
      ["trunk_sid", row.trunk_sid],
      ["to", row.to],
      ["from", row.from],
      ["answered_by", row.answered_by],
    ]),
  };
}

function describeCourse(row: Row, startedAtMs: number): Omit<CallReport, keyof Parties> {
  const status = parseTwilioCallStatus(row.status);
  const isOver = status !== null && isTwilioCallOver(status);
  const talk = parseTalkTime(row.duration ?? null);
  const talked: TalkTime = status === "completed" ? talk : { status: "known", talkSeconds: 0 };
  const durationSeconds = isOver && talked.status === "known" ? talked.talkSeconds : null;
  const talkFault = talked.status === "known" || talked.status === "not_told"
    ? null
    : talked.status;
  const { fault: costFault, ...cost } = parseTwilioCost(row);
  return {
    ...cost,
    status: status === null ? "in_progress" : describeCallStatus(status),
    isFinal: durationSeconds !== null,
    startedAtMs,
    answeredAtMs: null,
    endedAtMs: durationSeconds === null
      ? null
      : parseRfc2822(row.end_time ?? "") ?? startedAtMs + durationSeconds * SECOND_MS,
    durationSeconds,
    fault: status === null ? "unknown_status" : isOver ? talkFault ?? costFault : null,
  };
}
