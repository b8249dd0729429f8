/**
 * Telnyx's messages of a reconciled day: its messaging records held against ours.
 *
 * A message we never heard of is one whose webhooks were missed: it is taken in from its record and
 * rated. A cost that we lack is taken over. One that differs is left to somebody: a bill may have it.
 *
 * Comes from: `cron/reconcile_carriers.ts`. Goes to: `cron/read_telnyx_day.ts`,
 * `core/billing/record_messages.ts`, `core/billing/apply_message_cost.ts`.
 *
 * @module
 */
import { stageMessageCost } from "../core/billing/apply_message_cost.ts";
import { rateDueMessages } from "../core/billing/rate_messages.ts";
import type { ComparedCall, OwnCall, Suggestion } from "../core/billing/reconciliation.ts";
import { recordMessages } from "../core/billing/record_messages.ts";
import { DAY_MS, formatInstant, MINUTE_MS } from "../core/clock.ts";
import type { TelnyxConfig } from "../core/config.ts";
import { intakeKey, messageByTimePrefix, messageKey, timePart } from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import { DETAIL_RECORDS } from "../core/usage/calls.ts";
import { messageId, type MessageReport } from "../core/usage/message_usage.ts";
import type { Message } from "../core/usage/messages.ts";
import { clientOf } from "./fetch_telnyx_costs.ts";
import { type MessageRow, readTelnyxMessageDay } from "./read_telnyx_day.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { TELNYX_SOURCE } from "./take_in_telnyx.ts";
import { type DayRequest, isInDay, type TheirDay } from "./their_day.ts";

const AT_ONCE = 500;
const COSTS_PER_COMMIT = 50;
/** Ended so long ago, a message we never heard of is one whose webhooks were lost. */
const MISSED_AFTER_MS = 10 * MINUTE_MS;

/** Our messages of the day, as they are compared; one that failed need not have a record. */
export async function listOwnMessages(
  { store }: SyncDeps,
  { carrier, startMs }: Pick<DayRequest, "carrier" | "startMs">,
): Promise<OwnCall[]> {
  const ids: string[] = [];
  const range = {
    prefix: messageByTimePrefix,
    from: [...messageByTimePrefix, timePart(startMs)],
    until: [...messageByTimePrefix, timePart(startMs + DAY_MS)],
  };
  for await (const { key } of everyRow<object>(store, range)) {
    if (key[2]!.startsWith(`${carrier}:`)) ids.push(key[2]!);
  }
  const messages = await readMessages(store, ids);
  return messages.flatMap((message) =>
    message
      ? [{
        callId: message.id,
        costMicros: message.costMicros,
        costCurrency: message.costCurrency,
        isFinal: message.isFinal,
        isUnanswered: message.isFinal && message.status === "failed",
      }]
      : []
  );
}

async function readMessages(
  store: SyncDeps["store"],
  ids: readonly string[],
): Promise<(Message | null)[]> {
  const found: (Message | null)[] = [];
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const rows = await store.getMany<Message>(ids.slice(i, i + AT_ONCE).map(messageKey));
    found.push(...rows.map((row) => row?.value ?? null));
  }
  return found;
}

/** Reads Telnyx's messages of the day. */
export async function readMessageSide(
  deps: SyncDeps,
  { telnyx, request }: { telnyx: TelnyxConfig; request: DayRequest },
): Promise<TheirDay> {
  const { startMs, readId, untilMs } = request;
  const client = clientOf(deps, telnyx);
  const read = await readTelnyxMessageDay(deps, { client, startMs, readId, untilMs });
  if (read.status !== "read") return read;
  const sent = await keepDay(deps, { rows: read.rows, startMs });
  return {
    status: "read",
    calls: sent.map(({ id, row }) => ({
      callId: id,
      costMicros: row.currency === null ? null : row.costMicros,
      costCurrency: row.costMicros === null ? null : row.currency,
    } satisfies ComparedCall)),
    settle: async (items) => {
      const kinds = new Map(items.map((item) => [item.callId, item.kind]));
      const of = (kind: string) => sent.filter(({ id }) => kinds.get(id) === kind);
      const taken = await takeInMissed(deps, of("theirs_only"));
      const priced = await priceKnown(deps, of("different"));
      if (taken.length + priced.length > 0) await rateDueMessages(deps);
      return new Map<string, Suggestion>([
        ...taken.map((id) => [id, "taken_in"] as const),
        ...priced.map((id) => [id, "corrected"] as const),
      ]);
    },
  };
}

