/**
 * What is wrong with a request about an account that only the database and the configuration can tell.
 *
 * Comes from: `routes/api/accounts.ts`.
 *
 * @module
 */
import type { AccountSecret } from "../../core/accounts/account.ts";
import { accountSecretKey, accountWithBlandKeyPrefix } from "../../core/kv/keys.ts";
import { getRatePlan } from "../../core/rating/plans.ts";
import type { Service } from "../../core/rating/rate_plan.ts";
import type { AppDeps } from "../deps.ts";
import type { ProblemError } from "../problem.ts";

/** What is to be looked at. */
export interface AccountToCheck {
  /** Null while it is to be opened. */
  accountId: string | null;
  /** Its wallet's. */
  currency: string;
  /** The key it is to have; null and undefined name none. */
  blandApiKey?: string | null | undefined;
  /** The plans it is to have. */
  ratePlans?: Partial<Record<Service, string>> | undefined;
}

/** A pointer and a sentence for every fault; none when all is well. */
export async function findFaults(
  deps: Pick<AppDeps, "store" | "config">,
  account: AccountToCheck,
): Promise<ProblemError[]> {
  const errors: ProblemError[] = [];
  const keyFault = await findKeyFault(deps, account);
  if (keyFault) errors.push({ pointer: "/blandApiKey", detail: keyFault });
  for (const [service, planId] of Object.entries(account.ratePlans ?? {})) {
    const { currency } = account;
    const detail = await findPlanFault(deps, { service, planId, currency });
    if (detail) errors.push({ pointer: `/ratePlans/${service}`, detail });
  }
  return errors;
}

/** All calls of an own key are its account's, so a key may be one account's only. */
async function findKeyFault(
  { store, config }: Pick<AppDeps, "store" | "config">,
  { accountId, blandApiKey }: AccountToCheck,
): Promise<string | null> {
  if (!blandApiKey) return null;
  if (blandApiKey === config.bland?.apiKey.reveal()) return "is the key of the installation itself";
  const pointers = await store.list<object>({ prefix: accountWithBlandKeyPrefix });
  const others = pointers.map(({ key }) => key[1]!).filter((id) => id !== accountId);
  const secrets = await store.getMany<AccountSecret>(others.map(accountSecretKey));
  return secrets.some((row) => row?.value.blandApiKey === blandApiKey)
    ? "is the key of another account"
    : null;
}

async function findPlanFault(
  { store }: Pick<AppDeps, "store">,
  { service, planId, currency }: { service: string; planId: string; currency: string },
): Promise<string | null> {
  const plan = (await getRatePlan(store, planId))?.value;
  if (!plan) return "names a plan that does not exist";
  if (plan.service !== service) return `names a plan for ${plan.service}`;
  return plan.currency === currency
    ? null
    : `names a plan in ${plan.currency}, the account is in ${currency}`;
}
