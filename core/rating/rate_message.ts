/**
 * Prices one message: by the carrier's cost, or per segment by the longest matching prefix. Pure.
 *
 * @module
 */
import { divideRounded, formatMicros, MICROS_PER_UNIT, parseAmount } from "../money.ts";
import { formatPercent } from "./rate_cost_plus.ts";
import type { CostPlusTerms, PerSegmentTerms } from "./rate_plan.ts";

/** Everything a message's charge was computed from. Amounts are decimal text. */
export interface MessageTrace {
  /** The plan's id. */
  plan: string;
  /** Its version; 0 for a price that was reported. */
  version: number;
  /** How it prices; `reported` is a price that the reseller's own code told, whatever the plan says. */
  kind: "cost_plus" | "per_segment" | "reported";
  /** ISO 4217. */
  currency: string;
  /** Parts the carrier bills; null where the price does not depend on them. */
  segments: number | null;
  /** The prefix whose price was taken; null for the fallback, or on a plan by cost. */
  prefix: string | null;
  /** Per segment, or what was reported for the whole; null on a plan by cost. */
  rate: string | null;
  /** What the carrier takes; null on a plan per segment. */
  cost: string | null;
  /** On top of the cost; null on a plan per segment. */
  markupPercent: string | null;
  /** On top of the cost; null on a plan per segment. */
  fixedFee: string | null;
  /** In words that a calculator understands. */
  formula: string;
  /** The charge. */
  result: string;
}

/** A message to price. */
export interface MessageToRate {
  /** The plan's id. */
  plan: string;
  /** Its version. */
  version: number;
  /** ISO 4217. */
  currency: string;
  /** The terms of that version. */
  terms: CostPlusTerms | PerSegmentTerms;
  /** The other party, E.164. */
  otherNumber: string;
  /** Null while unknown. */
  segments: number | null;
  /** Null while unknown. */
  costMicros: bigint | null;
}

/** Priced, or what is still missing. */
export type MessageRating =
  | { status: "rated"; trace: MessageTrace }
  | { status: "not_yet"; reason: "no_cost_yet" | "no_segments_yet" };

/** The charge of a message, as its trace, or what has to be known first. */
export function rateMessage(message: MessageToRate): MessageRating {
  const { terms, segments, costMicros } = message;
  if (terms.kind === "cost_plus") {
    if (costMicros === null) return { status: "not_yet", reason: "no_cost_yet" };
    return { status: "rated", trace: finish(byCost(message, { terms, costMicros })) };
  }
  if (segments === null) return { status: "not_yet", reason: "no_segments_yet" };
  return { status: "rated", trace: finish(bySegment(message, { terms, segments })) };
}

/** The charge that the reseller's own code told, as its trace; no plan has a say in it. */
export function traceReported(
  { plan, currency, segments, reportedMicros }: {
    plan: string;
    currency: string;
    segments: number | null;
    reportedMicros: bigint;
  },
): MessageTrace {
  return finish({
    plan,
    version: 0,
    kind: "reported",
    currency,
    segments,
    prefix: null,
    rate: formatMicros(reportedMicros),
    cost: null,
    markupPercent: null,
    fixedFee: null,
  });
}

/** The price of a segment to a number: the longest prefix that matches, else the fallback. */
export function findPrefix(
  terms: PerSegmentTerms,
  otherNumber: string,
): { prefix: string | null; priceMicros: bigint } {
  const matches = terms.prefixes.filter(({ prefix }) => otherNumber.startsWith(prefix));
  const longest = matches.reduce<typeof matches[number] | null>(
    (best, one) => (best && best.prefix.length >= one.prefix.length ? best : one),
    null,
  );
  return longest ?? { prefix: null, priceMicros: terms.fallbackMicros };
}

/** The amount a trace stands for, computed again from the trace alone. */
export function amountOfMessage(
  trace: Pick<MessageTrace, "kind" | "segments" | "rate" | "cost" | "markupPercent" | "fixedFee">,
): bigint {
  if (trace.kind === "reported") return micros(trace.rate);
  if (trace.kind === "per_segment") return BigInt(trace.segments ?? 0) * micros(trace.rate);
  const markupE6 = micros(trace.markupPercent) / 100n;
  const marked = divideRounded(micros(trace.cost) * (MICROS_PER_UNIT + markupE6), MICROS_PER_UNIT);
  return marked + micros(trace.fixedFee);
}

type Unpriced = Omit<MessageTrace, "formula" | "result">;

function byCost(
  { plan, version, currency, segments }: MessageToRate,
  { terms, costMicros }: { terms: CostPlusTerms; costMicros: bigint },
): Unpriced {
  return {
    plan,
    version,
    kind: "cost_plus",
    currency,
    segments,
    prefix: null,
    rate: null,
    cost: formatMicros(costMicros),
    markupPercent: formatPercent(terms.markupPercentE4),
    fixedFee: formatMicros(terms.fixedFeeMicros),
  };
}

function bySegment(
  { plan, version, currency, otherNumber }: MessageToRate,
  { terms, segments }: { terms: PerSegmentTerms; segments: number },
): Unpriced {
  const { prefix, priceMicros } = findPrefix(terms, otherNumber);
  return {
    plan,
    version,
    kind: "per_segment",
    currency,
    segments,
    prefix,
    rate: formatMicros(priceMicros),
    cost: null,
    markupPercent: null,
    fixedFee: null,
  };
}

function finish(trace: Unpriced): MessageTrace {
  const result = formatMicros(amountOfMessage(trace));
  const formula = trace.kind === "reported"
    ? `${trace.rate} as reported = ${result}`
    : trace.kind === "per_segment"
    ? `${trace.segments} segments * ${trace.rate} = ${result}`
    : `${trace.cost} * (1 + ${trace.markupPercent} / 100) + ${trace.fixedFee} = ${result}`;
  return { ...trace, formula, result };
}

function micros(text: string | null): bigint {
  const parsed = text === null ? null : parseAmount(text);
  if (parsed === null) throw new TypeError(`Cannot recompute a charge: ${text} is not an amount`);
  return parsed;
}
