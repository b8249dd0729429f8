/**
 * A cycle, or something done with many bills, while it runs and when it has ended.
 *
 * Goes to: `core/jobs/job.ts`, `core/sms_billing/bulk_bills.ts`, `routes/pages/job_stream.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { getJob, type Job } from "../../../core/jobs/job.ts";
import { BILL_BULK_JOB, type BillBulk, getBillBulk } from "../../../core/sms_billing/bulk_bills.ts";
import { SMS_CYCLE_JOB } from "../../../core/sms_billing/close_due.ts";
import { SMS_FREQUENCIES } from "../../../core/sms_billing/settings.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { problem } from "../../problem.ts";
import { Badge } from "../badge.tsx";
import { DefinitionList, LinkButton, PageHead, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE, redirectWith, showMissing, showPage } from "../frame.tsx";
import { isOver, streamJob } from "../job_stream.ts";
import { LiveProgress } from "../progress.tsx";
import { readForm } from "../read_form.ts";
import { startJob } from "../start_job.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import { CYCLES_PATH, EVERY_CYCLE } from "./bills_tab.tsx";
import { billHref, BILLS_PATH, failureWords, SMS_PATH } from "./bill_words.tsx";
import { isSmsJob, jobHref, progressOf, summarize } from "./job_words.ts";

/** Loads the page again while a job runs, where JavaScript is off. */
const REFRESH_SECONDS = 3;

const cycleForm = z.strictObject({
  frequency: z.enum([EVERY_CYCLE, ...SMS_FREQUENCIES]),
  form_id: z.uuid(),
});

/** `POST /admin/sms/cycles`, `GET /admin/sms/jobs/:id` and its stream. */
export function smsJobPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post(CYCLES_PATH, (c) => startCycle(c, deps))
    .get(`${SMS_PATH}/jobs/:id`, (c) => showJob(c, { deps, jobId: c.req.param("id") }))
    .get(`${SMS_PATH}/jobs/:id/stream`, async (c) => {
      const job = await readJob(deps, c.req.param("id"));
      if (!job) return problem(c, { code: "not_found" });
      return streamJob(c, { deps, told: { jobId: job.id, progressOf, summarize } });
    });
}

async function startCycle(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, cycleForm);
  if (form.status === "invalid") {
    const text = "The form was not complete, so nothing was started. Please send it again.";
    return redirectWith(c, { to: BILLS_PATH, flash: { text, tone: "negative" } });
  }
  const { form_id: formId, frequency: unique } = form.values;
  const jobId = await startJob(deps, { formId, kind: SMS_CYCLE_JOB, unique });
  return c.redirect(jobHref(jobId), 303);
}

async function readJob({ store }: AppDeps, jobId: string): Promise<Job | null> {
  const job = z.uuid().safeParse(jobId).success ? await getJob(store, jobId) : null;
  return job && isSmsJob(job) ? job : null;
}

async function showJob(
  c: Context<AppEnv>,
  { deps, jobId }: { deps: AppDeps; jobId: string },
): Promise<Response> {
  const job = await readJob(deps, jobId);
  if (!job) {
    return showMissing(c, {
      deps,
      title: "No such job",
      text: "No job of SMS billing has this id.",
      action: { href: BILLS_PATH, label: "All bills" },
    });
  }
  const bulk = job.kind === BILL_BULK_JOB ? await getBillBulk(deps.store, job.unique) : null;
  const title = titleOf(job, bulk);
  return showPage(c, {
    deps,
    title,
    body: <JobBody job={job} bulk={bulk} title={title} />,
    refreshSeconds: isOver(job) ? undefined : REFRESH_SECONDS,
  });
}

const BULK_TITLES = { process: "Processing", approve: "Approving", cancel: "Cancelling" } as const;

function titleOf(job: Job, bulk: BillBulk | null): string {
  if (bulk) return `${BULK_TITLES[bulk.action]} ${formatCount(bulk.billIds.length)} bills`;
  return job.unique === EVERY_CYCLE ? "Cycle of what is due" : `Cycle: ${job.unique}`;
}

interface JobBodyProps {
  job: Job;
  bulk: BillBulk | null;
  title: string;
}

function JobBody({ job, bulk, title }: JobBodyProps): JSX.Element {
  return (
    <>
      <PageHead title={title} above={{ href: BILLS_PATH, label: "Bills" }} />
      <ProgressPanel job={job} label={title} />
      {bulk && <Asked bulk={bulk} />}
      {bulk && bulk.faults.length > 0 && <Faults bulk={bulk} />}
      {isOver(job) && (
        <p>
          <LinkButton href={BILLS_PATH} tone="primary">Back to the bills</LinkButton>
        </p>
      )}
    </>
  );
}

function ProgressPanel({ job, label }: { job: Job; label: string }): JSX.Element {
  if (!isOver(job)) {
    return (
      <Panel id="progress" title="Under way">
        <LiveProgress src={`${jobHref(job.id)}/stream`} label={label} {...progressOf(job)} />
        {job.lastError !== null && <p>The last try ended with: {job.lastError}.</p>}
        <noscript>
          <p class="soft">This page loads itself again until the job has ended.</p>
        </noscript>
      </Panel>
    );
  }
  return (
    <Panel id="progress" title="What came of it">
      <p class="row" role="status">
        <Badge state={job.state} /> <span>{summarize(job)}</span>
        <span class="soft">
          <TimeText atMs={job.finishedAtMs} timeZone={ADMIN_TIME_ZONE} />
        </span>
      </p>
    </Panel>
  );
}

function Asked({ bulk }: { bulk: BillBulk }): JSX.Element {
  return (
    <Panel id="asked" title="What was asked">
      <DefinitionList
        items={[
          { term: "Bills", value: formatCount(bulk.billIds.length) },
          { term: "Done", value: `${bulk.doneCount} of ${bulk.billIds.length}` },
          { term: "Changed", value: formatCount(bulk.changedCount) },
          { term: "As wanted before", value: formatCount(bulk.unchangedCount) },
          { term: "Not done", value: formatCount(bulk.faults.length) },
          { term: "Asked by", value: bulk.actor },
          { term: "Reason", value: bulk.reason },
        ]}
      />
    </Panel>
  );
}

function Faults({ bulk }: { bulk: BillBulk }): JSX.Element {
  return (
    <Panel id="faults" title="Not done">
      <Table
        caption="Bills with which it was not done, and why"
        isCaptionUnseen
        columns={[
          { key: "bill", label: "Bill" },
          { key: "why", label: "Why", kind: "text" },
        ]}
        rows={bulk.faults.map(({ billId, reason }) => ({
          bill: <a href={billHref(billId)}>{billId}</a>,
          why: failureWords(reason),
        }))}
      />
    </Panel>
  );
}
