/**
 * The sync on the billing page: its button, itself while it runs, and what came of it.
 *
 * Goes to: `routes/pages/sync_progress.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { SyncCounts } from "../../../core/billing/sync_outcome.ts";
import type { Job } from "../../../core/jobs/job.ts";
import { Badge } from "../badge.tsx";
import { CALLS_PATH } from "../call/filter.tsx";
import { Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { PostButton } from "../forms.tsx";
import { isOver } from "../job_stream.ts";
import { LiveProgress } from "../progress.tsx";
import { countsOf, progressOf, proofLine, summarize } from "../sync_progress.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";

/** Where a sync is started. */
export const SYNC_PATH = "/billing/sync";

/** The button; one form id is one sync, however often it is sent. */
export function SyncButton({ formId }: { formId: string }): JSX.Element {
  return (
    <PostButton action={SYNC_PATH} formId={formId} tone="primary">Sync & Bill Calls</PostButton>
  );
}

/** A sync as it is now. */
export function SyncPanel({ job, timeZone }: { job: Job; timeZone: string }): JSX.Element {
  if (!isOver(job)) {
    return (
      <Panel id="sync" title="Syncing calls">
        <LiveProgress
          src={`${SYNC_PATH}/${encodeURIComponent(job.id)}/stream`}
          label="Reading the carrier's calls, then billing what is due"
          {...progressOf(job)}
        />
        <noscript>
          <p class="soft">This page loads itself again until the sync has ended.</p>
        </noscript>
      </Panel>
    );
  }
  return (
    <Panel id="sync" title="What the sync came to">
      <p class="row" role="status">
        <Badge state={job.state} /> <span>{summarize(job)}</span>
        <span class="soft">
          <TimeText atMs={job.finishedAtMs} timeZone={timeZone} />
        </span>
      </p>
      {job.state === "done" ? <Counts counts={countsOf(job)} /> : <WhatNow />}
    </Panel>
  );
}

function WhatNow(): JSX.Element {
  return (
    <p>
      What had been stored before is kept and billed. The sync of the next minute goes on by itself
      from where this one stopped.
    </p>
  );
}

function Counts({ counts }: { counts: SyncCounts }): JSX.Element {
  const rows = [
    { what: "Fetched from the carrier", count: counts.fetched, query: "", label: "All calls" },
    { what: "New", count: counts.stored },
    { what: "Changed", count: counts.updated },
    { what: "Billed", count: counts.billed, query: "?billing=billed", label: "Billed calls" },
    {
      what: "Waiting for funds",
      count: counts.waitingFunds,
      query: "?billing=waiting_funds",
      label: "Waiting calls",
    },
    {
      what: "Unassigned",
      count: counts.unassigned,
      query: "?billing=unassigned",
      label: "Unassigned calls",
    },
    { what: "Failed", count: counts.failed, query: "?billing=parked", label: "Parked calls" },
  ];
  return (
    <>
      <Table
        caption="Calls of this sync by what became of them"
        isCaptionUnseen
        columns={[
          { key: "what", label: "Calls" },
          { key: "count", label: "In this sync", kind: "number" },
          { key: "way", label: "Where they are" },
        ]}
        rows={rows.map(({ what, count, query, label }) => ({
          what,
          count: formatCount(count),
          way: label && <a href={`${CALLS_PATH}${query}`}>{label}</a>,
        }))}
      />
      <p>
        {proofLine(counts)}. What the sync of every minute has billed already is not counted here.
      </p>
    </>
  );
}
