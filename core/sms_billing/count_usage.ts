/**
 * Counts rated messages into the bill of their period, in the commit that rates them.
 *
 * The period is the one a message was sent in; when that is closed, the next one. A threshold closes the
 * bill in the very commit that reaches it.
 *
 * Goes to: `core/sms_billing/close_bill.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { Batch } from "../kv/batch.ts";
import { smsAccountKey, smsBillKey } from "../kv/keys.ts";
import { formatMicros } from "../money.ts";
import { stageNotice } from "../notices/notice.ts";
import { type BillLine, getSmsAccount, type SmsAccount, type SmsBill, stageBill } from "./bill.ts";
import { lastBoundaryMs, nextBoundaryMs } from "./boundaries.ts";
import { closeBill } from "./close_bill.ts";
import { isLimitNear, isThresholdReached } from "./limits.ts";
import type { SmsFrequency, SmsSettings } from "./settings.ts";

/** What is counted: one message, many of a kind, or, with a count of 0, a price that changed. */
export interface SmsUsage {
  /** What it is sold as. */
  service: string;
  /** Decides the period. */
  sentAtMs: number;
  /** ISO 3166 alpha-2; null when the number does not tell. */
  country: string | null;
  /** Calling code with `+`; null when the number does not tell. */
  prefix: string | null;
  /** Messages. */
  count: number;
  /** Their parts. */
  segments: number;
  /** What they come to; negative when a price has fallen. */
  amountMicros: bigint;
}

/** Whose usage, by which terms, and when. */
export interface Counting {
  /** Whose; its currency is the bill's. */
  account: { id: string; currency: string };
  /** In force now. */
  terms: SmsSettings;
  /** Now. */
  atMs: number;
  /** Who: for the entry of a bill that is closed by this. */
  actor: string;
  /** A fresh id for each job. */
  newId: () => string;
}

/** Lines of a bill; what goes beyond shares one line. */
const LINES_MAX = 300;

/** Stages the usage in the bill of its period; answers the bill's id. */
export async function countUsage(
  batch: Batch,
  { usage, ...counting }: Counting & { usage: SmsUsage },
): Promise<string> {
  await alignOpenBills(batch, counting);
  const { before, bill } = await findBill(batch, { ...counting, sentAtMs: usage.sentAtMs });
  await stageCounted(batch, { before, after: addUsage(bill, usage), counting });
  return bill.id;
}

/** Stages a change of what an open bill has counted already: see {@link SmsUsage}. */
export async function recountUsage(
  batch: Batch,
  { bill, usage, ...counting }: Counting & { bill: SmsBill; usage: SmsUsage },
): Promise<void> {
  assert(bill.status === "open", `Cannot count into ${bill.id}: it is ${bill.status}`);
  await stageCounted(batch, { before: bill, after: addUsage(bill, usage), counting });
}

async function stageCounted(
  batch: Batch,
  { before, after, counting }: { before: SmsBill | null; after: SmsBill; counting: Counting },
): Promise<void> {
  const { terms, atMs } = counting;
  const isWarned = after.isWarned || isLimitNear(after, terms);
  const bill: SmsBill = { ...after, isWarned };
  if (isWarned && !after.isWarned) await warn(batch, { bill, counting });
  await stageBill(batch, { before, after: bill });
  if (!isThresholdReached(bill, terms)) return;
  await closeBill(batch, { ...counting, bill, periodEndMs: atMs });
}

/** The bill with the usage in it; the original stays as it was. */
export function addUsage(bill: SmsBill, usage: SmsUsage): SmsBill {
  const { service, count, segments, amountMicros } = usage;
  return {
    ...bill,
    messageCount: bill.messageCount + count,
    segments: bill.segments + segments,
    totalMicros: bill.totalMicros + amountMicros,
    breakdown: addToLines(bill.breakdown, usage),
    serviceMicros: {
      ...bill.serviceMicros,
      [service]: (bill.serviceMicros[service] ?? 0n) + amountMicros,
    },
    serviceCount: { ...bill.serviceCount, [service]: (bill.serviceCount[service] ?? 0) + count },
  };
}

