/**
 * The sync of one customer's calls: its button, itself while it runs, and what came of it.
 *
 * Goes to: `routes/pages/sync_progress.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Job } from "../../../core/jobs/job.ts";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { PostButton } from "../forms.tsx";
import { isOver } from "../job_stream.ts";
import { LiveProgress } from "../progress.tsx";
import { countsOf, progressOf } from "../sync_progress.ts";
import { TimeText } from "../values.tsx";

/** Where a sync is started. */
export const PORTAL_SYNC_PATH = "/portal/sync";

/** The button; one form id is one sync, however often it is sent. */
export function PortalSyncButton({ formId }: { formId: string }): JSX.Element {
  return (
    <PostButton action={PORTAL_SYNC_PATH} formId={formId} tone="primary">Sync calls now</PostButton>
  );
}

/** What came of it, in one line; why one failed is the operator's business. */
export function summarizeSync(job: Job): string {
  if (job.state === "failed") {
    return "The carrier could not be read just now. It is tried again by itself every minute.";
  }
  const { stored, updated, billed, waitingFunds } = countsOf(job);
  const news = `${formatCount(stored)} new, ${formatCount(updated)} changed`;
  const waiting = waitingFunds > 0 ? `, ${formatCount(waitingFunds)} waiting for money` : "";
  return `${news}, ${formatCount(billed)} charged${waiting}.`;
}

/** A sync as it is now. */
export function PortalSyncPanel({ job, timeZone }: { job: Job; timeZone: string }): JSX.Element {
  if (isOver(job)) {
    return (
      <Panel id="sync" title="What the sync came to">
        <p class="row" role="status">
          <Badge state={job.state} /> <span>{summarizeSync(job)}</span>
          <span class="soft">
            <TimeText atMs={job.finishedAtMs} timeZone={timeZone} />
          </span>
        </p>
      </Panel>
    );
  }
  return (
    <Panel id="sync" title="Syncing your calls">
      <LiveProgress
        src={`${PORTAL_SYNC_PATH}/${encodeURIComponent(job.id)}/stream`}
        label="Reading the carrier's calls, then charging what is due"
        {...progressOf(job)}
      />
      <noscript>
        <p class="soft">This page loads itself again until the sync has ended.</p>
      </noscript>
    </Panel>
  );
}
