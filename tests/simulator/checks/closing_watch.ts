/**
 * I9 and R2 at every commit that counts or closes: a message is in the bill of its period, a bill closes at
 * its boundary or threshold, by the terms in force, what is below a minor unit goes on into the next bill,
 * and whose payment goes on has a job that sees to it.
 *
 * @module
 */
import { SECOND_MS } from "../../../core/clock.ts";
import { type Committed, type Fields, rowAt } from "../commits.ts";
import { require } from "../violation.ts";
import { payableOf } from "./bill_watch.ts";

/** Clocks of isolates err by so much. */
const CLOCK_ERROR_MS = 16 * SECOND_MS;
const CENT = 10_000n;

/** Watches over the ends of periods. */
export function watchClosings(): (committed: Committed) => void {
  const carried = new Map<string, bigint>();
  return (committed) => {
    const closed: Fields[] = [];
    for (const { key, before, after } of committed.changes) {
      if (key[0] === "message_charge" && after?.billId && !before?.billId) {
        requirePeriod(after, committed);
      }
      if (key[0] === "job" && after?.kind === "pay_sms_bill") requireSeen(after.unique, committed);
      if (key[0] !== "sms_bill" || !after) continue;
      if (after.status === "processing") requireSeen(after.id, committed);
      if (after.status === "open") requireBelow(after, { before, committed });
      else if (!before || before.status === "open") closed.push(after);
    }
    for (const bill of closed) requireTerms(bill, committed);
    for (const accountId of new Set(closed.map((bill) => bill.accountId as string))) {
      const mine = closed.filter((bill) => bill.accountId === accountId);
      const change = mine.reduce(
        (sum, bill) => sum + BigInt(bill.carriedOutMicros) - BigInt(bill.carriedInMicros),
        0n,
      );
      const is = (carried.get(accountId) ?? 0n) + change;
      carried.set(accountId, is);
      const said = rowAt(committed.kv, ["sms_account", accountId])!.carriedMicros;
      require(
        BigInt(said) === is && is >= 0n,
        "R2",
        () => `${accountId} carries ${said}, its bills left ${is}: ${JSON.stringify(mine)}`,
      );
    }
  };
}

/** Where neither people nor the environment say anything. */
const BASE: Fields = {
  ...{ frequency: "daily", thresholdMicros: "100000000", thresholdMessages: 1_000 },
  ...{ maxMicros: null, autoProcess: true, requireApproval: false, payment: "wallet" },
};

/** Terms in force: one commit may change them, before or after it does something else. */
function termsOf({ kv, changes }: Committed, accountId: string): Fields[] {
  const { base = BASE, level = {} } = rowAt(kv, ["sms_settings"]) ?? {};
  const key = ["sms_account_settings", accountId];
  const change = changes.find((one) => one.key.join() === key.join());
  const own = [rowAt(kv, key), ...(change ? [change.before] : [])];
  return own.map((one) => ({ ...base, ...level, ...one }));
}

function requirePeriod(charge: Fields, committed: Committed): void {
  const { sentAtMs } = rowAt(committed.kv, ["message", charge.messageId])!;
  const bill = rowAt(committed.kv, ["sms_bill", charge.billId])!;
  if (bill.periodEndMs === null || bill.frequency === "threshold") return;
  const atMs = Math.min(sentAtMs, committed.atMs - CLOCK_ERROR_MS);
  require(
    atMs < bill.periodEndMs,
    "R5",
    () =>
      `${charge.messageId} of ${instant(sentAtMs)} is in ${bill.id}, ` +
      `which ends ${instant(bill.periodEndMs)}`,
  );
}

/** One that has come to its threshold is closed by the very message that brings it there. */
function requireBelow(
  bill: Fields,
  { before, committed }: { before: Fields | null; committed: Committed },
): void {
  const terms = termsOf(committed, bill.accountId);
  if (bill.messageCount <= (before?.messageCount ?? 0)) return;
  const { carriedMicros } = rowAt(committed.kv, ["sms_account", bill.accountId])!;
  const owed = BigInt(bill.totalMicros) + BigInt(carriedMicros);
  require(
    owed < 0n || terms.some((one) => !isReached(bill, one)),
    "P1",
    () => `bill ${JSON.stringify(bill)} is over ${JSON.stringify(terms)}, and open`,
  );
}

function isReached(bill: Fields, terms: Fields): boolean {
  const { frequency, thresholdMicros, thresholdMessages } = terms;
  return frequency === "threshold" &&
    ((thresholdMicros !== null && BigInt(bill.totalMicros) >= BigInt(thresholdMicros)) ||
      (thresholdMessages !== null && bill.messageCount >= thresholdMessages));
}

function requireTerms(bill: Fields, committed: Committed): void {
  const terms = termsOf(committed, bill.accountId);
  const what = () => `bill ${JSON.stringify(bill)} closes by the terms ${JSON.stringify(terms)}`;
  require(terms.some((one) => agrees(bill, one)), "P4", what);
  require(bill.periodEndMs <= committed.atMs + CLOCK_ERROR_MS, "R5", what);
  if (bill.frequency === "threshold") return;
  const isBoundary = BOUNDARIES[bill.frequency as keyof typeof BOUNDARIES];
  require(isBoundary(instant(bill.periodEndMs)), "R5", what);
}

function agrees(bill: Fields, terms: Fields): boolean {
  const payable = payableOf(bill);
  const isAbove = terms.maxMicros !== null && BigInt(bill.totalMicros) > BigInt(terms.maxMicros);
  const mustWait = payable > 0n && (terms.requireApproval || isAbove);
  const mayBePaid = terms.autoProcess && !mustWait;
  const minor = bill.currency === "JPY" ? 100n * CENT : CENT;
  const left = terms.payment === "sippy" ? (payable + BigInt(bill.carriedOutMicros)) % minor : 0n;
  return bill.payment === terms.payment && payable >= 0n &&
    BigInt(bill.carriedOutMicros) === left && (bill.approval === "awaiting") === mustWait &&
    (mayBePaid || bill.status === "pending");
}

/** Whether an instant is one of these, as the contract names them. */
const BOUNDARIES = {
  daily: (end: string) => end.endsWith("T02:00:00.000Z"),
  weekly: (end: string) => end.endsWith("T03:00:00.000Z") && new Date(end).getUTCDay() === 1,
  monthly: (end: string) => end.endsWith("-01T04:00:00.000Z"),
};

/** While Sippy may have been asked, a job goes on with it. */
function requireSeen(billId: string, { kv }: Committed): void {
  if (rowAt(kv, ["sms_bill", billId])?.status !== "processing") return;
  const known = rowAt(kv, ["job_by_unique", "pay_sms_bill", billId]);
  const job = known && rowAt(kv, ["job", known.id]);
  require(
    job?.state === "pending" || job?.state === "running",
    "I10",
    () => `bill ${billId} is processing, its job is ${job?.state}: ${job?.lastError}`,
  );
}

const instant = (ms: number): string => new Date(ms).toISOString();
