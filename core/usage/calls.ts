/**
 * Stored calls: what we know of each, from all that its carrier has said so far.
 *
 * A call's row is facts only; what we charged for it stands in a row of its own beneath the wallet.
 * It is written beneath the carrier's intake gate, so two reports never race.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { callByAccountKey, callByTimeKey, callKey } from "../kv/keys.ts";
import { callId, type CallReport, type CostDetail } from "./call_usage.ts";

/** The source of a cost that was read from the carrier's detail records. */
export const DETAIL_RECORDS = "detail_records_api";

/** A call as we know it. */
export interface Call extends Omit<CallReport, "claimedAccountId"> {
  /** `bland:…`, `telnyx:…`, `twilio:…`. */
  id: string;
  /** Whose it is; once the call was due, that never changes. Null: nobody's yet. */
  accountId: string | null;
  /** Something was wrong with it once, so it may have been due before it ended. */
  hadFault: boolean;
  /** As the last report that named one said, unproven; null: none did. */
  claimedAccountId: string | null;
  /** The carrier key it came through. */
  sourceId: string;
  /** Raised with every change that may change a charge. */
  revision: number;
  /** When we last learned something about it. */
  learnedAtMs: number;
}

/** A call after a report, or null when the report says nothing that we did not know. */
export function mergeReport(
  earlier: Call | null,
  { report, sourceId, atMs }: { report: CallReport; sourceId: string; atMs: number },
): Call | null {
  if (!earlier) {
    return {
      ...report,
      id: callId(report),
      accountId: null,
      hadFault: report.fault !== null,
      sourceId,
      revision: 1,
      learnedAtMs: atMs,
    };
  }
  const news = Object.entries(report.record).filter(([name, text]) =>
    text !== null && text !== earlier.record[name]
  );
  // A carrier that shows an ended call as running shows an old picture.
  // One that was given up on stays so until there is news of it.
  const isSame = news.length === 0 &&
    (report.fault === earlier.fault || !(report.isFinal || report.fault));
  if (isSame) return null;
  if (earlier.isFinal && !report.isFinal) return withParties(earlier, { report, atMs });
  const kept = {
    id: earlier.id,
    accountId: earlier.accountId,
    hadFault: earlier.hadFault || report.fault !== null,
    sourceId: earlier.sourceId,
    ...laterCost(earlier, report),
    claimedAccountId: report.claimedAccountId ?? earlier.claimedAccountId,
    revision: earlier.revision + 1,
    learnedAtMs: atMs,
  };
  // A part of an older picture, as another leg's direction, would falsify a whole one.
  if (report.isWhole) return { ...earlier, ...report, ...kept };
  // Short rows say less than long ones: what a report leaves out stays as it was.
  const tells = (record: Record<string, string | null>, name: string) =>
    (record[name] ?? null) !== null;
  const leavesOut = (name: string) => !tells(report.record, name) && tells(earlier.record, name);
  return {
    ...earlier,
    ...report,
    direction: report.direction ?? earlier.direction,
    from: leavesOut("from") ? earlier.from : report.from,
    to: leavesOut("to") ? earlier.to : report.to,
    status: leavesOut("status") ? earlier.status : report.status,
    startedAtMs: leavesOut("started_at") ? earlier.startedAtMs : report.startedAtMs,
    answeredAtMs: report.answeredAtMs ?? earlier.answeredAtMs,
    endedAtMs: report.endedAtMs ?? earlier.endedAtMs,
    durationSeconds: report.durationSeconds ?? earlier.durationSeconds,
    record: { ...earlier.record, ...Object.fromEntries(news) },
    ...kept,
  };
}

/**
 * A call that was ended by its price and duration alone learns from a late picture who spoke and since
 * when; how it ended stays. Null when that was known already, or is not told now either.
 */
function withParties(
  earlier: Call,
  { report, atMs }: { report: CallReport; atMs: number },
): Call | null {
  // Of a whole picture the first leg counts, which may be told last; any other may be an old one.
  const isTold = report.isWhole
    ? report.from === earlier.from && report.to === earlier.to
    : earlier.from !== "" || earlier.to !== "";
  if (isTold || earlier.accountId !== null) return null;
  if (report.from === "" && report.to === "") return null;
  const { direction, from, to, startedAtMs, facts = earlier.facts } = report;
  return {
    ...earlier,
    direction,
    from,
    to,
    startedAtMs: Math.min(earlier.startedAtMs, startedAtMs),
    ...(facts === undefined ? {} : { facts }),
    record: { ...report.record, ...earlier.record, direction, from, to },
    revision: earlier.revision + 1,
    learnedAtMs: atMs,
  };
}

/** What detail records said is not undone by an event that repeats another figure. */
function laterCost(
  earlier: Call,
  report: CallReport,
): Pick<Call, "costMicros" | "costCurrency"> & { costDetail: CostDetail | null } {
  // In a whole picture a leg that comes late takes a price back until its own is told.
  const saysNothing = report.costMicros === null && !report.isWhole;
  const isOlder = saysNothing ||
    (earlier.costDetail?.source === DETAIL_RECORDS && report.costDetail?.source !== DETAIL_RECORDS);
  const { costMicros, costCurrency, costDetail } = isOlder ? earlier : report;
  return { costMicros, costCurrency, costDetail: costDetail ?? null };
}

/** Stages a call and keeps its places in the indexes with it. */
export function stageCall(
  batch: Batch,
  { before, after }: { before: Call | null; after: Call },
): void {
  const moved = before?.startedAtMs !== after.startedAtMs;
  if (before && moved) batch.delete(callByTimeKey(before.startedAtMs, before.id));
  if (before?.accountId && (moved || before.accountId !== after.accountId)) {
    batch.delete(callByAccountKey(before.accountId, before.startedAtMs, before.id));
  }
  batch.set(callKey(after.id), after);
  if (moved) batch.set(callByTimeKey(after.startedAtMs, after.id), {});
  if (after.accountId && (moved || before?.accountId !== after.accountId)) {
    batch.set(callByAccountKey(after.accountId, after.startedAtMs, after.id), {});
  }
}

/** Seconds to price: what the carrier measured, nothing for a call that nobody answered. */
export function talkSeconds(call: Pick<Call, "status" | "durationSeconds">): number {
  return call.status === "no_answer" || call.status === "busy" ? 0 : call.durationSeconds ?? 0;
}

/** Our own number in a call: `to` of an inbound one, `from` of an outbound one, either when unknown. */
export function ownNumbers(call: Pick<Call, "direction" | "from" | "to">): string[] {
  if (call.direction === "inbound") return [call.to];
  if (call.direction === "outbound") return [call.from];
  return call.from === call.to ? [call.from] : [call.from, call.to];
}
