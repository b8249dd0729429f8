/**
 * Messages as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import {
  type ChargedMessage,
  MESSAGE_BILLING_STATES,
  messageBillingOf,
} from "../../../core/billing/list_messages.ts";
import type { MessageCharge } from "../../../core/billing/message_charge.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { MESSAGE_SOURCES } from "../../../core/usage/message_usage.ts";
import { costShape, showMessageCost } from "./cost.ts";
import { instantShape, moneyShape } from "./fields.ts";

const traceShape = z.object({
  plan: z.string(),
  version: z.int(),
  kind: z.enum(["cost_plus", "per_segment", "reported"]),
  currency: z.string(),
  segments: z.int().nullable(),
  prefix: z.string().nullable(),
  rate: z.string().nullable().meta({ description: "Per segment; null on a plan by cost" }),
  cost: z.string().nullable(),
  markupPercent: z.string().nullable(),
  fixedFee: z.string().nullable(),
  formula: z.string().nullable().meta({ description: "Null where it would tell the cost" }),
  result: z.string(),
}).meta({ id: "MessageTrace" });

const chargeShape = z.object({
  amount: moneyShape.meta({ description: "What its bill takes for it" }),
  entries: z.array(z.int()).meta({ description: "Always empty: its bill makes the entry" }),
  trace: traceShape,
}).meta({ id: "MessageCharge" });

/** A message: what the carrier said, what it costs us, what it is rated at, where its billing stands. */
export const messageShape = z.object({
  id: z.string().meta({ example: "twilio:SM0123" }),
  carrier: z.enum(MESSAGE_SOURCES),
  carrierMessageId: z.string(),
  accountId: z.string().nullable(),
  direction: z.enum(["inbound", "outbound"]),
  from: z.string(),
  to: z.string(),
  status: z.string().meta({ description: "In the carrier's words" }),
  segments: z.int().nullable(),
  country: z.string().nullable().meta({ description: "Of the other party's number" }),
  prefix: z.string().nullable().meta({ description: "Its calling code" }),
  sentAt: instantShape,
  cost: costShape.optional().meta({ description: "What the carrier takes; for admins only" }),
  charge: chargeShape.nullable().meta({ description: "Null until it is rated" }),
  billing: z.object({ state: z.enum(MESSAGE_BILLING_STATES), reason: z.string().nullable() }),
  billId: z.string().nullable(),
}).meta({ id: "Message" });

/** See {@link messageShape}. Cost, also where the price follows from it, is left out unless `withCost`. */
export function showMessage(
  one: ChargedMessage,
  { withCost, nowMs }: { withCost: boolean; nowMs: number },
): z.infer<typeof messageShape> {
  const { message, charge } = one;
  return {
    id: message.id,
    carrier: message.carrier,
    carrierMessageId: message.carrierMessageId,
    accountId: message.accountId,
    direction: message.direction,
    from: message.from,
    to: message.to,
    status: message.status,
    segments: message.segments,
    country: message.country,
    prefix: message.prefix,
    sentAt: formatInstant(message.sentAtMs),
    ...(withCost ? { cost: showMessageCost(message, nowMs) } : {}),
    charge: showCharge(charge, withCost),
    billing: messageBillingOf(one),
    billId: one.billId,
  };
}

function showCharge(
  charge: MessageCharge | null,
  withCost: boolean,
): z.infer<typeof chargeShape> | null {
  if (!charge?.trace) return null;
  const { trace } = charge;
  const tellsCost = trace.kind === "cost_plus";
  return {
    amount: formatMoney(charge.amountMicros, trace.currency),
    entries: [],
    trace: withCost || !tellsCost ? trace : { ...trace, ...UNTOLD },
  };
}

const UNTOLD = { cost: null, markupPercent: null, fixedFee: null, formula: null };
