/**
 * Bills one call: stages its charge, or the difference to what was charged before, or why it waits.
 *
 * Comes from: `core/billing/bill_due.ts`. Goes to: `core/billing/price_call.ts`,
 * `core/wallet/post_entry.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { formatInstant, utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import {
  callParkedKey,
  callWaitingKey,
  chargeKey,
  walletKey,
  walletWaitingKey,
} from "../kv/keys.ts";
import { amountOf, type Trace } from "../rating/trace.ts";
import { waitingFundsNotice } from "../notices/causes.ts";
import { stageNotice } from "../notices/notice.ts";
import type { Call } from "../usage/calls.ts";
import { recordDayChange } from "../wallet/day_total.ts";
import { postEntry } from "../wallet/post_entry.ts";
import type { Wallet } from "../wallet/wallet.ts";
import { type CallCharge, noCharge } from "./call_charge.ts";
import { priceCall, stageFreeMinutes } from "./price_call.ts";

/** What became of a call. `unchanged`: this revision had been dealt with before. */
export type BillOutcome = {
  status: "billed" | "adjusted" | "waiting_funds" | "parked" | "unchanged";
  micros: bigint;
};

/** A call to bill, whose account and wallet are known. */
export interface CallToBill {
  /** In the revision to bill. */
  call: Call;
  /** Whose the call is. */
  account: Account;
  /** Now: when the charge comes about. */
  atMs: number;
  /** Kept in the entry. */
  actor: string;
}

/** Stages everything that follows from one call for its wallet. */
export async function billCall(
  batch: Batch,
  { call, account, atMs, actor }: CallToBill,
): Promise<BillOutcome> {
  const earlier = await batch.get<CallCharge>(chargeKey(call.id));
  const charge = earlier ??
    noCharge({ callId: call.id, accountId: account.id, carrier: call.carrier });
  // A later revision has been dealt with, be it that it waits: this one is an old picture.
  const isPast = charge.revision > call.revision;
  if (isPast || (charge.state === "billed" && charge.revision === call.revision)) {
    return { status: "unchanged", micros: 0n };
  }
  if (call.fault) return await park(batch, { charge, call, reason: call.fault, atMs });
  const priced = await priceCall(batch, { call, charge, account });
  if (priced.status === "unpriced") {
    return await park(batch, { charge, call, reason: priced.reason, atMs });
  }
  const { trace } = priced;
  const targetMicros = amountOf(trace);
  const differenceMicros = targetMicros - charge.amountMicros;
  const entries = [...charge.entries];
  if (differenceMicros !== 0n) {
    const posted = await postEntry(batch, {
      accountId: account.id,
      kind: charge.entries.length > 0 ? "adjustment" : "charge",
      amountMicros: -differenceMicros,
      source: { type: "call", id: call.id },
      description: describe(call, trace),
      atMs,
      actor,
      service: charge.service,
      metadata: metadataOf({ call, charge, trace }),
    });
    if (posted.status === "insufficient_funds") {
      return await wait(batch, { charge, call, targetMicros, atMs });
    }
    if (posted.status !== "posted") {
      return await park(batch, { charge, call, reason: posted.status, atMs });
    }
    entries.push(posted.entry.seq);
  }
  await stageFreeMinutes(batch, { charge, trace });
  await settle(batch, { call, charge, trace, atMs });
  const billed: CallCharge = {
    ...charge,
    state: "billed",
    reason: null,
    revision: call.revision,
    amountMicros: targetMicros,
    wantedMicros: targetMicros,
    entries,
    trace,
    costMicros: countedCost(call, account.currency) ?? charge.costMicros,
    waitingSinceMs: null,
    atMs,
  };
  batch.set(chargeKey(call.id), billed);
  return { status: charge.trace ? "adjusted" : "billed", micros: differenceMicros };
}

function describe(call: Call, trace: Trace): string {
  const other = call.direction === "inbound" ? `Call from ${call.from}` : `Call to ${call.to}`;
  const words = `${other} (${trace.seconds}s)`;
  const isEstimate = trace.kind === "cost_plus" && trace.estimated;
  return isEstimate ? `${words} [estimated @ ${trimZeros(trace.rate)}/min]` : words;
}

/** What the entry tells beside its amount: what it corrects, and where a price by cost comes from. */
function metadataOf(
  { call, charge, trace }: { call: Call; charge: CallCharge; trace: Trace },
): Record<string, string> {
  const adjusts = charge.entries.length > 0 ? { adjusts: String(charge.entries[0]) } : {};
  if (trace.kind !== "cost_plus") return adjusts;
  if (trace.estimated) return { ...adjusts, estimated: "true", source: "fallback" };
  const { costDetail } = call;
  if (!costDetail) return adjusts;
  return {
    ...adjusts,
    source: costDetail.source,
    fetchedAt: formatInstant(costDetail.fetchedAtMs),
    ...(costDetail.rate === null ? {} : { rate: costDetail.rate }),
    ...(costDetail.billedSeconds === null
      ? {}
      : { billedSeconds: String(costDetail.billedSeconds) }),
  };
}

