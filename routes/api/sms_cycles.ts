/**
 * The address that closes SMS periods: the schedulers' and the admin's.
 *
 * Goes to: `core/sms_billing/close_due.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { formatInstant, SECOND_MS } from "../../core/clock.ts";
import { closeDueBills } from "../../core/sms_billing/close_due.ts";
import { SMS_FREQUENCIES, type SmsFrequency } from "../../core/sms_billing/settings.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";

/** After this long an answer goes out; what is left is closed by the next run. */
const RUN_MS = 25 * SECOND_MS;

const count = z.int().min(0);
const cycleAnswer = z.object({
  success: z.boolean().meta({ description: "False: some accounts are left for the next run" }),
  type: z.enum(SMS_FREQUENCIES),
  created: count.meta({ description: "Bills made" }),
  processed: count.meta({ description: "Of those, payments that were tried" }),
  paid: count,
  failed: count,
  timestamp: z.iso.datetime(),
}).meta({ id: "SmsCycleAnswer" });

/** `GET,POST /api/cron/process-sms-billing`. */
export function smsCycleRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().on(
    ["GET", "POST"],
    "/api/cron/process-sms-billing",
    doc({
      summary: "Close the SMS periods that have ended, and pay their bills",
      description:
        "A missed run is caught up, a repeated one makes nothing twice. Payments through " +
        "Sippy go on behind the answer.",
      tags: ["sms"],
      responses: { 200: { description: "Closed", schema: cycleAnswer } },
    }),
    valid("query", z.strictObject({ type: z.enum(SMS_FREQUENCIES) })),
    (c) => runCycle(c, { deps, type: c.req.valid("query").type }),
  );
}

async function runCycle(
  c: Context<AppEnv>,
  { deps, type }: { deps: AppDeps; type: SmsFrequency },
): Promise<Response> {
  const { stuck, ...tally } = await closeDueBills(deps, {
    frequency: type,
    actor: c.var.caller!.actor,
    untilMs: deps.clock.now() + RUN_MS,
  });
  if (tally.created > 0) deps.actions.nudge();
  const timestamp = formatInstant(deps.clock.now());
  return c.json({ success: stuck === 0, type, ...tally, timestamp });
}
