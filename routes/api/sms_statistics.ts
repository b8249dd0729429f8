/**
 * The statistics of SMS billing for admins.
 *
 * @module
 */
import { Hono } from "hono";
import { getSmsStatistics } from "../../core/sms_billing/statistics.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc } from "../openapi.ts";
import { showSmsStatistics, smsStatisticsShape } from "./shapes/sms_statistics.ts";

/** `GET /api/admin/sms/billing-stats`. */
export function smsStatisticsRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/api/admin/sms/billing-stats",
    doc({
      summary: "How SMS billing did in the last 31 days",
      tags: ["sms"],
      responses: { 200: { description: "Counted now", schema: smsStatisticsShape } },
    }),
    async (c) =>
      c.json(showSmsStatistics(await getSmsStatistics(deps.store, { atMs: deps.clock.now() }))),
  );
}
