/**
 * Everything the first page of a customer's portal shows, read once; all of it is one account's.
 *
 * Goes to: `core/billing/move_money.ts`, `core/sms_billing/billing_summary.ts`.
 *
 * @module
 */
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { type ChargedCall, listCalls } from "../../../core/billing/list_calls.ts";
import { type ChargedMessage, listMessages } from "../../../core/billing/list_messages.ts";
import { getWalletView, type WalletView } from "../../../core/billing/move_money.ts";
import { SYNC_JOB } from "../../../core/billing/sync_outcome.ts";
import { getJob, type Job } from "../../../core/jobs/job.ts";
import { dayTotalKey, jobByUniqueKey } from "../../../core/kv/keys.ts";
import type { SmsBill } from "../../../core/sms_billing/bill.ts";
import {
  describeUsage,
  readStanding,
  type SmsStanding,
  type SmsUsageView,
} from "../../../core/sms_billing/billing_summary.ts";
import { listBills } from "../../../core/sms_billing/list_bills.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import { listEntries } from "../../../core/wallet/read_entries.ts";
import { daysUntil } from "../../../core/wallet/system_totals.ts";
import type { AppDeps } from "../../deps.ts";
import { readCompleteTo } from "../billing/carrier_freshness.ts";
import { isOver } from "../job_stream.ts";

/** Days of the chart. */
export const PORTAL_DAYS = 31;
const LATEST = 5;

/** The first page of a portal. */
export interface PortalView {
  /** Whose it is. */
  account: Account;
  /** Its money, with the free minutes of the month. */
  walletView: WalletView;
  /** The last money in by a top-up; null before the first. */
  lastTopUp: Entry | null;
  /** When the page was read. */
  nowMs: number;
  /** Everything before this instant is known; null before the first good runs. */
  completeToMs: number | null;
  /** Oldest first, the last is today in UTC; null for a day without entries. */
  days: { day: string; total: DayTotal | null }[];
  /** How far its SMS billing is. */
  sms: SmsStanding;
  /** What was used in the running period. */
  usage: SmsUsageView;
  /** The newest closed ones. */
  bills: SmsBill[];
  /** The newest. */
  calls: ChargedCall[];
  /** The newest. */
  messages: ChargedMessage[];
  /** The sync that was asked for, or one that runs. */
  job: Job | null;
}

/** Reads it; `jobId` is the sync that somebody has just started. Null when there is no such account. */
export async function readPortal(
  deps: AppDeps,
  { accountId, jobId }: { accountId: string; jobId: string | null },
): Promise<PortalView | null> {
  const { store } = deps;
  const nowMs = deps.clock.now();
  const [account, walletView] = await Promise.all([
    getAccount(store, accountId),
    getWalletView(deps, accountId),
  ]);
  if (!account || !walletView) return null;
  const [topUps, completeToMs, days, sms, bills, calls, messages, job] = await Promise.all([
    listEntries(store, { accountId, kind: "top_up", limit: 1 }),
    readCompleteTo(deps),
    readDays(deps, { accountId, nowMs }),
    readStanding(store, accountId),
    listBills(store, { accountId, limit: LATEST }),
    listCalls(store, { accountId, limit: LATEST }),
    listMessages(store, { accountId, limit: LATEST }),
    findSync(deps, { accountId, jobId }),
  ]);
  return {
    account,
    walletView,
    lastTopUp: topUps?.rows[0]?.value ?? null,
    nowMs,
    completeToMs,
    days,
    sms,
    usage: describeUsage(sms, { atMs: nowMs }),
    bills: (bills?.bills ?? []).map(({ bill }) => bill),
    calls: calls?.calls ?? [],
    messages: messages?.messages ?? [],
    job,
  };
}

async function readDays(
  { store }: AppDeps,
  { accountId, nowMs }: { accountId: string; nowMs: number },
): Promise<PortalView["days"]> {
  const days = daysUntil(nowMs, PORTAL_DAYS);
  const rows = await store.getMany<DayTotal>(days.map((day) => dayTotalKey(day, accountId)));
  return days.map((day, at) => ({ day, total: rows[at]?.value ?? null }));
}

/** A sync of this account by its id; null for anybody else's, and for one that is none. */
export async function getOwnSync(
  { store }: AppDeps,
  { accountId, jobId }: { accountId: string; jobId: string },
): Promise<Job | null> {
  const job = await getJob(store, jobId);
  return job?.kind === SYNC_JOB && job.unique === accountId ? job : null;
}

async function findSync(
  deps: AppDeps,
  { accountId, jobId }: { accountId: string; jobId: string | null },
): Promise<Job | null> {
  if (jobId !== null) return await getOwnSync(deps, { accountId, jobId });
  const pointer = await deps.store.get<{ id: string }>(jobByUniqueKey(SYNC_JOB, accountId));
  const job = pointer && await getOwnSync(deps, { accountId, jobId: pointer.value.id });
  return job && !isOver(job) ? job : null;
}
