/**
 * Jobs: durable work, how far it is, and trying one again.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { getJob, listJobs, retryJob } from "../../core/jobs/job.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { runSoon } from "./run_soon.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { jobShape, showJob } from "./shapes/work.ts";

/** `/api/v1/jobs`, `/api/v1/jobs/:id` and `/api/v1/jobs/:id/retries`. */
export function jobRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/jobs",
      doc({
        summary: "List jobs, newest first",
        tags: ["jobs"],
        responses: { 200: { description: "A page", schema: listShape(jobShape) } },
      }),
      valid("query", z.strictObject(pageFields)),
      async (c) => {
        const page = await listJobs(deps.store, c.req.valid("query"));
        return answerPage(
          c,
          page && {
            data: page.rows.map((row) => showJob(row.value)),
            nextCursor: page.nextCursor,
          },
        );
      },
    )
    .get(
      "/jobs/:id",
      doc({
        summary: "Read a job",
        tags: ["jobs"],
        responses: { 200: { description: "The job", schema: jobShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const job = await getJob(deps.store, c.req.valid("param").id);
        return job ? c.json(showJob(job)) : problem(c, { code: "not_found" });
      },
    )
    .post(
      "/jobs/:id/retries",
      doc({
        summary: "Run a job again, now",
        description: "Its attempts are counted anew. One that is running is left alone.",
        tags: ["jobs"],
        responses: { 201: { description: "As it is after the run", schema: jobShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const jobId = c.req.valid("param").id;
        const outcome = await retryJob(deps, { jobId, atMs: deps.clock.now() });
        if (outcome.status === "job_running") {
          return refuse(c, outcome, { detail: "The job is running." });
        }
        if (outcome.status === "job_not_found") return refuse(c, outcome);
        await runSoon(deps, jobId);
        return c.json(showJob(await getJob(deps.store, jobId) ?? outcome.job), 201);
      },
    );
}
