/**
 * An SMS bill: it collects what an account's messages come to from the first one on, is closed by its
 * boundary or threshold, and is then paid.
 *
 * Everything here is written beneath the account's wallet.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import {
  smsAccountKey,
  smsBillByAccountKey,
  smsBillByStatusKey,
  smsBillByTimeKey,
  smsBillDueKey,
  smsBillKey,
} from "../kv/keys.ts";
import type { SmsFrequency, SmsPayment } from "./settings.ts";

/**
 * Where a bill stands. `open` collects messages; every other word is a closed bill's. `needs_review`:
 * whether Sippy took the money is not known, and a person decides.
 */
export const BILL_STATUSES = [
  "open",
  "pending",
  "processing",
  "paid",
  "failed",
  "cancelled",
  "needs_review",
] as const;
/** One of {@link BILL_STATUSES}. */
export type BillStatus = typeof BILL_STATUSES[number];

/** Messages to one place. */
export interface BillLine {
  /** ISO 3166 alpha-2; null when the number does not tell. */
  country: string | null;
  /** Calling code with `+`; null when the number does not tell. */
  prefix: string | null;
  /** Messages. */
  count: number;
  /** What they come to. */
  amountMicros: bigint;
}

/** Money asked of Sippy for a bill: stored before anything is sent, and kept for ever. */
export interface SippyDebit {
  /** Unique; stands in the debit's notes. The same in every attempt of a bill. */
  reference: string;
  /** The account there. */
  iAccount: number;
  /** Whole minor units of the currency. */
  amountMicros: bigint;
  /** Chosen once, so that a search is narrow. */
  paymentTimeMs: number;
  /** `sending` from before the request until its outcome is stored. */
  state: "sending" | "unknown" | "charged" | "refused" | "not_sent";
  /** Fresh for each attempt: who wrote `sending` may write its outcome, nobody else. */
  token: string;
  /** When `sending` was stored last. */
  sentAtMs: number;
  /** Requests that may have been sent. */
  attempts: number;
  /** Searches since then that found nothing. */
  lookups: number;
}

/** A bill, open or closed. */
export interface SmsBill {
  /** The account's id, a hyphen, and the number of the bill. */
  id: string;
  /** Whose. */
  accountId: string;
  /** ISO 4217, the account's. */
  currency: string;
  /** See {@link BILL_STATUSES}. */
  status: BillStatus;
  /** When the first period of its messages began, inclusive. */
  periodStartMs: number;
  /** The boundary, exclusive; null while open without one. */
  periodEndMs: number | null;
  /** What closes it, or closed it. */
  frequency: SmsFrequency;
  /** Messages counted. */
  messageCount: number;
  /** Their parts. */
  segments: number;
  /** What its messages come to: the sum of its lines, and of its services. */
  totalMicros: bigint;
  /** By country and prefix. */
  breakdown: BillLine[];
  /** By service. */
  serviceMicros: Record<string, bigint>;
  /** By service. */
  serviceCount: Record<string, number>;
  /** Part of a minor unit that the bill before left over; 0 for bills paid from the wallet. */
  carriedInMicros: bigint;
  /** Part of a minor unit left to the next bill. Payable: total + in − out. */
  carriedOutMicros: bigint;
  /** What it is paid from, as the terms said when it was closed; while open, what they say now. */
  payment: SmsPayment;
  /** Whether a person must agree to it first. */
  approval: "not_needed" | "awaiting" | "approved";
  /** Payments tried. */
  attempts: number;
  /** Why the last payment did not succeed; null when none failed. */
  failureReason: string | null;
  /** The number of its entry; null when there is none. */
  entrySeq: number | null;
  /** Null until Sippy was asked. */
  sippy: SippyDebit | null;
  /** Whether people were warned that its limit is near. */
  isWarned: boolean;
  /** When its first message was counted. */
  openedAtMs: number;
  /** When it was closed; null while open. */
  closedAtMs: number | null;
  /** When it was paid; null before. */
  paidAtMs: number | null;
}

