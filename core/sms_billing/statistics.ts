/**
 * How SMS billing does: bills and payments of the last 31 days, accounts that send much, how fast Sippy
 * answers, how long the jobs take.
 *
 * Counted from the bills closed since then, at most {@link BILLS_COUNTED_MAX} of them, the newest first, so
 * the work is bounded whatever the history.
 *
 * Goes to: `core/sms_billing/sippy_timings.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { DAY_MS } from "../clock.ts";
import type { Job } from "../jobs/job.ts";
import {
  accountKey,
  jobPrefix,
  type Key,
  smsBillByTimePrefix,
  smsBillKey,
  timePart,
} from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { divideRounded } from "../money.ts";
import type { SmsBill } from "./bill.ts";
import { SMS_CYCLE_JOB } from "./close_due.ts";
import { CLOSED_STATUSES, type ClosedStatus } from "./list_bills.ts";
import { SMS_PAYMENT_JOB } from "./payment_job.ts";
import { SMS_FREQUENCIES, type SmsFrequency } from "./settings.ts";
import { listSippyTimings } from "./sippy_timings.ts";

/** Days the statistics look back. */
export const STATISTICS_DAYS = 31;
/** Bills counted at most. */
export const BILLS_COUNTED_MAX = 5_000;
/** Messages of an account from which on it counts as high volume; the seed's figure for a month. */
export const HIGH_VOLUME_MESSAGES = 5_000;
const HIGH_VOLUME_SHOWN_MAX = 20;
const PAGE_ROWS = 500;
/** The newest jobs looked at. */
const JOBS_LOOKED_AT_MAX = 1_000;

/** An account that sent much. */
export interface HighVolumeAccount {
  /** Its id. */
  accountId: string;
  /** What it is called. */
  name: string;
  /** Messages billed. */
  messageCount: number;
  /** What they came to. */
  amountMicros: bigint;
  /** ISO 4217. */
  currency: string;
}

/** The average of the bills in a currency. */
export interface AverageBill {
  /** ISO 4217. */
  currency: string;
  /** Bills, cancelled ones left out. */
  count: number;
  /** What one comes to, rounded once. */
  averageMicros: bigint;
}

/** How long jobs took from when they were asked for until their end. */
export interface JobTimes {
  /** `close_sms_bills` or `pay_sms_bill`. */
  kind: string;
  /** Ended well. */
  doneCount: number;
  /** Waiting for a person. */
  failedCount: number;
  /** Not ended yet. */
  openCount: number;
  /** Of those that ended; null while none has. */
  averageMs: number | null;
  /** Of those that ended; null while none has. */
  maxMs: number | null;
}

/** How fast Sippy answered. */
export interface SippyTimes {
  /** Requests. */
  count: number;
  /** Rounded to whole milliseconds. */
  averageMs: number;
  /** The slowest. */
  maxMs: number;
}

/** See the module. */
export interface SmsStatistics {
  /** Bills closed then or later are counted. */
  sinceMs: number;
  /** Now. */
  untilMs: number;
  /** False when there were more bills than are counted: then only the newest are. */
  isComplete: boolean;
  /** Bills by where they stand. */
  statusCounts: Record<ClosedStatus, number>;
  /** Paid ones, out of those whose payment was tried and ended; in percent with one decimal; null without any. */
  successPercent: number | null;
  /** Bills whose payment failed and has not succeeded since. */
  failedCount: number;
  /** By currency. */
  averages: AverageBill[];
  /** Bills by what closed them. */
  frequencyCounts: Record<SmsFrequency, number>;
  /** The largest first. */
  highVolume: HighVolumeAccount[];
  /** Null when Sippy was not asked. */
  sippy: SippyTimes | null;
  /** One for each kind of job. */
  jobs: JobTimes[];
}

/** Counts. */
export async function getSmsStatistics(
  store: Store,
  { atMs }: { atMs: number },
): Promise<SmsStatistics> {
  const sinceMs = atMs - STATISTICS_DAYS * DAY_MS;
  const { bills, isComplete } = await readBills(store, sinceMs);
  const statusCounts = countBy(CLOSED_STATUSES, bills.map(({ status }) => status as ClosedStatus));
  const { paid, failed, needs_review } = statusCounts;
  return {
    sinceMs,
    untilMs: atMs,
    isComplete,
    statusCounts,
    successPercent: percentWithTenths(paid, paid + failed + needs_review),
    failedCount: failed,
    averages: averagesOf(bills),
    frequencyCounts: countBy(SMS_FREQUENCIES, bills.map(({ frequency }) => frequency)),
    highVolume: await findHighVolume(store, bills),
    sippy: await sumSippyTimes(store, atMs),
    jobs: await readJobTimes(store),
  };
}

