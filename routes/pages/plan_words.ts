/**
 * Services and prices in words.
 *
 * @module
 */
import { formatMicros } from "../../core/money.ts";
import type { Service, Terms } from "../../core/rating/rate_plan.ts";
import { formatCount, formatMoneyText } from "./format.ts";

const NAMES: Readonly<Record<Service, string>> = {
  bland_voice: "Bland calls",
  telnyx_voice: "Telnyx calls",
  twilio_voice: "Twilio calls",
  telnyx_sms: "Telnyx messages",
  twilio_sms: "Twilio messages",
  sms: "SMS",
};

/** `Bland calls` of `bland_voice`; a service nobody here knows keeps its code name. */
export function serviceName(service: string): string {
  return Object.hasOwn(NAMES, service) ? NAMES[service as Service] : service;
}

/** What a plan asks for, in a sentence. */
export function describeTerms(terms: Terms, currency: string): string {
  const money = (micros: bigint) => formatMoneyText({ amount: formatMicros(micros), currency });
  switch (terms.kind) {
    case "per_minute": {
      const { firstSeconds, nextSeconds } = terms.increment;
      const free = terms.freeMinutesPerMonth;
      return `${money(terms.rateMicros)} a minute, billed ${firstSeconds}/${nextSeconds}` +
        (free === 0 ? "" : `, ${formatCount(free)} minutes a month free`);
    }
    case "cost_plus": {
      const percent = formatMicros(BigInt(terms.markupPercentE4) * 100n);
      const parts = [
        terms.markupPercentE4 === 0 ? "" : ` + ${percent.replace(/\.?0{1,6}$/, "")}%`,
        terms.fixedFeeMicros === 0n ? "" : ` + ${money(terms.fixedFeeMicros)}`,
      ];
      const estimate = terms.estimateRateMicros === 0n
        ? ""
        : `; ${money(terms.estimateRateMicros)} a minute until it is known`;
      return `the carrier's cost${parts.join("")}${estimate}`;
    }
    case "per_segment": {
      const count = terms.prefixes.length;
      const others = count === 0 ? "" : `, ${formatCount(count)} prefixes priced apart`;
      return `${money(terms.fallbackMicros)} a segment${others}`;
    }
  }
}
