/**
 * A call of which no webhook came, as its detail records tell it.
 *
 * Goes to: `core/carriers/telnyx/calls/decide_by_records.ts`.
 *
 * @module
 */
import { formatInstant } from "../../../clock.ts";
import type { CallReport } from "../../../usage/call_usage.ts";
import type { TelnyxDetailRecord } from "../records/detail_records.ts";
import type { TelnyxRecordSum } from "../records/sum_records.ts";
import { decideByRecords } from "./decide_by_records.ts";

/** What {@link reportOfRecords} is made from. */
export interface SessionRecords {
  /** `telnyx_session_id`, the webhooks' `call_session_id`. */
  sessionId: string;
  /** All records of the session. */
  rows: readonly TelnyxDetailRecord[];
  /** Their sum. */
  sum: TelnyxRecordSum;
  /** When they were read. */
  fetchedAtMs: number;
}

/**
 * A final report with its exact cost; direction and parties are those of the earliest record that names
 * them. Null when the records do not say when the call began, between whom, or how long it took.
 */
export function reportOfRecords(
  { sessionId, rows, sum, fetchedAtMs }: SessionRecords,
): CallReport | null {
  const inOrder = rows.filter(({ startedAtMs }) => startedAtMs !== null)
    .toSorted((a, b) => a.startedAtMs! - b.startedAtMs!);
  const first = inOrder.find(({ from, to }) => from !== null && to !== null);
  const startedAtMs = inOrder[0]?.startedAtMs ?? null;
  if (!first || startedAtMs === null) return null;
  const decided = decideByRecords({
    carrier: "telnyx",
    carrierCallId: sessionId,
    direction: first.direction,
    from: first.from!,
    to: first.to!,
    status: "in_progress",
    isFinal: false,
    startedAtMs,
    answeredAtMs: null,
    endedAtMs: null,
    durationSeconds: null,
    costMicros: sum.costMicros,
    costCurrency: sum.currency,
    claimedAccountId: null,
    fault: null,
    record: {
      call_session_id: sessionId,
      direction: first.direction,
      from: first.from,
      to: first.to,
      started_at: formatInstant(startedAtMs),
      cost_state: "complete",
      cost: sum.amountText,
      cost_currency: sum.currency,
      rate: sum.rateText,
      billed_seconds: sum.billedSeconds === null ? null : String(sum.billedSeconds),
      heard_by: "detail_records",
    },
  }, sum);
  if (!decided) return null;
  const { rateText: rate, billedSeconds } = sum;
  const costDetail = { source: "detail_records_api", rate, billedSeconds, fetchedAtMs };
  return { ...decided, costDetail };
}
