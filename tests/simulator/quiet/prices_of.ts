/**
 * What a call must have cost in the end: rated from what the carrier knows, not from what was heard.
 *
 * @module
 */
import type { TrueCall } from "../carriers/carrier_world.ts";
import { amountByTrace, roundedUpSeconds } from "../checks/amount_by_trace.ts";
import { type Fields, rowAt } from "../commits.ts";
import { PLANS } from "../opening.ts";
import type { MemoryKv } from "../memory_kv.ts";

/** One of these amounts, or none at all. */
export type Prices = { status: "priced"; micros: bigint[] } | { status: "parked" };

const CURRENCIES: Record<string, string> = { euro: "EUR" };

/** Every amount that is right: a plan may have changed while the call began. */
export function pricesOf(
  rows: MemoryKv,
  { call, charge }: { call: TrueCall; charge: Fields },
): Prices {
  if (call.isPoison) return { status: "parked" };
  const currency = CURRENCIES[charge.accountId] ?? "USD";
  const service = `${call.carrier}_voice`;
  const planId = PLANS[charge.accountId]?.[service] ?? service;
  const plan = rowAt(rows, ["rate_plan", planId])!;
  if (plan.currency !== currency) return { status: "parked" };
  const versions = versionsOf(plan.versions, call);
  return { status: "priced", micros: versions.map((one) => amountOf(one.terms, { call, charge })) };
}

/** In force at the start, or a little before or after it. */
function versionsOf(versions: Fields[], { startsMs }: TrueCall): Fields[] {
  const at = (ms: number) =>
    versions.findLast(({ effectiveFromMs }) => effectiveFromMs === null || effectiveFromMs <= ms)!;
  const found = startsMs.flatMap((ms) => [at(ms - 2_000), at(ms), at(ms + 2_000)]);
  return [...new Set(found)];
}

function amountOf(terms: Fields, { call, charge }: { call: TrueCall; charge: Fields }): bigint {
  if (terms.kind === "per_minute") {
    const billed = roundedUpSeconds(call.seconds, terms.increment);
    // Which call of a month was free depends on who came first; how many were is looked at elsewhere.
    const freeSecondsUsed = terms.freeMinutesPerMonth > 0
      ? Math.min(billed, charge.trace?.freeSecondsUsed ?? 0)
      : 0;
    const rate = decimal(terms.rateMicros);
    const { increment } = terms;
    return amountByTrace({
      kind: "per_minute",
      seconds: call.seconds,
      increment,
      freeSecondsUsed,
      rate,
    });
  }
  return amountByTrace({
    kind: "cost_plus",
    seconds: call.seconds,
    cost: call.costMicros === null ? null : decimal(String(call.costMicros)),
    rate: decimal(terms.estimateRateMicros),
    markupPercent: decimal(String(terms.markupPercentE4 * 100)),
    fixedFee: decimal(terms.fixedFeeMicros),
  });
}

function decimal(micros: string): string {
  const digits = micros.padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
