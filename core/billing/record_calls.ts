/**
 * Takes in what a carrier says about calls: stores it once, finds whose it is, and marks it due.
 *
 * All of it happens beneath the carrier's intake gate, which number and account changes touch as well,
 * so a call can have one owner only. Repeating a report changes nothing.
 *
 * Goes to: `core/usage/calls.ts`, `core/accounts/numbers.ts`. Picked up by `core/billing/bill_due.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { holderAt, type NumberRow } from "../accounts/numbers.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  accountKey,
  callDueKey,
  callKey,
  intakeKey,
  type Key,
  numberKey,
  openCallKey,
  unassignedCallKey,
} from "../kv/keys.ts";
import { type Call, mergeReport, ownNumbers, stageCall } from "../usage/calls.ts";
import { callId, type CallReport, type Carrier } from "../usage/call_usage.ts";

/** Reports of one carrier that came through one of its keys. */
export interface Intake {
  carrier: Carrier;
  /** The carrier key, as `bland:main` or `bland:<accountId>`. */
  sourceId: string;
  /** The account whose own carrier key this is: all its calls are that account's. */
  keyAccountId: string | null;
  reports: CallReport[];
  atMs: number;
}

/** What taking in came to. `owners` are the accounts of every call reported, new or not. */
export interface IntakeTally {
  stored: string[];
  updated: string[];
  unassigned: string[];
  owners: Map<string, string | null>;
}

/** Calls taken in by one commit: four or five rows each, well inside its budget. */
const CALLS_PER_COMMIT = 80;

/** Stores the reports, a commit for every {@link CALLS_PER_COMMIT}. */
export async function recordCalls(deps: { gates: Gates }, intake: Intake): Promise<IntakeTally> {
  const tally: IntakeTally = { stored: [], updated: [], unassigned: [], owners: new Map() };
  const reports = [...new Map(intake.reports.map((report) => [callId(report), report])).values()];
  for (let i = 0; i < reports.length; i += CALLS_PER_COMMIT) {
    const part = { ...intake, reports: reports.slice(i, i + CALLS_PER_COMMIT) };
    const found = await deps.gates.change({
      gate: intakeKey(intake.carrier),
      reads: readsOf(part),
      stage: (batch) => stageReports(batch, part),
    });
    tally.stored.push(...found.stored);
    tally.updated.push(...found.updated);
    tally.unassigned.push(...found.unassigned);
    for (const [id, owner] of found.owners) tally.owners.set(id, owner);
  }
  return tally;
}

function readsOf({ reports, keyAccountId }: Intake): Key[] {
  const keys = new Map<string, Key>();
  const add = (key: Key) => keys.set(key.join("/"), key);
  for (const report of reports) {
    add(callKey(callId(report)));
    if (keyAccountId !== null) continue;
    if (report.claimedAccountId) add(accountKey(report.claimedAccountId));
    for (const number of ownNumbers(report)) add(numberKey(number));
  }
  return [...keys.values()];
}

async function stageReports(batch: Batch, intake: Intake): Promise<IntakeTally> {
  const tally: IntakeTally = { stored: [], updated: [], unassigned: [], owners: new Map() };
  for (const report of intake.reports) {
    const before = await batch.get<Call>(callKey(callId(report)));
    const merged = mergeReport(before, { report, sourceId: intake.sourceId, atMs: intake.atMs });
    if (!merged) {
      tally.owners.set(before!.id, before!.accountId);
      continue;
    }
    const accountId = merged.accountId ?? intake.keyAccountId ?? await findOwner(batch, merged);
    const after = { ...merged, accountId };
    stageReport(batch, { before, after });
    (before ? tally.updated : tally.stored).push(after.id);
    tally.owners.set(after.id, accountId);
    if (!accountId) tally.unassigned.push(after.id);
  }
  return tally;
}

function stageReport(batch: Batch, { before, after }: { before: Call | null; after: Call }): void {
  stageCall(batch, { before, after });
  const isOpen = !after.isFinal && !after.fault;
  if (isOpen && !before) batch.set(openCallKey(after.sourceId, after.id), {});
  if (!isOpen && before) batch.delete(openCallKey(after.sourceId, after.id));
  if (before && !before.accountId) unlistUnassigned(batch, before);
  if (!after.accountId) listUnassigned(batch, after);
  else if (!isOpen) {
    batch.set(callDueKey(after.accountId, after.startedAtMs, after.id, after.revision), {});
  }
}

/** What the call names itself goes before numbers: it was said when the call was ordered. */
async function findOwner(batch: Batch, call: Call): Promise<string | null> {
  const { carrier, claimedAccountId, startedAtMs } = call;
  if (claimedAccountId && await batch.get<Account>(accountKey(claimedAccountId))) {
    return claimedAccountId;
  }
  for (const number of ownNumbers(call)) {
    const row = await batch.get<NumberRow>(numberKey(number));
    const holder = holderAt(row, { carrier, atMs: startedAtMs });
    if (holder) return holder;
  }
  return null;
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

/** Gives an unassigned call the owner it has by now; false when it still has none. */
export async function stageClaim(batch: Batch, id: string): Promise<boolean> {
  const before = await batch.get<Call>(callKey(id));
  if (!before || before.accountId) return false;
  const accountId = await findOwner(batch, before);
  if (!accountId) return false;
  stageReport(batch, { before, after: { ...before, accountId, revision: before.revision + 1 } });
  return true;
}