function trimZeros(amount: string): string {
  return amount.replace(/\.?0{1,99}$/, "");
}

function countedCost(call: Call, currency: string): bigint | null {
  return call.costCurrency === currency ? call.costMicros : null;
}

/** Stages what a billed call changes beside its entry: minutes, waiting list, the day's cost and count. */
async function settle(
  batch: Batch,
  { call, charge, trace, atMs }: { call: Call; charge: CallCharge; trace: Trace; atMs: number },
): Promise<void> {
  await unlist(batch, charge);
  const key = walletKey(charge.accountId);
  const wallet = (await batch.get<Wallet>(key))!;
  const seconds = trace.billedSeconds - (charge.trace?.billedSeconds ?? 0);
  if (seconds !== 0) {
    batch.set(key, { ...wallet, billedSecondsTotal: wallet.billedSecondsTotal + seconds });
  }
  const costMicros = (countedCost(call, wallet.currency) ?? charge.costMicros) - charge.costMicros;
  const usageCount = charge.trace ? 0 : 1;
  if (costMicros === 0n && usageCount === 0) return;
  await recordDayChange(batch, {
    accountId: charge.accountId,
    currency: wallet.currency,
    day: utcDay(Math.max(atMs, wallet.lastEntryAtMs)),
    change: { service: charge.service, costMicros, usageCount },
  });
}

/** Stages that a call waits for money; it stands in the list under its start, oldest first. */
async function wait(
  batch: Batch,
  { charge, call, targetMicros, atMs }: {
    charge: CallCharge;
    call: Call;
    targetMicros: bigint;
    atMs: number;
  },
): Promise<BillOutcome> {
  if (
    charge.state === "waiting_funds" && charge.revision === call.revision &&
    charge.wantedMicros === targetMicros
  ) return { status: "waiting_funds", micros: 0n };
  await unlist(batch, charge);
  const { accountId } = charge;
  const wallet = (await batch.get<Wallet>(walletKey(accountId)))!;
  batch.set(walletKey(accountId), {
    ...wallet,
    waitingCount: wallet.waitingCount + 1,
    waitingMicros: wallet.waitingMicros + targetMicros - charge.amountMicros,
  });
  // A call that waited before and waits again, for another amount, is no other crossing.
  if (wallet.waitingCount === 0 && charge.waitingSinceMs === null) {
    const amountMicros = targetMicros - charge.amountMicros;
    const { currency } = wallet;
    const { id: callId, revision } = call;
    const cause = { accountId, callId, revision, amountMicros, currency, atMs };
    await stageNotice(batch, waitingFundsNotice(cause));
  }
  batch.set(walletWaitingKey(accountId), {});
  batch.set(callWaitingKey(accountId, call.startedAtMs, call.id), {});
  batch.set(
    chargeKey(call.id),
    {
      ...charge,
      state: "waiting_funds",
      reason: "insufficient_funds",
      revision: call.revision,
      wantedMicros: targetMicros,
      waitingSinceMs: call.startedAtMs,
      atMs,
    } satisfies CallCharge,
  );
  return { status: "waiting_funds", micros: targetMicros - charge.amountMicros };
}

/** Stages that a call cannot be billed as things stand, and why. What was charged before stays charged. */
async function park(
  batch: Batch,
  { charge, call, reason, atMs }: { charge: CallCharge; call: Call; reason: string; atMs: number },
): Promise<BillOutcome> {
  await unlist(batch, charge);
  const parked: CallCharge = {
    ...charge,
    state: "parked",
    reason,
    revision: call.revision,
    wantedMicros: charge.amountMicros,
    waitingSinceMs: null,
    atMs,
  };
  batch.set(chargeKey(call.id), parked);
  batch.set(callParkedKey(charge.accountId, call.id), {});
  return { status: "parked", micros: 0n };
}

/** Takes a call off the lists of waiting and parked ones, with the wallet's count of them. */
async function unlist(batch: Batch, charge: CallCharge): Promise<void> {
  const { accountId, callId, waitingSinceMs } = charge;
  if (charge.revision > 0 && charge.state === "parked") {
    batch.delete(callParkedKey(accountId, callId));
  }
  if (waitingSinceMs === null) return;
  batch.delete(callWaitingKey(accountId, waitingSinceMs, callId));
  const wallet = (await batch.get<Wallet>(walletKey(accountId)))!;
  const waitingCount = wallet.waitingCount - 1;
  batch.set(walletKey(accountId), {
    ...wallet,
    waitingCount,
    waitingMicros: wallet.waitingMicros - (charge.wantedMicros - charge.amountMicros),
  });
  if (waitingCount === 0) batch.delete(walletWaitingKey(accountId));
}
