/**
 * Rate plans: what we sell at. What is in force stays as it is; what comes later may change.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { getRatePlan, type PlanOutcome, putRatePlan } from "../../core/rating/plans.ts";
import type { RatePlan } from "../../core/rating/rate_plan.ts";
import { ratePlanPrefix } from "../../core/kv/keys.ts";
import { listPage } from "../../core/kv/page.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { namesEtag } from "./shapes/etag.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { ratePlanShape, showRatePlan } from "./shapes/rate_plan.ts";
import { ratePlanRequest, versionsOf } from "./shapes/rate_plan_request.ts";

const planId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -");

/** `/api/v1/rate-plans` and `/api/v1/rate-plans/:id`. */
export function ratePlanRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/rate-plans",
      doc({
        summary: "List rate plans",
        tags: ["rate plans"],
        responses: { 200: { description: "A page", schema: listShape(ratePlanShape) } },
      }),
      valid("query", z.strictObject(pageFields)),
      async (c) => {
        const which = c.req.valid("query");
        const page = await listPage<RatePlan>(deps.store, { prefix: ratePlanPrefix, ...which });
        return answerPage(
          c,
          page && {
            data: page.rows.map((row) => showRatePlan(row.value)),
            nextCursor: page.nextCursor,
          },
        );
      },
    )
    .get(
      "/rate-plans/:id",
      doc({
        summary: "Read a rate plan",
        tags: ["rate plans"],
        responses: { 200: { description: "The plan, with its ETag", schema: ratePlanShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const row = await getRatePlan(deps.store, c.req.valid("param").id);
        if (!row) return problem(c, { code: "not_found" });
        return c.json(showRatePlan(row.value), 200, { etag: etag(row.versionstamp) });
      },
    )
    .put(
      "/rate-plans/:id",
      doc({
        summary: "Store a rate plan, whole",
        description:
          "Needs If-Match when there is one of this id. Versions in force, service and " +
          "currency are fixed: prices change by a version that begins later.",
        tags: ["rate plans"],
        responses: {
          200: { description: "As it is now, with its ETag", schema: ratePlanShape },
          201: { description: "There was none of this id", schema: ratePlanShape },
        },
      }),
      valid("param", z.object({ id: planId })),
      valid("json", ratePlanRequest),
      (c) => putPlan(c, { deps, id: c.req.valid("param").id, body: c.req.valid("json") }),
    );
}

async function putPlan(
  c: Context<AppEnv>,
  { deps, id, body }: { deps: AppDeps; id: string; body: z.output<typeof ratePlanRequest> },
): Promise<Response> {
  if (body.id !== undefined && body.id !== id) {
    const errors = [{ pointer: "/id", detail: "must be the id in the path, or be left out" }];
    return problem(c, { code: "validation", errors });
  }
  const row = await getRatePlan(deps.store, id);
  const ifMatch = c.req.header("if-match");
  if (row && ifMatch === undefined) return problem(c, { code: "precondition_required" });
  const isInView = row && ifMatch !== undefined && namesEtag(ifMatch, etag(row.versionstamp));
  const outcome = await putRatePlan(deps, {
    plan: { id, service: body.service, currency: body.currency },
    versions: versionsOf(body),
    expectedStamp: isInView ? row.versionstamp : ifMatch ?? null,
    actor: c.var.caller!.actor,
    atMs: deps.clock.now(),
    auditId: deps.ids.id(),
  });
  if (outcome.status !== "stored") return refuse(c, outcome, { detail: explain(outcome) });
  // What was parked for want of this plan may be billed now.
  deps.actions.nudge();
  const stored = (await getRatePlan(deps.store, id))!;
  return c.json(showRatePlan(stored.value), outcome.isNew ? 201 : 200, {
    etag: etag(stored.versionstamp),
    ...(outcome.isNew ? { location: `/api/v1/rate-plans/${id}` } : {}),
  });
}

function explain(outcome: Exclude<PlanOutcome, { status: "stored" }>): string | undefined {
  if (outcome.status === "plan_fixed") return `Cannot be changed: ${outcome.reason}.`;
  if (outcome.status !== "version_in_force_changed") return undefined;
  return `Version ${outcome.version} is in force, and usage may have been priced with it: ` +
    "send it unchanged and add a version that begins later.";
}

const etag = (versionstamp: string): string => `"${versionstamp}"`;
