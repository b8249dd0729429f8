/**
 * The list of jobs: what runs in the background, how far it is, and trying one again.
 *
 * Goes to: `core/jobs/job.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Job, listJobs, retryJob } from "../../core/jobs/job.ts";
import type { Page } from "../../core/kv/page.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { Badge } from "./badge.tsx";
import { EmptyState, PageHead, Pager } from "./components.tsx";
import { formatCount } from "./format.ts";
import { PostButton } from "./forms.tsx";
import { ADMIN_TIME_ZONE, mayChange, redirectWith, showMissing, showPage } from "./frame.tsx";
import { linkWith, type Place } from "./links.ts";
import { stateWord } from "./strings.ts";
import { Table } from "./table.tsx";
import { TimeText } from "./values.tsx";

const PATH = "/admin/jobs";
const PAGE_ROWS = 50;
const ID_LENGTH_MAX = 200;
/** Loads the page again while something runs, where JavaScript is off. */
const REFRESH_SECONDS = 10;

/** `/admin/jobs` and the button that tries one again. */
export function jobPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, (c) => showJobs(c, deps))
    .post(`${PATH}/:id/retries`, (c) => postRetry(c, { deps, jobId: c.req.param("id") }));
}

async function showJobs(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const place: Place = { path: PATH, query: new URL(c.req.url).searchParams };
  const cursor = place.query.get("cursor") ?? undefined;
  const page = await listJobs(deps.store, { cursor, limit: PAGE_ROWS });
  const isActive = page?.rows.some(({ value }) => value.state === "running") ?? false;
  const body = (
    <>
      <PageHead
        title="Jobs"
        lead="Work that lasts beyond a request. It survives a restart and may run twice: nothing is done twice."
      />
      <JobList page={page} place={place} mayChange={mayChange(c)} />
    </>
  );
  return showPage(c, {
    deps,
    title: "Jobs",
    body,
    status: page ? 200 : 400,
    refreshSeconds: isActive ? REFRESH_SECONDS : undefined,
  });
}

async function postRetry(
  c: Context<AppEnv>,
  { deps, jobId }: { deps: AppDeps; jobId: string },
): Promise<Response> {
  const outcome = jobId.length > ID_LENGTH_MAX
    ? { status: "job_not_found" as const }
    : await retryJob(deps, { jobId, atMs: deps.clock.now() });
  switch (outcome.status) {
    case "job_not_found":
      return showMissing(c, {
        deps,
        title: "Job",
        text: "There is no job of this id.",
        action: { href: PATH, label: "All jobs" },
      });
    case "job_running":
      return redirectWith(c, {
        to: PATH,
        flash: { text: "The job is running already; it was left alone.", tone: "negative" },
      });
    case "job_due": {
      deps.actions.nudge();
      const text = `The job "${stateWord(outcome.job.kind)}" runs again now.`;
      return redirectWith(c, { to: PATH, flash: { text, tone: "positive" } });
    }
  }
}

interface JobListProps {
  page: Page<Job> | null;
  place: Place;
  mayChange: boolean;
}

function JobList({ page, place, mayChange }: JobListProps): JSX.Element {
  if (!page) {
    return (
      <EmptyState
        kind="could_not_load"
        text="The address names a place in the list that does not exist."
        action={{ href: linkWith(place), label: "First page" }}
      />
    );
  }
  if (page.rows.length === 0) {
    return (
      <EmptyState
        kind="nothing_yet"
        text="Syncs, claims and other work in the background appear here."
        action={{ href: "/billing", label: "Sync calls" }}
      />
    );
  }
  const jobs = page.rows.map(({ value }) => value);
  const hasAction = mayChange &&
    jobs.some(({ state }) => state === "failed" || state === "pending");
  const action = hasAction ? [{ key: "action" as const, label: "Action" }] : [];
  const error = jobs.some(({ lastError }) => lastError !== null)
    ? [{ key: "error" as const, label: "Last error", kind: "text" as const }]
    : [];
  return (
    <>
      <Table
        caption="Jobs, newest first"
        columns={[
          { key: "kind", label: "Kind" },
          { key: "unique", label: "For" },
          { key: "state", label: "State" },
          ...action,
          ...error,
          { key: "progress", label: "Progress" },
          { key: "attempts", label: "Attempts", kind: "number" },
          { key: "due", label: "Due" },
          { key: "finished", label: "Finished" },
        ]}
        rows={jobs.map(jobCells)}
      />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}

function jobCells(
  job: Job,
): Record<
  | "kind"
  | "unique"
  | "state"
  | "progress"
  | "attempts"
  | "due"
  | "finished"
  | "error"
  | "action",
  Child
> {
  return {
    kind: stateWord(job.kind),
    unique: <code>{job.unique}</code>,
    state: <Badge state={job.state} />,
    progress: progressWords(job),
    attempts: formatCount(job.attempts),
    due: job.state === "pending"
      ? <TimeText atMs={job.dueAtMs} timeZone={ADMIN_TIME_ZONE} />
      : <span class="soft">{job.state === "running" ? "now" : "no more"}</span>,
    finished: <TimeText atMs={job.finishedAtMs} timeZone={ADMIN_TIME_ZONE} />,
    error: job.lastError ?? "",
    action: <Action job={job} />,
  };
}

/** `120 of 300, reading calls` while it goes on; its figures in the end. */
function progressWords({ state, progress }: Job): string {
  if (!progress) return "";
  const figures = Object.entries(progress.result);
  if (state === "done" && figures.length > 0) {
    return figures.filter(([, count]) => count !== 0)
      .map(([name, count]) => `${wordsOf(name)} ${formatCount(count)}`).join(", ") ||
      "nothing to do";
  }
  if (progress.total === null) return progress.note;
  return `${formatCount(progress.done)} of ${formatCount(progress.total)}, ${progress.note}`;
}

/** `waiting funds` of `waitingFunds`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (big) => ` ${big.toLowerCase()}`);

function Action({ job }: { job: Job }): JSX.Element | null {
  if (job.state === "done" || job.state === "running") return null;
  return (
    <PostButton action={`${PATH}/${encodeURIComponent(job.id)}/retries`}>
      {job.state === "failed" ? "Retry" : "Run now"}
    </PostButton>
  );
}