/** How far an account's SMS billing is. */
export interface SmsAccount {
  /** Bills so far, the open ones included; the next one is numbered one higher. */
  billCount: number;
  /** The bills that are open, the oldest first: one, but for periods whose cycle is late. */
  openBillIds: string[];
  /** Up to this instant every period is closed: what is older is counted into the next one. */
  closedUntilMs: number;
  /** Part of a minor unit that no bill has taken yet. */
  carriedMicros: bigint;
  /** Bills that wait for a person's approval. */
  awaitingCount: number;
  /** Closed bills that are neither paid nor cancelled. */
  unpaidCount: number;
  /** What those come to. */
  unpaidMicros: bigint;
  /** Bills whose payment from the wallet failed: money coming in tries them again. */
  unfundedIds: string[];
}

/** An account no message of which was counted yet. */
export const EMPTY_SMS_ACCOUNT: SmsAccount = {
  billCount: 0,
  openBillIds: [],
  closedUntilMs: 0,
  carriedMicros: 0n,
  awaitingCount: 0,
  unpaidCount: 0,
  unpaidMicros: 0n,
  unfundedIds: [],
};

/** What has to be paid for a bill. */
export function payableMicros(
  bill: Pick<SmsBill, "totalMicros" | "carriedInMicros" | "carriedOutMicros">,
): bigint {
  return bill.totalMicros + bill.carriedInMicros - bill.carriedOutMicros;
}

/** Stages a bill's next state, and keeps its places in the indexes and its account's counts with it. */
export async function stageBill(
  batch: Batch,
  { before, after }: { before: SmsBill | null; after: SmsBill },
): Promise<void> {
  const { id, accountId } = after;
  batch.set(smsBillKey(id), after);
  moveDue(batch, { before, after });
  if (after.closedAtMs !== null && after.status !== before?.status) {
    if (before && before.closedAtMs !== null) {
      batch.delete(smsBillByStatusKey(before.status, before.closedAtMs, id));
    } else {
      batch.set(smsBillByTimeKey(after.closedAtMs, id), {});
      batch.set(smsBillByAccountKey(accountId, after.closedAtMs, id), {});
    }
    batch.set(smsBillByStatusKey(after.status, after.closedAtMs, id), {});
  }
  const account = await getSmsAccount(batch, accountId);
  batch.set(smsAccountKey(accountId), countBill(account, { before, after }));
}

/** How far an account's SMS billing is. */
export async function getSmsAccount(
  batch: Pick<Batch, "get">,
  accountId: string,
): Promise<SmsAccount> {
  return (await batch.get<SmsAccount>(smsAccountKey(accountId))) ?? EMPTY_SMS_ACCOUNT;
}

function moveDue(
  batch: Batch,
  { before, after }: { before: SmsBill | null; after: SmsBill },
): void {
  const { id, accountId } = after;
  const wasOpen = before?.status === "open";
  const isOpen = after.status === "open";
  if (wasOpen && isOpen && before.periodEndMs === after.periodEndMs) return;
  if (wasOpen) batch.delete(smsBillDueKey(before.periodEndMs, accountId, id));
  if (isOpen) batch.set(smsBillDueKey(after.periodEndMs, accountId, id), {});
}

function countBill(
  account: SmsAccount,
  { before, after }: { before: SmsBill | null; after: SmsBill },
): SmsAccount {
  const openBillIds = account.openBillIds.filter((id) => id !== after.id);
  if (after.status === "open") openBillIds.push(after.id);
  const unfundedIds = account.unfundedIds.filter((id) => id !== after.id);
  if (after.status === "failed" && after.payment === "wallet") unfundedIds.push(after.id);
  const change = (of: (bill: SmsBill) => number) => of(after) - (before ? of(before) : 0);
  const owed = (bill: SmsBill | null) => bill && isUnpaid(bill) ? payableMicros(bill) : 0n;
  return {
    ...account,
    openBillIds,
    unfundedIds,
    awaitingCount: account.awaitingCount + change((bill) => Number(isAwaiting(bill))),
    unpaidCount: account.unpaidCount + change((bill) => Number(isUnpaid(bill))),
    unpaidMicros: account.unpaidMicros + owed(after) - owed(before),
  };
}

/** Whether it is closed and nobody has paid or cancelled it. */
export function isUnpaid({ status }: Pick<SmsBill, "status">): boolean {
  return status !== "open" && status !== "paid" && status !== "cancelled";
}

/** Whether it waits for a person's approval. */
export function isAwaiting({ status, approval }: Pick<SmsBill, "status" | "approval">): boolean {
  return status === "pending" && approval === "awaiting";
}
