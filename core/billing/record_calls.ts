/**
 * Takes in what a carrier says about calls: stores it once, finds whose it is, and marks it due.
 *
 * All of it happens beneath the carrier's intake gate, which number and account changes touch as well,
 * so a call can have one owner only. Repeating a report changes nothing.
 *
 * Goes to: `core/usage/calls.ts`, `core/billing/owner_book.ts`.
 * Picked up by `core/billing/bill_due.ts`.
 *
 * @module
 */
import { utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  callDueKey,
  callKey,
  heardDayKey,
  intakeKey,
  openCallKey,
  unassignedCallKey,
} from "../kv/keys.ts";
import { findOwner, type OwnerBook, readOwner, readOwners } from "./owner_book.ts";
import { tellOfUnassigned } from "./tell_unassigned.ts";
import { type Call, mergeReport, ownNumbers, stageCall } from "../usage/calls.ts";
import { callId, type CallReport, type Carrier } from "../usage/call_usage.ts";

/** Reports of one carrier that came through one of its keys. */
export interface Intake {
  /** Who reports. */
  carrier: Carrier;
  /** The carrier key, as `bland:main` or `bland:account:<accountId>`. */
  sourceId: string;
  /** The account whose own carrier key this is: all its calls are that account's. */
  keyAccountId: string | null;
  /** What it says; a call may be among them twice. */
  reports: CallReport[];
  /** When we heard it. */
  atMs: number;
  /** How we came to hear of them, for counting what webhooks miss. */
  heardBy?: "webhook" | "listing";
  /** Joins what was known with what is reported, where an adapter keeps facts of its own. */
  join?: (earlierFacts: string, laterFacts: string) => CallReport;
  /** Stages what else belongs to the same commit: jobs, events that are dealt with now. */
  also?: (batch: Batch, part: IntakePart) => Promise<void>;
}

/** What one commit of an intake takes in, and the calls it changes. */
export interface IntakePart {
  /** The reports of this commit. */
  reports: CallReport[];
  /** Calls that are new or changed. */
  changes: { before: Call | null; after: Call }[];
}

/** A UTC day's calls of a carrier, by how we first heard that they had ended. */
export interface HeardDay {
  /** Ended by word of a webhook. */
  webhook: number;
  /** Ended by what the sync read. */
  listing: number;
}

/** What taking in came to. `owners` are the accounts of every call reported, new or not. */
export interface IntakeTally {
  /** Ids of calls seen for the first time. */
  stored: string[];
  /** Ids of calls that had changed. */
  updated: string[];
  /** Ids of those of them that nobody owns. */
  unassigned: string[];
  /** By call id; null: nobody's. */
  owners: Map<string, string | null>;
  /** The calls as just stored, so that billing need not read them again. */
  fresh: Map<string, Call>;
}

/** Calls taken in by one commit: four or five rows each, well inside its budget. */
const CALLS_PER_COMMIT = 80;

/** Stores the reports, a commit for every {@link CALLS_PER_COMMIT}. */
export async function recordCalls(deps: { gates: Gates }, intake: Intake): Promise<IntakeTally> {
  const tally = emptyTally();
  const book: OwnerBook = { touchedBy: undefined, rows: new Map() };
  for (let i = 0; i < intake.reports.length; i += CALLS_PER_COMMIT) {
    const reports = intake.reports.slice(i, i + CALLS_PER_COMMIT);
    addTally(tally, await recordPart(deps, { book, intake: { ...intake, reports } }));
  }
  return tally;
}

async function recordPart(
  deps: { gates: Gates },
  { book, intake }: { book: OwnerBook; intake: Intake },
): Promise<IntakeTally> {
  const { carrier, reports } = intake;
  try {
    return await deps.gates.change({
      gate: intakeKey(carrier),
      reads: reports.map((report) => callKey(callId(report))),
      stage: async (batch) => {
        await readOwners(batch, { book, intake });
        return await stageReports(batch, { book, intake });
      },
    });
  } catch (error) {
    // Calls whose start moves write up to ten rows each: then a part is too large, its halves are not.
    if (!(error instanceof RangeError) || reports.length < 2) throw error;
    const middle = Math.ceil(reports.length / 2);
    const halves = [reports.slice(0, middle), reports.slice(middle)];
    const tally = emptyTally();
    for (const half of halves) {
      addTally(tally, await recordPart(deps, { book, intake: { ...intake, reports: half } }));
    }
    return tally;
  }
}

/** A tally of nothing. */
export function emptyTally(): IntakeTally {
  return { stored: [], updated: [], unassigned: [], owners: new Map(), fresh: new Map() };
}

/** Adds one tally to another. */
export function addTally(into: IntakeTally, from: IntakeTally): void {
  into.stored.push(...from.stored);
  into.updated.push(...from.updated);
  into.unassigned.push(...from.unassigned);
  for (const [id, owner] of from.owners) into.owners.set(id, owner);
  for (const [id, call] of from.fresh) into.fresh.set(id, call);
}

