/**
 * How many free minutes an account has used this month, service by service.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { monthIn } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import { freeMinutesKey, ratePlanKey } from "../kv/keys.ts";
import type { FreeMinutesPool } from "../rating/free_minutes.ts";
import { planIdOf } from "../rating/plans.ts";
import { type RatePlan, SERVICES, versionAt } from "../rating/rate_plan.ts";

/** One pool: minutes used, a started one counting whole, out of the month's total. */
export interface FreeMinutesView {
  /** Whose calls draw on it. */
  service: string;
  /** As `2026-11`, in the account's zone. */
  month: string;
  /** By calls billed so far. */
  used: number;
  /** What the plan in force gives a month. */
  total: number;
}

/** The pools of every service whose plan has free minutes now, for the month an instant falls in. */
export async function listFreeMinutes(
  reader: Pick<Batch, "getMany">,
  { account, atMs }: { account: Account; atMs: number },
): Promise<FreeMinutesView[]> {
  const month = monthIn(atMs, account.timezone);
  const plans = await reader.getMany<RatePlan>(
    SERVICES.map((service) => ratePlanKey(planIdOf(account, service))),
  );
  const pools = await reader.getMany<FreeMinutesPool>(
    SERVICES.map((service) => freeMinutesKey(account.id, service, month)),
  );
  return SERVICES.flatMap((service, i) => {
    const terms = plans[i] && versionAt(plans[i], atMs)?.terms;
    if (terms?.kind !== "per_minute" || terms.freeMinutesPerMonth === 0) return [];
    const used = Math.ceil((pools[i]?.usedSeconds ?? 0) / 60);
    return [{ service, month, used, total: terms.freeMinutesPerMonth }];
  });
}
