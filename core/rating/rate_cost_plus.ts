/**
 * Prices usage by what the carrier takes from us: an estimate first, the marked-up cost once it is exact.
 *
 * Pure; the trace alone reproduces the amount. The markup is rounded once, half away from zero.
 *
 * @module
 */
import { divideRounded, formatMicros, MICROS_PER_UNIT, parseAmount } from "../money.ts";
import type { CostPlusTerms } from "./rate_plan.ts";

/** Everything a charge by cost was computed from. Amounts are decimal text. */
export interface CostPlusTrace {
  /** The plan's id. */
  plan: string;
  /** Its version. */
  version: number;
  /** How it prices. */
  kind: "cost_plus";
  /** ISO 4217. */
  currency: string;
  /** Seconds talked, as the carrier reports them; 0 when nobody answered. */
  seconds: number;
  /** As the carrier bills, once it says so; started minutes until then. */
  billedSeconds: number;
  /** Whether the cost is not known yet. */
  estimated: boolean;
  /** The carrier's exact cost; null while estimated. */
  cost: string | null;
  /** On top of the cost, with up to four decimals: `12.5`. */
  markupPercent: string;
  /** On top of the marked-up cost. */
  fixedFee: string;
  /** Per started minute, used while estimated. */
  rate: string;
  /** This way has no free minutes. */
  freeMonth: null;
  /** See {@link CostPlusTrace.freeMonth}. */
  freeSecondsUsed: 0;
  /** See {@link CostPlusTrace.freeMonth}. */
  freeMinutesUsed: 0;
  /** In words that a calculator understands. */
  formula: string;
  /** The charge. */
  result: string;
}

/** Usage to price: `costMicros` null while the carrier has not said what it takes. */
export interface UsageToMarkUp {
  /** The plan's id. */
  plan: string;
  /** Its version. */
  version: number;
  /** ISO 4217. */
  currency: string;
  /** The terms of that version. */
  terms: CostPlusTerms;
  /** Seconds talked; at 0 the charge is 0. */
  seconds: number;
  /** Null when the carrier does not say: then started minutes stand for them. */
  carrierBilledSeconds: number | null;
  /** In `currency`. */
  costMicros: bigint | null;
}

/** One percent in the unit of {@link CostPlusTerms.markupPercentE4}. */
const PERCENT_E4 = 10_000;
/** All of it in that unit. */
const WHOLE_E4 = 1_000_000n;

/** The charge of a call by its cost, as its trace. A call without talk is charged nothing. */
export function rateCostPlus(usage: UsageToMarkUp): CostPlusTrace {
  const { terms, seconds, costMicros } = usage;
  const startedSeconds = Math.ceil(Math.max(0, seconds) / 60) * 60;
  const unpriced = {
    plan: usage.plan,
    version: usage.version,
    kind: "cost_plus" as const,
    currency: usage.currency,
    seconds,
    billedSeconds: costMicros === null
      ? startedSeconds
      : usage.carrierBilledSeconds ?? startedSeconds,
    estimated: costMicros === null,
    cost: costMicros === null ? null : formatMicros(costMicros),
    markupPercent: formatPercent(terms.markupPercentE4),
    fixedFee: formatMicros(terms.fixedFeeMicros),
    rate: formatMicros(terms.estimateRateMicros),
    freeMonth: null,
    freeSecondsUsed: 0 as const,
    freeMinutesUsed: 0 as const,
  };
  const result = formatMicros(amountOfCostPlus(unpriced));
  return { ...unpriced, formula: `${describe(unpriced)} = ${result}`, result };
}

/** The amount a trace stands for, computed again from the trace alone. */
export function amountOfCostPlus(
  trace: Pick<CostPlusTrace, "seconds" | "cost" | "markupPercent" | "fixedFee" | "rate">,
): bigint {
  if (trace.seconds <= 0) return 0n;
  if (trace.cost === null) return BigInt(Math.ceil(trace.seconds / 60)) * micros(trace.rate);
  const markupE4 = micros(trace.markupPercent) * BigInt(PERCENT_E4) / MICROS_PER_UNIT;
  return divideRounded(micros(trace.cost) * (WHOLE_E4 + markupE4), WHOLE_E4) +
    micros(trace.fixedFee);
}

function describe(trace: Omit<CostPlusTrace, "formula" | "result">): string {
  if (trace.seconds <= 0) return "no talk";
  if (trace.cost === null) {
    return `${trace.billedSeconds / 60} started min * ${trace.rate} [estimated]`;
  }
  return `${trace.cost} * (1 + ${trace.markupPercent} / 100) + ${trace.fixedFee}`;
}

/** Ten-thousandths of a percent as text: 125 000 is `12.5`. */
export function formatPercent(percentE4: number): string {
  return formatMicros(BigInt(percentE4) * MICROS_PER_UNIT / BigInt(PERCENT_E4)).replace(
    /\.?0{1,99}$/,
    "",
  );
}

function micros(text: string): bigint {
  const parsed = parseAmount(text);
  if (parsed === null) throw new TypeError(`Cannot recompute a charge: ${text} is not an amount`);
  return parsed;
}
