/**
 * Compares each carrier's day with the carrier's own records: a durable job for every carrier and day.
 *
 * Comes from: `cron/jobs.ts`, `cron/mod.ts`. Goes to: `core/billing/reconciliation.ts`,
 * `cron/reconcile_telnyx.ts`, `cron/reconcile_messages.ts`, `cron/reconcile_listing.ts`.
 *
 * @module
 */
import { readMovement } from "../core/billing/balance_movement.ts";
import { withClosed } from "../core/billing/close_item.ts";
import {
  compareCalls,
  type Comparison,
  emptySum,
  getReconciliation,
  keepReconciliation,
  type OwnCall,
  type Reconciliation,
  RECONCILIATION_JOB,
  type ReconciliationItem,
  type SideSums,
  type Suggestion,
} from "../core/billing/reconciliation.ts";
import { DAY_MS, HOUR_MS, parseInstant, SECOND_MS } from "../core/clock.ts";
import { type Job, stageJob } from "../core/jobs/job.ts";
import { type JobKinds, type JobResult, runJob } from "../core/jobs/run_jobs.ts";
import { callByTimePrefix, callKey, jobByUniqueKey, noticeKey, timePart } from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import { reconciliationNotice } from "../core/notices/causes.ts";
import { stageNotice } from "../core/notices/notice.ts";
import type { Carrier } from "../core/usage/call_usage.ts";
import { type Call, talkSeconds } from "../core/usage/calls.ts";
import { readListedSide } from "./reconcile_listing.ts";
import { listOwnMessages, readMessageSide } from "./reconcile_messages.ts";
import { readTelnyxSide } from "./reconcile_telnyx.ts";
import { daysUntil } from "../core/wallet/system_totals.ts";
import { listSources, type SyncDeps } from "./sync_calls.ts";
import type { DayRequest, TheirDay, TheirUsage } from "./their_day.ts";

/** After the day's end: calls that began late have ended by then, and their records are there. */
const DUE_AFTER_MS = 5 * HOUR_MS;
/** How long one run of the job reads before it lets others have their turn. */
const SLICE_MS = 25 * SECOND_MS;

/** The carriers that are on. */
export function reconciledCarriers(deps: SyncDeps): Carrier[] {
  const all = ["bland", "telnyx", "twilio"] as const;
  return all.filter((carrier) => Boolean(deps[carrier]));
}

/** Days looked back for one that was missed, or could not be read. */
const CATCH_UP_DAYS = 7;

/** Stages yesterday's comparison of every carrier that is on, and those that were missed. */
export async function stageReconciliations(deps: SyncDeps): Promise<void> {
  for (const carrier of reconciledCarriers(deps)) {
    for (const day of await missedDays(deps, carrier)) {
      const dueAtMs = Math.max(deps.clock.now(), settledAtMs(day));
      await stageReconciliation(deps, { carrier, day, actor: "cron", dueAtMs });
    }
  }
}

/** Yesterday, and what lies between it and an earlier day that was compared. */
async function missedDays(deps: SyncDeps, carrier: Carrier): Promise<string[]> {
  const days = daysUntil(deps.clock.now() - DAY_MS, CATCH_UP_DAYS);
  const found = await Promise.all(
    days.map((day) => getReconciliation(deps.store, { carrier, day })),
  );
  const first = found.findIndex((one) => one !== null);
  return days.filter((day, i) => {
    const known = found[i];
    // Compared before its calls could have their records, a day is compared again.
    if (known) return known.state !== "done" || known.finishedAtMs! < settledAtMs(day);
    return i === days.length - 1 || (first !== -1 && i > first);
  });
}

/** When everything of a day has ended and has its records. */
const settledAtMs = (day: string): number => startOf(day) + DAY_MS + DUE_AFTER_MS;

