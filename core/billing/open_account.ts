/**
 * Opens and changes accounts, and settles whose the calls are that this claims.
 *
 * Goes to: `core/accounts/account.ts`, `core/accounts/numbers.ts`, `core/billing/claim_calls.ts`.
 *
 * @module
 */
import { type Account, stageAccount } from "../accounts/account.ts";
import { touchIntakes } from "../accounts/numbers.ts";
import { recordAudit } from "../audit/audit.ts";
import { accountKey, auditKey, walletKey } from "../kv/keys.ts";
import { emptyWallet } from "../wallet/wallet.ts";
import type { BillingDeps } from "./bill_due.ts";
import { stageClaimJob } from "./claim_calls.ts";
import { accountClaim } from "./record_calls.ts";

/** What a new account is told; the rest is decided here. */
export type AccountRequest = Omit<Account, "status" | "hasBlandKey" | "createdAtMs">;

/** Opened, or why not. */
export type OpenOutcome =
  | { status: "account_opened"; account: Account; claimJobId: string }
  | { status: "account_exists"; account: Account };

/** Opens an account with an empty wallet; calls that named it before it existed become its own. */
export function openAccount(
  deps: BillingDeps,
  { request, blandApiKey, actor }: {
    request: AccountRequest;
    blandApiKey?: string | undefined;
    actor: string;
  },
): Promise<OpenOutcome> {
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  const jobId = deps.ids.id();
  const account: Account = {
    ...request,
    status: "active",
    hasBlandKey: blandApiKey !== undefined,
    createdAtMs: atMs,
  };
  return deps.gates.change<OpenOutcome>({
    gate: walletKey(account.id),
    reads: [accountKey(account.id)],
    stage: async (batch) => {
      const earlier = await batch.getChecked<Account>(accountKey(account.id));
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (earlier && await batch.get(auditKey(auditId))) {
        return { status: "account_opened", account: earlier, claimJobId: jobId };
      }
      if (earlier) return { status: "account_exists", account: earlier };
      stageAccount(batch, { account, blandApiKey });
      batch.set(
        walletKey(account.id),
        emptyWallet({ accountId: account.id, currency: account.currency }),
      );
      touchIntakes(batch, auditId);
      const claim = accountClaim(account.id);
      const claimJobId = await stageClaimJob(batch, { id: jobId, claim, atMs });
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "account_opened",
        subject: account.id,
        detail: `${account.name}, ${account.currency}, ${account.timezone}`,
      });
      return { status: "account_opened", account, claimJobId };
    },
  });
}

/** What may be changed of an account; absent members stay. */
export type AccountChange = Partial<
  Pick<Account, "name" | "email" | "status" | "timezone" | "sippyAccountId" | "ratePlans">
>;

/** Changes an account; `blandApiKey` null takes its own key away. */
export function changeAccount(
  deps: BillingDeps,
  { accountId, change, blandApiKey, actor }: {
    accountId: string;
    change: AccountChange;
    blandApiKey?: string | null | undefined;
    actor: string;
  },
): Promise<{ status: "account_changed"; account: Account } | { status: "account_not_found" }> {
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  return deps.gates.change({
    gate: accountKey(accountId),
    stage: async (batch) => {
      const earlier = await batch.get<Account>(accountKey(accountId));
      if (!earlier) return { status: "account_not_found" as const };
      const hasBlandKey = blandApiKey === undefined ? earlier.hasBlandKey : blandApiKey !== null;
      const account: Account = { ...earlier, ...change, hasBlandKey };
      stageAccount(batch, { account, blandApiKey });
      const fields = Object.keys(change).concat(blandApiKey === undefined ? [] : ["blandApiKey"]);
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "account_changed",
        subject: accountId,
        detail: fields.map((name) => describeField(name, { earlier, account })).join("; "),
      });
      return { status: "account_changed" as const, account };
    },
  });
}

function describeField(
  name: string,
  { earlier, account }: { earlier: Account; account: Account },
): string {
  if (name === "blandApiKey") return account.hasBlandKey ? "Bland key set" : "Bland key taken away";
  const field = name as keyof Account;
  return `${name} ${JSON.stringify(earlier[field])} -> ${JSON.stringify(account[field])}`;
}
