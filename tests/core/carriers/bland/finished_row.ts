/**
 * A finished Bland call as its JSON reads, and reports about variations of it.
 *
 * @module
 */
import { parseBlandCall } from "../../../../core/carriers/bland/parse_call.ts";
import { jsonNumber as n } from "../../../../core/carriers/json_numbers.ts";
import type { CallReport } from "../../../../core/usage/call_usage.ts";

export const FINISHED = {
  call_id: "0f1e2d3c-0000-4000-8000-000000000001",
  created_at: "2031-03-03T08:15:30.120000+00:00",
  started_at: "2031-03-03T08:15:40.500000+00:00",
  end_at: "2031-03-03T08:45:40.500000+00:00",
  call_length: n("0.75"),
  corrected_duration: "45",
  price: n("0.068"),
  completed: true,
  queue_status: "complete",
  status: "completed",
  answered_by: "human",
  error_message: null,
  inbound: false,
  from: "+15550100000",
  to: "+37250000000",
  metadata: { account_id: "acct_1" },
};

/** The report about the finished call with some members changed; throws when it is unreadable. */
export function parseReport(changes: Record<string, unknown>): CallReport {
  const report = parseBlandCall({ ...FINISHED, ...changes });
  if (report.status === "unreadable_row") throw new Error(report.reason);
  return report;
}
