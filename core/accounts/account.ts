/**
 * An account: one customer of the reseller.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { accountKey, accountPrefix, accountSecretKey, accountWithBlandKeyKey } from "../kv/keys.ts";
import { formatCursor, listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";

/** Whether an account takes part. Usage that happened is charged whatever the status. */
export const ACCOUNT_STATUSES = ["active", "suspended", "closed"] as const;
/** One of {@link ACCOUNT_STATUSES}. */
export type AccountStatus = typeof ACCOUNT_STATUSES[number];

/** A customer of the reseller. `ratePlans` holds only what differs from the defaults. */
export interface Account {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`; never changes. */
  id: string;
  /** What people call it. */
  name: string;
  /** A contact; null when none was given. */
  email: string | null;
  /** See {@link ACCOUNT_STATUSES}. */
  status: AccountStatus;
  /** ISO 4217, fixed when the account is opened; its wallet has the same. */
  currency: string;
  /** IANA; tells in which month a call draws on free minutes. */
  timezone: string;
  /** Its account number in Sippy; null when it has none there. */
  sippyAccountId: number | null;
  /** Whether it brings its own Bland key, which {@link AccountSecret} holds. */
  hasBlandKey: boolean;
  /** Plan ids by service. */
  ratePlans: Record<string, string>;
  /** When it was opened. */
  createdAtMs: number;
}

/** What nobody reads back. */
export interface AccountSecret {
  /** Its own Bland key; the row is absent when it brings none. */
  blandApiKey: string;
}

/** An account or null. */
export async function getAccount(store: Store, accountId: string): Promise<Account | null> {
  return (await store.get<Account>(accountKey(accountId)))?.value ?? null;
}

/** Stages an account's row, and its own Bland key when one is given (null takes it away). */
export function stageAccount(
  batch: Batch,
  { account, blandApiKey }: { account: Account; blandApiKey?: string | null | undefined },
): void {
  batch.set(accountKey(account.id), account);
  if (blandApiKey === undefined) return;
  if (blandApiKey === null) {
    batch.delete(accountSecretKey(account.id));
    batch.delete(accountWithBlandKeyKey(account.id));
  } else {
    batch.set(accountSecretKey(account.id), { blandApiKey });
    batch.set(accountWithBlandKeyKey(account.id), {});
  }
}

/** Which accounts: a text that name, id or e-mail contains, and a status. */
export interface AccountQuery {
  /** In any case; all when empty or left out. */
  search?: string | undefined;
  /** Any when left out. */
  status?: AccountStatus | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Accounts a page may hold. */
  limit: number;
}

/** Rows looked at for one answer of a search; the cursor goes on from there. */
const SEARCH_ROWS_MAX = 5_000;
const SEARCH_PAGE_ROWS = 500;

/** A page of accounts by id; null when the cursor is not one of ours. */
export async function listAccounts(
  store: Store,
  query: AccountQuery,
): Promise<Page<Account> | null> {
  if (!query.search && !query.status) {
    return await listPage<Account>(store, {
      prefix: accountPrefix,
      limit: query.limit,
      cursor: query.cursor,
    });
  }
  const found: Page<Account> = { rows: [], nextCursor: query.cursor ?? null };
  for (let seen = 0; seen < SEARCH_ROWS_MAX; seen += SEARCH_PAGE_ROWS) {
    const page = await listPage<Account>(store, {
      prefix: accountPrefix,
      limit: SEARCH_PAGE_ROWS,
      cursor: found.nextCursor ?? undefined,
    });
    if (!page) return null;
    for (const row of page.rows) {
      if (!matches(row.value, query)) continue;
      found.rows.push(row);
      if (found.rows.length === query.limit) {
        return { rows: found.rows, nextCursor: formatCursor([row.value.id]) };
      }
    }
    found.nextCursor = page.nextCursor;
    if (!page.nextCursor) break;
  }
  return found;
}

function matches(account: Account, { search, status }: AccountQuery): boolean {
  if (status && account.status !== status) return false;
  if (!search) return true;
  const wanted = search.toLowerCase();
  return [account.id, account.name, account.email ?? ""].some((text) =>
    text.toLowerCase().includes(wanted)
  );
}
