/**
 * Everything the page of an account shows, read once.
 *
 * Goes to: `core/billing/move_money.ts`, `core/wallet/read_entries.ts`, `core/audit/audit.ts`.
 *
 * @module
 */
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { type ApiKey, listApiKeys } from "../../../core/accounts/api_keys.ts";
import { listPortalLinks, type PortalLink } from "../../../core/accounts/portal_links.ts";
import { type Holding, listNumbers } from "../../../core/accounts/numbers.ts";
import { type AuditRecord, listAudit } from "../../../core/audit/audit.ts";
import { getWalletView, type WalletView } from "../../../core/billing/move_money.ts";
import { dayTotalKey, ratePlanKey } from "../../../core/kv/keys.ts";
import type { Page } from "../../../core/kv/page.ts";
import { planIdOf } from "../../../core/rating/plans.ts";
import { type RatePlan, type Service, SERVICES } from "../../../core/rating/rate_plan.ts";
import { describeUsage, readStanding } from "../../../core/sms_billing/billing_summary.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import { listEntries } from "../../../core/wallet/read_entries.ts";
import { daysUntil } from "../../../core/wallet/system_totals.ts";
import type { AppDeps } from "../../deps.ts";
import { type EntryFilter, readEntryFilter } from "./entry_filter.tsx";
import type { AccountSms } from "./sms_panel.tsx";

/** Days of the charts. */
export const ACCOUNT_DAYS = 31;
/** Changes by hand looked at for those of one account: the log is in order of time alone. */
const AUDIT_LOOKED_AT = 500;

/** The page of an account. */
export interface AccountView {
  /** The customer. */
  account: Account;
  /** Its money, with the free minutes of the month. */
  walletView: WalletView;
  /** When the page was read. */
  nowMs: number;
  /** Oldest first, the last is today in UTC; null for a day without entries. */
  days: { day: string; total: DayTotal | null }[];
  /** What is asked of the ledger. */
  filter: EntryFilter;
  /** Null when the cursor in the address is not one of ours. */
  entries: Page<Entry> | null;
  /** Held now and before. */
  numbers: { number: string; holding: Holding }[];
  /** One per service; `plan` is null when there is none of that id. */
  plans: { service: Service; planId: string; plan: RatePlan | null }[];
  /** Oldest first, the revoked ones too. */
  apiKeys: ApiKey[];
  /** Newest first. */
  portalLinks: PortalLink[];
  /** How its SMS billing stands. */
  sms: AccountSms;
  /** Newest first. */
  changes: AuditRecord[];
}

/** Reads the page of an account; null when there is no such account. */
export async function readAccount(
  deps: AppDeps,
  { accountId, params }: { accountId: string; params: URLSearchParams },
): Promise<AccountView | null> {
  const { store } = deps;
  const nowMs = deps.clock.now();
  const account = await getAccount(store, accountId);
  const walletView = account && await getWalletView(deps, accountId);
  if (!account || !walletView) return null;
  const filter = readEntryFilter(params, account.timezone);
  const [days, entries, numbers, plans, apiKeys, portalLinks, standing] = await Promise.all([
    readDays(deps, { accountId, nowMs }),
    listEntries(store, { accountId, ...filter.query }),
    listNumbers(store, accountId),
    readPlans(deps, account),
    listApiKeys(store, accountId),
    listPortalLinks(store, accountId),
    readStanding(store, accountId),
  ]);
  const subjects = new Set([accountId, ...numbers.map(({ number }) => number)]);
  const log = await listAudit(store, { limit: AUDIT_LOOKED_AT });
  return {
    account,
    walletView,
    nowMs,
    days,
    filter,
    entries,
    numbers,
    plans,
    apiKeys,
    portalLinks,
    sms: { standing, usage: describeUsage(standing, { atMs: nowMs }) },
    changes: (log?.rows ?? []).map(({ value }) => value)
      .filter(({ subject }) => subjects.has(subject)),
  };
}

async function readDays(
  { store }: AppDeps,
  { accountId, nowMs }: { accountId: string; nowMs: number },
): Promise<AccountView["days"]> {
  const days = daysUntil(nowMs, ACCOUNT_DAYS);
  const rows = await store.getMany<DayTotal>(days.map((day) => dayTotalKey(day, accountId)));
  return days.map((day, at) => ({ day, total: rows[at]?.value ?? null }));
}

async function readPlans({ store }: AppDeps, account: Account): Promise<AccountView["plans"]> {
  const planIds = SERVICES.map((service) => planIdOf(account, service));
  const rows = await store.getMany<RatePlan>(planIds.map(ratePlanKey));
  return SERVICES.map((service, at) => ({
    service,
    planId: planIds[at]!,
    plan: rows[at]?.value ?? null,
  }));
}
