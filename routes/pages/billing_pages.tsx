/**
 * `/billing`, and the sync that is started and watched there.
 *
 * Goes to: `routes/pages/billing.tsx`, `routes/pages/sync_progress.ts`, `core/jobs/job.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { SYNC_JOB } from "../../core/billing/sync_outcome.ts";
import { getJob, type Job, stageJob } from "../../core/jobs/job.ts";
import { jobByUniqueKey, jobKey } from "../../core/kv/keys.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { problem } from "../problem.ts";
import { BillingPage } from "./billing.tsx";
import { readBilling } from "./billing/read_billing.ts";
import { mayChange, redirectWith, showPage } from "./frame.tsx";
import { isOver } from "./job_stream.ts";
import { readForm } from "./read_form.ts";
import { SYNC_PATH } from "./billing/sync_panel.tsx";
import { streamSync } from "./sync_progress.ts";

/** Where the billing page is. */
const BILLING_PATH = "/billing";
/** Loads the page again while a sync runs, where JavaScript is off. */
const REFRESH_SECONDS = 3;

/** The billing page with its sync. */
export function billingPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(BILLING_PATH, (c) => showBilling(c, deps))
    .post(SYNC_PATH, (c) => startSync(c, deps))
    .get(`${SYNC_PATH}/:jobId/stream`, async (c) => {
      const jobId = jobIdOf(c.req.param("jobId"));
      const job = jobId === null ? null : await getJob(deps.store, jobId);
      if (job?.kind !== SYNC_JOB) return problem(c, { code: "not_found" });
      return streamSync(c, { deps, jobId: job.id });
    });
}

async function showBilling(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const jobId = jobIdOf(c.req.query("job"));
  const view = await readBilling(deps, jobId);
  const formId = mayChange(c) ? deps.ids.id() : null;
  const isRunning = view.job !== null && !isOver(view.job);
  return showPage(c, {
    deps,
    title: "Billing",
    body: <BillingPage view={view} formId={formId} />,
    refreshSeconds: isRunning ? REFRESH_SECONDS : undefined,
  });
}

/** The id of a job in the address; null for what cannot be one. */
function jobIdOf(text: string | undefined): string | null {
  return text !== undefined && z.uuid().safeParse(text).success ? text : null;
}

const syncForm = z.object({ form_id: z.uuid() });

async function startSync(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, syncForm);
  if (form.status === "invalid") {
    const text =
      "The form was not complete, so nothing was started. Please press the button again.";
    return redirectWith(c, { to: BILLING_PATH, flash: { text, tone: "negative" } });
  }
  const jobId = await stageSync(deps, form.values.form_id);
  deps.actions.nudge();
  return c.redirect(`${BILLING_PATH}?job=${encodeURIComponent(jobId)}`, 303);
}

/**
 * Stages the sync of all calls; answers the job to watch.
 *
 * The form's id becomes the job's, so a form that is sent twice shows the first sync's result. One
 * that is under way already is the one to watch.
 */
async function stageSync({ gates, clock }: AppDeps, formId: string): Promise<string> {
  const atMs = clock.now();
  return await gates.change({
    gate: jobByUniqueKey(SYNC_JOB, "all"),
    stage: async (batch) => {
      if (await batch.getChecked<Job>(jobKey(formId))) return formId;
      const request = { kind: SYNC_JOB, unique: "all", dueAtMs: atMs, atMs };
      return await stageJob(batch, { id: formId, ...request });
    },
  });
}
