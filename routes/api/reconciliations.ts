/**
 * Reconciliations: a carrier's UTC day held against the carrier's own records.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { listReconciliations } from "../../core/billing/reconciliation.ts";
import { utcDay } from "../../core/clock.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { reconciliationShape, showReconciliation } from "./shapes/reconciliation.ts";

const carrierField = z.enum(["bland", "telnyx", "twilio"]);
const dayField = z.iso.date().meta({ description: "A UTC day" });
const reconciliationRequest = z.strictObject({ carrier: carrierField, day: dayField })
  .meta({ id: "ReconciliationRequest" });

/** `/api/v1/reconciliations`. */
export function reconciliationRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/reconciliations",
      doc({
        summary: "List reconciled days, newest first",
        tags: ["carriers"],
        responses: { 200: { description: "A page", schema: listShape(reconciliationShape) } },
      }),
      valid(
        "query",
        z.strictObject({
          ...pageFields,
          carrier: carrierField.optional(),
          day: dayField.optional(),
        }),
      ),
      async (c) => {
        const page = await listReconciliations(deps.store, c.req.valid("query"));
        return answerPage(c, page && { ...page, data: page.rows.map(showReconciliation) });
      },
    )
    .post(
      "/reconciliations",
      doc({
        summary: "Compare a carrier's day with its records now",
        description:
          "Calls that no webhook told of are taken in and billed, and costs that differ " +
          "are taken over from the records. A busy day takes several minutes of the carrier's " +
          "quota: then the answer says pending, and the work goes on as a job.",
        tags: ["carriers"],
        responses: { 201: { description: "What was found", schema: reconciliationShape } },
      }),
      valid("json", reconciliationRequest),
      (c) => postReconciliation(c, { deps, request: c.req.valid("json") }),
    );
}

async function postReconciliation(
  c: Context<AppEnv>,
  { deps, request }: { deps: AppDeps; request: z.output<typeof reconciliationRequest> },
): Promise<Response> {
  const { carrier, day } = request;
  if (day > utcDay(deps.clock.now())) {
    const errors = [{ pointer: "/day", detail: "must not be in the future" }];
    return problem(c, { code: "validation", errors });
  }
  const actor = c.var.caller!.actor;
  const found = await deps.actions.reconcile({ carrier, day, actor });
  if (!found) return problem(c, { code: "not_configured", detail: `${carrier} is not configured` });
  if (found.state === "pending") deps.actions.nudge();
  return c.json(showReconciliation(found), 201);
}
