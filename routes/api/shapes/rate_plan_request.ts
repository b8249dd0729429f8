/**
 * Rate plans as the API takes them: what is read can be changed and sent back.
 *
 * @module
 */
import { z } from "zod";
import { type PlanVersion, SERVICES, type Terms } from "../../../core/rating/rate_plan.ts";
import { amountFromZeroField, currencyField, instantField } from "./fields.ts";

const PERCENT = /^(\d{1,6})(?:\.(\d{1,4}))?$/;

const seconds = z.int().min(1).max(3_600);
const versionRequestMembers = {
  version: z.int().optional().meta({ description: "If given, its place in the list from 1" }),
  effectiveFrom: instantField.nullable().default(null),
};

const versionRequest = z.discriminatedUnion("kind", [
  z.strictObject({
    ...versionRequestMembers,
    kind: z.literal("per_minute"),
    rate: amountFromZeroField,
    increment: z.strictObject({ firstSeconds: seconds, nextSeconds: seconds })
      .default({ firstSeconds: 60, nextSeconds: 60 }),
    freeMinutesPerMonth: z.int().min(0).max(100_000).default(0),
  }),
  z.strictObject({
    ...versionRequestMembers,
    kind: z.literal("cost_plus"),
    markupPercent: z.string().regex(PERCENT, "must be a percentage such as 12.5"),
    fixedFee: amountFromZeroField.default(0n),
    estimateRate: amountFromZeroField.default(0n),
  }),
  z.strictObject({
    ...versionRequestMembers,
    kind: z.literal("per_segment"),
    fallback: amountFromZeroField,
    prefixes: z.array(z.strictObject({
      prefix: z.string().regex(/^\+?\d{1,15}$/, "must be the beginning of an E.164 number"),
      price: amountFromZeroField,
    })).default([]),
  }),
]);

type VersionRequest = z.output<typeof versionRequest>;

/** Versions one plan may have; together with {@link PREFIXES_MAX} a plan stays inside one row. */
const VERSIONS_MAX = 50;
const PREFIXES_MAX = 600;

/** A rate plan to store, whole. */
export const ratePlanRequest = z.strictObject({
  id: z.string().optional().meta({ description: "If given, the id in the path" }),
  service: z.enum(SERVICES),
  currency: currencyField,
  versions: z.array(versionRequest).min(1).max(VERSIONS_MAX),
}).superRefine(({ service, versions }, ctx) => {
  const refuse = (path: (string | number)[], message: string) =>
    ctx.addIssue({ code: "custom", path: ["versions", ...path], message });
  const isVoice = service.endsWith("_voice");
  let prefixes = 0;
  let lastMs: number | null = null;
  for (const [i, one] of versions.entries()) {
    if (one.version !== undefined && one.version !== i + 1) {
      refuse([i, "version"], `must be ${i + 1}, its place in the list`);
    }
    if (one.kind === (isVoice ? "per_segment" : "per_minute")) {
      refuse([i, "kind"], `does not go with ${service}`);
    }
    const fromMs = one.effectiveFrom;
    if (i > 0 && fromMs === null) refuse([i, "effectiveFrom"], "only the first may be null");
    else if (fromMs !== null && lastMs !== null && fromMs <= lastMs) {
      refuse([i, "effectiveFrom"], "must be later than the one before");
    }
    lastMs = fromMs ?? lastMs;
    if (one.kind !== "per_segment") continue;
    prefixes += one.prefixes.length;
    const distinct = new Set(one.prefixes.map(({ prefix }) => withPlus(prefix)));
    if (distinct.size < one.prefixes.length) refuse([i, "prefixes"], "name a prefix twice");
  }
  if (prefixes > PREFIXES_MAX) refuse([], `may hold at most ${PREFIXES_MAX} prefixes together`);
}).meta({ id: "RatePlanRequest" });

/** The versions of a request in the domain's terms. */
export function versionsOf(
  { versions }: z.output<typeof ratePlanRequest>,
): Omit<PlanVersion, "version">[] {
  return versions.map((one) => ({ effectiveFromMs: one.effectiveFrom, terms: termsOf(one) }));
}

function termsOf(one: VersionRequest): Terms {
  switch (one.kind) {
    case "per_minute":
      return {
        kind: one.kind,
        rateMicros: one.rate,
        increment: one.increment,
        freeMinutesPerMonth: one.freeMinutesPerMonth,
      };
    case "cost_plus":
      return {
        kind: one.kind,
        markupPercentE4: parsePercent(one.markupPercent),
        fixedFeeMicros: one.fixedFee,
        estimateRateMicros: one.estimateRate,
      };
    case "per_segment":
      return {
        kind: one.kind,
        fallbackMicros: one.fallback,
        prefixes: one.prefixes.map(({ prefix, price }) => ({
          prefix: withPlus(prefix),
          priceMicros: price,
        })),
      };
  }
}

const withPlus = (prefix: string): string => (prefix.startsWith("+") ? prefix : `+${prefix}`);

function parsePercent(text: string): number {
  const [, whole = "0", fraction = ""] = PERCENT.exec(text) ?? [];
  return Number(whole) * 10_000 + Number(fraction.padEnd(4, "0"));
}
