/**
 * Brings a carrier's exact cost into a message: stages it beneath the intake, and marks it due again.
 *
 * The rating follows beneath the wallet; what a bill has taken already stays as it was billed.
 *
 * Goes to: `core/usage/messages.ts`. Picked up by `core/billing/rate_messages.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { messageDueKey, messageKey } from "../kv/keys.ts";
import { type Message, stageMessage } from "../usage/messages.ts";

/** A message's cost as the carrier's records tell it. */
export interface ExactMessageCost {
  /** The whole message, fees included, rounded once. */
  costMicros: bigint;
  /** ISO 4217. */
  costCurrency: string;
  /** As it was written. */
  costText: string | null;
  /** Parts; null where the records do not say. */
  segments: number | null;
  /** Where it is from. */
  source: string;
}

/** Stages the cost; false when the message is not known or has a cost already. */
export async function stageMessageCost(
  batch: Batch,
  { messageId, cost, atMs }: { messageId: string; cost: ExactMessageCost; atMs: number },
): Promise<boolean> {
  const before = await batch.get<Message>(messageKey(messageId));
  if (!before || before.costMicros !== null) return false;
  const { costMicros, costCurrency, costText, source } = cost;
  const after: Message = {
    ...before,
    costMicros,
    costCurrency,
    segments: before.segments ?? cost.segments,
    record: { ...before.record, cost: costText, cost_currency: costCurrency, cost_source: source },
    revision: before.revision + 1,
    learnedAtMs: atMs,
  };
  stageMessage(batch, { before, after });
  const { accountId, sentAtMs, id, revision } = after;
  if (accountId) batch.set(messageDueKey(accountId, sentAtMs, id, revision), {});
  return true;
}
