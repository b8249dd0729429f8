/**
 * What we sell at: plans with versions, each in force from an instant on.
 *
 * @module
 */

/** Everything a plan can be for. */
export const SERVICES = [
  "bland_voice",
  "telnyx_voice",
  "twilio_voice",
  "telnyx_sms",
  "twilio_sms",
  "sms",
] as const;
/** One of {@link SERVICES}. */
export type Service = typeof SERVICES[number];

/** How time is rounded: the first block, then the next ones. 60/60 bills every started minute. */
export interface Increment {
  /** At least 1. */
  firstSeconds: number;
  /** At least 1. */
  nextSeconds: number;
}

/** A price per minute of talk, after free minutes. */
export interface PerMinuteTerms {
  /** Tells these terms from the others. */
  kind: "per_minute";
  /** Per minute. */
  rateMicros: bigint;
  /** What the seconds are rounded up by. */
  increment: Increment;
  /** 0: none. */
  freeMinutesPerMonth: number;
}

/** The carrier's cost, marked up; voice is charged `estimateRateMicros` a started minute until it is exact. */
export interface CostPlusTerms {
  /** Tells these terms from the others. */
  kind: "cost_plus";
  /** Percent with up to four decimals, in ten-thousandths: 12.5 % is 125 000. */
  markupPercentE4: number;
  /** Per call or message, on top of the marked-up cost. */
  fixedFeeMicros: bigint;
  /** Per started minute; messages have no estimate. */
  estimateRateMicros: bigint;
}

/** A price per SMS segment by the longest matching prefix of the other party's number. */
export interface PerSegmentTerms {
  /** Tells these terms from the others. */
  kind: "per_segment";
  /** Per segment, where no prefix matches. */
  fallbackMicros: bigint;
  /** Beginnings of numbers in E.164, each once, with their price per segment. */
  prefixes: { prefix: string; priceMicros: bigint }[];
}

/** One of the three ways to price. */
export type Terms = PerMinuteTerms | CostPlusTerms | PerSegmentTerms;

/** Terms, and since when. `effectiveFromMs` null means since ever. */
export interface PlanVersion {
  /** Its place in the plan, from 1. */
  version: number;
  /** Inclusive; only the first may be null. */
  effectiveFromMs: number | null;
  /** How it prices. */
  terms: Terms;
}

/** A rate plan; versions are in order of their instants. */
export interface RatePlan {
  /** A default plan's is its service. */
  id: string;
  /** What it is for, fixed when it is created. */
  service: Service;
  /** ISO 4217, fixed when it is created. */
  currency: string;
  /** At least one, numbered from 1. */
  versions: PlanVersion[];
}

/** The version in force at an instant: the newest that has begun. Null before the first. */
export function versionAt(plan: RatePlan, atMs: number): PlanVersion | null {
  return plan.versions.findLast((one) =>
    one.effectiveFromMs === null || one.effectiveFromMs <= atMs
  ) ?? null;
}

/** The plans a new installation starts with: the prices of the five systems this one replaces. */
export const SHIPPED_PLANS: readonly RatePlan[] = [
  shipped("bland_voice", perMinute(110_000n, 0)),
  shipped("twilio_voice", perMinute(200_000n, 100)),
  shipped("telnyx_voice", costPlus(15_000n)),
  shipped("telnyx_sms", costPlus(0n)),
  shipped("twilio_sms", costPlus(0n)),
  shipped("sms", { kind: "per_segment", fallbackMicros: 10_000n, prefixes: [] }),
];

function shipped(service: Service, terms: Terms): RatePlan {
  return {
    id: service,
    service,
    currency: "USD",
    versions: [{ version: 1, effectiveFromMs: null, terms }],
  };
}

function perMinute(rateMicros: bigint, freeMinutesPerMonth: number): PerMinuteTerms {
  return {
    kind: "per_minute",
    rateMicros,
    increment: { firstSeconds: 60, nextSeconds: 60 },
    freeMinutesPerMonth,
  };
}

function costPlus(estimateRateMicros: bigint): CostPlusTerms {
  return { kind: "cost_plus", markupPercentE4: 0, fixedFeeMicros: 0n, estimateRateMicros };
}
