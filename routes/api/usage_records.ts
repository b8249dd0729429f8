/**
 * Usage records: one for every billed call.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { listUsageRecords } from "../../core/billing/usage_records.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { showUsageRecord, usageRecordShape } from "./shapes/call.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";

/** `/api/v1/usage-records`. */
export function usageRecordRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/usage-records",
    doc({
      summary: "List what billed calls used, newest first",
      description: "A page may be short while its cursor goes on.",
      tags: ["calls"],
      responses: { 200: { description: "A page", schema: listShape(usageRecordShape) } },
    }),
    valid("query", z.strictObject({ account: idParam.optional(), ...pageFields })),
    async (c) => {
      const { account, ...which } = c.req.valid("query");
      const own = ownAccountId(c.var.caller!);
      if (own !== null && account !== undefined && account !== own) {
        return problem(c, { code: "account_not_found" });
      }
      const page = await listUsageRecords(deps.store, { accountId: own ?? account, ...which });
      return answerPage(
        c,
        page && { data: page.records.map(showUsageRecord), nextCursor: page.nextCursor },
      );
    },
  );
}
