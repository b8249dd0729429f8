/**
 * The levels of SMS billing's terms as the settings page shows them, read once.
 *
 * Goes to: `core/sms_billing/settings.ts`, `core/sms_billing/terms.ts`.
 *
 * @module
 */
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { type AuditRecord, listAudit } from "../../../core/audit/audit.ts";
import { smsAccountSettingsKey, smsSettingsKey } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";
import {
  joinTerms,
  SMS_BASE,
  type SmsGlobalSettings,
  type SmsLevel,
  type SmsSettings,
  type SmsTerms,
} from "../../../core/sms_billing/settings.ts";
import { describe } from "../../../core/sms_billing/terms.ts";
import { etagOf } from "../../api/shapes/etag.ts";

/** Changes by hand looked at for those of these terms: the log is in order of time alone. */
const AUDIT_LOOKED_AT = 500;
const SHOWN_MAX = 20;

/** One level, what it inherits, and what comes of both. */
export interface SettingsView {
  /** Whose terms; null for everybody's. */
  account: Account | null;
  /** An account that was asked for and is not there. */
  missing: string | null;
  /** What the environment says. */
  base: SmsSettings;
  /** Every level, and what they come to. */
  terms: SmsTerms;
  /** The level that is edited. */
  level: SmsLevel;
  /** What holds where that level says nothing. */
  inherited: SmsSettings;
  /** Of the amounts: the account's, else that of the terms. */
  currency: string;
  /** Newest first. */
  changes: AuditRecord[];
}

/** Reads the terms of an account, or everybody's for `""`. */
export async function readSettings(store: Store, accountId: string): Promise<SettingsView> {
  const isId = /^[A-Za-z0-9_-]{1,64}$/.test(accountId);
  const account = isId ? await getAccount(store, accountId) : null;
  const [globalRow, accountRow] = await store.getMany<object>(
    account ? [smsSettingsKey, smsAccountSettingsKey(account.id)] : [smsSettingsKey],
  );
  const global = (globalRow?.value ?? null) as SmsGlobalSettings | null;
  const terms = joinTerms(global, (accountRow?.value ?? null) as SmsLevel | null);
  const base = global?.base ?? SMS_BASE;
  const log = await listAudit(store, { limit: AUDIT_LOOKED_AT });
  const subject = account?.id ?? "global";
  return {
    account,
    missing: accountId !== "" && !account ? accountId.slice(0, 64) : null,
    base,
    terms,
    level: account ? terms.account : terms.global,
    inherited: account ? { ...base, ...terms.global } : base,
    currency: account?.currency ?? terms.effective.currency,
    changes: (log?.rows ?? []).map(({ value }) => value)
      .filter((one) => one.action === "sms_settings_changed" && one.subject === subject)
      .slice(0, SHOWN_MAX),
  };
}

/** The mark of a level: equal exactly when the level is. */
export function tagOf(level: SmsLevel): string {
  return etagOf(describe(level));
}
