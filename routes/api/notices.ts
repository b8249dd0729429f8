/**
 * Notices: what people should hear of. An account sees those about itself that customers may hear of.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { CUSTOMER_KINDS, NOTICE_KINDS, showNotice } from "../../core/notices/notice.ts";
import { listNotices, readNotice } from "../../core/notices/read_notices.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { noticeShape } from "./shapes/notice.ts";

const noticeQuery = z.strictObject({
  account: idParam.optional(),
  kind: z.enum(NOTICE_KINDS).optional(),
  unread: z.enum(["true", "false"]).optional()
    .meta({ description: "true: those nobody has read" }),
  ...pageFields,
});

/** `/api/v1/notices` and `/api/v1/notices/:id/reads`. */
export function noticeRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/notices",
      doc({
        summary: "List notices, newest first",
        description: "Under a filter a page may be short, even empty, while its cursor goes on.",
        tags: ["notices"],
        responses: { 200: { description: "A page", schema: listShape(noticeShape) } },
      }),
      valid("query", noticeQuery),
      (c) => answerNotices(c, { deps, query: c.req.valid("query") }),
    )
    .post(
      "/notices/:id/reads",
      doc({
        summary: "Mark a notice as read",
        tags: ["notices"],
        responses: { 201: { description: "Read, now or before", schema: noticeShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const outcome = await readNotice(deps, c.req.valid("param").id);
        return outcome.status === "notice_read"
          ? c.json(showNotice(outcome.notice), 201)
          : refuse(c, outcome);
      },
    );
}

async function answerNotices(
  c: Context<AppEnv>,
  { deps, query }: { deps: AppDeps; query: z.output<typeof noticeQuery> },
): Promise<Response> {
  const { account, kind, unread, cursor, limit } = query;
  const own = ownAccountId(c.var.caller!);
  if (own !== null && account !== undefined && account !== own) {
    return problem(c, { code: "account_not_found" });
  }
  const visible = own === null ? NOTICE_KINDS : CUSTOMER_KINDS;
  const page = await listNotices(deps.store, {
    accountId: own ?? account,
    kinds: kind === undefined ? visible : visible.filter((one) => one === kind),
    isUnread: unread === "true",
    cursor,
    limit,
  });
  return answerPage(
    c,
    page && { data: page.notices.map(showNotice), nextCursor: page.nextCursor },
  );
}
