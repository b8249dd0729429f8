/**
 * What a carrier takes from us for a call or a message, as the API shows it: for admins only.
 *
 * "Not told yet", "zero" and "never told" are three states: the first is `none`, the second `exact`
 * with an amount of zero, the third `never_priced`.
 *
 * Comes from: `routes/api/shapes/call.ts`, `routes/api/shapes/message.ts`.
 * Goes to: `core/carriers/twilio/fields/price.ts`.
 *
 * @module
 */
import { z } from "zod";
import type { ChargedCall } from "../../../core/billing/list_calls.ts";
import { callPriceState, messagePriceState } from "../../../core/carriers/twilio/fields/price.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import type { Call } from "../../../core/usage/calls.ts";
import type { Message } from "../../../core/usage/messages.ts";
import { instantShape, moneyShape } from "./fields.ts";

/** A cost: how sure it is, how much, and where it is from. */
export const costShape = z.object({
  state: z.enum(["none", "estimated", "exact", "never_priced"]),
  amount: moneyShape.nullable(),
  source: z.string().nullable(),
  estimated: z.boolean(),
  rate: z.string().nullable(),
  billedSeconds: z.int().nullable(),
  fetchedAt: instantShape.nullable(),
  carrierCurrency: z.string().nullable(),
}).meta({ id: "Cost" });

type Cost = z.infer<typeof costShape>;

/** The cost of a call as far as it is told; until then, what stands for it in a charge by cost. */
export function showCallCost({ call, charge }: ChargedCall, nowMs: number): Cost {
  const { costMicros, costCurrency, costDetail } = call;
  if (costMicros !== null && costCurrency !== null) {
    return {
      ...UNKNOWN,
      state: "exact",
      amount: formatMoney(costMicros, costCurrency),
      source: costDetail?.source ?? call.carrier,
      rate: costDetail?.rate ?? null,
      billedSeconds: costDetail?.billedSeconds ?? null,
      fetchedAt: formatInstant(costDetail?.fetchedAtMs ?? call.learnedAtMs),
      carrierCurrency: costCurrency,
    };
  }
  if (isNeverPriced(call, nowMs)) return { ...UNKNOWN, state: "never_priced" };
  const trace = charge?.trace;
  if (trace?.kind !== "cost_plus" || !trace.estimated) {
    return { ...UNKNOWN, carrierCurrency: costCurrency };
  }
  return {
    ...UNKNOWN,
    state: "estimated",
    amount: { amount: trace.result, currency: trace.currency },
    source: "fallback",
    estimated: true,
    rate: trace.rate,
    billedSeconds: trace.billedSeconds,
    carrierCurrency: costCurrency,
  };
}

/** The cost of a message; nothing ever stands for it. */
export function showMessageCost(message: Message, nowMs: number): Cost {
  const { costMicros, costCurrency, carrier, sentAtMs } = message;
  if (costMicros !== null && costCurrency !== null) {
    return {
      ...UNKNOWN,
      state: "exact",
      amount: formatMoney(costMicros, costCurrency),
      source: carrier,
      fetchedAt: formatInstant(message.learnedAtMs),
      carrierCurrency: costCurrency,
    };
  }
  const isNever = carrier === "twilio" &&
    messagePriceState(message, { overForMs: nowMs - sentAtMs }) === "never";
  return { ...UNKNOWN, state: isNever ? "never_priced" : "none" };
}

/** Only Twilio leaves calls without a price for good. */
function isNeverPriced(call: Call, nowMs: number): boolean {
  const overForMs = nowMs - (call.endedAtMs ?? nowMs);
  return call.carrier === "twilio" && callPriceState(call, { overForMs }) === "never";
}

const UNKNOWN: Cost = {
  state: "none",
  amount: null,
  source: null,
  estimated: false,
  rate: null,
  billedSeconds: null,
  fetchedAt: null,
  carrierCurrency: null,
};
