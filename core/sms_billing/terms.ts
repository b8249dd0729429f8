/**
 * Reads and changes the terms of SMS billing; a change takes effect on the period that is running.
 *
 * Goes to: `core/sms_billing/settings.ts`, `core/sms_billing/count_usage.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { recordAudit } from "../audit/audit.ts";
import { stageJob } from "../jobs/job.ts";
import {
  accountKey,
  auditKey,
  smsAccountKey,
  smsAccountSettingsKey,
  smsBillDuePrefix,
  smsSettingsKey,
} from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import { formatMicros } from "../money.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import { alignOpenBills } from "./count_usage.ts";
import type { SmsDeps } from "./deps.ts";
import {
  joinTerms,
  readSmsTerms,
  SMS_BASE,
  type SmsGlobalSettings,
  type SmsLevel,
  type SmsSettings,
  type SmsTerms,
} from "./settings.ts";

/** The kind of the job that brings running periods to changed terms; there is one of it. */
export const SMS_TERMS_JOB = "apply_sms_terms";

/** Changed, or why not. */
export type TermsOutcome =
  | { status: "settings_changed"; terms: SmsTerms }
  | { status: "changed_meanwhile" }
  | { status: "account_not_found" }
  | { status: "currency_mismatch" };

/** A level as it shall be, made with the present one in view. */
export interface LevelRequest {
  /** The whole level: what is absent is inherited. */
  level: SmsLevel;
  /** Whether this is the level the caller had in view. */
  isExpected: (level: SmsLevel) => boolean;
  /** Who. */
  actor: string;
}

/** An account's terms; the installation's alone when it is null. */
export async function getSmsTerms(store: Store, accountId: string | null): Promise<SmsTerms> {
  const [global, account] = await store.getMany<object>(
    accountId === null ? [smsSettingsKey] : [smsSettingsKey, smsAccountSettingsKey(accountId)],
  );
  return joinTerms(
    (global?.value ?? null) as SmsGlobalSettings | null,
    (account?.value ?? null) as SmsLevel | null,
  );
}

/** Stores what the environment says, where no person has said otherwise; at each start. */
export async function ensureSmsBase(deps: SmsDeps, base: SmsSettings): Promise<void> {
  const known = await deps.store.get<SmsGlobalSettings>(smsSettingsKey);
  if (known && describe(known.value.base) === describe(base)) return;
  await deps.gates.change({
    gate: smsSettingsKey,
    stage: async (batch) => {
      const row = await batch.get<SmsGlobalSettings>(smsSettingsKey);
      batch.set(smsSettingsKey, { level: row?.level ?? {}, base } satisfies SmsGlobalSettings);
    },
  });
}

/** Changes the installation's terms; a job brings the running periods of those who inherit them along. */
export function setGlobalLevel(
  deps: SmsDeps,
  { level, isExpected, actor }: LevelRequest,
): Promise<TermsOutcome> {
  const atMs = deps.clock.now();
  const [auditId, jobId] = [deps.ids.id(), deps.ids.id()];
  return deps.gates.change<TermsOutcome>({
    gate: smsSettingsKey,
    reads: [auditKey(auditId)],
    stage: async (batch) => {
      const row = await batch.get<SmsGlobalSettings>(smsSettingsKey);
      const before = joinTerms(row, null);
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (await batch.get(auditKey(auditId))) return { status: "settings_changed", terms: before };
      if (!isExpected(before.global)) return { status: "changed_meanwhile" };
      const after: SmsGlobalSettings = { level, base: row?.base ?? SMS_BASE };
      batch.set(smsSettingsKey, after);
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "sms_settings_changed",
        subject: "global",
        detail: `${describe(before.global)} -> ${describe(level)}`,
      });
      await stageJob(batch, { id: jobId, kind: SMS_TERMS_JOB, unique: "all", dueAtMs: atMs, atMs });
      return { status: "settings_changed", terms: joinTerms(after, null) };
    },
  });
}

/** Changes an account's own terms, and the end of its running period with them. */
export async function setAccountLevel(
  deps: SmsDeps,
  { accountId, level, isExpected, actor }: LevelRequest & { accountId: string },
): Promise<TermsOutcome> {
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  return await changeWallet<TermsOutcome>(deps, {
    accountId,
    reads: [accountKey(accountId), auditKey(auditId), smsAccountKey(accountId)],
    stage: async (batch) => {
      const before = await readSmsTerms(batch, accountId);
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (await batch.get(auditKey(auditId))) return { status: "settings_changed", terms: before };
      if (!isExpected(before.account)) return { status: "changed_meanwhile" };
      const account = await batch.get<Account>(accountKey(accountId));
      if (!account) return { status: "account_not_found" };
      if (level.currency !== undefined && level.currency !== account.currency) {
        return { status: "currency_mismatch" };
      }
      batch.set(smsAccountSettingsKey(accountId), level);
      const terms = await readSmsTerms(batch, accountId);
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "sms_settings_changed",
        subject: accountId,
        detail: `${describe(before.account)} -> ${describe(level)}`,
      });
      await alignOpenBills(batch, { account, terms: terms.effective, atMs });
      return { status: "settings_changed", terms };
    },
  });
}

/** Brings every running period to the present terms; answers how many accounts were looked at. */
export async function applySmsTerms(
  deps: SmsDeps,
  report: (done: number) => Promise<void>,
): Promise<number> {
  const accountIds = new Set<string>();
  for await (const { key } of everyRow<object>(deps.store, { prefix: smsBillDuePrefix })) {
    accountIds.add(key[2]!);
  }
  let done = 0;
  for (const accountId of accountIds) {
    const atMs = deps.clock.now();
    await changeWallet(deps, {
      accountId,
      reads: [accountKey(accountId), smsAccountKey(accountId)],
      stage: async (batch) => {
        const account = await batch.get<Account>(accountKey(accountId));
        const { effective: terms } = await readSmsTerms(batch, accountId);
        if (account) await alignOpenBills(batch, { account, terms, atMs });
        return { status: "aligned" as const };
      },
    });
    if (++done % 100 === 0) await report(done);
  }
  return done;
}

/** A level as text, for the audit log: equal exactly when the levels are. */
export function describe(level: SmsLevel): string {
  const words = Object.entries(level).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) =>
    `${name} ${typeof value === "bigint" ? formatMicros(value) : value ?? "none"}`
  );
  return words.length === 0 ? "inherited" : words.join(", ");
}
