/**
 * What is left after the kills, held against what Bland and the payers know.
 *
 * @module
 */
import type { CallCharge } from "../../core/billing/call_charge.ts";
import { verifyAllWallets } from "../../core/billing/verify_ledger.ts";
import { systemClock } from "../../core/clock.ts";
import { createStore } from "../../core/kv/store.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import {
  accountOf,
  FIRST_MICROS,
  numberOf,
  priceOf,
  readBalances,
  readRows,
} from "../support/sync_load.ts";
import type { TrueCall } from "./bland_server.ts";
import type { TopUps } from "./top_ups.ts";

/** What was found: calls and top-ups that are missing, or there more than once, and other differences. */
export interface Findings {
  lost: string[];
  doubled: string[];
  differences: string[];
}

/** Looks at every row of money in a database that nobody else has open. */
export async function checkBooks(
  kv: Deno.Kv,
  { calls, topUps, accounts }: { calls: TrueCall[]; topUps: TopUps; accounts: number },
): Promise<Findings> {
  const found: Findings = { lost: [], doubled: [], differences: [] };
  const entries = await readRows<Entry>(kv, "entry");
  const bySource = Map.groupBy(entries.values(), ({ source }) => source.id);
  const charges = await readRows<CallCharge>(kv, "charge");
  for (const call of calls) checkCall(found, { call, charges, bySource });
  const known = new Set(calls.map(({ callId }) => `bland:${callId}`));
  for (const id of charges.keys()) {
    if (!known.has(id)) found.differences.push(`a charge for ${id}, which Bland does not know`);
  }
  checkTopUps(found, { topUps, entries });
  const balances = await readBalances(kv);
  for (const [accountId, micros] of expectBalances({ calls, topUps, accounts })) {
    const has = balances.get(accountId);
    if (has !== micros) found.differences.push(`${accountId} has ${has}, must have ${micros}`);
  }
  const store = createStore({ kv, clock: systemClock() });
  for (
    const { accountId, seq, reason } of (await verifyAllWallets({ store }, () => {})).differences
  ) {
    found.differences.push(`${accountId} entry ${seq}: ${reason}`);
  }
  for (const kind of ["call_due", "call_waiting", "unassigned_call_by_party"]) {
    const left = (await readRows(kv, kind)).size;
    if (left > 0) found.differences.push(`${left} rows are left under ${kind}`);
  }
  if (found.lost.length > 0) found.differences.unshift(...await describeRows(kv));
  return found;
}

/** What helps to understand a loss: how many rows of each kind there are, and how far Bland was read. */
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

function checkCall(
  found: Findings,
  { call, charges, bySource }: {
    call: TrueCall;
    charges: ReadonlyMap<string, CallCharge>;
    bySource: ReadonlyMap<string, Entry[]>;
  },
): void {
  const id = `bland:${call.callId}`;
  const price = priceOf(call);
  const entries = bySource.get(id) ?? [];
  // A call that was told differently later has one charge, and adjustments to it.
  const state = charges.get(id)?.state ?? "without a charge";
  if (state !== "billed") found.lost.push(`${id}, ${state}`);
  else if (entries.filter(({ kind }) => kind === "charge").length > 1) found.doubled.push(id);
  else if (entries.length === 0 && price > 0n) found.lost.push(`${id}, billed without an entry`);
  const paidMicros = entries.reduce((sum, { amountMicros }) => sum - amountMicros, 0n);
  if (paidMicros !== price) found.differences.push(`${id} paid ${paidMicros}, costs ${price}`);
}

function checkTopUps(
  found: Findings,
  { topUps, entries }: { topUps: TopUps; entries: ReadonlyMap<string, Entry> },
): void {
  const posted = Map.groupBy(
    [...entries].filter(([, { kind }]) => kind === "top_up"),
    ([, { metadata }]) => metadata.reference ?? "",
  );
  for (const { key, accountId, amountMicros, acknowledged } of topUps.all) {
    const rows = posted.get(key) ?? [];
    if (rows.length === 0) found.lost.push(key);
    if (rows.length > 1) found.doubled.push(key);
    const [name, entry] = rows[0] ?? [];
    const isWhatWasSaid = entry?.amountMicros === amountMicros && name?.startsWith(accountId) &&
      (!acknowledged || entry.hash === acknowledged.hash && entry.seq === acknowledged.seq);
    if (rows.length === 1 && !isWhatWasSaid) found.differences.push(`${key} is not what was said`);
  }
  for (const key of topUps.contradicted) found.differences.push(`${key} was answered in two ways`);
}

/** What every account must have: its first money, its top-ups, and its calls at 0.11 a started minute. */
function expectBalances(
  { calls, topUps, accounts }: { calls: TrueCall[]; topUps: TopUps; accounts: number },
): Map<string, bigint> {
  const owners = new Map<string, string>();
  const balances = new Map<string, bigint>();
  for (let i = 0; i < accounts; i++) {
    owners.set(numberOf(i), accountOf(i));
    balances.set(accountOf(i), FIRST_MICROS);
  }
  const add = (accountId: string, micros: bigint) =>
    void balances.set(accountId, balances.get(accountId)! + micros);
  for (const { accountId, amountMicros } of topUps.all) add(accountId, amountMicros);
  for (const call of calls) add(owners.get(call.isInbound ? call.to : call.from)!, -priceOf(call));
  return balances;
}
