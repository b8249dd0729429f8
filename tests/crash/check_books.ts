/**
 * What is left after the kills, held against what the carriers, the payers and the reporters know.
 *
 * Goes to: `tests/crash/check_calls.ts`, `tests/crash/check_messages.ts`, `tests/crash/check_sippy.ts`,
 * `tests/support/ledger.ts`, `tests/support/sms.ts`.
 *
 * @module
 */
import { verifyAllWallets } from "../../core/billing/verify_ledger.ts";
import { systemClock } from "../../core/clock.ts";
import type { InboxEvent } from "../../core/jobs/inbox.ts";
import { createStore } from "../../core/kv/store.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { checkBooks as checkLedger } from "../support/ledger.ts";
import { checkBills } from "../support/sms.ts";
import { accountOf, FIRST_MICROS, numberOf, readBalances, readRows } from "../support/sync_load.ts";
import { checkCalls } from "./check_calls.ts";
import { checkMessages } from "./check_messages.ts";
import { checkSippy } from "./check_sippy.ts";
import { type Findings, noFindings, nothingVisible, type Visible } from "./findings.ts";
import { LITTLE_MICROS } from "./open_accounts.ts";
import type { TopUps } from "./top_ups.ts";
import type { Truth } from "./truth.ts";
import type { UsageReports } from "./usage_reports.ts";

/** What the world outside knows. */
export interface Known {
  truth: Truth;
  topUps: TopUps;
  reports: UsageReports;
  /** Accounts with enough money; one more has too little. */
  accounts: number;
}

/** The rows of a database that nobody else has open, and what was found in them so far. */
export interface Audit {
  kv: Deno.Kv;
  known: Known;
  /** Account by number. */
  owners: ReadonlyMap<string, string>;
  found: Findings;
  visible: Visible;
  /** What each account must have left. */
  balances: Map<string, bigint>;
}

/** Looks at every row of money in a database that nobody else has open. */
export async function checkBooks(
  kv: Deno.Kv,
  known: Known,
): Promise<{ findings: Findings; visible: Visible }> {
  const all = Array.from({ length: known.accounts + 1 }, (_, i) => i);
  const audit: Audit = {
    kv,
    known,
    owners: new Map(all.map((i) => [numberOf(i), accountOf(i)])),
    found: noFindings(),
    visible: nothingVisible(),
    balances: new Map(
      all.map((i) => [accountOf(i), i === known.accounts ? LITTLE_MICROS : FIRST_MICROS]),
    ),
  };
  const { found, visible, balances } = audit;
  await checkDeliveries(audit);
  const entries = await readRows<Entry>(kv, "entry");
  checkTopUps(audit, entries);
  await checkCalls(audit, entries);
  await checkMessages(audit);
  await checkSippy(audit);
  const held = await readBalances(kv);
  for (const [accountId, micros] of balances) {
    const has = held.get(accountId);
    if (has !== micros) found.differences.push(`${accountId} has ${has}, must have ${micros}`);
  }
  if ((held.get(accountOf(known.accounts)) ?? 0n) < 0n) {
    found.differences.push("the account that waits for money is below zero");
  }
  const store = createStore({ kv, clock: systemClock() });
  found.differences.push(...await verifyLedger(kv));
  for (const [name, check] of Object.entries({ checkLedger, checkBills })) {
    await check(store).catch((error) => found.differences.push(`${name}: ${error.message}`));
  }
  for (const kind of ["call_due", "message_due", "event_due"]) {
    const left = (await readRows(kv, kind)).size;
    if (left > 0) found.differences.push(`${left} rows are left under ${kind}`);
  }
  if (found.lost.length > 0) found.differences.unshift(...await describeRows(kv));
  return { findings: found, visible };
}

/** Every wallet recomputed from its entries and hashes: what does not add up. */
export async function verifyLedger(kv: Deno.Kv): Promise<string[]> {
  const store = createStore({ kv, clock: systemClock() });
  const { differences } = await verifyAllWallets({ store }, () => {});
  return differences.map(({ accountId, seq, reason }) => `${accountId} entry ${seq}: ${reason}`);
}

/** Every webhook was acknowledged in the end, and each that was is there and worked off. */
async function checkDeliveries({ kv, known, found }: Audit): Promise<void> {
  const events = await readRows<InboxEvent>(kv, "event");
  for (const { eventId, kind, isAcknowledged, refusal } of known.truth.deliveries) {
    const state = events.get(eventId)?.state;
    if (refusal) found.differences.push(`${kind} ${eventId} was refused: ${refusal}`);
    if (!isAcknowledged) found.differences.push(`${kind} ${eventId} was never acknowledged`);
    else if (!state) found.lost.push(`${kind} ${eventId}, acknowledged`);
    else if (state !== "processed") found.differences.push(`${kind} ${eventId} is ${state}`);
  }
}

function checkTopUps({ known, found, balances }: Audit, entries: ReadonlyMap<string, Entry>): void {
  const posted = Map.groupBy(
    [...entries].filter(([, { kind }]) => kind === "top_up"),
    ([, { metadata }]) => metadata.reference ?? "",
  );
  for (const { key, accountId, amountMicros, acknowledged } of known.topUps.all) {
    balances.set(accountId, balances.get(accountId)! + amountMicros);
    const rows = posted.get(key) ?? [];
    if (rows.length === 0) found.lost.push(key);
    if (rows.length > 1) found.doubled.push(key);
    const [name, entry] = rows[0] ?? [];
    const isWhatWasSaid = entry?.amountMicros === amountMicros && name?.startsWith(accountId) &&
      (!acknowledged || entry.hash === acknowledged.hash && entry.seq === acknowledged.seq);
    if (rows.length === 1 && !isWhatWasSaid) found.differences.push(`${key} is not what was said`);
    if (!acknowledged) found.differences.push(`${key} was never acknowledged`);
  }
  for (const key of known.topUps.contradicted) {
    found.differences.push(`${key} was answered in two ways`);
  }
}

/** What helps to understand a loss: how many rows of each kind there are, and how far carriers were read. */
async function describeRows(kv: Deno.Kv): Promise<string[]> {
  const counts = new Map<string, number>();
  const cursors: string[] = [];
  for await (const { key, value } of kv.list<Uint8Array>({ prefix: [] }, { batchSize: 500 })) {
    const kind = String(key[0]);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (kind === "cursor" || kind === "lease") cursors.push(new TextDecoder().decode(value));
  }
  return [`rows: ${JSON.stringify(Object.fromEntries(counts))}`, ...cursors];
}
