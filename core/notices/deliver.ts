/**
 * Delivers notices to webhook endpoints: signed, again and again by a fixed schedule, and at least once.
 *
 * Goes to: `core/notices/sign.ts`, `core/notices/work_off.ts`, `core/notices/endpoint.ts`.
 *
 * @module
 */
import { formatInstant, HOUR_MS, MINUTE_MS, SECOND_MS } from "../clock.ts";
import type { EndpointEgress } from "../endpoint_egress.ts";
import { type Job, stageJob } from "../jobs/job.ts";
import type { GroupJobKind, JobResult } from "../jobs/run_jobs.ts";
import {
  jobKey,
  noticeKey,
  webhookDeliveryKey,
  webhookDeliveryPrefix,
  webhookSecretKey,
} from "../kv/keys.ts";
import { listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import {
  type EndpointSecret,
  getEndpoint,
  markEndpoint,
  type WebhookEndpoint,
} from "./endpoint.ts";
import { type Notice, showNotice } from "./notice.ts";
import { signMessage } from "./sign.ts";
import { type SendDeps, workOff } from "./work_off.ts";

/** Posts one notice to one endpoint; its unique name is {@link deliveryName}. */
export const WEBHOOK_JOB = "deliver_webhook";
/** Posts a test to one endpoint, once; its unique name is {@link deliveryName} too. */
export const WEBHOOK_TEST_JOB = "test_webhook";

/** After the first try at once: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h after the one before. */
export const WEBHOOK_RETRIES_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;

/** Rows that only say where a delivery's job is are let go after so long. */
export const DELIVERY_KEPT_MS: number = 90 * 24 * HOUR_MS;

/** The doors of delivering; without a way out every delivery fails and says so. */
export type DeliverDeps = SendDeps & { endpoints?: EndpointEgress | undefined };

/** The unique name of a delivery's job. Neither part holds a blank. */
export function deliveryName(
  { endpointId, messageId }: { endpointId: string; messageId: string },
): string {
  return `${endpointId} ${messageId}`;
}

/** The kind of {@link WEBHOOK_JOB}. */
export function webhookKind(deps: DeliverDeps): GroupJobKind {
  const retryAfterMs = WEBHOOK_RETRIES_MS;
  return {
    retryAfterMs,
    runTogether: (jobs) =>
      workOff(deps, { jobs, retryAfterMs, work: (job) => deliverNotice(deps, job) }),
  };
}

/** The kind of {@link WEBHOOK_TEST_JOB}. */
export function webhookTestKind(deps: DeliverDeps): GroupJobKind {
  return {
    retryAfterMs: [],
    runTogether: (jobs) =>
      workOff(deps, { jobs, retryAfterMs: [], work: (job) => deliverTest(deps, job) }),
  };
}

async function deliverNotice(deps: DeliverDeps, job: Job): Promise<JobResult> {
  const [endpointId, messageId] = partsOf(job);
  const notice = (await deps.store.get<Notice>(noticeKey(messageId)))?.value;
  if (!notice) return { status: "done", result: { gone: 1 } };
  // A repeat is the same message: whether somebody read it meanwhile is left out.
  const message = {
    type: notice.kind,
    at: notice.atMs,
    shown: showNotice({ ...notice, readAtMs: null }),
  };
  return await post(deps, { job, endpointId, messageId, body: bodyOf(message) });
}

async function deliverTest(deps: DeliverDeps, job: Job): Promise<JobResult> {
  const [endpointId, messageId] = partsOf(job);
  const shown = {
    id: messageId,
    kind: "test",
    accountId: null,
    at: formatInstant(job.createdAtMs),
    title: "A test of this endpoint",
    detail: "Somebody asked for it. There is nothing to do.",
    link: "/admin/notices",
    readAt: null,
  };
  const body = bodyOf({ type: "test", at: job.createdAtMs, shown });
  return await post(deps, { job, endpointId, messageId, body });
}

function partsOf(job: Job): [endpointId: string, messageId: string] {
  const at = job.unique.indexOf(" ");
  return [job.unique.slice(0, at), job.unique.slice(at + 1)];
}

function bodyOf({ type, at, shown }: { type: string; at: number; shown: object }): string {
  return JSON.stringify({ type, timestamp: formatInstant(at), data: shown });
}

async function post(
  deps: DeliverDeps,
  { job, endpointId, messageId, body }: {
    job: Job;
    endpointId: string;
    messageId: string;
    body: string;
  },
): Promise<JobResult> {
  const endpoint = await getEndpoint(deps.store, endpointId);
  const secrets = await deps.store.get<EndpointSecret>(webhookSecretKey(endpointId));
  if (!endpoint || !secrets) return { status: "done", result: { gone: 1 } };
  if (!deps.endpoints) return { status: "again", reason: "this process sends nothing" };
  const signed = signMessage(secrets.value, { messageId, body, atMs: deps.clock.now() });
  const answer = await deps.endpoints({ url: endpoint.url, ...signed });
  const reason = answer.status === "unreachable"
    ? answer.reason
    : answer.httpStatus >= 200 && answer.httpStatus < 300
    ? null
    : `HTTP ${answer.httpStatus}`;
  await judge(deps, { endpoint, job, reason });
  if (reason !== null) return { status: "again", reason };
  const { httpStatus } = answer as { httpStatus: number };
  return { status: "done", result: { httpStatus } };
}

/** Keeps what a delivery says about its endpoint: the last try in vain, or one that arrived. */
async function judge(
  deps: DeliverDeps,
  { endpoint, job, reason }: { endpoint: WebhookEndpoint; job: Job; reason: string | null },
): Promise<void> {
  const facts = { endpoint: endpoint.id, job: job.id, attempt: job.attempts };
  if (reason === null) {
    deps.log("info", "A notice was delivered", facts);
    if (endpoint.state === "failing") {
      await markEndpoint(deps, { id: endpoint.id, state: "active" });
    }
    return;
  }
  deps.log("warn", "A notice was not delivered", { ...facts, reason });
  const isLast = job.kind === WEBHOOK_JOB && job.attempts > WEBHOOK_RETRIES_MS.length;
  if (isLast) await markEndpoint(deps, { id: endpoint.id, state: "failing" });
}

/** Stages a test of an endpoint; answers its job, which is to be run at once. */
export async function stageTest(deps: SendDeps, endpointId: string): Promise<string> {
  const [id, messageId, atMs] = [deps.ids.id(), deps.ids.id(), deps.clock.now()];
  return await deps.gates.change({
    gate: jobKey(id),
    stage: async (batch) => {
      const unique = deliveryName({ endpointId, messageId });
      const row = { id, kind: WEBHOOK_TEST_JOB, unique, dueAtMs: atMs, atMs };
      const jobId = await stageJob(batch, row);
      batch.set(webhookDeliveryKey(endpointId, atMs, messageId), { jobId }, {
        expireInMs: DELIVERY_KEPT_MS,
      });
      return jobId;
    },
  });
}

/** A delivery to an endpoint: what it carries, and the job that tells how it went. */
export interface Delivery {
  /** The notice's id, or a test's own. */
  messageId: string;
  /** When its cause came about. */
  atMs: number;
  /** Tries, state, the last answer. */
  job: Job;
}

/** A page of an endpoint's deliveries, newest first; null when the cursor is not one of ours. */
export async function listDeliveries(
  store: Store,
  { endpointId, cursor, limit }: {
    endpointId: string;
    cursor?: string | undefined;
    limit: number;
  },
): Promise<{ deliveries: Delivery[]; nextCursor: string | null } | null> {
  const page: Page<{ jobId: string }> | null = await listPage(store, {
    prefix: webhookDeliveryPrefix(endpointId),
    reverse: true,
    cursor,
    limit,
  });
  if (!page) return null;
  const jobs = await store.getMany<Job>(page.rows.map(({ value }) => jobKey(value.jobId)));
  const deliveries = page.rows.flatMap(({ key }, i) => {
    const job = jobs[i]?.value;
    return job ? [{ messageId: key[3]!, atMs: Number(key[2]), job }] : [];
  });
  return { deliveries, nextCursor: page.nextCursor };
}
