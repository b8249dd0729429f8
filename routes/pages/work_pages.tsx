/**
 * Pages about what works behind the scenes: jobs, events, rate plans, reconciliations, notices, and usage
 * without an owner.
 *
 * Goes to: `routes/pages/jobs.tsx`, `routes/pages/events.tsx`, `routes/pages/rate_plans.tsx`,
 * `routes/pages/reconciliation.tsx`, `routes/pages/notices.tsx`,
 * `routes/pages/unassigned_usage/assign_routes.tsx`.
 *
 * @module
 */
import { Hono } from "hono";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { eventPages } from "./events.tsx";
import { jobPages } from "./jobs.tsx";
import { noticePages } from "./notices.tsx";
import { ratePlanPages } from "./rate_plans.tsx";
import { reconciliationPages } from "./reconciliation.tsx";
import { assignPages } from "./unassigned_usage/assign_routes.tsx";

/** The pages about work. */
export function workPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .route("/", jobPages(deps))
    .route("/", eventPages(deps))
    .route("/", ratePlanPages(deps))
    .route("/", reconciliationPages(deps))
    .route("/", noticePages(deps))
    .route("/", assignPages(deps));
}
