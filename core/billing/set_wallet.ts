/**
 * Changes how a wallet behaves: credit limit, policy, thresholds. What waited and now may be charged
 * is billed in the same commit.
 *
 * Goes to: `core/billing/bill_due.ts`, `core/sms_billing/fund_bills.ts`,
 * `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import { walletKey } from "../kv/keys.ts";
import { formatMicros } from "../money.ts";
import { stageFundedBills } from "../sms_billing/fund_bills.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import { availableMicros, type Policy, type Wallet } from "../wallet/wallet.ts";
import { type BillingDeps, stageRelease } from "./bill_due.ts";

/** What may be changed; absent members stay. */
export interface WalletSettings {
  /** 0 or more. */
  creditLimitMicros?: bigint | undefined;
  /** See {@link Policy}. */
  policy?: Policy | undefined;
  /** 0 or more each; they replace all that were there. */
  lowBalanceThresholdsMicros?: bigint[] | undefined;
}

/** Changed, or why not. */
export type SettingsOutcome =
  | { status: "wallet_changed"; wallet: Wallet }
  | { status: "changed_meanwhile" }
  | { status: "account_not_found" };

/** Applies the settings when they were made with the present ones in view. */
export async function setWallet(
  deps: BillingDeps,
  { accountId, settings, isExpected, actor }: {
    accountId: string;
    settings: WalletSettings;
    /** Whether these are the settings the caller had in view. */
    isExpected: (wallet: Wallet) => boolean;
    actor: string;
  },
): Promise<SettingsOutcome> {
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  const jobId = deps.ids.id();
  const wanted = Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  );
  return await changeWallet<SettingsOutcome>(deps, {
    accountId,
    stage: async (batch, wallet) => {
      const next: Wallet = { ...wallet, ...wanted };
      if (describe(next) === describe(wallet)) return { status: "wallet_changed", wallet };
      if (!isExpected(wallet)) return { status: "changed_meanwhile" };
      batch.set(walletKey(accountId), next);
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "wallet_changed",
        subject: accountId,
        detail: `${describe(wallet)} -> ${describe(next)}`,
      });
      const mayBillMore = availableMicros(next) > availableMicros(wallet) ||
        next.policy !== wallet.policy;
      if (mayBillMore) {
        await stageRelease(batch, { accountId, atMs, actor, jobId });
        await stageFundedBills(batch, { accountId, atMs, actor });
      }
      return { status: "wallet_changed", wallet: (await batch.get<Wallet>(walletKey(accountId)))! };
    },
  });
}

/** The settings of a wallet as text: equal exactly when the settings are. */
export function describe(wallet: Wallet): string {
  const thresholds = wallet.lowBalanceThresholdsMicros.map(formatMicros).join(" ");
  return `credit limit ${
    formatMicros(wallet.creditLimitMicros)
  }, ${wallet.policy}, thresholds [${thresholds}]`;
}
