/**
 * Telnyx calls of which nothing came but their price: their detail records say who spoke, and since when.
 *
 * Comes from: `cron/fetch_telnyx_costs.ts`, `cron/reconcile_telnyx.ts`.
 * Goes to: `core/carriers/telnyx/calls/report_of_records.ts`, `core/billing/record_calls.ts`.
 *
 * @module
 */
import { recordCalls } from "../core/billing/record_calls.ts";
import { reportOfRecords } from "../core/carriers/telnyx/calls/report_of_records.ts";
import type { TelnyxRecordSum } from "../core/carriers/telnyx/records/sum_records.ts";
import type { Call } from "../core/usage/calls.ts";
import type { RecordRow } from "./read_telnyx_day.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { TELNYX_SOURCE } from "./take_in_telnyx.ts";

/** A session whose records are whole. */
export interface WholeSession {
  /** `telnyx_session_id`. */
  sessionId: string;
  /** All of its records. */
  rows: readonly RecordRow[];
  /** What they come to. */
  sum: TelnyxRecordSum;
}

/** Whether nothing is known of who spoke: without that, nobody can own the call. */
export function isNameless({ from, to, accountId }: Call): boolean {
  return from === "" && to === "" && accountId === null;
}

/** Takes the sessions in as their records tell them; answers the accounts that own them now. */
export async function nameParties(
  deps: SyncDeps,
  sessions: readonly WholeSession[],
): Promise<string[]> {
  if (sessions.length === 0) return [];
  const atMs = deps.clock.now();
  const reports = sessions.flatMap(({ sessionId, rows, sum }) => {
    const records = rows.filter((row) => row.status === "record");
    return reportOfRecords({ sessionId, rows: records, sum, fetchedAtMs: atMs }) ?? [];
  });
  const { owners } = await recordCalls(deps, {
    carrier: "telnyx",
    sourceId: TELNYX_SOURCE,
    keyAccountId: null,
    reports,
    atMs,
  });
  return [...owners.values()].filter((accountId) => accountId !== null);
}
