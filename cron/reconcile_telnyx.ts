/**
 * Telnyx's side of a reconciled day: its detail records summed by call session.
 *
 * Sessions that we never heard of are missed webhooks: they are taken in from their records and billed.
 * A cost that differs is taken over from the records, and adjusted once.
 *
 * Comes from: `cron/reconcile_carriers.ts`. Goes to: `cron/read_telnyx_day.ts`, `cron/name_parties.ts`,
 * `core/carriers/telnyx/calls/report_of_records.ts`, `core/billing/apply_cost.ts`.
 *
 * @module
 */
import { type ExactCost, stageCost } from "../core/billing/apply_cost.ts";
import { billDue } from "../core/billing/bill_due.ts";
import type { ComparedCall, Suggestion } from "../core/billing/reconciliation.ts";
import { recordCalls } from "../core/billing/record_calls.ts";
import { decideByRecords } from "../core/carriers/telnyx/calls/decide_by_records.ts";
import { reportOfRecords } from "../core/carriers/telnyx/calls/report_of_records.ts";
import { findGap } from "../core/carriers/telnyx/records/find_gap.ts";
import { sumRecords, type TelnyxRecordSum } from "../core/carriers/telnyx/records/sum_records.ts";
import { MINUTE_MS } from "../core/clock.ts";
import type { TelnyxConfig } from "../core/config.ts";
import { callByControlKey, callKey, intakeKey } from "../core/kv/keys.ts";
import { callId, type CallReport } from "../core/usage/call_usage.ts";
import { type Call, DETAIL_RECORDS } from "../core/usage/calls.ts";
import { clientOf } from "./fetch_telnyx_costs.ts";
import { isNameless, nameParties, type WholeSession } from "./name_parties.ts";
import { readTelnyxDay, type RecordRow } from "./read_telnyx_day.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { TELNYX_SOURCE } from "./take_in_telnyx.ts";
import { type DayRequest, isInDay, type TheirDay } from "./their_day.ts";

/** Reads the day; its sessions are those that began on it. */
export async function readTelnyxSide(
  deps: SyncDeps,
  { telnyx, request }: { telnyx: TelnyxConfig; request: DayRequest },
): Promise<TheirDay> {
  const { startMs, readId, untilMs } = request;
  const client = clientOf(deps, telnyx);
  const read = await readTelnyxDay(deps, { client, startMs, readId, untilMs });
  if (read.status !== "read") return read;
  const sessions = await keepDay(deps, { sessions: sessionsOf(read.rows), startMs });
  return {
    status: "read",
    calls: sessions.map(comparedOf),
    settle: async (items) => {
      const kinds = new Map(items.map((item) => [item.callId, item.kind]));
      const of = (kind: string) => sessions.filter(({ id }) => kinds.get(id) === kind);
      await billOwners(deps, await nameParties(deps, await namelessOf(deps, sessions)));
      return new Map([
        ...await takeInMissed(deps, of("theirs_only")),
        ...await correct(deps, of("different")),
      ]);
    },
  };
}

/** Sessions we know the price of, and not who spoke. */
async function namelessOf({ store }: SyncDeps, sessions: Session[]): Promise<WholeSession[]> {
  const nameless: WholeSession[] = [];
  for (let i = 0; i < sessions.length; i += CALLS_AT_ONCE) {
    const part = sessions.slice(i, i + CALLS_AT_ONCE);
    const calls = await store.getMany<Call>(part.map(({ id }) => callKey(id)));
    part.forEach(({ sessionId, rows, sum }, at) => {
      const call = calls[at]?.value;
      if (call && sum && isNameless(call)) nameless.push({ sessionId, rows, sum });
    });
  }
  return nameless;
}

interface Session {
  id: string;
  sessionId: string;
  rows: RecordRow[];
  /** Null while its records do not make up a cost. */
  sum: TelnyxRecordSum | null;
}

function sessionsOf(rows: readonly RecordRow[]): Session[] {
  const bySession = Map.groupBy(
    rows.filter(({ sessionId }) => sessionId !== null),
    ({ sessionId }) => sessionId!,
  );
  return [...bySession].map(([sessionId, mine]) => {
    const summed = sumRecords(mine, { sessionId });
    const sum = summed.status === "complete"
      ? summed
      : summed.status === "other_currency"
      ? summed.sum
      : null;
    const id = callId({ carrier: "telnyx", carrierCallId: sessionId });
    return { id, sessionId, rows: mine, sum };
  });
}

const CALLS_AT_ONCE = 500;

/** A call we know belongs to the day it has here; any other to that of its first record. */
async function keepDay(
  { store }: SyncDeps,
  { sessions, startMs }: { sessions: Session[]; startMs: number },
): Promise<Session[]> {
  const kept: Session[] = [];
  for (let i = 0; i < sessions.length; i += CALLS_AT_ONCE) {
    const part = sessions.slice(i, i + CALLS_AT_ONCE);
    const calls = await store.getMany<Call>(part.map(({ id }) => callKey(id)));
    kept.push(...part.filter((session, at) => {
      const atMs = calls[at]?.value.startedAtMs ?? firstStart(session);
      return atMs !== null && isInDay(atMs, startMs);
    }));
  }
  return kept;
}

