/**
 * The audit log: who changed what by hand.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { listAudit } from "../../core/audit/audit.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { auditShape, showAudit } from "./shapes/work.ts";

/** `/api/v1/audit-log`. */
export function auditLogRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/audit-log",
    doc({
      summary: "List changes made by hand, newest first",
      tags: ["audit"],
      responses: { 200: { description: "A page", schema: listShape(auditShape) } },
    }),
    valid("query", z.strictObject(pageFields)),
    async (c) => {
      const page = await listAudit(deps.store, c.req.valid("query"));
      return answerPage(
        c,
        page && {
          data: page.rows.map((row) => showAudit(row.value)),
          nextCursor: page.nextCursor,
        },
      );
    },
  );
}
