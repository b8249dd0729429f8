/**
 * What Telnyx's detail records are asked for.
 *
 * @module
 */
import { formatInstant } from "../../../clock.ts";

/** Rows Telnyx returns at most in one page; more is silently cut to this. */
export const TELNYX_PAGE_ROWS_MAX = 50;

/** Records that began in `[startedFromMs, startedToMs)`: closed, and best wholly in the past. */
export interface StartWindow {
  /** Inclusive. */
  startedFromMs: number;
  /** Exclusive. */
  startedToMs: number;
}

/** Which detail records: of one call, or of a window. */
export type DetailRecordRequest =
  & {
    /** `sip-trunking`, `call-control`, `webrtc`, … */
    recordType: string;
    /** From 1; 1 without one. */
    page?: number;
  }
  & ({ sessionId: string } | StartWindow);

/** Which message records: of one message, or created in `[createdFromMs, createdToMs)`. */
export type MessageRecordRequest =
  & { page?: number }
  & ({ messageId: string } | { createdFromMs: number; createdToMs: number });

/** The query of `GET /detail_records` for calls. */
export function detailQuery(request: DetailRecordRequest): string {
  const filter: Record<string, string> = "sessionId" in request
    // Not documented; others settle money by it. Source: two public integrations.
    ? { "filter[telnyx_session_id]": request.sessionId }
    : {
      "filter[started_at][gte]": formatInstant(request.startedFromMs),
      "filter[started_at][lt]": formatInstant(request.startedToMs),
      // So that records which appear meanwhile disturb as few pages as can be.
      sort: "started_at",
    };
  return recordQuery(request.recordType, { filter, page: request.page });
}

/** The query of `GET /detail_records` for messages. */
export function messageQuery(request: MessageRecordRequest): string {
  const filter: Record<string, string> = "messageId" in request
    ? { "filter[uuid]": request.messageId }
    : {
      // Only messaging has created_at; a filter on a field a type lacks finds nothing or is refused.
      "filter[created_at][gte]": formatInstant(request.createdFromMs),
      "filter[created_at][lt]": formatInstant(request.createdToMs),
      sort: "created_at",
    };
  return recordQuery("messaging", { filter, page: request.page });
}

function recordQuery(
  recordType: string,
  { filter, page = 1 }: { filter: Record<string, string>; page: number | undefined },
): string {
  return new URLSearchParams({
    "filter[record_type]": recordType,
    ...filter,
    "page[number]": String(page),
    "page[size]": String(TELNYX_PAGE_ROWS_MAX),
  }).toString();
}