/** Compares one day now, as far as one run gets; the job goes on. Null while the carrier is off. */
export async function reconcileNow(
  deps: SyncDeps & { kinds: JobKinds },
  input: { carrier: Carrier; day: string; actor: string },
): Promise<Reconciliation | null> {
  if (!reconciledCarriers(deps).includes(input.carrier)) return null;
  const jobId = await stageReconciliation(deps, { ...input, dueAtMs: deps.clock.now() });
  await runJob(deps, jobId);
  return await getReconciliation(deps.store, input);
}

/** Stages one comparison; answers its job. A result of an earlier one stays until this one ends. */
export async function stageReconciliation(
  deps: SyncDeps,
  { carrier, day, actor, dueAtMs }: {
    carrier: Carrier;
    day: string;
    actor: string;
    dueAtMs: number;
  },
): Promise<string> {
  const unique = `${carrier}:${day}`;
  const atMs = deps.clock.now();
  const id = deps.ids.id();
  const earlier = await getReconciliation(deps.store, { carrier, day });
  const fresh = earlier ?? nothingFound({ carrier, day });
  await keepReconciliation(deps.store, {
    ...fresh,
    state: "pending",
    failure: null,
    actor,
    startedAtMs: atMs,
    finishedAtMs: null,
  });
  return await deps.gates.change({
    gate: jobByUniqueKey(RECONCILIATION_JOB, unique),
    stage: (batch) => stageJob(batch, { id, kind: RECONCILIATION_JOB, unique, dueAtMs, atMs }),
  });
}

function nothingFound({ carrier, day }: { carrier: Carrier; day: string }): Reconciliation {
  return {
    carrier,
    day,
    currency: "USD",
    matched: emptySum(),
    oursOnly: emptySum(),
    theirsOnly: emptySum(),
    different: emptySum(),
    items: [],
    itemCount: 0,
    openCount: 0,
    movement: null,
    state: "pending",
    failure: null,
    actor: "cron",
    startedAtMs: 0,
    finishedAtMs: null,
  };
}

/** One run of the job: reads as far as it gets, and compares once everything is there. */
export async function runReconciliation(deps: SyncDeps, job: Job): Promise<JobResult> {
  const [carrier, day] = job.unique.split(":") as [Carrier, string];
  const before = await getReconciliation(deps.store, { carrier, day }) ??
    nothingFound({ carrier, day });
  const startMs = startOf(day);
  const untilMs = deps.clock.now() + SLICE_MS;
  // A job that was started again reads again: its runs are told apart by when it last began.
  const readId = `${job.id}-${before.startedAtMs}`;
  const theirs = await readTheirs(deps, { carrier, startMs, readId, untilMs });
  if (theirs.status === "paused") {
    return { status: "again", reason: theirs.reason, inMs: theirs.inMs };
  }
  if (theirs.status === "failed") {
    await keepReconciliation(deps.store, { ...before, state: "failed", failure: theirs.reason });
    return { status: "again", reason: theirs.reason };
  }
  const ours = await listOurs(deps, { carrier, startMs });
  const found = compareCalls({ ours, theirs: theirs.calls });
  const settled = withSettled(found.items, await theirs.settle(found.items));
  const messages = theirs.messages &&
    await compareMessages(deps, { carrier, startMs, theirs: theirs.messages });
  const items = withClosed([...settled, ...messages?.items ?? []], before.items);
  const openCount = items.filter(({ state }) => state === "open").length;
  // Told before it is kept: a run that dies between the two is run again, and tells nothing twice.
  if (openCount > 0) await tellOfDifference(deps, { carrier, day, openCount });
  await keepReconciliation(deps.store, {
    ...before,
    ...found,
    messages: messages?.sums ?? null,
    items,
    itemCount: items.length,
    openCount,
    movement: await readMovement(deps.store, { carrier, day, calls: costOfDay(found) }),
    state: "done",
    failure: null,
    finishedAtMs: deps.clock.now(),
  });
  return { status: "done", result: logged(deps, { carrier, day, found, openCount }) };
}

