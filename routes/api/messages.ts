/**
 * Messages: what the carriers reported, beside what their bill will take. An account sees its own,
 * without cost.
 *
 * Goes to: `core/billing/list_messages.ts`, `routes/api/shapes/message.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { getChargedMessage, listMessages } from "../../core/billing/list_messages.ts";
import { MESSAGE_SOURCES } from "../../core/usage/message_usage.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { idParam, isPeriod, pageFields, PERIOD_ORDER, periodFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { messageShape, showMessage } from "./shapes/message.ts";

const messageQuery = z.strictObject({
  account: idParam.optional(),
  ...periodFields,
  carrier: z.enum(MESSAGE_SOURCES).optional(),
  ...pageFields,
}).refine(isPeriod, PERIOD_ORDER);

/** `/api/v1/messages` and `/api/v1/messages/:id`. */
export function messageRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/messages",
      doc({
        summary: "List messages, newest first",
        description:
          "`from` and `to` are about the sending. Under a carrier a page may be short, " +
          "even empty, while its cursor goes on.",
        tags: ["messages"],
        responses: { 200: { description: "A page", schema: listShape(messageShape) } },
      }),
      valid("query", messageQuery),
      (c) => answerMessages(c, { deps, query: c.req.valid("query") }),
    )
    .get(
      "/messages/:id",
      doc({
        summary: "Read a message",
        tags: ["messages"],
        responses: { 200: { description: "The message", schema: messageShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const found = await getChargedMessage(deps.store, c.req.valid("param").id);
        const own = ownAccountId(c.var.caller!);
        const isVisible = found && (own === null || found.message.accountId === own);
        return isVisible
          ? c.json(showMessage(found, { withCost: own === null, nowMs: deps.clock.now() }))
          : problem(c, { code: "not_found" });
      },
    );
}

async function answerMessages(
  c: Context<AppEnv>,
  { deps, query }: { deps: AppDeps; query: z.output<typeof messageQuery> },
): Promise<Response> {
  const { account, from: fromMs, to: untilMs, ...which } = query;
  const own = ownAccountId(c.var.caller!);
  if (own !== null && account !== undefined && account !== own) {
    return problem(c, { code: "account_not_found" });
  }
  const accountId = own ?? account;
  const page = await listMessages(deps.store, { accountId, fromMs, untilMs, ...which });
  const shown = { withCost: own === null, nowMs: deps.clock.now() };
  return answerPage(
    c,
    page && {
      data: page.messages.map((one) => showMessage(one, shown)),
      nextCursor: page.nextCursor,
    },
  );
}
