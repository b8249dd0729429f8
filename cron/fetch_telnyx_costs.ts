/**
 * Fetches the exact costs of Telnyx calls and messages: many jobs share pages of detail records.
 *
 * An answer that is empty or incomplete is "not yet", never "free"; the job tries again by its
 * schedule, and after the last try the estimate stands, marked as one.
 *
 * Comes from: `cron/jobs.ts`. Goes to: `core/billing/apply_cost.ts`,
 * `core/billing/apply_course.ts`, `core/jobs/run_jobs.ts`, `cron/name_parties.ts`,
 * `cron/read_telnyx_records.ts`.
 *
 * @module
 */
import { type ExactCost, stageCost } from "../core/billing/apply_cost.ts";
import { type CallCourse, stageCourse } from "../core/billing/apply_course.ts";
import { billDue } from "../core/billing/bill_due.ts";
import { decideByRecords } from "../core/carriers/telnyx/calls/decide_by_records.ts";
import { findGap } from "../core/carriers/telnyx/records/find_gap.ts";
import { createTelnyxClient, type TelnyxClient } from "../core/carriers/telnyx/client.ts";
import { sumRecords, type TelnyxRecordSum } from "../core/carriers/telnyx/records/sum_records.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { TelnyxConfig } from "../core/config.ts";
import type { Job } from "../core/jobs/job.ts";
import { type JobResult, stageJobEnd } from "../core/jobs/run_jobs.ts";
import { callKey, intakeKey } from "../core/kv/keys.ts";
import { type Call, DETAIL_RECORDS, talkSeconds } from "../core/usage/calls.ts";
import { callId } from "../core/usage/call_usage.ts";
import type { RecordRow } from "./read_telnyx_day.ts";
import { type ReadRecords, readRecords } from "./read_telnyx_records.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { isNameless, nameParties } from "./name_parties.ts";
import { giveTurnBack } from "./telnyx_turn.ts";
import { tellIfNotFound } from "./tell_cost_not_found.ts";

/** Fetches what a call cost; its unique name is the call session. */
export const TELNYX_COST_JOB = "telnyx_call_cost";
/** Fetches what a message cost; its unique name is the message. */
export const TELNYX_MESSAGE_COST_JOB = "telnyx_message_cost";
/** After the first try at 5 s: at 30 s, then 1, 2, 4, 8 and 16 minutes after the one before. */
export const COST_RETRIES_MS = [
  25 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  4 * MINUTE_MS,
  8 * MINUTE_MS,
  16 * MINUTE_MS,
] as const;

const JOBS_PER_COMMIT = 50;

/** Tries every job once; ends each in the commit that holds its effect. */
export async function fetchCallCosts(deps: SyncDeps, jobs: Job[]): Promise<void> {
  const calls = await readCalls(deps, jobs);
  const open = jobs.flatMap((job) => {
    const call = calls.get(job.unique);
    return call && !isSettled(call) ? [call] : [];
  });
  const client = deps.telnyx ? clientOf(deps, deps.telnyx) : null;
  const read = client
    ? await readRecords(deps, { client, calls: open })
    : nothingRead("Telnyx is not configured");
  // What the quota cut short goes on as soon as there is some again.
  if (read.pauseMs !== null) await giveTurnBack(deps, "calls");
  const owners = new Set<string>();
  for (let i = 0; i < jobs.length; i += JOBS_PER_COMMIT) {
    const part = jobs.slice(i, i + JOBS_PER_COMMIT).map((job) => {
      const call = calls.get(job.unique) ?? null;
      return { job, call, ...judgeSafely(deps, { job, call, read }) };
    });
    const named = await nameParties(deps, part.flatMap((one) => namelessOf(one, read)));
    for (const accountId of [...named, ...await endPart(deps, part)]) owners.add(accountId);
  }
  for (const accountId of owners) await billDue(deps, { accountId, actor: "cost" });
}

/** The call's session, when its records are whole and tell what its events did not: who spoke. */
function namelessOf({ call, exact }: Judged & { call: Call | null }, read: ReadRecords) {
  if (!call || !exact || !isNameless(call)) return [];
  const sessionId = call.carrierCallId;
  return [{ sessionId, rows: read.records.get(sessionId) ?? [], sum: exact }];
}

/** A client over the configuration. */
export function clientOf(deps: SyncDeps, telnyx: TelnyxConfig): TelnyxClient {
  return createTelnyxClient({
    ...deps,
    baseUrl: telnyx.baseUrl,
    apiKey: telnyx.apiKey.reveal(),
  });
}

function nothingRead(failure: string): ReadRecords {
  return { records: new Map(), whole: new Set(), failure, pauseMs: null };
}

interface Judged {
  result: JobResult;
  cost: ExactCost | null;
  /** What the cost was made of. */
  exact?: TelnyxRecordSum;
  /** What the records tell of a call that nobody owns for want of it. */
  course?: CallCourse | null;
}

interface Question {
  job: Job;
  call: Call | null;
  read: ReadRecords;
  nowMs: number;
}

/** One call that cannot be judged must not keep its neighbours from their cost. */
function judgeSafely(deps: SyncDeps, question: Omit<Question, "nowMs">): Judged {
  try {
    return judge({ ...question, nowMs: deps.clock.now() });
  } catch (error) {
    deps.log("error", "A call's records cannot be judged", { job: question.job.id, error });
    const reason = error instanceof Error ? error.message : String(error);
    return { result: { status: "again", reason }, cost: null };
  }
}

