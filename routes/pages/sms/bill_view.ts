/**
 * Everything the page of a bill shows, read once.
 *
 * Goes to: `core/sms_billing/list_bills.ts`, `core/audit/audit.ts`.
 *
 * @module
 */
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { type AuditRecord, listAudit } from "../../../core/audit/audit.ts";
import { walletKey } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";
import { getNamedBill, type NamedBill } from "../../../core/sms_billing/list_bills.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";

/** Changes by hand looked at for those of one bill: the log is in order of time alone. */
const AUDIT_LOOKED_AT = 500;
const BILL_ID_CHARS_MAX = 100;

/** A closed bill, whose it is, and what people did with it. */
export interface BillView extends NamedBill {
  /** Null when the account has no row. */
  account: Account | null;
  /** Null when the account has none. */
  wallet: Wallet | null;
  /** Newest first. */
  changes: AuditRecord[];
}

/** Reads the page of a bill; null when there is none, or while it still collects. */
export async function readBill(store: Store, billId: string): Promise<BillView | null> {
  if (billId.length > BILL_ID_CHARS_MAX) return null;
  const named = await getNamedBill(store, billId);
  if (!named) return null;
  const { accountId } = named.bill;
  const [account, wallet, log] = await Promise.all([
    getAccount(store, accountId),
    store.get<Wallet>(walletKey(accountId)),
    listAudit(store, { limit: AUDIT_LOOKED_AT }),
  ]);
  const changes = (log?.rows ?? []).map(({ value }) => value)
    .filter(({ subject }) => subject === billId);
  return { ...named, account, wallet: wallet?.value ?? null, changes };
}
