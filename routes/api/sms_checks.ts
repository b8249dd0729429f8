/**
 * Whether an account may send: asked before each message, so it is fast and changes nothing.
 *
 * Goes to: `core/billing/check_send.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { BLOCK_REASONS, type CheckSend, createSendChecks } from "../../core/billing/check_send.ts";
import { normalizeNumber } from "../../core/numbering.ts";
import { countSegments } from "../../core/usage/segments.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import {
  accountIdField,
  computedAmountField,
  messageCountField,
  numberField,
  segmentsField,
  textField,
} from "./shapes/sms_fields.ts";
import { showSmsUsage, smsUsageShape } from "./shapes/sms_usage.ts";

const checkRequest = z.strictObject({
  accountId: accountIdField.optional()
    .meta({ description: "May be left out with an account's key" }),
  to: numberField.optional().meta({ description: "May be left out where totalCost is given" }),
  segments: segmentsField.optional().meta({ description: "Of one message" }),
  text: textField.optional().meta({ description: "Counted where segments are not given" }),
  messageCount: messageCountField.default(1),
  totalCost: computedAmountField.optional()
    .meta({ description: "Of all messages; the plan gives it where it is left out" }),
}).superRefine(({ to, totalCost }, ctx) => {
  if (to !== undefined || totalCost !== undefined) return;
  ctx.addIssue({ code: "custom", path: ["to"], message: "is missing" });
}).meta({ id: "SmsCheckRequest" });

const checkAnswer = z.object({
  allowed: z.boolean(),
  reason: z.enum(BLOCK_REASONS).nullable().meta({ description: "Null when it is allowed" }),
  shouldBill: z.boolean().meta({ description: "This send reaches a threshold: a bill is made" }),
  usage: smsUsageShape.meta({ description: "Of the running period, before this send" }),
}).meta({ id: "SmsCheck" });

/** The type of {@link smsCheckRoutes}, for typed clients. */
export type SmsCheckRoutes = ReturnType<typeof buildRoutes>;

/** `/api/v1/sms/checks`. */
export function smsCheckRoutes(deps: AppDeps): SmsCheckRoutes {
  return buildRoutes(deps);
}

function buildRoutes(deps: AppDeps) {
  const checkSend = createSendChecks(deps.store);
  return new Hono<AppEnv>().post(
    "/sms/checks",
    doc({
      summary: "Ask whether an account may send",
      description: "Not while a bill awaits approval, the account is suspended or closed, or its " +
        "wallet, where it pays and waits for money, does not cover this send besides what is " +
        "not paid yet. Nothing is set aside.",
      tags: ["sms"],
      responses: { 200: { description: "The verdict", schema: checkAnswer } },
    }),
    valid("json", checkRequest),
    (c) => postCheck(c, { deps, checkSend, body: c.req.valid("json") }),
  );
}

async function postCheck(
  c: Context<AppEnv>,
  { deps, checkSend, body }: {
    deps: AppDeps;
    checkSend: CheckSend;
    body: z.output<typeof checkRequest>;
  },
): Promise<Response> {
  const own = ownAccountId(c.var.caller!);
  const accountId = body.accountId ?? own;
  if (accountId === null) {
    const errors = [{ pointer: "/accountId", detail: "is missing" }];
    return problem(c, { code: "validation", detail: "accountId is missing", errors });
  }
  if (own !== null && accountId !== own) return problem(c, { code: "account_not_found" });
  const verdict = await checkSend({
    accountId,
    send: {
      to: body.to === undefined ? null : normalizeNumber(body.to),
      segments: await segmentsOf(body),
      messageCount: body.messageCount,
      priceMicros: body.totalCost ?? null,
    },
    atMs: deps.clock.now(),
  });
  if (verdict.status !== "decided") return problem(c, { code: "account_not_found" });
  const { reason, shouldBill, usage, currency } = verdict;
  return c.json({
    allowed: reason === null,
    reason,
    shouldBill,
    usage: showSmsUsage({ accountId, currency, usage }),
  });
}

async function segmentsOf({ segments, text }: z.output<typeof checkRequest>): Promise<number> {
  return segments ?? (text === undefined ? 1 : (await countSegments(text)).segments);
}
