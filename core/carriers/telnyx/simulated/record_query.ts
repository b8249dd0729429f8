/**
 * Reads and answers the query of `GET /detail_records` the way Telnyx documents it.
 *
 * @module
 */
import { DAY_MS, parseInstant, utcDay } from "../../../clock.ts";
import type { RecordRow } from "./call_records.ts";
import type { TelnyxFaults } from "./faults.ts";

/** What a listing is asked for. */
export interface RecordQuery {
  /** `filter[record_type]`. */
  recordType: string;
  /** The other filters. */
  conditions: { field: string; operator: string; value: string }[];
  /** A field, with `-` before it for descending; null for none. */
  sort: string | null;
  /** From 1. */
  page: number;
  /** 20 without one, cut to 50 in silence. */
  size: number;
}

/** Null when Telnyx would answer 400: no type or an unknown one, an unreadable filter or page. */
export function parseRecordQuery(
  faults: TelnyxFaults,
  query: Record<string, string>,
): RecordQuery | null {
  const recordType = query["filter[record_type]"] ?? "";
  if (!RECORD_TYPES.has(recordType) || faults.refusedTypes.has(recordType)) return null;
  const conditions: RecordQuery["conditions"] = [];
  for (const [name, value] of Object.entries(query)) {
    if (!name.startsWith("filter") || name === "filter[record_type]") continue;
    const match = /^filter\[([a-z_]+)\](?:\[(gte|lte|lt|gt|contains|starts_with|ends_with)\])?$/
      .exec(name);
    if (!match) return null;
    conditions.push({ field: match[1] ?? "", operator: match[2] ?? "eq", value });
  }
  const page = parseCount(query["page[number]"], 1);
  const size = parseCount(query["page[size]"], 20);
  if (page === null || size === null) return null;
  return { recordType, conditions, sort: query.sort ?? null, page, size: Math.min(size, 50) };
}

/** The page asked for; null when a filter or the order is about a field the type does not have. */
export function renderRecordPage(
  { faults, nowMs }: { faults: TelnyxFaults; nowMs: number },
  { rows, query }: { rows: RecordRow[]; query: RecordQuery },
): { data: RecordRow[]; meta: Record<string, number> } | null {
  const fields = new Set(query.recordType === "messaging" ? MESSAGE_FIELDS : CALL_FIELDS);
  if (query.recordType === "call-control") fields.delete("call_control_id");
  const asked = query.conditions.map(({ field }) => field);
  if (query.sort !== null) asked.push(query.sort.replace(/^-/, ""));
  const isUnknown = asked.some((field) => !fields.has(field));
  if (isUnknown && !faults.ignoresUnknownFields) return null;
  const isEmpty = isUnknown || faults.emptyNext > 0;
  if (faults.emptyNext > 0) faults.emptyNext -= 1;
  const kept = isEmpty
    ? []
    : rows.filter((row) =>
      faults.ignoresFilters || query.conditions.every((condition) => holds(row, condition, nowMs))
    );
  const sorted = sortRows(kept, query.sort).flatMap((row) =>
    faults.hasDuplicateRows ? [row, row] : [row]
  );
  const start = (query.page - 1) * query.size;
  const meta = {
    page_number: query.page,
    page_size: query.size,
    total_pages: Math.ceil(sorted.length / query.size),
    total_results: sorted.length,
  };
  return { data: sorted.slice(start, start + query.size), meta };
}

const RECORD_TYPES = new Set([
  "ai-voice-assistant",
  "amd",
  "call-control",
  "conference",
  "conference-participant",
  "media-streaming",
  "messaging",
  "noise-suppression",
  "recording",
  "sip-trunking",
  "speech-to-text",
  "stt",
  "text-to-speech",
  "tts",
  "verify",
  "webrtc",
  "wireless",
]);

const CALL_FIELDS = [
  "id",
  "direction",
  "cli",
  "cld",
  "started_at",
  "answered_at",
  "finished_at",
  "cost",
  "currency",
  "telnyx_session_id",
  "telnyx_leg_id",
  "call_control_id",
  "connection_id",
  "tags",
  "date_range",
];

const MESSAGE_FIELDS = [
  "uuid",
  "direction",
  "cli",
  "cld",
  "status",
  "created_at",
  "sent_at",
  "completed_at",
  "cost",
  "currency",
  "tags",
  "date_range",
];

function parseCount(text: string | undefined, fallback: number): number | null {
  if (text === undefined) return fallback;
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;
}

function holds(
  row: RecordRow,
  { field, operator, value }: RecordQuery["conditions"][number],
  nowMs: number,
): boolean {
  if (field === "date_range") return isInRange(row, value, nowMs);
  const text = String(row[field] ?? "");
  const order = (parseInstant(text) ?? NaN) - (parseInstant(value) ?? NaN);
  switch (operator) {
    case "gte":
      return order >= 0;
    case "gt":
      return order > 0;
    case "lte":
      return order <= 0;
    case "lt":
      return order < 0;
    case "contains":
      return text.includes(value);
    case "starts_with":
      return text.startsWith(value);
    case "ends_with":
      return text.endsWith(value);
    default:
      return text === value;
  }
}

function isInRange(row: RecordRow, range: string, nowMs: number): boolean {
  const day = String(row.started_at ?? row.created_at ?? "").slice(0, 10);
  if (range === "today") return day === utcDay(nowMs);
  if (range === "yesterday") return day === utcDay(nowMs - DAY_MS);
  const days = /^last_(\d{1,3})_days$/.exec(range)?.[1];
  return days !== undefined && day >= utcDay(nowMs - Number(days) * DAY_MS) && day < utcDay(nowMs);
}

function sortRows(rows: RecordRow[], sort: string | null): RecordRow[] {
  if (sort === null) return rows;
  const field = sort.replace(/^-/, "");
  const text = (row: RecordRow) => String(row[field] ?? "");
  const sorted = rows.toSorted((a, b) => text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
  return sort.startsWith("-") ? sorted.reverse() : sorted;
}
