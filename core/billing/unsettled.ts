/**
 * Usage whose carrier cost is not known yet, found through the jobs that look for it.
 *
 * Looking through all calls would not do: a job stands for each cost that is missing, pending or given
 * up. Reads are bounded; what lies beyond is said to be more.
 *
 * Goes to: `core/jobs/job.ts`.
 *
 * @module
 */
import { type Job, listJobs } from "../jobs/job.ts";
import { callKey, chargeKey, jobDuePrefix, jobKey, messageKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Call } from "../usage/calls.ts";
import type { Message } from "../usage/messages.ts";
import type { CallCharge } from "./call_charge.ts";

/** One call or message without an exact cost. */
export interface MissingCost {
  /** Ours, as `telnyx:…`. */
  id: string;
  /** When the call started or the message was sent. */
  startedAtMs: number;
  /** What was charged by estimate; null when nothing was. */
  chargedMicros: bigint | null;
  /** Of the charge; null without one. */
  currency: string | null;
}

/** Every cost that is missing, as far as was looked. */
export interface MissingCosts {
  /** Ended calls. */
  calls: MissingCost[];
  /** Messages, which are not charged before their cost is known. */
  messages: MissingCost[];
  /** There may be more than were found. */
  isMore: boolean;
}

/** The kinds of jobs that look for a cost; each is named by the carrier's own id. */
export const COST_JOB_KINDS = {
  calls: "telnyx_call_cost",
  messages: "telnyx_message_cost",
} as const;

/** Jobs looked at: those that are due some time, and the newest of all for those that failed. */
const DUE_MAX = 1_000;
const NEWEST_MAX = 999;

/** Finds what is missing. */
export async function findMissingCosts(store: Store): Promise<MissingCosts> {
  const [due, newest] = await Promise.all([
    store.list<object>({ prefix: jobDuePrefix, limit: DUE_MAX }),
    listJobs(store, { limit: NEWEST_MAX }),
  ]);
  const unfinished = await store.getMany<Job>(due.map(({ key }) => jobKey(key[2]!)));
  const failed = (newest?.rows ?? []).map(({ value }) => value)
    .filter(({ state }) => state === "failed");
  const jobs = [...unfinished.flatMap((row) => (row ? [row.value] : [])), ...failed];
  const idsOf = (kind: string) => [
    ...new Set(jobs.filter((job) => job.kind === kind).map(({ unique }) => `telnyx:${unique}`)),
  ];
  const [calls, messages] = await Promise.all([
    findCalls(store, idsOf(COST_JOB_KINDS.calls)),
    findMessages(store, idsOf(COST_JOB_KINDS.messages)),
  ]);
  const isMore = due.length === DUE_MAX || (newest?.nextCursor ?? null) !== null;
  return { calls, messages, isMore };
}

async function findCalls(store: Store, ids: readonly string[]): Promise<MissingCost[]> {
  const rows = await store.getMany<Call | CallCharge>(
    ids.flatMap((id) => [callKey(id), chargeKey(id)]),
  );
  return ids.flatMap((id, i) => {
    const call = rows[2 * i]?.value as Call | undefined;
    const charge = rows[2 * i + 1]?.value as CallCharge | undefined;
    if (!call?.isFinal || call.costMicros !== null) return [];
    const { trace } = charge ?? {};
    const isEstimate = trace?.kind === "cost_plus" && trace.estimated;
    return [{
      id,
      startedAtMs: call.startedAtMs,
      chargedMicros: isEstimate ? charge!.amountMicros : null,
      currency: isEstimate ? trace.currency : null,
    }];
  });
}

async function findMessages(store: Store, ids: readonly string[]): Promise<MissingCost[]> {
  const rows = await store.getMany<Message>(ids.map(messageKey));
  return rows.flatMap((row) =>
    !row || row.value.costMicros !== null ? [] : [{
      id: row.value.id,
      startedAtMs: row.value.sentAtMs,
      chargedMicros: null,
      currency: null,
    }]
  );
}
