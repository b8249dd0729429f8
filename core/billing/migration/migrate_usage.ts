/**
 * Brings another system's customers over: accounts, terms of their own for those who send much, and a
 * first bill for the current month. Run again, it makes nothing twice.
 *
 * Goes to: `core/billing/migration/bill_month.ts`, `core/billing/open_account.ts`,
 * `core/sms_billing/terms.ts`.
 *
 * @module
 */
import { getAccount } from "../../accounts/account.ts";
import { formatInstant } from "../../clock.ts";
import { getSmsTerms, setAccountLevel } from "../../sms_billing/terms.ts";
import type { SmsLevel } from "../../sms_billing/settings.ts";
import type { BillingDeps } from "../bill_due.ts";
import { openAccount } from "../open_account.ts";
import { billMonth } from "./bill_month.ts";
import type { MigrationRow } from "./read_rows.ts";

/** What a migration came to. */
export interface MigrationTally {
  /** Accounts with usable rows. */
  processed: number;
  /** First bills made. */
  created: number;
  /** Accounts without usage this month, or whose first bill was there already. */
  skipped: number;
  /** Accounts that could not be brought over; broken rows are counted beside them. */
  failed: number;
}

/** Above this many messages in a month an account gets terms of its own. */
const HIGH_VOLUME_MESSAGES = 5_000;
/** A bill every so many messages, so that a heavy sender owes little at any time. */
const HIGH_VOLUME_LEVEL: SmsLevel = { frequency: "threshold", thresholdMessages: 1_000 };
/** Who, in entries and audit records. */
const ACTOR = "migration";

/** Brings the rows over, account by account; `report` hears of each. */
export async function migrateUsage(
  deps: BillingDeps,
  { rows, report }: {
    rows: readonly MigrationRow[];
    report: (step: { done: number; total: number; failure: string | null }) => void;
  },
): Promise<MigrationTally> {
  const tally: MigrationTally = { processed: 0, created: 0, skipped: 0, failed: 0 };
  const accounts = Map.groupBy(rows, ({ accountId }) => accountId);
  for (const [accountId, mine] of accounts) {
    let failure: string | null = null;
    try {
      tally[await migrateAccount(deps, { accountId, rows: mine })]++;
    } catch (error) {
      // The others come over all the same; this one is tried again by the next run.
      tally.failed++;
      failure = `${accountId}: ${error instanceof Error ? error.message : String(error)}`;
    }
    report({ done: ++tally.processed, total: accounts.size, failure });
  }
  return tally;
}

async function migrateAccount(
  deps: BillingDeps,
  { accountId, rows }: { accountId: string; rows: MigrationRow[] },
): Promise<"created" | "skipped"> {
  await ensureAccount(deps, { accountId, row: rows[0]! });
  const byMonth = Map.groupBy(rows, ({ month }) => month);
  const most = Math.max(...[...byMonth.values()].map(sumOfMessages));
  if (most > HIGH_VOLUME_MESSAGES) await ensureOwnTerms(deps, accountId);
  const month = formatInstant(deps.clock.now()).slice(0, 7);
  const ofMonth = byMonth.get(month) ?? [];
  if (sumOfMessages(ofMonth) === 0) return "skipped";
  return await billMonth(deps, { accountId, month, rows: ofMonth, actor: ACTOR });
}

async function ensureAccount(
  deps: BillingDeps,
  { accountId, row }: { accountId: string; row: MigrationRow },
): Promise<void> {
  if (await getAccount(deps.store, accountId)) return;
  const { effective } = await getSmsTerms(deps.store, null);
  const { name, email } = row;
  const { currency } = effective;
  const request = { id: accountId, name, email, currency, timezone: "UTC", sippyAccountId: null };
  await openAccount(deps, { request: { ...request, ratePlans: {} }, actor: ACTOR });
}

/** Terms that a person has set already stay as they are. */
async function ensureOwnTerms(deps: BillingDeps, accountId: string): Promise<void> {
  const isEmpty = (level: SmsLevel) => Object.keys(level).length === 0;
  await setAccountLevel(deps, {
    accountId,
    level: HIGH_VOLUME_LEVEL,
    isExpected: isEmpty,
    actor: ACTOR,
  });
}

function sumOfMessages(rows: MigrationRow[]): number {
  return rows.reduce((sum, { messages }) => sum + messages, 0);
}
