/**
 * Reads the detail records of many Telnyx messages with few requests: windows of time, page by page.
 *
 * A single message is asked for by its id; messages sent near each other share a window. What Telnyx's
 * headers say is left of its quota is respected.
 *
 * Comes from: `cron/fetch_message_costs.ts`. Goes to: `cron/telnyx_quota.ts`.
 *
 * @module
 */
import type { TelnyxClient } from "../core/carriers/telnyx/client.ts";
import type { TelnyxMessageRecord } from "../core/carriers/telnyx/records/message_records.ts";
import { type Clock, MINUTE_MS } from "../core/clock.ts";
import type { Store } from "../core/kv/store.ts";
import type { Log } from "../core/log.ts";
import type { Message } from "../core/usage/messages.ts";
import { REQUESTS_SPARED } from "./read_telnyx_records.ts";
import { openQuota, type TelnyxQuota } from "./telnyx_quota.ts";

/** Records by message, and what kept us from having all of them. */
export interface ReadMessages {
  /** By message id; of a record that came twice the later reading. */
  records: Map<string, TelnyxMessageRecord>;
  /** Messages whose window was read to its last page: only these may be judged. */
  whole: Set<string>;
  /** Why not everything could be read; null when it was. */
  failure: string | null;
  /** How long Telnyx wants to be left alone; null when it does not. */
  pauseMs: number | null;
}

/** Messages sent further apart than this do not share a window. */
const GAP_MS = 10 * MINUTE_MS;
/** A record's `created_at` is when the message was asked for, which may be before it was sent. */
const BEFORE_MS = 10 * MINUTE_MS;
const AFTER_MS = MINUTE_MS;
const PAGES_MAX = 200;

/** Reads until everything is there, something fails, or Telnyx wants a pause. */
export async function readMessageRecords(
  deps: { log: Log; store: Store; clock: Clock },
  { client, messages }: { client: TelnyxClient; messages: readonly Message[] },
): Promise<ReadMessages> {
  const read: ReadMessages = {
    records: new Map(),
    whole: new Set(),
    failure: null,
    pauseMs: null,
  };
  const quota = await openQuota({ ...deps, spared: REQUESTS_SPARED });
  for (const group of groupsOf(messages)) {
    await readWindow(client, { window: windowOf(group), quota, read });
    if (read.failure !== null || read.pauseMs !== null) break;
    for (const message of group) read.whole.add(message.carrierMessageId);
  }
  await quota.keep();
  const { failure, pauseMs } = read;
  if (failure !== null || pauseMs !== null) {
    deps.log("warn", "[TELNYX DETAIL RECORDS] stopped", { reason: failure ?? "rate limit" });
  }
  return read;
}

type Window = { messageId: string } | { createdFromMs: number; createdToMs: number };

/** A window of so many messages fits one minute's quota, or it would never be read to its end. */
const MESSAGES_PER_WINDOW = 500;

function groupsOf(messages: readonly Message[]): Message[][] {
  const groups: Message[][] = [];
  for (const message of messages.toSorted((a, b) => a.sentAtMs - b.sentAtMs)) {
    const last = groups.at(-1);
    const isNear = last && message.sentAtMs - last.at(-1)!.sentAtMs <= GAP_MS;
    if (isNear && last.length < MESSAGES_PER_WINDOW) last.push(message);
    else groups.push([message]);
  }
  return groups;
}

function windowOf(group: readonly Message[]): Window {
  const [first, last] = [group[0]!, group.at(-1)!];
  if (first === last) return { messageId: first.carrierMessageId };
  return { createdFromMs: first.sentAtMs - BEFORE_MS, createdToMs: last.sentAtMs + AFTER_MS };
}

async function readWindow(
  client: TelnyxClient,
  { window, quota, read }: { window: Window; quota: TelnyxQuota; read: ReadMessages },
): Promise<void> {
  for (let page = 1; page <= PAGES_MAX; page++) {
    read.pauseMs = quota.waitMs(1);
    if (read.pauseMs !== null) return;
    const answer = await client.listMessageRecords({ page, ...window });
    quota.note(answer.rateLimit);
    if (answer.status !== "listed") {
      read.failure = `${answer.status}: ${answer.reason}`;
      if (answer.status === "carrier_unavailable" && answer.retryAfterMs !== null) {
        read.pauseMs = answer.retryAfterMs;
        quota.pause(answer.retryAfterMs);
      }
      return;
    }
    for (const row of answer.rows) {
      if (row.status === "record") read.records.set(row.messageId, row);
    }
    if (page >= answer.totalPages) return;
  }
  read.failure = "the records do not end";
}
