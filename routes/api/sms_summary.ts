/**
 * An account's own view of its billing: the running period, what waits to be paid, its wallet.
 *
 * Goes to: `core/sms_billing/billing_summary.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { getWalletView } from "../../core/billing/move_money.ts";
import { formatInstant } from "../../core/clock.ts";
import { describeUsage, readStanding } from "../../core/sms_billing/billing_summary.ts";
import { SMS_FREQUENCIES } from "../../core/sms_billing/settings.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc } from "../openapi.ts";
import { problem } from "../problem.ts";
import { instantShape } from "./shapes/fields.ts";
import { plainAmount } from "./shapes/sms_fields.ts";
import { showWallet, walletShape } from "./shapes/wallet.ts";

const summaryShape = z.object({
  accountId: z.string(),
  currency: z.string(),
  frequency: z.enum(SMS_FREQUENCIES),
  usage: z.object({ messages: z.int(), segments: z.int(), amount: z.number() }),
  limits: z.object({
    thresholdMessages: z.int().nullable(),
    thresholdAmount: z.number().nullable(),
    maxAmount: z.number().nullable(),
  }).meta({ description: "Those that have an effect; null: none" }),
  percentUsed: z.int(),
  nextBillingDate: instantShape.nullable()
    .meta({ description: "Null where a threshold makes the bill" }),
  pendingBills: z.int().meta({ description: "Bills that are neither paid nor cancelled" }),
  wallet: walletShape,
  freeMinutes: z.object({ used: z.int(), total: z.int() })
    .meta({ description: "Of this month, over all services" }),
}).meta({ id: "BillingSummary" });

/** `GET /api/user/billing-summary`. */
export function smsSummaryRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/api/user/billing-summary",
    doc({
      summary: "Read one's own billing at a glance",
      description: "For an account's key or a portal session. Amounts are JSON numbers here.",
      tags: ["sms"],
      responses: { 200: { description: "As it is now", schema: summaryShape } },
    }),
    (c) => answerSummary(c, { deps, accountId: ownAccountId(c.var.caller!) }),
  );
}

async function answerSummary(
  c: Context<AppEnv>,
  { deps, accountId }: { deps: AppDeps; accountId: string | null },
): Promise<Response> {
  const view = accountId === null ? null : await getWalletView(deps, accountId);
  if (!view || accountId === null) return problem(c, { code: "account_not_found" });
  const standing = await readStanding(deps.store, accountId);
  const usage = describeUsage(standing, { atMs: deps.clock.now() });
  const { thresholdMessages, thresholdMicros, maxMicros } = usage.limits;
  const summary: z.infer<typeof summaryShape> = {
    accountId,
    currency: view.wallet.currency,
    frequency: usage.frequency,
    usage: {
      messages: usage.messageCount,
      segments: usage.segments,
      amount: plainAmount(usage.amountMicros),
    },
    limits: {
      thresholdMessages,
      thresholdAmount: thresholdMicros === null ? null : plainAmount(thresholdMicros),
      maxAmount: maxMicros === null ? null : plainAmount(maxMicros),
    },
    percentUsed: usage.percentUsed,
    nextBillingDate: usage.periodEndMs === null ? null : formatInstant(usage.periodEndMs),
    pendingBills: standing.smsAccount.unpaidCount,
    wallet: showWallet(view),
    freeMinutes: {
      used: view.freeMinutes.reduce((sum, { used }) => sum + used, 0),
      total: view.freeMinutes.reduce((sum, { total }) => sum + total, 0),
    },
  };
  return c.json(summary);
}
