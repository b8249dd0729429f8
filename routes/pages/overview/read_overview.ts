/**
 * Everything the overview shows, read once.
 *
 * Wallets are few beside usage, so all of them are looked at; what grows with usage is counted up to a
 * bound, and the days are kept totals.
 *
 * Goes to: `core/wallet/system_totals.ts`, `core/jobs/cursors.ts`, `core/billing/verify_ledger.ts`.
 *
 * @module
 */
import type { Account } from "../../../core/accounts/account.ts";
import { listReconciliations, type Reconciliation } from "../../../core/billing/reconciliation.ts";
import { listVerifications, type Verification } from "../../../core/billing/verify_ledger.ts";
import { type Cursor, listCursors } from "../../../core/jobs/cursors.ts";
import { type Job, listJobs } from "../../../core/jobs/job.ts";
import { accountPrefix, callParkedPrefix, walletPrefix } from "../../../core/kv/keys.ts";
import { everyRow } from "../../../core/kv/page.ts";
import { WEBHOOK_TEST_JOB } from "../../../core/notices/deliver.ts";
import { listEndpoints, type WebhookEndpoint } from "../../../core/notices/endpoint.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { daysUntil, listSystemDays } from "../../../core/wallet/system_totals.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import type { AppDeps } from "../../deps.ts";
import { countUnsettled, type Unsettled } from "./count_unsettled.ts";

/** Days of the chart, and of the month that is certainly among them. */
export const OVERVIEW_DAYS = 31;
const JOBS_LOOKED_AT = 500;

/** An account that wants a look, with its wallet. */
export interface WalletOf {
  /** Whose it is. */
  account: Pick<Account, "id" | "name">;
  /** Its money. */
  wallet: Wallet;
}

/** Money of all wallets of one currency. */
export interface WalletSum {
  /** ISO 4217. */
  currency: string;
  /** How many there are. */
  wallets: number;
  /** Sum of all balances. */
  balanceMicros: bigint;
  /** Sum of all open holds. */
  heldMicros: bigint;
  /** Calls that wait for money. */
  waitingCount: number;
  /** What those calls would still cost. */
  waitingMicros: bigint;
}

/** What the overview shows. */
export interface Overview {
  /** When the page was read. */
  nowMs: number;
  /** How many there are, whatever their status. */
  accounts: number;
  /** Accounts somebody suspended. */
  suspended: Account[];
  /** By currency, in alphabetical order. */
  sums: WalletSum[];
  /** Wallets in which calls wait for money, most money first. */
  waiting: WalletOf[];
  /** Wallets below their highest threshold, emptiest first. */
  low: WalletOf[];
  /** Oldest first, the last is today in UTC; each has a total by currency. */
  days: { day: string; totals: DayTotal[] }[];
  /** Calls not charged yet. */
  unsettled: Unsettled;
  /** Calls that cannot be billed until somebody changes something. */
  parked: number;
  /** Among the newest jobs. */
  failedJobs: Job[];
  /** Of the keys that are still in use. */
  cursors: Cursor[];
  /** The newest; null when there was none yet. */
  verification: Verification | null;
  /** The newest reconciled day of each carrier that is on. */
  reconciliations: Reconciliation[];
  /** Endpoints that a notice did not reach in its last try. */
  failingEndpoints: WebhookEndpoint[];
}

/** Reads the overview. */
export async function readOverview(deps: AppDeps): Promise<Overview> {
  const { store, clock } = deps;
  const nowMs = clock.now();
  const days = daysUntil(nowMs, OVERVIEW_DAYS);
  const [accounts, wallets, totals, parked, jobs, cursors, verifications] = await Promise.all([
    collect<Account>(everyRow<Account>(store, { prefix: accountPrefix })),
    collect<Wallet>(everyRow<Wallet>(store, { prefix: walletPrefix })),
    listSystemDays(store, days),
    store.list<object>({ prefix: callParkedPrefix }),
    listJobs(store, { limit: JOBS_LOOKED_AT }),
    listCursors(store),
    listVerifications(store, { limit: 1 }),
  ]);
  const waiting = wallets.filter(({ waitingCount }) => waitingCount > 0);
  const named = nameWith(accounts);
  return {
    nowMs,
    accounts: accounts.length,
    suspended: accounts.filter(({ status }) => status === "suspended"),
    sums: sumWallets(wallets),
    waiting: named(waiting, (wallet) => -wallet.waitingMicros),
    low: named(wallets.filter(isLow), (wallet) => wallet.balanceMicros),
    days: days.map((day, at) => ({ day, totals: totals[at] ?? [] })),
    unsettled: await countUnsettled(store, { nowMs, waiting }),
    parked: parked.length,
    failedJobs: (jobs?.rows ?? []).map(({ value }) => value)
      .filter(({ state, kind }) => state === "failed" && kind !== WEBHOOK_TEST_JOB),
    cursors: cursors.filter(({ sourceId }) => isInUse(sourceId, accounts)),
    verification: verifications?.rows[0]?.value ?? null,
    reconciliations: await newestReconciliations(deps),
    failingEndpoints: (await listEndpoints(store)).filter(({ state }) => state === "failing"),
  };
}

/** Of each carrier that is on the newest day that was read to its end, or could not be. */
async function newestReconciliations({ store, config }: AppDeps): Promise<Reconciliation[]> {
  const on = (["bland", "telnyx", "twilio"] as const).filter((carrier) => config[carrier]);
  const pages = await Promise.all(
    on.map((carrier) => listReconciliations(store, { carrier, limit: 2 })),
  );
  return pages.flatMap((page) => page?.rows.find(({ state }) => state !== "pending") ?? []);
}

/** Whether the balance is below the highest of its thresholds. */
export function isLow({ balanceMicros, lowBalanceThresholdsMicros }: Wallet): boolean {
  return lowBalanceThresholdsMicros.some((micros) => balanceMicros < micros);
}

// The cursor of a key that was taken away stays where it was; it says nothing any more.
function isInUse(sourceId: string, accounts: readonly Account[]): boolean {
  const owner = /^[a-z]+:account:(.+)$/.exec(sourceId)?.[1];
  return owner === undefined || accounts.some(({ id, hasBlandKey }) => id === owner && hasBlandKey);
}

async function collect<T>(rows: AsyncIterable<{ value: T }>): Promise<T[]> {
  const values: T[] = [];
  for await (const { value } of rows) values.push(value);
  return values;
}

function sumWallets(wallets: readonly Wallet[]): WalletSum[] {
  const sums = [...Map.groupBy(wallets, ({ currency }) => currency)].map(([currency, group]) => ({
    currency,
    wallets: group.length,
    balanceMicros: group.reduce((sum, { balanceMicros }) => sum + balanceMicros, 0n),
    heldMicros: group.reduce((sum, { heldMicros }) => sum + heldMicros, 0n),
    waitingCount: group.reduce((sum, { waitingCount }) => sum + waitingCount, 0),
    waitingMicros: group.reduce((sum, { waitingMicros }) => sum + waitingMicros, 0n),
  }));
  return sums.sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

function nameWith(accounts: readonly Account[]) {
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  return (wallets: readonly Wallet[], rank: (wallet: Wallet) => bigint): WalletOf[] =>
    wallets.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).map((wallet) => ({
      account: { id: wallet.accountId, name: names.get(wallet.accountId) ?? wallet.accountId },
      wallet,
    }));
}