async function compareMessages(
  deps: SyncDeps,
  { carrier, startMs, theirs }: { carrier: Carrier; startMs: number; theirs: TheirUsage },
): Promise<{ sums: SideSums; items: ReconciliationItem[] }> {
  const ours = await listOwnMessages(deps, { carrier, startMs });
  const { items, ...sums } = compareCalls({ ours, theirs: theirs.calls });
  const settled = withSettled(items, await theirs.settle(items));
  return { sums, items: settled.map((item) => ({ ...item, usage: "message" })) };
}

async function tellOfDifference(
  deps: SyncDeps,
  { carrier, day, openCount }: { carrier: Carrier; day: string; openCount: number },
): Promise<void> {
  const notice = reconciliationNotice({ carrier, day, openCount, atMs: deps.clock.now() });
  await deps.gates.change({
    gate: noticeKey(notice.id),
    stage: (batch) => stageNotice(batch, notice),
  });
}

const startOf = (day: string): number => parseInstant(`${day}T00:00:00Z`)!;

async function readTheirs(
  deps: SyncDeps,
  request: DayRequest,
): Promise<TheirDay & { messages?: TheirUsage }> {
  const { carrier } = request;
  if (!deps[carrier]) return { status: "failed", reason: `${carrier} is not configured` };
  if (carrier === "telnyx") {
    const telnyx = deps.telnyx!;
    const calls = await readTelnyxSide(deps, { telnyx, request });
    if (calls.status !== "read") return calls;
    const messages = await readMessageSide(deps, { telnyx, request });
    return messages.status === "read" ? { ...calls, messages } : messages;
  }
  const sources = (await listSources(deps)).filter((source) => source.carrier === carrier);
  return await readListedSide(deps, { sources, request });
}

const CALLS_AT_ONCE = 500;

async function listOurs(
  { store }: SyncDeps,
  { carrier, startMs }: { carrier: Carrier; startMs: number },
): Promise<OwnCall[]> {
  const ids: string[] = [];
  const range = {
    prefix: callByTimePrefix,
    from: [...callByTimePrefix, timePart(startMs)],
    until: [...callByTimePrefix, timePart(startMs + DAY_MS)],
  };
  for await (const { key } of everyRow<object>(store, range)) {
    if (key[2]!.startsWith(`${carrier}:`)) ids.push(key[2]!);
  }
  const ours: OwnCall[] = [];
  for (let i = 0; i < ids.length; i += CALLS_AT_ONCE) {
    const rows = await store.getMany<Call>(ids.slice(i, i + CALLS_AT_ONCE).map(callKey));
    ours.push(...rows.flatMap((row) => (row ? [ownCall(row.value)] : [])));
  }
  return ours;
}

function ownCall(call: Call): OwnCall {
  const { id, costMicros, costCurrency, isFinal, fault } = call;
  return {
    callId: id,
    costMicros,
    costCurrency,
    isFinal: isFinal || fault !== null,
    isUnanswered: isFinal && talkSeconds(call) === 0,
  };
}

function withSettled(
  items: readonly ReconciliationItem[],
  settled: ReadonlyMap<string, Suggestion>,
): ReconciliationItem[] {
  return items.map((item) => {
    const suggestion = settled.get(item.callId);
    return suggestion ? { ...item, state: "settled", suggestion } : item;
  });
}

function costOfDay(found: Comparison): { costMicros: bigint; currency: string } {
  const { matched, theirsOnly, different, currency } = found;
  const costMicros = [matched, theirsOnly, different]
    .reduce((sum, side) => sum + side.theirsMicros, 0n);
  return { costMicros, currency };
}

function logged(
  deps: SyncDeps,
  { carrier, day, found, openCount }: {
    carrier: Carrier;
    day: string;
    found: Comparison;
    openCount: number;
  },
): Record<string, number> {
  const counts = {
    matched: found.matched.count,
    oursOnly: found.oursOnly.count,
    theirsOnly: found.theirsOnly.count,
    different: found.different.count,
    open: openCount,
  };
  const level = openCount > 0 ? "warn" : "info";
  deps.log(level, "[BILLING] reconciled a day", { carrier, day, ...counts });
  return counts;
}
