/**
 * Rate plans as the API shows them. Prices are decimal text in the plan's currency.
 *
 * @module
 */
import { z } from "zod";
import { formatInstant } from "../../../core/clock.ts";
import { formatMicros } from "../../../core/money.ts";
import {
  type PlanVersion,
  type RatePlan,
  SERVICES,
  type Terms,
} from "../../../core/rating/rate_plan.ts";
import { instantShape } from "./fields.ts";

const price = z.string().regex(/^\d+\.\d{6}$/).meta({ example: "0.110000" });
const versionMembers = { version: z.int(), effectiveFrom: instantShape.nullable() };

const versionShape = z.discriminatedUnion("kind", [
  z.object({
    ...versionMembers,
    kind: z.literal("per_minute"),
    rate: price,
    increment: z.object({ firstSeconds: z.int(), nextSeconds: z.int() }),
    freeMinutesPerMonth: z.int(),
  }),
  z.object({
    ...versionMembers,
    kind: z.literal("cost_plus"),
    markupPercent: z.string().meta({ example: "12.5" }),
    fixedFee: price,
    estimateRate: price,
  }),
  z.object({
    ...versionMembers,
    kind: z.literal("per_segment"),
    fallback: price,
    prefixes: z.array(z.object({ prefix: z.string(), price })),
  }),
]);

/** A rate plan; versions in the order in which they come into force. */
export const ratePlanShape = z.object({
  id: z.string(),
  service: z.enum(SERVICES),
  currency: z.string(),
  versions: z.array(versionShape),
}).meta({ id: "RatePlan" });

/** See {@link ratePlanShape}. */
export function showRatePlan(plan: RatePlan): z.infer<typeof ratePlanShape> {
  return {
    id: plan.id,
    service: plan.service,
    currency: plan.currency,
    versions: plan.versions.map(showVersion),
  };
}

function showVersion(one: PlanVersion): z.infer<typeof versionShape> {
  const { version, effectiveFromMs, terms } = one;
  const effectiveFrom = effectiveFromMs === null ? null : formatInstant(effectiveFromMs);
  return { version, effectiveFrom, ...showTerms(terms) };
}

type ShownTerms<T> = T extends unknown ? Omit<T, "version" | "effectiveFrom"> : never;

function showTerms(terms: Terms): ShownTerms<z.infer<typeof versionShape>> {
  switch (terms.kind) {
    case "per_minute":
      return {
        kind: terms.kind,
        rate: formatMicros(terms.rateMicros),
        increment: terms.increment,
        freeMinutesPerMonth: terms.freeMinutesPerMonth,
      };
    case "cost_plus":
      return {
        kind: terms.kind,
        markupPercent: formatPercent(terms.markupPercentE4),
        fixedFee: formatMicros(terms.fixedFeeMicros),
        estimateRate: formatMicros(terms.estimateRateMicros),
      };
    case "per_segment":
      return {
        kind: terms.kind,
        fallback: formatMicros(terms.fallbackMicros),
        prefixes: terms.prefixes.map(({ prefix, priceMicros }) => ({
          prefix,
          price: formatMicros(priceMicros),
        })),
      };
  }
}

function formatPercent(percentE4: number): string {
  const fraction = String(percentE4 % 10_000).padStart(4, "0").replace(/0{1,4}$/, "");
  return `${Math.trunc(percentE4 / 10_000)}${fraction === "" ? "" : `.${fraction}`}`;
}
