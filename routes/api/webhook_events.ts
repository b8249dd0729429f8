/**
 * Webhook deliveries as they came in, and trying one again.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { listEvents, replayEvent } from "../../core/jobs/inbox.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { CARRIERS } from "./shapes/call.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { EVENT_STATES, eventShape, showEvent } from "./shapes/work.ts";

const eventQuery = z.strictObject({
  carrier: z.enum(CARRIERS).optional(),
  state: z.enum(EVENT_STATES).optional(),
  ...pageFields,
});

/** `/api/v1/webhook-events` and `/api/v1/webhook-events/:id/replays`. */
export function webhookEventRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/webhook-events",
      doc({
        summary: "List webhook deliveries, newest first",
        description: "Under a filter a page may be short, even empty, while its cursor goes on.",
        tags: ["events"],
        responses: { 200: { description: "A page", schema: listShape(eventShape) } },
      }),
      valid("query", eventQuery),
      async (c) => {
        const page = await listEvents(deps.store, c.req.valid("query"));
        return answerPage(
          c,
          page && {
            data: page.rows.map((row) => showEvent(row.value)),
            nextCursor: page.nextCursor,
          },
        );
      },
    )
    .post(
      "/webhook-events/:id/replays",
      doc({
        summary: "Process a delivery again",
        description: "It is due again and taken up at once; processing it twice changes nothing.",
        tags: ["events"],
        responses: { 201: { description: "Due", schema: eventShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const outcome = await replayEvent(deps, c.req.valid("param").id);
        if (outcome.status === "event_not_found") return problem(c, { code: "not_found" });
        deps.actions.nudge();
        return c.json(showEvent(outcome.event), 201);
      },
    );
}
