/**
 * What a call cost by its `call.cost` events.
 *
 * @module
 */
import { parseDecimal } from "../../../money.ts";
import { sumDecimals } from "../decimal_sum.ts";
import type { TelnyxCostPart } from "./leg_cost.ts";
import type { TelnyxCallFacts, TelnyxLegFacts } from "./call_facts.ts";

/** Parts summed: exactly first, rounded once. */
export interface TelnyxCostSum {
  /** Rounded half away from zero. */
  costMicros: bigint;
  /** The exact sum, plain decimal. */
  amountText: string;
  /** The sum of the parts' rates, per minute, plain decimal; null when none is told. */
  rateText: string | null;
  /** The longest of the parts'; null when none is told. */
  billedSeconds: number | null;
  /** ISO 4217. */
  currency: string;
}

/** How much of a call's cost is known from its events. */
export type TelnyxCallCost =
  /** Every leg has hung up and told a cost. */
  | { status: "complete" } & TelnyxCostSum
  /** Some legs did, or some are still going on: the sum so far, never to be charged. */
  | { status: "partial" } & TelnyxCostSum
  /** No leg told a usable cost. */
  | { status: "none" }
  /** Not the currency expected; `sum` is null when there are several or a leg is missing. */
  | { status: "other_currency"; currency: string; sum: TelnyxCostSum | null };

/**
 * The cost of a call in the currency expected, `USD` without one.
 *
 * A leg's cost counts when its latest `call.cost` says `success`, every part is a decimal that is not
 * negative with a currency, and the parts add up to `total_cost` where that is told. Anything else is
 * left to the detail records: "no price" is never "free".
 * Source: Telnyx OpenAPI specification, `call.cost`; the rates are per minute.
 */
export function costOfFacts(facts: TelnyxCallFacts, expectedCurrency = "USD"): TelnyxCallCost {
  const priced = facts.legs.map(usableParts);
  const parts = priced.flatMap((each) => each ?? []);
  if (parts.length === 0) return { status: "none" };
  const isComplete = !facts.hasMoreLegs && priced.every((each) => each !== null) &&
    facts.legs.every((leg) => leg.hangup !== null);
  const sum = sumParts(parts);
  const foreign = parts.find(({ currency }) => currency !== expectedCurrency);
  if (foreign) {
    const isOne = parts.every(({ currency }) => currency === foreign.currency);
    const foreignSum = isOne && isComplete ? sum : null;
    return { status: "other_currency", currency: foreign.currency, sum: foreignSum };
  }
  if (!sum) return { status: "none" };
  return { status: isComplete ? "complete" : "partial", ...sum };
}

type UsablePart = TelnyxCostPart & { costText: string; currency: string };

function usableParts({ cost }: TelnyxLegFacts): UsablePart[] | null {
  if (cost?.status !== "success" || !cost.parts || cost.parts.length === 0) return null;
  const parts = cost.parts.filter(isUsable);
  if (parts.length < cost.parts.length) return null;
  const sum = sumDecimals(parts.map(({ costText }) => costText));
  if (cost.totalText !== null && sumDecimals([cost.totalText]) !== sum) return null;
  return parts;
}

function isUsable(part: TelnyxCostPart): part is UsablePart {
  return part.costText !== null && !part.costText.startsWith("-") && part.currency !== null;
}

function sumParts(parts: UsablePart[]): TelnyxCostSum | null {
  const amountText = sumDecimals(parts.map(({ costText }) => costText));
  const costMicros = amountText === null ? null : parseDecimal(amountText);
  if (amountText === null || costMicros === null) return null;
  const rates = parts.map(({ rateText }) => rateText).filter((text) => text !== null);
  const seconds = parts.map(({ billedSeconds }) => billedSeconds).filter((one) => one !== null);
  return {
    costMicros,
    amountText,
    rateText: rates.length === 0 ? null : sumDecimals(rates),
    billedSeconds: seconds.length === 0 ? null : Math.max(...seconds),
    currency: parts[0]?.currency ?? "",
  };
}
