/**
 * What the billing page shows, read once.
 *
 * Goes to: `routes/pages/billing/carrier_freshness.ts`, `routes/pages/billing/twilio_panel.tsx`,
 * `core/billing/list_calls.ts`.
 *
 * @module
 */
import type { Account } from "../../../core/accounts/account.ts";
import { type ChargedCall, listCalls } from "../../../core/billing/list_calls.ts";
import { SYNC_JOB } from "../../../core/billing/sync_outcome.ts";
import { utcDay } from "../../../core/clock.ts";
import type { Config } from "../../../core/config.ts";
import { getJob, type Job } from "../../../core/jobs/job.ts";
import { jobByUniqueKey, walletKey, walletWaitingPrefix } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";
import { formatMoney, type Money } from "../../../core/money.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { getSystemDay } from "../../../core/wallet/system_totals.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import type { AppDeps } from "../../deps.ts";
import { readOwners } from "../call/cells.tsx";
import { isOver } from "../job_stream.ts";
import { readUnassigned, type UnassignedUsage } from "../unassigned.tsx";
import { type Freshness, readBlandFreshness, readCompleteTo } from "./carrier_freshness.ts";
import { readEstimates } from "./latest_calls.tsx";
import { readShownBalance, type ShownBalance } from "./telnyx_balance.ts";
import { readTwilio, type TwilioView } from "./twilio_panel.tsx";

const LATEST_CALLS = 10;

/** What waits for money, over all wallets. */
export interface WaitingMoney {
  /** Wallets in which calls wait. */
  wallets: number;
  /** Calls that wait. */
  calls: number;
  /** One amount for each currency. */
  amounts: Money[];
}

/** The billing page as it was read. */
export interface BillingView {
  /** When it was read. */
  nowMs: number;
  /** One for each currency that moved today. */
  today: readonly DayTotal[];
  /** Calls no wallet covers. */
  waiting: WaitingMoney;
  /** Calls nobody owns. */
  unassigned: UnassignedUsage;
  /** How far Bland has been read. */
  freshness: Freshness;
  /** Everything before this instant is known; null before the first good runs. */
  completeToMs: number | null;
  /** Null while Twilio is off. */
  twilio: TwilioView | null;
  /** Null for a carrier that is off. */
  carriers: Pick<Config, "bland" | "telnyx" | "twilio">;
  /** The sync that was asked for, or one that runs. */
  job: Job | null;
  /** Billed calls, newest first. */
  latest: readonly ChargedCall[];
  /** What they were first charged at by estimate, by call id. */
  estimates: ReadonlyMap<string, Money>;
  /** Our money with Telnyx. */
  balance: ShownBalance;
  /** Their accounts, by id. */
  owners: ReadonlyMap<string, Account>;
}

/** Reads the page; `jobId` is the sync that somebody has just started. */
export async function readBilling(deps: AppDeps, jobId: string | null): Promise<BillingView> {
  const { store, clock, config } = deps;
  const nowMs = clock.now();
  const [today, waiting, unassigned, freshness, job, page, balance] = await Promise.all([
    getSystemDay(store, utcDay(nowMs)),
    readWaiting(store),
    readUnassigned(store),
    readBlandFreshness(store),
    findSync(store, jobId),
    listCalls(store, { billing: "billed", limit: LATEST_CALLS }),
    readShownBalance(deps),
  ]);
  const latest = page?.calls ?? [];
  const owners = await readOwners(store, latest.map(({ call }) => call.accountId));
  return {
    nowMs,
    today,
    waiting,
    unassigned,
    freshness,
    completeToMs: await readCompleteTo(deps),
    twilio: await readTwilio(deps),
    carriers: config,
    job,
    latest,
    estimates: await readEstimates(store, latest),
    balance,
    owners,
  };
}

async function readWaiting(store: Store): Promise<WaitingMoney> {
  const pointers = await store.list<object>({ prefix: walletWaitingPrefix });
  const rows = await store.getMany<Wallet>(pointers.map(({ key }) => walletKey(key[1]!)));
  const wallets = rows.flatMap((row) => (row ? [row.value] : []));
  const byCurrency = Map.groupBy(wallets, ({ currency }) => currency);
  return {
    wallets: wallets.length,
    calls: wallets.reduce((sum, { waitingCount }) => sum + waitingCount, 0),
    amounts: [...byCurrency].map(([currency, some]) =>
      formatMoney(some.reduce((sum, { waitingMicros }) => sum + waitingMicros, 0n), currency)
    ),
  };
}

async function findSync(store: Store, jobId: string | null): Promise<Job | null> {
  const asked = jobId === null ? null : await getJob(store, jobId);
  if (asked?.kind === SYNC_JOB) return asked;
  const pointer = await store.get<{ id: string }>(jobByUniqueKey(SYNC_JOB, "all"));
  const last = pointer && await getJob(store, pointer.value.id);
  return last && !isOver(last) ? last : null;
}
