/**
 * Accounts beside their wallets, as a list is filtered: by text or number, by status, by their money.
 *
 * @module
 */
import { type Account, ACCOUNT_STATUSES } from "../../../core/accounts/account.ts";
import { holderAt, type NumberRow } from "../../../core/accounts/numbers.ts";
import { accountKey, accountPrefix, numberKey, walletKey } from "../../../core/kv/keys.ts";
import { formatCursor, listPage } from "../../../core/kv/page.ts";
import { isE164, normalizeNumber } from "../../../core/numbering.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import type { AppDeps } from "../../deps.ts";
import { isLow } from "../overview/read_overview.ts";

/** What may be asked of a wallet: below a threshold, with calls that wait, below zero. */
export const MONEY_STATES = ["low", "waiting", "negative"] as const;

/** Which accounts. */
export interface AccountFilter {
  /** A part of name, id or e-mail, or a number somebody holds now. */
  search: string;
  /** Empty for any. */
  status: typeof ACCOUNT_STATUSES[number] | "";
  /** Empty for any. */
  money: typeof MONEY_STATES[number] | "";
}

/** An account and its wallet. */
export interface AccountRow {
  /** The customer. */
  account: Account;
  /** Its money. */
  wallet: Wallet;
}

/** A page of accounts by id. */
export interface AccountPage {
  /** In order of their ids. */
  rows: AccountRow[];
  /** Where the next page starts; null at the end. */
  nextCursor: string | null;
}

/** Accounts looked at for one answer; a page may be short while its cursor goes on. */
const ACCOUNTS_LOOKED_AT_MAX = 5_000;
const STEP_ROWS = 250;

/** A page of the accounts a filter lets through; null when the cursor is not one of ours. */
export async function findAccounts(
  deps: AppDeps,
  { filter, cursor, limit }: {
    filter: AccountFilter;
    cursor: string | undefined;
    limit: number;
  },
): Promise<AccountPage | null> {
  const holder = cursor === undefined ? await findHolder(deps, filter.search) : null;
  const found: AccountPage = {
    rows: holder && keeps(holder, { ...filter, search: "" }) ? [holder] : [],
    nextCursor: cursor ?? null,
  };
  const isFiltered = filter.search !== "" || filter.status !== "" || filter.money !== "";
  for (let seen = 0; seen < ACCOUNTS_LOOKED_AT_MAX; seen += STEP_ROWS) {
    const page = await listPage<Account>(deps.store, {
      prefix: accountPrefix,
      limit: isFiltered ? STEP_ROWS : limit,
      cursor: found.nextCursor ?? undefined,
    });
    if (!page) return null;
    for (const row of await withWallets(deps, page.rows.map(({ value }) => value))) {
      if (!keeps(row, filter) || row.account.id === holder?.account.id) continue;
      found.rows.push(row);
      if (found.rows.length < limit) continue;
      const isLast = page.nextCursor === null && row.account.id === page.rows.at(-1)?.value.id;
      return { rows: found.rows, nextCursor: isLast ? null : formatCursor([row.account.id]) };
    }
    found.nextCursor = page.nextCursor;
    if (page.nextCursor === null) return found;
  }
  return found;
}

/** Who holds the number that was searched for. */
async function findHolder(deps: AppDeps, search: string): Promise<AccountRow | null> {
  const number = normalizeNumber(search);
  if (!isE164(number)) return null;
  const row = (await deps.store.get<NumberRow>(numberKey(number)))?.value ?? null;
  const atMs = deps.clock.now();
  const id = ["bland", "telnyx", "twilio"]
    .map((carrier) => holderAt(row, { carrier, atMs })).find((one) => one !== null);
  if (!id) return null;
  const account = await deps.store.get<Account>(accountKey(id));
  return account ? (await withWallets(deps, [account.value]))[0] ?? null : null;
}

async function withWallets(
  { store }: AppDeps,
  accounts: readonly Account[],
): Promise<AccountRow[]> {
  const wallets = await store.getMany<Wallet>(accounts.map(({ id }) => walletKey(id)));
  return accounts.flatMap((account, at) => {
    const wallet = wallets[at]?.value;
    return wallet ? [{ account, wallet }] : [];
  });
}

function keeps({ account, wallet }: AccountRow, filter: AccountFilter): boolean {
  const { search, status, money } = filter;
  if (status !== "" && account.status !== status) return false;
  if (money === "low" && !isLow(wallet)) return false;
  if (money === "waiting" && wallet.waitingCount === 0) return false;
  if (money === "negative" && wallet.balanceMicros >= 0n) return false;
  const wanted = search.toLowerCase();
  return [account.id, account.name, account.email ?? ""].some((text) =>
    text.toLowerCase().includes(wanted)
  );
}
