/**
 * Calls: what the carriers reported, beside what we charged. An account sees its own, without cost.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { BILLING_STATES, getChargedCall, listCalls } from "../../core/billing/list_calls.ts";
import { CALL_STATUSES } from "../../core/usage/call_usage.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { callShape, CARRIERS, showCall } from "./shapes/call.ts";
import { idParam, isPeriod, pageFields, PERIOD_ORDER, periodFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";

const callQuery = z.strictObject({
  account: idParam.optional(),
  ...periodFields,
  carrier: z.enum(CARRIERS).optional(),
  status: z.enum(CALL_STATUSES).optional(),
  billing: z.enum(BILLING_STATES).optional(),
  number: z.string().trim().min(1).max(64).optional()
    .meta({ description: "Part of either party's number" }),
  ...pageFields,
}).refine(isPeriod, PERIOD_ORDER);

/** `/api/v1/calls` and `/api/v1/calls/:id`. */
export function callRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/calls",
      doc({
        summary: "List calls, newest first",
        description: "`from` and `to` are about the start. Under a filter a page may be short, " +
          "even empty, while its cursor goes on.",
        tags: ["calls"],
        responses: { 200: { description: "A page", schema: listShape(callShape) } },
      }),
      valid("query", callQuery),
      (c) => answerCalls(c, { deps, query: c.req.valid("query") }),
    )
    .get(
      "/calls/:id",
      doc({
        summary: "Read a call",
        tags: ["calls"],
        responses: { 200: { description: "The call", schema: callShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const found = await getChargedCall(deps.store, c.req.valid("param").id);
        const own = ownAccountId(c.var.caller!);
        const isVisible = found && (own === null || found.call.accountId === own);
        return isVisible
          ? c.json(showCall(found, { withCost: own === null, nowMs: deps.clock.now() }))
          : problem(c, { code: "not_found" });
      },
    );
}

async function answerCalls(
  c: Context<AppEnv>,
  { deps, query }: { deps: AppDeps; query: z.output<typeof callQuery> },
): Promise<Response> {
  const { account, from: fromMs, to: untilMs, ...which } = query;
  const own = ownAccountId(c.var.caller!);
  if (own !== null && account !== undefined && account !== own) {
    return problem(c, { code: "account_not_found" });
  }
  const accountId = own ?? account;
  const page = await listCalls(deps.store, { accountId, fromMs, untilMs, ...which });
  const nowMs = deps.clock.now();
  return answerPage(
    c,
    page && {
      data: page.calls.map((one) => showCall(one, { withCost: own === null, nowMs })),
      nextCursor: page.nextCursor,
    },
  );
}
