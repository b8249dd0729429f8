/**
 * Calls and usage records as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import type { CallCharge } from "../../../core/billing/call_charge.ts";
import { BILLING_STATES, billingOf, type ChargedCall } from "../../../core/billing/list_calls.ts";
import type { UsageRecord } from "../../../core/billing/usage_records.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { CALL_STATUSES } from "../../../core/usage/call_usage.ts";
import { costShape, showCallCost } from "./cost.ts";
import { instantShape, moneyShape } from "./fields.ts";

/** The carriers whose calls are shown. */
export const CARRIERS = ["bland", "telnyx", "twilio"] as const;

const perMinuteTraceShape = z.object({
  plan: z.string(),
  version: z.int(),
  kind: z.literal("per_minute"),
  currency: z.string(),
  seconds: z.int(),
  billedSeconds: z.int(),
  increment: z.object({ firstSeconds: z.int(), nextSeconds: z.int() }),
  freeMonth: z.string().nullable(),
  freeSecondsUsed: z.int(),
  freeMinutesUsed: z.int(),
  rate: z.string(),
  formula: z.string(),
  result: z.string(),
}).meta({ id: "CallTrace" });

const costPlusTraceShape = z.object({
  plan: z.string(),
  version: z.int(),
  kind: z.literal("cost_plus"),
  currency: z.string(),
  seconds: z.int(),
  billedSeconds: z.int(),
  estimated: z.boolean(),
  cost: z.string().nullable(),
  markupPercent: z.string(),
  fixedFee: z.string(),
  rate: z.string().meta({ description: "Per started minute, while estimated" }),
  freeMonth: z.null(),
  freeSecondsUsed: z.literal(0),
  freeMinutesUsed: z.literal(0),
  formula: z.string(),
  result: z.string(),
}).meta({ id: "CostPlusTrace" });

const traceShape = z.discriminatedUnion("kind", [perMinuteTraceShape, costPlusTraceShape]);

const chargeShape = z.object({
  amount: moneyShape,
  entries: z.array(z.int()).meta({ description: "seq of its entries in the wallet" }),
  trace: traceShape,
}).meta({ id: "CallCharge" });

/** A call: what the carrier said, what it costs us, what we charged, where its billing stands. */
export const callShape = z.object({
  id: z.string().meta({ example: "bland:a1b2" }),
  carrier: z.enum(CARRIERS),
  carrierCallId: z.string(),
  accountId: z.string().nullable(),
  direction: z.enum(["inbound", "outbound"]).nullable(),
  from: z.string(),
  to: z.string(),
  status: z.enum(CALL_STATUSES),
  startedAt: instantShape,
  answeredAt: instantShape.nullable(),
  endedAt: instantShape.nullable(),
  durationSeconds: z.int().nullable(),
  cost: costShape.optional().meta({ description: "What the carrier takes; for admins only" }),
  charge: chargeShape.nullable().meta({ description: "Null until it is billed" }),
  billing: z.object({ state: z.enum(BILLING_STATES), reason: z.string().nullable() }),
  record: z.record(z.string(), z.string().nullable()).optional()
    .meta({ description: "The carrier's own members; for admins only" }),
}).meta({ id: "Call" });

/** See {@link callShape}. Cost and the carrier's record are left out unless `withCost`. */
export function showCall(
  { call, charge }: ChargedCall,
  { withCost, nowMs }: { withCost: boolean; nowMs: number },
): z.infer<typeof callShape> {
  return {
    id: call.id,
    carrier: call.carrier,
    carrierCallId: call.carrierCallId,
    accountId: call.accountId,
    direction: call.direction,
    from: call.from,
    to: call.to,
    status: call.status,
    startedAt: formatInstant(call.startedAtMs),
    answeredAt: instantOrNull(call.answeredAtMs),
    endedAt: instantOrNull(call.endedAtMs),
    durationSeconds: call.durationSeconds,
    ...(withCost ? { cost: showCallCost({ call, charge }, nowMs) } : {}),
    charge: showCharge(charge),
    billing: billingOf({ call, charge }),
    ...(withCost ? { record: call.record } : {}),
  };
}

function showCharge(charge: CallCharge | null): z.infer<typeof chargeShape> | null {
  if (!charge?.trace) return null;
  return {
    amount: formatMoney(charge.amountMicros, charge.trace.currency),
    entries: charge.entries,
    trace: charge.trace,
  };
}

const instantOrNull = (ms: number | null) => (ms === null ? null : formatInstant(ms));

/** What one billed call used. */
export const usageRecordShape = z.object({
  id: z.string(),
  accountId: z.string(),
  callId: z.string(),
  seconds: z.int(),
  billedMinutes: z.int(),
  freeMinutesUsed: z.int(),
  amount: moneyShape,
  at: instantShape.meta({ description: "When the call started" }),
}).meta({ id: "UsageRecord" });

/** See {@link usageRecordShape}. */
export function showUsageRecord(record: UsageRecord): z.infer<typeof usageRecordShape> {
  return {
    id: record.callId,
    accountId: record.accountId,
    callId: record.callId,
    seconds: record.seconds,
    billedMinutes: record.billedMinutes,
    freeMinutesUsed: record.freeMinutesUsed,
    amount: formatMoney(record.amountMicros, record.currency),
    at: formatInstant(record.atMs),
  };
}
