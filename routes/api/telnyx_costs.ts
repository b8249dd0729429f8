/**
 * The addresses about Telnyx's money: its balance, one call's exact cost, and the cost jobs.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { showBalance } from "../../core/billing/carrier_balance.ts";
import { formatInstant } from "../../core/clock.ts";
import { callByControlKey, callKey, jobByUniqueKey } from "../../core/kv/keys.ts";
import { retryJob } from "../../core/jobs/job.ts";
import { formatMicros } from "../../core/money.ts";
import type { Call } from "../../core/usage/calls.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { readTelnyxBalance } from "../read_telnyx_balance.ts";

const balanceAnswer = z.object({
  balance: z.number(),
  pending: z.number(),
  creditLimit: z.number(),
  availableCredit: z.number(),
  currency: z.string(),
}).meta({ id: "TelnyxBalance" });
const costRequest = z.strictObject({ callControlId: z.string().min(1).max(256) });
const costAnswer = z.object({
  success: z.literal(true),
  callControlId: z.string(),
  cost: z.number(),
  currency: z.string(),
  source: z.string(),
  rate: z.number().nullable(),
  billedSeconds: z.int().nullable(),
}).meta({ id: "CallCostAnswer" });
const pendingAnswer = z.object({ success: z.literal(false), pending: z.literal(true) })
  .meta({ id: "CallCostPending" });
const processedAnswer = z.object({
  success: z.literal(true),
  processed: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  retried: z.int(),
  timestamp: z.iso.datetime(),
}).meta({ id: "ProcessCallCostsAnswer" });

/** `GET /api/billing/balance`, `POST /api/billing/fetch-call-cost`, `GET,POST /api/cron/process-call-costs`. */
export function telnyxCostRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/api/billing/balance",
      doc({
        summary: "The Telnyx balance, asked for now",
        tags: ["telnyx"],
        responses: { 200: { description: "As Telnyx tells it", schema: balanceAnswer } },
      }),
      (c) => answerBalance(deps, c),
    )
    .post(
      "/api/billing/fetch-call-cost",
      doc({
        summary: "Fetch the exact cost of one Telnyx call now",
        tags: ["telnyx"],
        responses: {
          200: { description: "The cost is exact", schema: costAnswer },
          202: { description: "Its records are not there yet", schema: pendingAnswer },
        },
      }),
      valid("json", costRequest),
      (c) => answerCost(deps, { c, callControlId: c.req.valid("json").callControlId }),
    )
    .on(
      ["GET", "POST"],
      "/api/cron/process-call-costs",
      doc({
        summary: "Try every cost job that is due",
        tags: ["telnyx"],
        responses: { 200: { description: "Tried", schema: processedAnswer } },
      }),
      async (c) => {
        const counts = await deps.actions.processCallCosts();
        return c.json({ success: true, ...counts, timestamp: formatInstant(deps.clock.now()) });
      },
    );
}

async function answerBalance(deps: AppDeps, c: Context<AppEnv>): Promise<Response> {
  const read = await readTelnyxBalance(deps);
  if (read.status === "off") {
    return problem(c, { code: "not_configured", detail: "TELNYX_API_KEY is not set" });
  }
  if (read.status === "unavailable") {
    return problem(c, {
      code: "carrier_unavailable",
      detail: `Telnyx did not tell: ${read.reason}`,
    });
  }
  return c.json(showBalance(read.balance));
}

async function answerCost(
  deps: AppDeps,
  { c, callControlId }: { c: Context<AppEnv>; callControlId: string },
): Promise<Response> {
  const pointer = await deps.store.get<{ callId: string }>(
    callByControlKey("telnyx", callControlId),
  );
  const read = async () =>
    pointer && (await deps.store.get<Call>(callKey(pointer.value.callId)))?.value;
  const call = await read();
  if (!call) return problem(c, { code: "not_found", detail: "No call has this callControlId" });
  if (call.costMicros === null && call.status === "in_progress") {
    return problem(c, { code: "state_conflict", detail: "The call is still running" });
  }
  if (call.costMicros === null) await tryCostJob(deps, call);
  const after = call.costMicros === null ? await read() : call;
  if (!after || after.costMicros === null) return c.json({ success: false, pending: true }, 202);
  return c.json({
    success: true,
    callControlId,
    cost: Number(formatMicros(after.costMicros)),
    currency: after.costCurrency,
    source: after.costDetail?.source ?? after.carrier,
    rate: after.costDetail?.rate ? Number(after.costDetail.rate) : null,
    billedSeconds: after.costDetail?.billedSeconds ?? null,
  });
}

async function tryCostJob(deps: AppDeps, call: Call): Promise<void> {
  const job = await deps.store.get<{ id: string }>(
    jobByUniqueKey("telnyx_call_cost", call.carrierCallId),
  );
  if (!job) return;
  const jobId = job.value.id;
  const outcome = await retryJob(deps, { jobId, atMs: deps.clock.now() });
  if (outcome.status === "job_due") await deps.actions.runJob(jobId);
}