async function readBills(
  store: Store,
  sinceMs: number,
): Promise<{ bills: SmsBill[]; isComplete: boolean }> {
  const bills: SmsBill[] = [];
  let after: Key | undefined;
  while (bills.length < BILLS_COUNTED_MAX) {
    const places = await store.list<object>({
      prefix: smsBillByTimePrefix,
      from: [...smsBillByTimePrefix, timePart(Math.max(0, sinceMs))],
      reverse: true,
      limit: PAGE_ROWS,
      ...(after ? { after } : {}),
    });
    const rows = await store.getMany<SmsBill>(places.map(({ key }) => smsBillKey(key[2]!)));
    bills.push(...rows.flatMap((row) => (row ? [row.value] : [])));
    if (places.length < PAGE_ROWS) return { bills, isComplete: true };
    after = places.at(-1)!.key;
  }
  return { bills, isComplete: false };
}

function countBy<T extends string>(words: readonly T[], found: readonly T[]): Record<T, number> {
  const counts = Object.fromEntries(words.map((word) => [word, 0])) as Record<T, number>;
  for (const word of found) counts[word]++;
  return counts;
}

function percentWithTenths(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round(part * 1_000 / whole) / 10;
}

function averagesOf(bills: readonly SmsBill[]): AverageBill[] {
  const counted = bills.filter(({ status }) => status !== "cancelled");
  return [...Map.groupBy(counted, ({ currency }) => currency)].map(([currency, group]) => ({
    currency,
    count: group.length,
    averageMicros: divideRounded(
      group.reduce((sum, bill) => sum + bill.totalMicros, 0n),
      BigInt(group.length),
    ),
  }));
}

async function findHighVolume(
  store: Store,
  bills: readonly SmsBill[],
): Promise<HighVolumeAccount[]> {
  const accounts = [...Map.groupBy(bills, ({ accountId }) => accountId)]
    .map(([accountId, group]) => ({
      accountId,
      messageCount: group.reduce((sum, bill) => sum + bill.messageCount, 0),
      amountMicros: group.reduce((sum, bill) => sum + bill.totalMicros, 0n),
      currency: group[0]!.currency,
    }))
    .filter(({ messageCount }) => messageCount > HIGH_VOLUME_MESSAGES)
    .sort((a, b) => b.messageCount - a.messageCount)
    .slice(0, HIGH_VOLUME_SHOWN_MAX);
  const rows = await store.getMany<Account>(
    accounts.map(({ accountId }) => accountKey(accountId)),
  );
  return accounts.map((one, i) => ({ ...one, name: rows[i]?.value.name ?? one.accountId }));
}

async function sumSippyTimes(store: Store, nowMs: number): Promise<SippyTimes | null> {
  const days = await listSippyTimings(store, { nowMs, days: STATISTICS_DAYS });
  const count = days.reduce((sum, day) => sum + day.count, 0);
  if (count === 0) return null;
  const totalMs = days.reduce((sum, day) => sum + day.totalMs, 0);
  const maxMs = Math.max(...days.map((day) => day.maxMs));
  return { count, averageMs: Math.round(totalMs / count), maxMs };
}

async function readJobTimes(store: Store): Promise<JobTimes[]> {
  const rows = await store.list<Job>({
    prefix: jobPrefix,
    reverse: true,
    limit: JOBS_LOOKED_AT_MAX,
  });
  return [SMS_CYCLE_JOB, SMS_PAYMENT_JOB].map((kind) =>
    timesOf(kind, rows.map(({ value }) => value).filter((job) => job.kind === kind))
  );
}

function timesOf(kind: string, jobs: readonly Job[]): JobTimes {
  const tookMs = jobs.flatMap(({ createdAtMs, finishedAtMs }) =>
    finishedAtMs === null ? [] : [finishedAtMs - createdAtMs]
  );
  const count = tookMs.length;
  return {
    kind,
    doneCount: jobs.filter(({ state }) => state === "done").length,
    failedCount: jobs.filter(({ state }) => state === "failed").length,
    openCount: jobs.filter(({ finishedAtMs }) => finishedAtMs === null).length,
    averageMs: count === 0 ? null : Math.round(tookMs.reduce((sum, ms) => sum + ms, 0) / count),
    maxMs: count === 0 ? null : Math.max(...tookMs),
  };
}