function judge({ job, call, read, nowMs }: Question): Judged {
  const again = (reason: string, wait: { inMs?: number } = {}): Judged => ({
    result: { status: "again", reason, ...wait },
    cost: null,
  });
  if (!call) return again("the call is not known");
  if (isSettled(call)) return DONE;
  const { carrierCallId: sessionId } = call;
  if (!read.whole.has(sessionId)) {
    // Out of quota, we have not really tried; refused for an hour, we have.
    const isYoung = nowMs - job.createdAtMs < HOUR_MS;
    const mayWait = read.pauseMs !== null && (read.failure === null || isYoung);
    const wait = mayWait ? { inMs: Math.max(1, read.pauseMs!) } : {};
    const reason = read.pauseMs === null ? "no records yet" : "Telnyx asks for a pause";
    return again(read.failure ?? reason, wait);
  }
  const records = read.records.get(sessionId) ?? [];
  const isLastTry = job.attempts > COST_RETRIES_MS.length;
  const { expectedTypes, gap } = findGap({ facts: call.facts ?? null, records, isLastTry });
  const sum = sumRecords(records, { sessionId, expectedTypes });
  // Nobody answered and nothing was recorded: there is no cost, and none that could be missed.
  if (isLastTry && records.length === 0 && isUnanswered(call)) return DONE;
  if (sum.status === "incomplete") return again(sum.reason);
  if (gap !== null) return again(gap);
  if (sum.status === "other_currency" && !sum.sum) return again("records in several currencies");
  const exact: TelnyxRecordSum = sum.status === "complete" ? sum : sum.sum!;
  const cost = costOf({ call, exact, nowMs });
  if (!call.isFinal && !cost.course?.isFinal) {
    return again("its records do not say how long it took");
  }
  const isLost = call.accountId === null && call.direction === null;
  return { ...DONE, cost, exact, course: isLost ? firstCourse(records) : null };
}

/** That of the leg that began first: later ones are transfers. */
function firstCourse(records: readonly RecordRow[]): CallCourse | null {
  const told = records.flatMap((row) =>
    row.status === "record" && row.direction
      ? [{ ...row, direction: row.direction, atMs: row.startedAtMs ?? Infinity }]
      : []
  );
  const [first] = told.toSorted((a, b) => a.atMs - b.atMs);
  return first ? { direction: first.direction, from: first.from, to: first.to } : null;
}

const DONE: Judged = { result: { status: "done", result: {} }, cost: null };

const isUnanswered = (call: Call): boolean => call.isFinal && talkSeconds(call) === 0;

function isSettled(call: Call): boolean {
  return call.costMicros !== null && (call.isFinal || call.fault !== null);
}

/** The cost that a call's records add up to, and how it went when its events do not say. */
export function costOf(
  { call, exact, nowMs }: { call: Call; exact: TelnyxRecordSum; nowMs: number },
): ExactCost {
  const decided = call.isFinal ? null : decideByRecords(call, exact);
  return {
    costMicros: exact.costMicros,
    costCurrency: exact.currency,
    costDetail: {
      source: DETAIL_RECORDS,
      rate: exact.rateText,
      billedSeconds: exact.billedSeconds,
      fetchedAtMs: nowMs,
    },
    course: decided && {
      status: decided.status,
      isFinal: decided.isFinal,
      answeredAtMs: decided.answeredAtMs,
      endedAtMs: decided.endedAtMs,
      durationSeconds: decided.durationSeconds,
    },
  };
}

/** Answers the accounts whose calls have to be billed again. */
async function endPart(
  deps: SyncDeps,
  part: ({ job: Job; call: Call | null } & Judged)[],
): Promise<string[]> {
  const atMs = deps.clock.now();
  const retryAfterMs = COST_RETRIES_MS;
  const { exact, owners } = await deps.gates.change({
    gate: intakeKey("telnyx"),
    stage: async (batch) => {
      const owners: (string | null)[] = [];
      let exact = 0;
      for (const { job, call, result, cost, course } of part) {
        const isOurs = await stageJobEnd(batch, { job, result, retryAfterMs, nowMs: atMs });
        owners.push(call?.accountId ?? null);
        if (isOurs) await tellIfNotFound(batch, { job, what: "call", usage: call, atMs });
        if (!isOurs || !cost || !call) continue;
        if (await stageCost(batch, { callId: call.id, cost, atMs })) exact++;
        if (course) owners.push(await stageCourse(batch, { callId: call.id, course, atMs }));
      }
      return { exact, owners: owners.filter((owner) => owner !== null) };
    },
  });
  deps.log("info", "[FETCH CALL COST] tried", {
    jobs: part.length,
    exact,
    again: part.length - exact,
  });
  return owners;
}

async function readCalls(deps: SyncDeps, jobs: Job[]): Promise<Map<string, Call>> {
  const ids = jobs.map((job) => callId({ carrier: "telnyx", carrierCallId: job.unique }));
  const rows = await deps.store.getMany<Call>(ids.map(callKey));
  return new Map(rows.flatMap((row) => row ? [[row.value.carrierCallId, row.value] as const] : []));
}
