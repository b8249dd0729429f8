/**
 * `/portal`: what a customer's people see of their own account, and nothing of anybody else's.
 *
 * Goes to: `routes/pages/portal/open_pages.tsx`, `routes/pages/portal/home_page.tsx`,
 * `routes/pages/portal/statement_page.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { SYNC_JOB } from "../../core/billing/sync_outcome.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { problem } from "../problem.ts";
import { redirectWith } from "./frame.tsx";
import { streamJob } from "./job_stream.ts";
import { showOwnBill } from "./portal/bill_page.tsx";
import { showOwnCall } from "./portal/call_page.tsx";
import { showHome } from "./portal/home_page.tsx";
import { showList } from "./portal/list_pages.tsx";
import { openPages } from "./portal/open_pages.tsx";
import { ownAccount } from "./portal/own_account.ts";
import { PORTAL_PATH } from "./portal/portal_words.tsx";
import { getOwnSync } from "./portal/read_portal.ts";
import { showStatement } from "./portal/statement_page.tsx";
import { PORTAL_SYNC_PATH, summarizeSync } from "./portal/sync_panel.tsx";
import { readForm } from "./read_form.ts";
import { startJob } from "./start_job.ts";
import { progressOf } from "./sync_progress.ts";

/** The pages of customers. */
export function portalPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .route("/", openPages(deps))
    .get(PORTAL_PATH, (c) => showHome(c, deps))
    .get(`${PORTAL_PATH}/calls`, (c) => showList(c, { deps, listed: "calls" }))
    .get(`${PORTAL_PATH}/calls/:id`, (c) => showOwnCall(c, { deps, callId: c.req.param("id") }))
    .get(`${PORTAL_PATH}/messages`, (c) => showList(c, { deps, listed: "messages" }))
    .get(`${PORTAL_PATH}/bills`, (c) => showList(c, { deps, listed: "bills" }))
    .get(`${PORTAL_PATH}/bills/:id`, (c) => showOwnBill(c, { deps, billId: c.req.param("id") }))
    .get(`${PORTAL_PATH}/statements`, (c) => showStatement(c, deps))
    .post(PORTAL_SYNC_PATH, (c) => startOwnSync(c, deps))
    .get(`${PORTAL_SYNC_PATH}/:jobId/stream`, async (c) => {
      const jobId = c.req.param("jobId");
      const job = z.uuid().safeParse(jobId).success
        ? await getOwnSync(deps, { accountId: ownAccount(c), jobId })
        : null;
      if (!job) return problem(c, { code: "not_found" });
      const told = { jobId: job.id, progressOf, summarize: summarizeSync };
      return streamJob(c, { deps, told });
    });
}

const syncForm = z.strictObject({ form_id: z.uuid() });

async function startOwnSync(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, syncForm);
  if (form.status === "invalid") {
    const text = "The form was not complete, so nothing was started. Please press it again.";
    return redirectWith(c, { to: PORTAL_PATH, flash: { text, tone: "negative" } });
  }
  const unique = ownAccount(c);
  const jobId = await startJob(deps, { formId: form.values.form_id, kind: SYNC_JOB, unique });
  return c.redirect(`${PORTAL_PATH}?job=${encodeURIComponent(jobId)}`, 303);
}
