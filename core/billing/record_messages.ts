/**
 * Takes in what a carrier says about messages: stores each once, finds whose it is, marks it due.
 *
 * Beneath the carrier's intake gate, which number changes touch as well. Repeating changes nothing.
 *
 * Goes to: `core/usage/messages.ts`, `core/accounts/numbers.ts`.
 * Picked up by `core/billing/rate_messages.ts`.
 *
 * @module
 */
import { holderAt, type NumberRow } from "../accounts/numbers.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  intakeKey,
  messageDueKey,
  messageKey,
  numberKey,
  unassignedMessageKey,
} from "../kv/keys.ts";
import type { Carrier } from "../usage/call_usage.ts";
import { tellOfUnassigned } from "./tell_unassigned.ts";
import { messageId, type MessageReport } from "../usage/message_usage.ts";
import { mergeMessage, type Message, ownNumber, stageMessage } from "../usage/messages.ts";

/** Reports of one carrier that came through one of its keys. */
export interface MessageIntake {
  /** Who reports. */
  carrier: Carrier;
  /** The carrier key. */
  sourceId: string;
  /** What it says. */
  reports: MessageReport[];
  /** When we heard it. */
  atMs: number;
  /** Stages what else belongs to the same commit: jobs, events that are dealt with now. */
  also?: (batch: Batch, part: MessagePart) => Promise<void>;
}

/** What one commit takes in, and the messages it changes. */
export interface MessagePart {
  /** The reports of this commit. */
  reports: MessageReport[];
  /** Messages that are new or changed. */
  changes: { before: Message | null; after: Message }[];
}

/** What taking in came to, as message ids. */
export interface MessageTally {
  /** Seen for the first time. */
  stored: string[];
  /** Changed by the report. */
  updated: string[];
  /** New or changed, and nobody's. */
  unassigned: string[];
}

/** Messages taken in by one commit: four or five rows each. */
const MESSAGES_PER_COMMIT = 80;

/** Stores the reports, a commit for every {@link MESSAGES_PER_COMMIT}. */
export async function recordMessages(
  deps: { gates: Gates },
  intake: MessageIntake,
): Promise<MessageTally> {
  const tally: MessageTally = { stored: [], updated: [], unassigned: [] };
  for (let i = 0; i < intake.reports.length; i += MESSAGES_PER_COMMIT) {
    const reports = intake.reports.slice(i, i + MESSAGES_PER_COMMIT);
    const found = await deps.gates.change({
      gate: intakeKey(intake.carrier),
      reads: reports.flatMap((
        report,
      ) => [messageKey(messageId(report)), numberKey(ownNumber(report))]),
      stage: (batch) => stageReports(batch, { ...intake, reports }),
    });
    tally.stored.push(...found.stored);
    tally.updated.push(...found.updated);
    tally.unassigned.push(...found.unassigned);
  }
  return tally;
}

/** Gives an unassigned message the owner it has by now; false when it still has none. */
export async function stageMessageClaim(batch: Batch, id: string): Promise<boolean> {
  const before = await batch.get<Message>(messageKey(id));
  if (!before || before.accountId) return false;
  const accountId = await findHolder(batch, before);
  if (!accountId) return false;
  stageReport(batch, { before, after: { ...before, accountId, revision: before.revision + 1 } });
  return true;
}

async function stageReports(batch: Batch, intake: MessageIntake): Promise<MessageTally> {
  const tally: MessageTally = { stored: [], updated: [], unassigned: [] };
  const changes: MessagePart["changes"] = [];
  for (const report of intake.reports) {
    const before = await batch.get<Message>(messageKey(messageId(report)));
    const { sourceId, atMs } = intake;
    const merged = mergeMessage(before, { report, sourceId, atMs });
    if (!merged) continue;
    const known = before && isStartKnown(before) ? merged.accountId : null;
    const accountId = known ?? await findHolder(batch, merged);
    const after = { ...merged, accountId };
    stageReport(batch, { before, after });
    changes.push({ before, after });
    (before ? tally.updated : tally.stored).push(after.id);
    if (!accountId) tally.unassigned.push(after.id);
  }
  await intake.also?.(batch, { reports: intake.reports, changes });
  const fresh = changes.filter(({ before, after }) => !before && !after.accountId);
  const parties = fresh.map(({ after }) => ownNumber(after));
  await tellOfUnassigned(batch, { parties, atMs: intake.atMs });
  return tally;
}

function stageReport(
  batch: Batch,
  { before, after }: { before: Message | null; after: Message },
): void {
  stageMessage(batch, { before, after });
  if (before && !before.accountId) {
    batch.delete(unassignedMessageKey(ownNumber(before), before.sentAtMs, before.id));
  }
  const { accountId, sentAtMs, id, revision } = after;
  if (!accountId) batch.set(unassignedMessageKey(ownNumber(after), sentAtMs, id), {});
  else if (isStartKnown(after)) batch.set(messageDueKey(accountId, sentAtMs, id, revision), {});
}

/**
 * Twilio's callbacks do not say when a message was sent, its listing does: until then the owner is only
 * the likely one, and nothing of the message is due, so the next report may name another.
 */
function isStartKnown({ carrier, record }: Message): boolean {
  return carrier !== "twilio" || (record.sent_at ?? null) !== null;
}

async function findHolder(batch: Batch, message: Message): Promise<string | null> {
  const row = await batch.get<NumberRow>(numberKey(ownNumber(message)));
  return holderAt(row, { carrier: message.carrier, atMs: message.sentAtMs });
}
