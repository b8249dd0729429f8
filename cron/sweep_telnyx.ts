/**
 * The nightly sweep over Telnyx: calls that never ended as far as we heard are decided by their records,
 * and costs that were not found get one more round.
 *
 * Comes from: `cron/mod.ts`. Goes to: `core/billing/record_calls.ts`, `core/jobs/job.ts`.
 *
 * @module
 */
import { giveUpCall } from "../core/billing/record_calls.ts";
import { DAY_MS, HOUR_MS } from "../core/clock.ts";
import { isUnfinished, type Job, retryJob, stageJob } from "../core/jobs/job.ts";
import {
  callKey,
  intakeKey,
  jobByUniqueKey,
  jobKey,
  jobPrefix,
  openCallPrefix,
} from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import type { Call } from "../core/usage/calls.ts";
import { TELNYX_COST_JOB, TELNYX_MESSAGE_COST_JOB } from "./fetch_telnyx_costs.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { TELNYX_SOURCE } from "./take_in_telnyx.ts";

/** Telnyx ends a call after 4 hours unless told otherwise: later, its hangup was probably lost. */
const OPEN_FOR_MS = 4 * HOUR_MS;
/** A call that its records do not end either is given up by then, and shown. */
const OPEN_MS_MAX = 7 * DAY_MS;
/** Costs that were not found are looked for again this long. */
const FAILED_FOR_MS = 7 * DAY_MS;
/** Changed side by side; those beneath one gate share commits. */
const AT_ONCE = 50;

/** What a sweep set in motion. */
export interface TelnyxSweep {
  /** Calls still open whose records are asked for. */
  openCalls: number;
  /** Calls given up. */
  givenUp: number;
  /** Failed cost jobs that run once more. */
  retried: number;
}

/** Sweeps once; nothing while Telnyx is off. */
export async function sweepTelnyx(deps: SyncDeps): Promise<TelnyxSweep> {
  const swept: TelnyxSweep = { openCalls: 0, givenUp: 0, retried: 0 };
  if (!deps.telnyx) return swept;
  const nowMs = deps.clock.now();
  const asked = new Set<string>();
  for (const call of await listLongOpen(deps, nowMs)) {
    if (nowMs - call.startedAtMs > OPEN_MS_MAX) {
      const { id } = call;
      await giveUpCall(deps, { carrier: "telnyx", id, reason: "never_ended", atMs: nowMs });
      swept.givenUp++;
    } else {
      asked.add(await askForRecords(deps, { call, nowMs }));
      swept.openCalls++;
    }
  }
  const failed = (await listFailed(deps, nowMs)).filter(({ id }) => !asked.has(id));
  for (let i = 0; i < failed.length; i += AT_ONCE) {
    await Promise.all(
      failed.slice(i, i + AT_ONCE).map(({ id }) => retryJob(deps, { jobId: id, atMs: nowMs })),
    );
  }
  swept.retried = failed.length;
  deps.log("info", "[TELNYX DETAIL RECORDS] nightly sweep", { ...swept });
  return swept;
}

async function listLongOpen({ store }: SyncDeps, nowMs: number): Promise<Call[]> {
  const keys = [];
  for await (const { key } of everyRow<object>(store, { prefix: openCallPrefix(TELNYX_SOURCE) })) {
    keys.push(callKey(key[2]!));
  }
  const rows = await store.getMany<Call>(keys);
  return rows.flatMap((row) => row && nowMs - row.value.startedAtMs > OPEN_FOR_MS ? row.value : []);
}

/** Stages the call's cost job, or starts the one it had again; answers its id. */
async function askForRecords(
  deps: SyncDeps,
  { call, nowMs }: { call: Call; nowMs: number },
): Promise<string> {
  const unique = call.carrierCallId;
  const pointer = await deps.store.get<{ id: string }>(jobByUniqueKey(TELNYX_COST_JOB, unique));
  if (pointer) {
    const jobId = pointer.value.id;
    const job = await deps.store.get<Job>(jobKey(jobId));
    if (job && !isUnfinished(job.value)) await retryJob(deps, { jobId, atMs: nowMs });
    return jobId;
  }
  const gate = intakeKey("telnyx");
  const id = deps.ids.id();
  return await deps.gates.change({
    gate,
    stage: (batch) =>
      stageJob(batch, { id, kind: TELNYX_COST_JOB, unique, gate, dueAtMs: nowMs, atMs: nowMs }),
  });
}

/** Failed cost jobs that are young enough and stand for their call or message still. */
async function listFailed({ store }: SyncDeps, nowMs: number): Promise<Job[]> {
  const failed: Job[] = [];
  for await (const { value } of everyRow<Job>(store, { prefix: jobPrefix, reverse: true })) {
    // Ids are in the order of their making, and no clock of ours is a day off.
    if (value.createdAtMs < nowMs - FAILED_FOR_MS - DAY_MS) break;
    const isCost = value.kind === TELNYX_COST_JOB || value.kind === TELNYX_MESSAGE_COST_JOB;
    const isYoung = value.createdAtMs >= nowMs - FAILED_FOR_MS;
    if (isCost && isYoung && value.state === "failed") failed.push(value);
  }
  const pointers = await store.getMany<{ id: string }>(
    failed.map(({ kind, unique }) => jobByUniqueKey(kind, unique)),
  );
  return failed.filter(({ id }, i) => pointers[i]?.value.id === id);
}