/** Gives the bill that is still running the end that the present terms ask for. */
export async function alignOpenBills(
  batch: Batch,
  { account, terms, atMs }: Pick<Counting, "account" | "terms" | "atMs">,
): Promise<void> {
  const { frequency } = terms;
  const { openBillIds } = await getSmsAccount(batch, account.id);
  for (const before of await batch.getMany<SmsBill>(openBillIds.map(smsBillKey))) {
    if (!before || before.frequency === frequency) continue;
    // A period that has ended waits for its cycle as it is.
    if (before.periodEndMs !== null && before.periodEndMs <= atMs) continue;
    const periodEndMs = nextBoundaryMs(frequency, atMs);
    await stageBill(batch, { before, after: { ...before, frequency, periodEndMs } });
  }
}

async function findBill(
  batch: Batch,
  { account, terms, atMs, sentAtMs }: Counting & { sentAtMs: number },
): Promise<{ before: SmsBill | null; bill: SmsBill }> {
  const smsAccount = await getSmsAccount(batch, account.id);
  const countedAtMs = Math.max(Math.min(sentAtMs, atMs), smsAccount.closedUntilMs);
  const periodEndMs = nextBoundaryMs(terms.frequency, countedAtMs);
  const open = await batch.getMany<SmsBill>(smsAccount.openBillIds.map(smsBillKey));
  const found = open.find((bill) => bill?.periodEndMs === periodEndMs);
  if (found) return { before: found, bill: found };
  const { frequency } = terms;
  const beginsMs = lastBoundaryMs(frequency, countedAtMs) ?? 0;
  const periodStartMs = Math.max(beginsMs, smsAccount.closedUntilMs) || countedAtMs;
  const number = smsAccount.billCount + 1;
  const bill = emptyBill({ account, number, frequency, periodStartMs, periodEndMs, atMs });
  batch.set(
    smsAccountKey(account.id),
    { ...smsAccount, billCount: smsAccount.billCount + 1 } satisfies SmsAccount,
  );
  return { before: null, bill };
}

/** A bill that has counted nothing yet. */
export function emptyBill(
  { account, number, frequency, periodStartMs, periodEndMs, atMs }: {
    account: Counting["account"];
    /** Of the account's bills, from 1. */
    number: number;
    frequency: SmsFrequency;
    periodStartMs: number;
    periodEndMs: number | null;
    atMs: number;
  },
): SmsBill {
  return {
    id: `${account.id}-${number}`,
    accountId: account.id,
    currency: account.currency,
    status: "open",
    periodStartMs,
    periodEndMs,
    frequency,
    messageCount: 0,
    segments: 0,
    totalMicros: 0n,
    breakdown: [],
    serviceMicros: {},
    serviceCount: {},
    carriedInMicros: 0n,
    carriedOutMicros: 0n,
    payment: "wallet",
    approval: "not_needed",
    attempts: 0,
    failureReason: null,
    entrySeq: null,
    sippy: null,
    isWarned: false,
    openedAtMs: atMs,
    closedAtMs: null,
    paidAtMs: null,
  };
}

function addToLines(lines: BillLine[], usage: SmsUsage): BillLine[] {
  const isOf = (line: BillLine, place: Pick<BillLine, "country" | "prefix">) =>
    line.country === place.country && line.prefix === place.prefix;
  const isKnown = lines.some((line) => isOf(line, usage));
  const place = isKnown || lines.length < LINES_MAX ? usage : { country: null, prefix: null };
  const { country, prefix } = place;
  const earlier = lines.find((line) => isOf(line, place));
  const line: BillLine = {
    country,
    prefix,
    count: (earlier?.count ?? 0) + usage.count,
    amountMicros: (earlier?.amountMicros ?? 0n) + usage.amountMicros,
  };
  return earlier ? lines.map((one) => (one === earlier ? line : one)) : [...lines, line];
}

async function warn(
  batch: Batch,
  { bill, counting: { terms, atMs } }: { bill: SmsBill; counting: Counting },
): Promise<void> {
  if (!terms.notifications) return;
  await stageNotice(batch, {
    id: `threshold_approaching:${bill.id}`,
    kind: "threshold_approaching",
    accountId: bill.accountId,
    atMs,
    title: `${bill.accountId} has used ${terms.warnAtPercent} % of its SMS limit`,
    detail: `${bill.messageCount} messages for ${
      formatMicros(bill.totalMicros)
    } ${bill.currency} in this period. At the limit a bill is made, or waits for approval.`,
    link: `/admin/accounts/${bill.accountId}`,
  });
}
