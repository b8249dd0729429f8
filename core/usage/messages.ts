/**
 * Stored messages: what we know of each, from all that its carrier has said so far.
 *
 * Written beneath the carrier's intake gate, like calls; what we charge stands in a row of its own.
 *
 * @module
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Batch } from "../kv/batch.ts";
import { messageByAccountKey, messageByTimeKey, messageKey } from "../kv/keys.ts";
import { messageId, type MessageReport } from "./message_usage.ts";

/** A message as we know it. */
export interface Message extends MessageReport {
  /** `telnyx:…`, `twilio:…`. */
  id: string;
  /** Whose it is; once known it stays. Null: nobody's yet. */
  accountId: string | null;
  /** Of the other party, as a label only; null when the number does not tell. */
  country: string | null;
  /** The other party's calling code with `+`; null when the number does not tell. */
  prefix: string | null;
  /** How many messages it stands for, when the reseller reports many at once; 1 when absent. */
  count?: number;
  /** The carrier key it came through. */
  sourceId: string;
  /** Raised with every change that may change a charge. */
  revision: number;
  /** When we last learned something about it. */
  learnedAtMs: number;
}

/** A message after a report, or null when the report says nothing that we did not know. */
export function mergeMessage(
  earlier: Message | null,
  { report, sourceId, atMs }: { report: MessageReport; sourceId: string; atMs: number },
): Message | null {
  if (!earlier) {
    const place = describePlace(report);
    return {
      ...report,
      ...place,
      id: messageId(report),
      accountId: null,
      sourceId,
      revision: 1,
      learnedAtMs: atMs,
    };
  }
  // Word of an earlier step that comes late adds what it knows, and takes nothing back.
  const isLate = isEarlierStep(report, earlier);
  const news = Object.entries(report.record).filter(([name, text]) =>
    text !== null &&
    (isLate ? (earlier.record[name] ?? null) === null : text !== earlier.record[name])
  );
  if (news.length === 0 && (report.fault === null || report.fault === earlier.fault)) return null;
  return {
    ...earlier,
    ...(isLate ? {} : { status: report.status, ...rankOf(report) }),
    isFinal: earlier.isFinal || report.isFinal,
    from: report.from === "" ? earlier.from : report.from,
    to: report.to === "" ? earlier.to : report.to,
    segments: report.segments ?? earlier.segments,
    costMicros: report.costMicros ?? earlier.costMicros,
    costCurrency: report.costCurrency ?? earlier.costCurrency,
    sentAtMs: (report.record.sent_at ?? null) === null ? earlier.sentAtMs : report.sentAtMs,
    fault: report.fault,
    record: { ...earlier.record, ...Object.fromEntries(news) },
    revision: earlier.revision + 1,
    learnedAtMs: atMs,
  };
}

function isEarlierStep(report: MessageReport, earlier: Message): boolean {
  if (earlier.isFinal !== report.isFinal) return earlier.isFinal;
  return report.rank !== undefined && earlier.rank !== undefined && report.rank < earlier.rank;
}

const rankOf = ({ rank }: MessageReport) => (rank === undefined ? {} : { rank });

/** Stages a message and keeps its places in the indexes with it. */
export function stageMessage(
  batch: Batch,
  { before, after }: { before: Message | null; after: Message },
): void {
  const moved = before?.sentAtMs !== after.sentAtMs;
  if (before && moved) batch.delete(messageByTimeKey(before.sentAtMs, before.id));
  if (before?.accountId && (moved || before.accountId !== after.accountId)) {
    batch.delete(messageByAccountKey(before.accountId, before.sentAtMs, before.id));
  }
  batch.set(messageKey(after.id), after);
  if (moved) batch.set(messageByTimeKey(after.sentAtMs, after.id), {});
  if (after.accountId && (moved || before?.accountId !== after.accountId)) {
    batch.set(messageByAccountKey(after.accountId, after.sentAtMs, after.id), {});
  }
}

/** Our own number in a message. */
export function ownNumber(message: Pick<MessageReport, "direction" | "from" | "to">): string {
  return message.direction === "inbound" ? message.to : message.from;
}

/** The other party's number in a message. */
export function otherNumber(message: Pick<MessageReport, "direction" | "from" | "to">): string {
  return message.direction === "inbound" ? message.from : message.to;
}

function describePlace(report: MessageReport): { country: string | null; prefix: string | null } {
  const parsed = parsePhoneNumberFromString(otherNumber(report));
  return {
    country: parsed?.country ?? null,
    prefix: parsed ? `+${parsed.countryCallingCode}` : null,
  };
}
