/**
 * Hands notices on: in one commit a notice becomes a delivery for every endpoint that wants it and a mail
 * for every person, and stops being due. Killed before that commit it is still due; after it, the jobs
 * are there.
 *
 * Goes to: `core/notices/deliver.ts`, `core/notices/mail_notices.ts`.
 *
 * @module
 */
import { stageJob } from "../jobs/job.ts";
import { noticeDueKey, noticeDuePrefix, noticeKey, webhookDeliveryKey } from "../kv/keys.ts";
import { DELIVERY_KEPT_MS, deliveryName, WEBHOOK_JOB } from "./deliver.ts";
import { listEndpoints, wantsNotice, type WebhookEndpoint } from "./endpoint.ts";
import { listRecipients, MAIL_JOB, mailName } from "./mail_notices.ts";
import type { Notice } from "./notice.ts";
import type { SendDeps } from "./work_off.ts";

/** Notices handed on in one go. */
export const DRAIN_NOTICES_MAX = 200;

/** Hands on what is due, the oldest first; answers how many. One that fails does not stop the next. */
export async function drainNotices(
  deps: SendDeps,
  { hasMail }: { hasMail: boolean },
): Promise<number> {
  const due = await deps.store.list<object>({ prefix: noticeDuePrefix, limit: DRAIN_NOTICES_MAX });
  if (due.length === 0) return 0;
  const endpoints = await listEndpoints(deps.store);
  let count = 0;
  for (const { key } of due) {
    const id = key[2]!;
    try {
      await handOn(deps, { id, atMs: Number(key[1]), endpoints, hasMail });
      count++;
    } catch (error) {
      deps.log("error", "A notice could not be handed on", { notice: id, error });
    }
  }
  return count;
}

async function handOn(
  deps: SendDeps,
  { id, atMs, endpoints, hasMail }: {
    id: string;
    atMs: number;
    endpoints: readonly WebhookEndpoint[];
    hasMail: boolean;
  },
): Promise<void> {
  const notice = (await deps.store.get<Notice>(noticeKey(id)))?.value;
  const wanted = notice ? endpoints.filter((endpoint) => wantsNotice(endpoint, notice)) : [];
  const emails = notice && hasMail ? await listRecipients(deps.store, notice) : [];
  const jobs = [
    ...wanted.map(({ id: endpointId }) => ({
      kind: WEBHOOK_JOB,
      unique: deliveryName({ endpointId, messageId: id }),
      endpointId,
    })),
    ...emails.map((email) => ({
      kind: MAIL_JOB,
      unique: mailName({ email, noticeId: id }),
      endpointId: null,
    })),
  ].map((job) => ({ ...job, jobId: deps.ids.id() }));
  const nowMs = deps.clock.now();
  await deps.gates.change({
    // Every job of a notice lives beneath the notice: nobody else ever stages one of these names.
    gate: noticeKey(id),
    stage: async (batch) => {
      if (!await batch.get<object>(noticeDueKey(atMs, id))) return;
      batch.delete(noticeDueKey(atMs, id));
      for (const { kind, unique, endpointId, jobId } of jobs) {
        const row = { kind, unique, dueAtMs: nowMs, atMs: nowMs, gate: noticeKey(id) };
        const staged = await stageJob(batch, { id: jobId, ...row });
        if (endpointId === null) continue;
        const key = webhookDeliveryKey(endpointId, atMs, id);
        batch.set(key, { jobId: staged }, { expireInMs: DELIVERY_KEPT_MS });
      }
    },
  });
}