interface Sent {
  id: string;
  row: MessageRow;
}

/** A message we know belongs to the day it has here; any other to that of its record. */
async function keepDay(
  { store }: SyncDeps,
  { rows, startMs }: { rows: readonly MessageRow[]; startMs: number },
): Promise<Sent[]> {
  // Of a record that came twice the later reading counts.
  const sent = [...new Map(rows.map((row) => [row.messageId, row])).values()].map((row) => ({
    id: messageId({ carrier: "telnyx", carrierMessageId: row.messageId }),
    row,
  }));
  const known = await readMessages(store, sent.map(({ id }) => id));
  return sent.filter(({ row }, i) => {
    const atMs = known[i]?.sentAtMs ?? sentAt(row);
    return atMs !== null && isInDay(atMs, startMs);
  });
}

const sentAt = ({ sentAtMs, createdAtMs }: MessageRow): number | null => sentAtMs ?? createdAtMs;

async function takeInMissed(deps: SyncDeps, missed: readonly Sent[]): Promise<string[]> {
  const atMs = deps.clock.now();
  const reports = missed.flatMap(({ row }) => {
    const endedAtMs = row.completedAtMs ?? sentAt(row)!;
    return endedAtMs > atMs - MISSED_AFTER_MS ? [] : reportOf(row) ?? [];
  });
  const { stored } = await recordMessages(deps, {
    carrier: "telnyx",
    sourceId: TELNYX_SOURCE,
    reports,
    atMs,
  });
  return stored;
}

/** Null where the record does not say enough to bill by. */
function reportOf(row: MessageRow): MessageReport | null {
  const { messageId: carrierMessageId, direction, from, to, segments, messageStatus } = row;
  const { costMicros, currency, costText } = row;
  const sentAtMs = sentAt(row);
  if (!direction || !from || !to || sentAtMs === null) return null;
  if (costMicros === null || currency === null) return null;
  return {
    carrier: "telnyx",
    carrierMessageId,
    direction,
    from,
    to,
    segments,
    status: messageStatus,
    isFinal: true,
    costMicros,
    costCurrency: currency,
    sentAtMs,
    fault: null,
    record: {
      id: carrierMessageId,
      direction,
      from,
      to,
      status: messageStatus,
      sent_at: formatInstant(sentAtMs),
      cost: costText,
      cost_currency: currency,
      cost_source: DETAIL_RECORDS,
      heard_by: "detail_records",
    },
  };
}

async function priceKnown(deps: SyncDeps, different: readonly Sent[]): Promise<string[]> {
  const atMs = deps.clock.now();
  const priced = different.filter(({ row }) => row.costMicros !== null && row.currency !== null);
  const done: string[] = [];
  for (let i = 0; i < priced.length; i += COSTS_PER_COMMIT) {
    done.push(
      ...await deps.gates.change({
        gate: intakeKey("telnyx"),
        stage: async (batch) => {
          const staged: string[] = [];
          for (const { id, row } of priced.slice(i, i + COSTS_PER_COMMIT)) {
            const { costText, segments } = row;
            const cost = {
              costMicros: row.costMicros!,
              costCurrency: row.currency!,
              costText,
              segments,
              source: DETAIL_RECORDS,
            };
            if (await stageMessageCost(batch, { messageId: id, cost, atMs })) staged.push(id);
          }
          return staged;
        },
      }),
    );
  }
  return done;
}