function firstStart({ rows }: Session): number | null {
  const starts = rows.flatMap((row) => row.status === "record" ? row.startedAtMs ?? [] : []);
  return starts.length === 0 ? null : Math.min(...starts);
}

function comparedOf({ id, sum }: Session): ComparedCall {
  return { callId: id, costMicros: sum?.costMicros ?? null, costCurrency: sum?.currency ?? null };
}

/** Ended so long ago, a call we never heard of is one whose webhooks were lost. */
const MISSED_AFTER_MS = 10 * MINUTE_MS;

async function takeInMissed(
  deps: SyncDeps,
  missed: readonly Session[],
): Promise<[string, Suggestion][]> {
  const atMs = deps.clock.now();
  const reports = missed.flatMap(({ sessionId, rows, sum }) => {
    const records = rows.filter((row) => row.status === "record");
    const endedAtMs = Math.max(0, ...records.map(({ finishedAtMs }) => finishedAtMs ?? 0));
    // Its webhooks may be under way, and so may the records of another leg.
    if (endedAtMs > atMs - MISSED_AFTER_MS) return [];
    return sum && reportOfRecords({ sessionId, rows: records, sum, fetchedAtMs: atMs }) || [];
  });
  const tally = await recordCalls(deps, {
    carrier: "telnyx",
    sourceId: TELNYX_SOURCE,
    keyAccountId: null,
    reports,
    atMs,
    heardBy: "listing",
  });
  await keepHandles(deps, missed.filter(({ id }) => tally.owners.has(id)));
  await billOwners(deps, [...tally.owners.values()]);
  return [...tally.owners.keys()].map((id) => [id, "taken_in"]);
}

/** By its handle of one leg, a person or program finds the call. */
async function keepHandles(deps: SyncDeps, taken: readonly Session[]): Promise<void> {
  const handles = taken.flatMap(({ id, rows }) =>
    rows.flatMap((row) =>
      row.status === "record" && row.callControlId !== null
        ? [{ id, controlId: row.callControlId }]
        : []
    )
  );
  for (let i = 0; i < handles.length; i += CALLS_PER_COMMIT) {
    const part = handles.slice(i, i + CALLS_PER_COMMIT);
    await deps.gates.change({
      gate: intakeKey("telnyx"),
      stage: (batch) =>
        Promise.resolve(part.forEach(({ id, controlId }) => {
          batch.set(callByControlKey("telnyx", controlId), { callId: id });
        })),
    });
  }
}

const CALLS_PER_COMMIT = 50;

async function correct(
  deps: SyncDeps,
  different: readonly Session[],
): Promise<[string, Suggestion][]> {
  const priced = different.filter(({ sum }) => sum !== null);
  const nowMs = deps.clock.now();
  const owners: (string | null)[] = [];
  const corrected: string[] = [];
  for (let i = 0; i < priced.length; i += CALLS_PER_COMMIT) {
    const part = priced.slice(i, i + CALLS_PER_COMMIT);
    const done = await deps.gates.change({
      gate: intakeKey("telnyx"),
      stage: async (batch) => {
        const staged: Call[] = [];
        for (const { id, rows, sum } of part) {
          const call = await batch.get<Call>(callKey(id));
          const facts = call?.facts ?? null;
          // Records that come one by one must not lower a cost for a while.
          if (findGap({ facts, records: rows, isLastTry: true }).gap !== null) continue;
          const cost = call && costOf(call, { sum: sum!, nowMs });
          if (cost && await stageCost(batch, { callId: id, cost, atMs: nowMs })) staged.push(call);
        }
        return staged;
      },
    });
    owners.push(...done.map(({ accountId }) => accountId));
    corrected.push(...done.map(({ id }) => id));
  }
  await billOwners(deps, owners);
  return corrected.map((id) => [id, "corrected"]);
}

function costOf(call: Call, { sum, nowMs }: { sum: TelnyxRecordSum; nowMs: number }): ExactCost {
  const { rateText: rate, billedSeconds } = sum;
  return {
    costMicros: sum.costMicros,
    costCurrency: sum.currency,
    costDetail: { source: DETAIL_RECORDS, rate, billedSeconds, fetchedAtMs: nowMs },
    course: call.isFinal ? null : courseOf(decideByRecords(call, sum)),
  };
}

/** How the records end a call that is still open here; null when they do not. */
function courseOf(decided: CallReport | null): ExactCost["course"] {
  if (!decided?.isFinal) return null;
  const { status, isFinal, answeredAtMs, endedAtMs, durationSeconds } = decided;
  return { status, isFinal, answeredAtMs, endedAtMs, durationSeconds };
}

async function billOwners(deps: SyncDeps, owners: readonly (string | null)[]): Promise<void> {
  for (const accountId of new Set(owners)) {
    if (accountId !== null) await billDue(deps, { accountId, actor: "reconciliation" });
  }
}
