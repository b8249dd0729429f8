/**
 * Tells people of a cost that the last try did not find, in the commit that ends its job.
 *
 * Comes from: `cron/fetch_telnyx_costs.ts`, `cron/fetch_message_costs.ts`.
 * Goes to: `core/notices/causes.ts`.
 *
 * @module
 */
import type { Job } from "../core/jobs/job.ts";
import type { Batch } from "../core/kv/batch.ts";
import { jobKey } from "../core/kv/keys.ts";
import { costNotFoundNotice } from "../core/notices/causes.ts";
import { stageNotice } from "../core/notices/notice.ts";

/** Stages the notice when the job has just failed; once a call or message, however often it is retried. */
export async function tellIfNotFound(
  batch: Batch,
  { job, what, usage, atMs }: {
    job: Job;
    what: "call" | "message";
    usage: { id: string; accountId: string | null } | null;
    atMs: number;
  },
): Promise<void> {
  const after = await batch.get<Job>(jobKey(job.id));
  if (after?.state !== "failed" || !usage) return;
  const { id: usageId, accountId } = usage;
  await stageNotice(batch, costNotFoundNotice({ what, usageId, accountId, atMs }));
}
