/**
 * Works off Telnyx's events together: the calls and messages they tell of, the events' own end, and the
 * jobs that will fetch exact costs, in one commit for every few calls.
 *
 * Comes from: `cron/mod.ts`. Goes to: `core/billing/record_calls.ts`,
 * `core/carriers/telnyx/calls/joined_report.ts`.
 *
 * @module
 */
import { billDue } from "../core/billing/bill_due.ts";
import { TELNYX_COST_JOB, TELNYX_MESSAGE_COST_JOB } from "./fetch_telnyx_costs.ts";
import { rateDueMessages } from "../core/billing/rate_messages.ts";
import { type IntakePart, recordCalls } from "../core/billing/record_calls.ts";
import { recordMessages } from "../core/billing/record_messages.ts";
import { addEvent, type TelnyxCallFacts } from "../core/carriers/telnyx/calls/call_facts.ts";
import type { TelnyxCallEvent } from "../core/carriers/telnyx/calls/call_event.ts";
import {
  joinPictures,
  needsRecords,
  reportWithFacts,
} from "../core/carriers/telnyx/calls/joined_report.ts";
import { parseTelnyxEvent } from "../core/carriers/telnyx/events.ts";
import type { TelnyxMessageEvent } from "../core/carriers/telnyx/messages/message_event.ts";
import {
  addMessageEvent,
  type TelnyxMessageFacts,
} from "../core/carriers/telnyx/messages/message_facts.ts";
import { messageReportOf } from "../core/carriers/telnyx/messages/message_report.ts";
import { SECOND_MS } from "../core/clock.ts";
import { type InboxEvent, type Processed, stageEventEnd } from "../core/jobs/inbox.ts";
import { type JobRequest, stageJob } from "../core/jobs/job.ts";
import type { Batch } from "../core/kv/batch.ts";
import { callByControlKey, eventKey, intakeKey } from "../core/kv/keys.ts";
import type { Call } from "../core/usage/calls.ts";
import type { MessageReport } from "../core/usage/message_usage.ts";
import type { SyncDeps } from "./sync_calls.ts";

/** The source of everything Telnyx tells: its webhooks and its detail records. */
export const TELNYX_SOURCE = "telnyx:main";
/** The first look for an exact cost, after the hangup. */
const FIRST_TRY_MS = 5 * SECOND_MS;
/** Calls taken in by one commit: rows for the call, its job and each of its events. */
const CALLS_PER_COMMIT = 25;
const DONE: Processed = { status: "processed", reason: null };

/** Works off events of Telnyx, whatever their order and however often they come. */
export async function takeInTelnyx(deps: SyncDeps, events: InboxEvent[]): Promise<void> {
  const read = events.map((event) => ({ event, parsed: parseTelnyxEvent(event.payload) }));
  const calls: Told<TelnyxCallEvent>[] = [];
  const messages: Told<TelnyxMessageEvent>[] = [];
  for (const { event, parsed } of read) {
    if (parsed.status === "call_event") calls.push({ event, told: parsed.event });
    else if (parsed.status === "message_event") messages.push({ event, told: parsed.event });
    else if (parsed.status === "unreadable") await park(deps, { event, reason: parsed.reason });
    else {await end(deps, {
        event,
        processed: { status: "processed", reason: "of no use to billing" },
      });}
  }
  await takeInCalls(deps, calls);
  await takeInMessages(deps, messages);
}

interface Told<T> {
  event: InboxEvent;
  told: T;
}

async function takeInCalls(deps: SyncDeps, calls: Told<TelnyxCallEvent>[]): Promise<void> {
  const sessions = [...Map.groupBy(calls, ({ told }) => told.sessionId)];
  const owners = new Set<string>();
  for (let i = 0; i < sessions.length; i += CALLS_PER_COMMIT) {
    const part = sessions.slice(i, i + CALLS_PER_COMMIT);
    const tally = await recordSessions(deps, part);
    for (const owner of tally.owners.values()) if (owner) owners.add(owner);
  }
  for (const accountId of owners) await billDue(deps, { accountId, actor: "webhook" });
}

function recordSessions(
  deps: SyncDeps,
  sessions: [string, Told<TelnyxCallEvent>[]][],
): ReturnType<typeof recordCalls> {
  const bySession = new Map(sessions);
  const jobIds = new Map(sessions.map(([sessionId]) => [sessionId, deps.ids.id()]));
  const atMs = deps.clock.now();
  return recordCalls(deps, {
    carrier: "telnyx",
    sourceId: TELNYX_SOURCE,
    keyAccountId: null,
    reports: sessions.map(([, told]) => reportWithFacts(factsOf(told))),
    atMs,
    heardBy: "webhook",
    join: joinPictures,
    also: async (batch, part) => {
      const told = part.reports.flatMap(({ carrierCallId }) => bySession.get(carrierCallId) ?? []);
      await stageEnds(batch, told);
      stageHandles(batch, part);
      await stageCostJobs(batch, { part, jobIds, atMs });
    },
  });
}

