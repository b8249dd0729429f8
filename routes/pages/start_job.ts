/**
 * Starting a job from a form: the form's id becomes the job's, so a form that is sent twice shows the first
 * job's result. One that is under way already is the one to watch.
 *
 * Goes to: `core/jobs/job.ts`.
 *
 * @module
 */
import { type Job, stageJob } from "../../core/jobs/job.ts";
import { jobByUniqueKey, jobKey } from "../../core/kv/keys.ts";
import type { AppDeps } from "../deps.ts";

/** Stages the job and wakes the background; answers the id of the job to watch. */
export async function startJob(
  deps: AppDeps,
  { formId, kind, unique }: { formId: string; kind: string; unique: string },
): Promise<string> {
  const atMs = deps.clock.now();
  const jobId = await deps.gates.change({
    gate: jobByUniqueKey(kind, unique),
    stage: async (batch) => {
      if (await batch.getChecked<Job>(jobKey(formId))) return formId;
      return await stageJob(batch, { id: formId, kind, unique, dueAtMs: atMs, atMs });
    },
  });
  deps.actions.nudge();
  return jobId;
}
