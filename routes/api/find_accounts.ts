/**
 * Finds accounts by a part of their name, id or e-mail, or by a number that they hold now.
 *
 * Comes from: `routes/api/accounts.ts`.
 *
 * @module
 */
import { type Account, type AccountQuery, listAccounts } from "../../core/accounts/account.ts";
import type { NumberRow } from "../../core/accounts/numbers.ts";
import { accountKey, numberKey } from "../../core/kv/keys.ts";
import { formatCursor } from "../../core/kv/page.ts";
import { isE164, normalizeNumber } from "../../core/numbering.ts";
import type { AppDeps } from "../deps.ts";

/** A page of accounts; null when the cursor is not one of ours. Holders of the number come first. */
export async function findAccounts(
  deps: Pick<AppDeps, "store" | "clock">,
  query: AccountQuery,
): Promise<{ accounts: Account[]; nextCursor: string | null } | null> {
  const page = await listAccounts(deps.store, query);
  if (!page) return null;
  const holders = query.search && !query.cursor ? await findHolders(deps, query) : [];
  const found = [...holders, ...page.rows.map((row) => row.value)];
  const shown = found.slice(0, query.limit);
  // A cursor before the first id goes on with the list by text from its beginning.
  const last = shown.length > holders.length ? shown.at(-1)!.id : "";
  const isCut = shown.length < found.length;
  return {
    accounts: shown,
    nextCursor: isCut ? formatCursor([last]) : page.nextCursor,
  };
}

/** Who holds the number that was searched for, unless a list by text finds them anyway. */
async function findHolders(
  deps: Pick<AppDeps, "store" | "clock">,
  { search = "", status }: AccountQuery,
): Promise<Account[]> {
  const number = normalizeNumber(search);
  if (!isE164(number)) return [];
  const atMs = deps.clock.now();
  const row = await deps.store.get<NumberRow>(numberKey(number));
  const ids = row?.value.holdings
    .filter((one) => one.fromMs <= atMs && (one.toMs === null || atMs < one.toMs))
    .map((one) => one.accountId) ?? [];
  const rows = await deps.store.getMany<Account>([...new Set(ids)].map(accountKey));
  const wanted = search.toLowerCase();
  return rows.flatMap((one) => one ? [one.value] : []).filter((account) =>
    (!status || account.status === status) &&
    ![account.id, account.name, account.email ?? ""].some((text) =>
      text.toLowerCase().includes(wanted)
    )
  );
}
