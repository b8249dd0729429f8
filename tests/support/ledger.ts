/**
 * What tests ask of a ledger: who was charged what, and whether the books hold together.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { billDue, type BillTally } from "../../core/billing/bill_due.ts";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import { type IntakeTally, recordCalls } from "../../core/billing/record_calls.ts";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import { callKey, chargeKey, walletKey } from "../../core/kv/keys.ts";
import { everyRow } from "../../core/kv/page.ts";
import type { Store } from "../../core/kv/store.ts";
import { amountOf } from "../../core/rating/trace.ts";
import type { CallReport } from "../../core/usage/call_usage.ts";
import type { Call } from "../../core/usage/calls.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { verifyWallet } from "../../core/wallet/verify.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";

/** Takes reports in, as one listing of one carrier. */
export function takeIn(
  deps: BillingDeps,
  reports: CallReport[],
  keyAccountId: string | null = null,
): Promise<IntakeTally> {
  const carrier = reports[0]?.carrier ?? "bland";
  const atMs = deps.clock.now();
  return recordCalls(deps, { carrier, sourceId: `${carrier}:main`, keyAccountId, reports, atMs });
}

/** Takes reports in and bills what is due, as a sync does. */
export async function sync(deps: BillingDeps, reports: CallReport[]): Promise<BillTally> {
  const { fresh } = await takeIn(deps, reports);
  return await billDue(deps, { actor: "sync", fresh });
}

/** The rows under a prefix. */
export async function rowsOf<T>(store: Store, prefix: string[]): Promise<T[]> {
  return (await Array.fromAsync(everyRow<T>(store, { prefix }))).map(({ value }) => value);
}

/** A wallet's entries, oldest first. */
export function entriesOf(store: Store, accountId: string): Promise<Entry[]> {
  return rowsOf<Entry>(store, ["entry", accountId]);
}

/** The entries that a call has caused, as `kind amount`. */
export async function moneyOf(
  store: Store,
  { accountId, callId }: { accountId: string; callId: string },
): Promise<string[]> {
  return (await entriesOf(store, accountId))
    .filter(({ source }) => source.type === "call" && source.id === callId)
    .map(({ kind, amountMicros }) => `${kind} ${amountMicros}`);
}

/** A wallet's row. */
export async function walletOf(store: Store, accountId: string): Promise<Wallet> {
  return (await store.get<Wallet>(walletKey(accountId)))!.value;
}

/** A call's row, or null. */
export async function callOf(store: Store, callId: string): Promise<Call | null> {
  return (await store.get<Call>(callKey(callId)))?.value ?? null;
}

/** A call's charge, or null. */
export async function chargeOf(store: Store, callId: string): Promise<CallCharge | null> {
  return (await store.get<CallCharge>(chargeKey(callId)))?.value ?? null;
}

/**
 * Invariants I1 to I4 over everything that is stored: wallets prove themselves; free minutes are what
 * the charges used, never more than the pool; per call the entries sum to the charge and the trace
 * reproduces it; each call entry belongs to a known call of that account; waiting lists and the
 * wallet's counts are what the charges say.
 */
export async function checkBooks(store: Store): Promise<void> {
  const calls = new Map((await rowsOf<Call>(store, ["call"])).map((call) => [call.id, call]));
  const charges = await rowsOf<CallCharge>(store, ["charge"]);
  for (const { accountId, ...wallet } of await rowsOf<Wallet>(store, ["wallet"])) {
    assert.equal((await verifyWallet(store, accountId)).difference, null, accountId);
    const mine = charges.filter((charge) => charge.accountId === accountId);
    const entries = await entriesOf(store, accountId);
    const byCall = Map.groupBy(
      entries.filter(({ source }) => source.type === "call"),
      ({ source }) => source.id,
    );
    for (const charge of mine) checkCharge(charge, byCall.get(charge.callId) ?? []);
    for (const id of byCall.keys()) assert.equal(calls.get(id)?.accountId, accountId, id);
    const known = new Set(mine.map(({ callId }) => callId));
    assert.ok([...byCall.keys()].every((id) => known.has(id)), "an entry without a charge");
    checkWaiting(wallet, mine);
    assert.equal(
      wallet.billedSecondsTotal,
      mine.reduce((sum, { trace }) => sum + (trace?.billedSeconds ?? 0), 0),
    );
  }
  for (const charge of charges) {
    assert.equal(calls.get(charge.callId)?.accountId, charge.accountId, charge.callId);
  }
  await checkPools(store, charges);
  await checkLists(store, { calls, charges });
}