async function stageReports(
  batch: Batch,
  { book, intake }: { book: OwnerBook; intake: Intake },
): Promise<IntakeTally> {
  const tally = emptyTally();
  const changes: IntakePart["changes"] = [];
  for (const told of intake.reports) {
    const before = await batch.get<Call>(callKey(callId(told)));
    const report = before?.facts && told.facts && intake.join
      ? intake.join(before.facts, told.facts)
      : told;
    const merged = mergeReport(before, { report, sourceId: intake.sourceId, atMs: intake.atMs });
    if (!merged) {
      tally.owners.set(before!.id, before!.accountId);
      const { facts } = report;
      if (facts && facts !== before!.facts) batch.set(callKey(before!.id), { ...before!, facts });
      continue;
    }
    const known = before && mayChangeOwner(before, intake) ? null : merged.accountId;
    const found = known ?? intake.keyAccountId ??
      await findOwner(merged, (key) => readOwner(batch, { book, key }));
    // A part may leave out what named the owner.
    const accountId = found ?? (report.isWhole ? null : merged.accountId);
    const after = { ...merged, accountId };
    stageReport(batch, { before, after });
    changes.push({ before, after });
    if (after.isFinal && !before?.isFinal) await countHeard(batch, { call: after, intake });
    // A page may show a call twice; both rows are taken in, and it counts once.
    if (!tally.fresh.has(after.id)) {
      (before ? tally.updated : tally.stored).push(after.id);
      if (!accountId) tally.unassigned.push(after.id);
    }
    tally.owners.set(after.id, accountId);
    tally.fresh.set(after.id, after);
  }
  await intake.also?.(batch, { reports: intake.reports, changes });
  const fresh = changes.filter(({ before, after }) => !before && !after.accountId);
  const parties = fresh.flatMap(({ after }) => claimsOf(after)[0] ?? []);
  await tellOfUnassigned(batch, { parties, atMs: intake.atMs });
  return tally;
}

function stageReport(batch: Batch, { before, after }: { before: Call | null; after: Call }): void {
  stageCall(batch, { before, after });
  const isOpen = isCallOpen(after);
  const wasOpen = before !== null && isCallOpen(before);
  if (isOpen && !wasOpen) batch.set(openCallKey(after.sourceId, after.id), {});
  if (!isOpen && wasOpen) batch.delete(openCallKey(after.sourceId, after.id));
  if (before && !before.accountId) unlistUnassigned(batch, before);
  if (!after.accountId) listUnassigned(batch, after);
  else if (!isOpen) {
    batch.set(callDueKey(after.accountId, after.startedAtMs, after.id, after.revision), {});
  }
}

async function countHeard(
  batch: Batch,
  { call, intake }: { call: Call; intake: Intake },
): Promise<void> {
  if (!intake.heardBy) return;
  const key = heardDayKey(intake.carrier, utcDay(call.startedAtMs));
  const day = await batch.get<HeardDay>(key) ?? { webhook: 0, listing: 0 };
  batch.set(key, { ...day, [intake.heardBy]: day[intake.heardBy] + 1 });
}

/** Its carrier has not ended it, and nothing is wrong with it: it is to be read again. */
function isCallOpen(call: Call): boolean {
  return !call.isFinal && !call.fault;
}

/**
 * Until a call has been due, the next report may tell another start or name its account. After that
 * its charge stands beneath a wallet, and it stays there.
 */
function mayChangeOwner(before: Call, { sourceId }: Intake): boolean {
  return isCallOpen(before) && !before.hadFault && before.sourceId === sourceId;
}

/** What would claim a call: its account id, or one of our numbers. */
function claimsOf(call: Call): string[] {
  return [
    ...ownNumbers(call),
    ...(call.claimedAccountId ? [accountClaim(call.claimedAccountId)] : []),
  ];
}

/** The claim that a new account settles. */
export function accountClaim(accountId: string): string {
  return `account:${accountId}`;
}

function listUnassigned(batch: Batch, call: Call): void {
  for (const claim of claimsOf(call)) {
    batch.set(unassignedCallKey(claim, call.startedAtMs, call.id), {});
  }
}

function unlistUnassigned(batch: Batch, call: Call): void {
  for (const claim of claimsOf(call)) {
    batch.delete(unassignedCallKey(claim, call.startedAtMs, call.id));
  }
}

/** Stops waiting for a call that its carrier never ends: it is parked with the reason, and shown. */
export async function giveUpCall(
  deps: { gates: Gates },
  { carrier, id, reason, atMs }: { carrier: Carrier; id: string; reason: string; atMs: number },
): Promise<void> {
  await deps.gates.change({
    gate: intakeKey(carrier),
    stage: async (batch) => {
      const before = await batch.get<Call>(callKey(id));
      if (!before || before.isFinal || before.fault) return;
      stageReport(batch, {
        before,
        after: {
          ...before,
          fault: reason,
          hadFault: true,
          revision: before.revision + 1,
          learnedAtMs: atMs,
        },
      });
    },
  });
}

/** Gives an unassigned call the owner it has by now; false when it still has none. */
export async function stageClaim(batch: Batch, id: string): Promise<boolean> {
  const before = await batch.get<Call>(callKey(id));
  if (!before || before.accountId) return false;
  const accountId = await findOwner(before, (key) => batch.get<object>(key));
  if (!accountId) return false;
  stageReport(batch, { before, after: { ...before, accountId, revision: before.revision + 1 } });
  return true;
}
