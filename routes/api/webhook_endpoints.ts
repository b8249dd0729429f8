/**
 * Webhook endpoints: where notices are posted to, by Standard Webhooks.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { mayReachLoopback } from "../../core/config.ts";
import { getJob } from "../../core/jobs/job.ts";
import { listDeliveries, stageTest } from "../../core/notices/deliver.ts";
import {
  addEndpoint,
  getEndpoint,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
} from "../../core/notices/endpoint.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { runSoon } from "./run_soon.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import {
  deliveryShape,
  endpointRequest,
  endpointShape,
  endpointWithSecretShape,
  showDelivery,
  showEndpoint,
} from "./shapes/notice.ts";
import { jobShape, showJob } from "./shapes/work.ts";

const tags = ["notices"];
const oneId = z.object({ id: idParam });

/** `/api/v1/webhook-endpoints` and what lies below it. */
export function webhookEndpointRoutes(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  addListing(app, deps);
  addChanges(app, deps);
  addDeliveries(app, deps);
  return app;
}

function addListing(app: Hono<AppEnv>, deps: AppDeps): void {
  app.get(
    "/webhook-endpoints",
    doc({
      summary: "List webhook endpoints",
      tags,
      responses: { 200: { description: "All of them", schema: listShape(endpointShape) } },
    }),
    async (c) => {
      const endpoints = await listEndpoints(deps.store);
      return answerPage(c, { data: endpoints.map(showEndpoint), nextCursor: null });
    },
  );
  app.get(
    "/webhook-endpoints/:id",
    doc({
      summary: "Read a webhook endpoint",
      tags,
      responses: { 200: { description: "The endpoint", schema: endpointShape } },
    }),
    valid("param", oneId),
    async (c) => {
      const endpoint = await getEndpoint(deps.store, c.req.valid("param").id);
      return endpoint ? c.json(showEndpoint(endpoint)) : problem(c, { code: "not_found" });
    },
  );
}

function addChanges(app: Hono<AppEnv>, deps: AppDeps): void {
  app.post(
    "/webhook-endpoints",
    doc({
      summary: "Add a webhook endpoint",
      description: "Notices are posted to it as Standard Webhooks; `secret` is shown this once.",
      tags,
      responses: { 201: { description: "Added", schema: endpointWithSecretShape } },
    }),
    valid("json", endpointRequest),
    async (c) => {
      const { url, kinds = null, accountId = null } = c.req.valid("json");
      const outcome = await addEndpoint(deps, {
        id: deps.ids.id(),
        url,
        kinds,
        accountId,
        mayReachLoopback: mayReachLoopback(deps.config),
        actor: c.var.caller!.actor,
      });
      if (outcome.status === "target_refused") {
        const errors = [{ pointer: "/url", detail: outcome.reason }];
        return refuse(c, outcome, { detail: `url ${outcome.reason}`, errors });
      }
      if (outcome.status !== "endpoint_added") return refuse(c, outcome);
      return c.json({ ...showEndpoint(outcome.endpoint), secret: outcome.secret }, 201);
    },
  );
  app.delete(
    "/webhook-endpoints/:id",
    doc({
      summary: "Remove a webhook endpoint",
      tags,
      responses: { 204: { description: "Removed; deliveries under way come to nothing" } },
    }),
    valid("param", oneId),
    async (c) => {
      const { id } = c.req.valid("param");
      const outcome = await removeEndpoint(deps, { id, actor: c.var.caller!.actor });
      return outcome.status === "endpoint_not_found" ? refuse(c, outcome) : c.body(null, 204);
    },
  );
  app.post(
    "/webhook-endpoints/:id/rotations",
    doc({
      summary: "Give a webhook endpoint a new secret",
      description: "The old one signs beside it for a day. `secret` is shown this once.",
      tags,
      responses: { 201: { description: "Rotated", schema: endpointWithSecretShape } },
    }),
    valid("param", oneId),
    async (c) => {
      const { id } = c.req.valid("param");
      const changeId = deps.ids.id();
      const outcome = await rotateSecret(deps, { id, changeId, actor: c.var.caller!.actor });
      if (outcome.status === "endpoint_not_found") return refuse(c, outcome);
      return c.json({ ...showEndpoint(outcome.endpoint), secret: outcome.secret }, 201);
    },
  );
}

function addDeliveries(app: Hono<AppEnv>, deps: AppDeps): void {
  app.post(
    "/webhook-endpoints/:id/tests",
    doc({
      summary: "Post a test to a webhook endpoint, now",
      description: "Once; `state` is `done` when the endpoint answered 2xx.",
      tags,
      responses: { 201: { description: "How it went", schema: jobShape } },
    }),
    valid("param", oneId),
    async (c) => {
      const { id } = c.req.valid("param");
      if (!await getEndpoint(deps.store, id)) return problem(c, { code: "not_found" });
      const jobId = await stageTest(deps, id);
      await runSoon(deps, jobId);
      return c.json(showJob((await getJob(deps.store, jobId))!), 201);
    },
  );
  app.get(
    "/webhook-endpoints/:id/deliveries",
    doc({
      summary: "List the deliveries to a webhook endpoint, newest first",
      tags,
      responses: { 200: { description: "A page", schema: listShape(deliveryShape) } },
    }),
    valid("param", oneId),
    valid("query", z.strictObject(pageFields)),
    async (c) => {
      const { id } = c.req.valid("param");
      if (!await getEndpoint(deps.store, id)) return problem(c, { code: "not_found" });
      const page = await listDeliveries(deps.store, { endpointId: id, ...c.req.valid("query") });
      return answerPage(
        c,
        page && { data: page.deliveries.map(showDelivery), nextCursor: page.nextCursor },
      );
    },
  );
}
