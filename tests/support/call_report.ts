/**
 * Reports about calls as tests write them: a finished outbound call of `acme`, one thing changed.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import type { CallReport, Carrier } from "../../core/usage/call_usage.ts";
import { ACME_NUMBER, START_MS, STRANGER } from "./world.ts";

/** What a test says about a call; the rest is a finished minute of `acme` on Bland. */
export type Told = Partial<Omit<CallReport, "carrierCallId">> & { seconds?: number | null };

/**
 * A report. Its record is made from what is told, so that a change is news; members named in `silent`
 * are left out of the record, as in a short row.
 */
export function reportOf(
  id: string,
  { seconds = 60, ...told }: Told = {},
  silent: readonly string[] = [],
): CallReport {
  const carrier: Carrier = told.carrier ?? "bland";
  const isFinal = told.isFinal ?? (told.status ?? "completed") !== "in_progress";
  const startedAtMs = told.startedAtMs ?? START_MS - 600_000;
  const duration = isFinal ? seconds : null;
  const report: CallReport = {
    carrier,
    carrierCallId: id,
    direction: "outbound",
    from: ACME_NUMBER,
    to: STRANGER,
    status: "completed",
    isFinal,
    startedAtMs,
    answeredAtMs: startedAtMs,
    endedAtMs: duration === null ? null : startedAtMs + duration * 1_000,
    durationSeconds: duration,
    costMicros: null,
    costCurrency: told.costMicros === undefined || told.costMicros === null ? null : "USD",
    claimedAccountId: null,
    fault: null,
    record: {},
    ...told,
  };
  const record: Record<string, string | null> = {
    call_id: id,
    status: report.status,
    completed: String(report.isFinal),
    started_at: String(report.startedAtMs),
    corrected_duration: report.durationSeconds === null ? null : String(report.durationSeconds),
    price: report.costMicros === null ? null : String(report.costMicros),
    inbound: report.direction,
    from: report.from,
    to: report.to,
    metadata_account_id: report.claimedAccountId,
  };
  for (const name of silent) record[name] = null;
  return { ...report, record: { ...record, ...told.record } };
}

/** A call that is still going on. */
export function ringing(id: string, told: Told = {}): CallReport {
  return reportOf(id, { status: "in_progress", ...told, seconds: null });
}
