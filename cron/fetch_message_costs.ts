/**
 * Fetches the exact costs of Telnyx messages whose events told none: many jobs share pages of records.
 *
 * An answer without the message, or without a cost, is "not yet", never "free". Records that were read
 * in part are not applied.
 *
 * Comes from: `cron/jobs.ts`. Goes to: `core/billing/apply_message_cost.ts`,
 * `core/billing/rate_messages.ts`, `core/jobs/run_jobs.ts`, `cron/read_message_records.ts`.
 *
 * @module
 */
import { type ExactMessageCost, stageMessageCost } from "../core/billing/apply_message_cost.ts";
import { rateDueMessages } from "../core/billing/rate_messages.ts";
import { HOUR_MS } from "../core/clock.ts";
import type { Job } from "../core/jobs/job.ts";
import { type JobResult, stageJobEnd } from "../core/jobs/run_jobs.ts";
import { intakeKey, messageKey } from "../core/kv/keys.ts";
import { DETAIL_RECORDS } from "../core/usage/calls.ts";
import { messageId } from "../core/usage/message_usage.ts";
import type { Message } from "../core/usage/messages.ts";
import { clientOf, COST_RETRIES_MS } from "./fetch_telnyx_costs.ts";
import { readMessageRecords, type ReadMessages } from "./read_message_records.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { giveTurnBack } from "./telnyx_turn.ts";
import { tellIfNotFound } from "./tell_cost_not_found.ts";

const JOBS_PER_COMMIT = 50;

/** Tries every job once; ends each in the commit that holds its effect, then rates what is due. */
export async function fetchMessageCosts(deps: SyncDeps, jobs: Job[]): Promise<void> {
  const messages = await readMessages(deps, jobs);
  const open = [...messages.values()].filter(({ costMicros }) => costMicros === null);
  const read = deps.telnyx
    ? await readMessageRecords(deps, { client: clientOf(deps, deps.telnyx), messages: open })
    : NOT_CONFIGURED;
  if (read.pauseMs !== null) await giveTurnBack(deps, "messages");
  for (let i = 0; i < jobs.length; i += JOBS_PER_COMMIT) {
    const part = jobs.slice(i, i + JOBS_PER_COMMIT).map((job) => {
      const message = messages.get(job.unique) ?? null;
      return { job, message, ...judge({ job, message, read, nowMs: deps.clock.now() }) };
    });
    await endPart(deps, part);
  }
  await rateDueMessages(deps);
}

const NOT_CONFIGURED: ReadMessages = {
  records: new Map(),
  whole: new Set(),
  failure: "Telnyx is not configured",
  pauseMs: null,
};

interface Judged {
  result: JobResult;
  cost: ExactMessageCost | null;
}

function judge(
  { job, message, read, nowMs }: {
    job: Job;
    message: Message | null;
    read: ReadMessages;
    nowMs: number;
  },
): Judged {
  const again = (reason: string, wait: { inMs?: number } = {}): Judged => ({
    result: { status: "again", reason, ...wait },
    cost: null,
  });
  if (!message) return again("the message is not known");
  if (message.costMicros !== null) return DONE;
  const { carrierMessageId } = message;
  if (!read.whole.has(carrierMessageId)) {
    const { failure, pauseMs } = read;
    // Asked to wait, we have not really tried; asked so for an hour, we have.
    const mayWait = pauseMs !== null && nowMs - job.createdAtMs < HOUR_MS;
    if (mayWait) return again("Telnyx asks for a pause", { inMs: Math.max(1, pauseMs) });
    return again(failure ?? "its records were not read");
  }
  const record = read.records.get(carrierMessageId);
  if (!record) return again("no record yet");
  const { costMicros, costText, currency, segments } = record;
  if (costMicros === null || currency === null) return again("its record has no usable cost");
  const cost = { costMicros, costCurrency: currency, costText, segments, source: DETAIL_RECORDS };
  return { ...DONE, cost };
}

const DONE: Judged = { result: { status: "done", result: {} }, cost: null };

async function endPart(
  deps: SyncDeps,
  part: ({ job: Job; message: Message | null } & Judged)[],
): Promise<void> {
  const nowMs = deps.clock.now();
  const exact = await deps.gates.change({
    gate: intakeKey("telnyx"),
    stage: async (batch) => {
      let count = 0;
      for (const { job, message, result, cost } of part) {
        const end = { job, result, retryAfterMs: COST_RETRIES_MS, nowMs };
        const isOurs = await stageJobEnd(batch, end);
        const told = { job, what: "message", usage: message, atMs: nowMs } as const;
        if (isOurs) await tellIfNotFound(batch, told);
        if (!isOurs || !cost || !message) continue;
        if (await stageMessageCost(batch, { messageId: message.id, cost, atMs: nowMs })) count++;
      }
      return count;
    },
  });
  const again = part.filter(({ result }) => result.status === "again").length;
  deps.log("info", "[TELNYX DETAIL RECORDS] message costs tried", {
    jobs: part.length,
    exact,
    again,
  });
}

async function readMessages(deps: SyncDeps, jobs: Job[]): Promise<Map<string, Message>> {
  const ids = jobs.map((job) => messageId({ carrier: "telnyx", carrierMessageId: job.unique }));
  const rows = await deps.store.getMany<Message>(ids.map(messageKey));
  return new Map(
    rows.flatMap((row) => row ? [[row.value.carrierMessageId, row.value] as const] : []),
  );
}
