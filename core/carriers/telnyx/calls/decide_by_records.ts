/**
 * Ends a call whose events do not say how long it took, by its detail records.
 *
 * @module
 */
import { SECOND_MS } from "../../../clock.ts";
import type { CallReport } from "../../../usage/call_usage.ts";
import type { TelnyxRecordSum } from "../records/sum_records.ts";
import { TELNYX_TALK_SECONDS_MAX } from "./call_report.ts";

/**
 * The report with what the records say of its course; a final or faulty one comes back unchanged.
 *
 * Null when the records say no `call_sec` either. The talk time is the longest `call_sec`; 0 seconds
 * mean that nobody answered. The end is `finished_at`, else the answer or start plus the talk time.
 */
export function decideByRecords(report: CallReport, sum: TelnyxRecordSum): CallReport | null {
  if (report.isFinal || report.fault) return report;
  const { talkSeconds, finishedAtMs } = sum;
  if (talkSeconds === null) return null;
  const isAbsurd = talkSeconds > TELNYX_TALK_SECONDS_MAX;
  if (isAbsurd) return { ...report, fault: "absurd_duration" };
  const answeredAtMs = talkSeconds === 0 ? null : report.answeredAtMs ?? sum.answeredAtMs;
  const beganAtMs = answeredAtMs ?? report.startedAtMs;
  return {
    ...report,
    status: talkSeconds === 0 ? "no_answer" : "completed",
    isFinal: true,
    answeredAtMs,
    endedAtMs: finishedAtMs ?? beganAtMs + talkSeconds * SECOND_MS,
    durationSeconds: talkSeconds,
    costMicros: sum.costMicros,
    costCurrency: sum.currency,
    record: {
      ...report.record,
      status: talkSeconds === 0 ? "no_answer" : "completed",
      talk_seconds: String(talkSeconds),
      duration_source: "detail_records",
    },
  };
}