async function stageEnds(batch: Batch, told: Told<unknown>[]): Promise<void> {
  await batch.getMany(told.map(({ event }) => eventKey(event.id)));
  for (const { event } of told) await stageEventEnd(batch, { event, processed: DONE });
}

function factsOf(told: Told<TelnyxCallEvent>[]): TelnyxCallFacts {
  return told.reduce<TelnyxCallFacts | null>((facts, one) => addEvent(facts, one.told), null)!;
}

/** By its handle of one leg, a person or program finds the call. */
function stageHandles(batch: Batch, { changes }: IntakePart): void {
  for (const { before, after } of changes) {
    if (!after.facts || after.facts === before?.facts) continue;
    const facts = JSON.parse(after.facts) as TelnyxCallFacts;
    for (const { callControlId } of facts.legs) {
      if (callControlId === null) continue;
      batch.set(callByControlKey("telnyx", callControlId), { callId: after.id });
    }
  }
}

/** A call that has just ended, or whose end only records can tell, gets the job that asks for them. */
async function stageCostJobs(
  batch: Batch,
  { part, jobIds, atMs }: { part: IntakePart; jobIds: Map<string, string>; atMs: number },
): Promise<void> {
  for (const { before, after } of part.changes) {
    // A call that was asked about while it still went on is asked about again when it has ended.
    const cause = causeOfJob(after);
    if (cause === null || (before && causeOfJob(before) === cause)) continue;
    await stageJob(batch, {
      id: jobIds.get(after.carrierCallId)!,
      kind: TELNYX_COST_JOB,
      unique: after.carrierCallId,
      gate: intakeKey("telnyx"),
      dueAtMs: (after.endedAtMs ?? atMs) + FIRST_TRY_MS,
      atMs,
    });
  }
}

function causeOfJob(call: Call): "ended" | "needs_records" | null {
  if (call.costMicros !== null) return null;
  if (call.isFinal) return "ended";
  return call.facts && needsRecords(call.facts) ? "needs_records" : null;
}

/** Messages taken in by one commit. */
const MESSAGES_PER_COMMIT = 25;

async function takeInMessages(deps: SyncDeps, messages: Told<TelnyxMessageEvent>[]): Promise<void> {
  const byMessage = [...Map.groupBy(messages, ({ told }) => told.message.messageId)];
  for (let i = 0; i < byMessage.length; i += MESSAGES_PER_COMMIT) {
    await recordPart(deps, byMessage.slice(i, i + MESSAGES_PER_COMMIT));
  }
  if (byMessage.length > 0) await rateDueMessages(deps);
}

async function recordPart(
  deps: SyncDeps,
  part: [string, Told<TelnyxMessageEvent>[]][],
): Promise<void> {
  const atMs = deps.clock.now();
  const jobIds = new Map(part.map(([id]) => [id, deps.ids.id()]));
  await recordMessages(deps, {
    carrier: "telnyx",
    sourceId: TELNYX_SOURCE,
    reports: part.map(([, told]) => messageReport(told)),
    atMs,
    also: async (batch, { changes }) => {
      await stageEnds(batch, part.flatMap(([, told]) => told));
      for (const { before, after } of changes) {
        const asks = after.isFinal && after.costMicros === null && !before?.isFinal;
        if (!asks) continue;
        const id = jobIds.get(after.carrierMessageId)!;
        await stageJob(batch, { ...costJobOf(TELNYX_MESSAGE_COST_JOB, after), id, atMs });
      }
    },
  });
}

function messageReport(told: Told<TelnyxMessageEvent>[]): MessageReport {
  const facts = told.reduce<TelnyxMessageFacts | null>(
    (known, one) => addMessageEvent(known, one.told),
    null,
  )!;
  const { carrierMessageId, direction, from, to, segments, status, isFinal, ...rest } =
    messageReportOf(facts);
  const { costMicros, costCurrency, sentAtMs, fault, record } = rest;
  return {
    carrier: "telnyx",
    carrierMessageId,
    direction: direction ?? "outbound",
    from,
    to,
    segments,
    status,
    isFinal,
    costMicros,
    costCurrency,
    sentAtMs,
    fault,
    record,
  };
}

function costJobOf(
  kind: string,
  message: { carrierMessageId: string; learnedAtMs: number },
): Omit<JobRequest, "id" | "atMs"> {
  return {
    kind,
    unique: message.carrierMessageId,
    gate: intakeKey("telnyx"),
    dueAtMs: message.learnedAtMs + FIRST_TRY_MS,
  };
}

function park(
  deps: SyncDeps,
  { event, reason }: { event: InboxEvent; reason: string },
): Promise<void> {
  return end(deps, { event, processed: { status: "parked", reason } });
}

function end(
  deps: SyncDeps,
  { event, processed }: { event: InboxEvent; processed: Processed },
): Promise<void> {
  return deps.gates.change({
    gate: eventKey(event.id),
    stage: (batch) => stageEventEnd(batch, { event, processed }),
  });
}
