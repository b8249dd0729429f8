/**
 * Finds what a call shall cost its account: the plan in force, the month's free minutes, the trace.
 *
 * Goes to: `core/rating/rate_call.ts`, `core/rating/plans.ts`, `core/rating/free_minutes.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { monthIn } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import { freeMinutesKey, ratePlanKey } from "../kv/keys.ts";
import { type FreeMinutesPool, freeSecondsLeft } from "../rating/free_minutes.ts";
import { planIdOf } from "../rating/plans.ts";
import { rateCall } from "../rating/rate_call.ts";
import { rateCostPlus } from "../rating/rate_cost_plus.ts";
import type { Trace } from "../rating/trace.ts";
import {
  type CostPlusTerms,
  type PerMinuteTerms,
  type PlanVersion,
  type RatePlan,
  versionAt,
} from "../rating/rate_plan.ts";
import { type Call, talkSeconds } from "../usage/calls.ts";
import type { CallCharge } from "./call_charge.ts";

/** A price with its reasons, or why there is none. */
export type PriceOutcome =
  | { status: "priced"; trace: Trace }
  | {
    status: "unpriced";
    reason:
      | "no_rate_plan"
      | "currency_mismatch"
      | "cost_in_other_currency"
      | "plan_kind_not_for_calls";
  };

/** Prices a call for its account; a call priced before keeps its plan version and its month. */
export async function priceCall(
  batch: Batch,
  { call, charge, account }: { call: Call; charge: CallCharge; account: Account },
): Promise<PriceOutcome> {
  const planId = charge.trace?.plan ?? planIdOf(account, charge.service);
  // A version that priced a call before can never change; only a first pricing rests on the plan.
  const key = ratePlanKey(planId);
  const plan = await (charge.trace ? batch.get<RatePlan>(key) : batch.getChecked<RatePlan>(key));
  const version = plan && findVersion(plan, { call, charge });
  if (!plan || !version || plan.service !== charge.service) {
    return { status: "unpriced", reason: "no_rate_plan" };
  }
  if (plan.currency !== account.currency) {
    return { status: "unpriced", reason: "currency_mismatch" };
  }
  const { terms } = version;
  const named = { plan: plan.id, version: version.version, currency: plan.currency };
  if (terms.kind === "per_segment") {
    return { status: "unpriced", reason: "plan_kind_not_for_calls" };
  }
  if (terms.kind === "cost_plus") return priceByCost(call, { ...named, terms });
  const freeMonth = terms.freeMinutesPerMonth === 0
    ? null
    : charge.trace?.freeMonth ?? monthIn(call.startedAtMs, account.timezone);
  const left = freeMonth === null
    ? 0
    : await freeLeft(batch, { account, charge, freeMonth, terms });
  const trace = rateCall({
    ...named,
    terms,
    seconds: talkSeconds(call),
    freeMonth,
    freeSecondsLeft: left,
    earlier: charge.trace?.kind === "per_minute" ? charge.trace : null,
  });
  return { status: "priced", trace };
}

/** Stages the free minutes that a charge moving from one trace to the next takes or gives back. */
export async function stageFreeMinutes(
  batch: Batch,
  { charge, trace }: { charge: CallCharge; trace: Trace },
): Promise<void> {
  if (trace.freeMonth === null) return;
  const key = freeMinutesKey(charge.accountId, charge.service, trace.freeMonth);
  const pool = await batch.get<FreeMinutesPool>(key);
  const usedSeconds = (pool?.usedSeconds ?? 0) - (charge.trace?.freeSecondsUsed ?? 0) +
    trace.freeSecondsUsed;
  if (usedSeconds !== (pool?.usedSeconds ?? 0)) {
    batch.set(key, { usedSeconds } satisfies FreeMinutesPool);
  }
}

/** By the carrier's cost once it is exact; a cost in another currency is never mixed in. */
function priceByCost(
  call: Call,
  named: { plan: string; version: number; currency: string; terms: CostPlusTerms },
): PriceOutcome {
  const { costMicros, costCurrency } = call;
  if (costMicros !== null && costCurrency !== named.currency) {
    return { status: "unpriced", reason: "cost_in_other_currency" };
  }
  const trace = rateCostPlus({
    ...named,
    seconds: talkSeconds(call),
    carrierBilledSeconds: call.costDetail?.billedSeconds ?? null,
    costMicros,
  });
  return { status: "priced", trace };
}

function findVersion(
  plan: RatePlan,
  { call, charge }: { call: Call; charge: CallCharge },
): PlanVersion | null {
  if (!charge.trace) return versionAt(plan, call.startedAtMs);
  const { version } = charge.trace;
  return plan.versions.find((one) => one.version === version) ?? null;
}

async function freeLeft(
  batch: Batch,
  { account, charge, freeMonth, terms }: {
    account: Account;
    charge: CallCharge;
    freeMonth: string;
    terms: PerMinuteTerms;
  },
): Promise<number> {
  const pool = await batch.get<FreeMinutesPool>(
    freeMinutesKey(account.id, charge.service, freeMonth),
  );
  const ownSeconds = charge.trace?.freeSecondsUsed ?? 0;
  return freeSecondsLeft(pool, { freeMinutesPerMonth: terms.freeMinutesPerMonth, ownSeconds });
}