function checkCharge(charge: CallCharge, entries: Entry[]): void {
  const what = `${charge.callId}: ${entries.map(({ kind }) => kind)}`;
  assert.deepEqual(entries.map(({ seq }) => seq), charge.entries, what);
  const sum = entries.reduce((total, { amountMicros }) => total + amountMicros, 0n);
  assert.equal(-sum, charge.amountMicros, what);
  entries.forEach(({ kind, metadata }, i) => {
    assert.equal(kind, i === 0 ? "charge" : "adjustment", what);
    if (i > 0) assert.equal(metadata.adjusts, String(charge.entries[0]), what);
  });
  if (charge.trace) assert.equal(amountOf(charge.trace), charge.amountMicros, what);
  else assert.equal(charge.amountMicros, 0n, what);
}

function checkWaiting(wallet: Omit<Wallet, "accountId">, charges: CallCharge[]): void {
  const waiting = charges.filter(({ state }) => state === "waiting_funds");
  assert.equal(wallet.waitingCount, waiting.length);
  assert.equal(
    wallet.waitingMicros,
    waiting.reduce((sum, one) => sum + one.wantedMicros - one.amountMicros, 0n),
  );
}

async function checkPools(store: Store, charges: CallCharge[]): Promise<void> {
  const used = new Map<string, number>();
  for (const { accountId, service, trace } of charges) {
    if (!trace?.freeMonth) continue;
    const name = [accountId, service, trace.freeMonth].join("/");
    used.set(name, (used.get(name) ?? 0) + trace.freeSecondsUsed);
  }
  const pools = await store.list<{ usedSeconds: number }>({ prefix: ["free_minutes"] });
  for (const { key, value } of pools) {
    const name = key.slice(1).join("/");
    assert.equal(value.usedSeconds, used.get(name) ?? 0, name);
    assert.ok(value.usedSeconds >= 0 && value.usedSeconds <= 100 * 60, name);
    used.delete(name);
  }
  for (const [name, seconds] of used) assert.equal(seconds, 0, name);
}

async function checkLists(
  store: Store,
  { calls, charges }: { calls: Map<string, Call>; charges: CallCharge[] },
): Promise<void> {
  const listed = async (first: string) =>
    (await Array.fromAsync(everyRow(store, { prefix: [first] }))).map(({ key }) =>
      key.slice(1).join(" ")
    ).toSorted();
  const places = (of: (call: Call) => string[]) => [...calls.values()].flatMap(of).toSorted();
  const time = (ms: number) => String(ms).padStart(15, "0");
  const inState = (state: CallCharge["state"]) => charges.filter((one) => one.state === state);
  assert.deepEqual(
    await listed("call_waiting"),
    inState("waiting_funds")
      .map((one) => `${one.accountId} ${time(one.waitingSinceMs!)} ${one.callId}`).toSorted(),
  );
  assert.deepEqual(
    await listed("call_parked"),
    inState("parked").map((one) => `${one.accountId} ${one.callId}`).toSorted(),
  );
  assert.deepEqual(
    await listed("wallet_waiting"),
    [...new Set(inState("waiting_funds").map(({ accountId }) => accountId))].toSorted(),
  );
  assert.deepEqual(
    await listed("call_by_time"),
    places(({ id, startedAtMs }) => [`${time(startedAtMs)} ${id}`]),
  );
  assert.deepEqual(
    await listed("call_by_account"),
    places(({ id, startedAtMs, accountId }) =>
      accountId ? [`${accountId} ${time(startedAtMs)} ${id}`] : []
    ),
  );
  assert.deepEqual(
    await listed("open_call"),
    places(({ id, sourceId, isFinal, fault }) => isFinal || fault ? [] : [`${sourceId} ${id}`]),
  );
  const unassigned = new Set(
    (await listed("unassigned_call_by_party")).map((one) => one.split(" ").at(-1)),
  );
  assert.deepEqual(
    [...unassigned].toSorted(),
    places(({ id, accountId }) => accountId ? [] : [id]),
  );
}
