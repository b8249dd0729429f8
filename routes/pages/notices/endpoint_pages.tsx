/**
 * One webhook endpoint: adding it, its secret that is shown once, its deliveries, and what can be done.
 *
 * Goes to: `core/notices/endpoint.ts`, `core/notices/deliver.ts`, `routes/pages/notices/endpoint_page.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { mayReachLoopback } from "../../../core/config.ts";
import { getJob, retryJob } from "../../../core/jobs/job.ts";
import { listDeliveries, stageTest } from "../../../core/notices/deliver.ts";
import {
  addEndpoint,
  type AddEndpointOutcome,
  ENDPOINTS_MAX,
  getEndpoint,
  removeEndpoint,
  rotateSecret,
  type WebhookEndpoint,
} from "../../../core/notices/endpoint.ts";
import { NOTICE_KINDS } from "../../../core/notices/notice.ts";
import { runSoon } from "../../api/run_soon.ts";
import { answerOf } from "../../api/shapes/notice.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { PageHead } from "../components.tsx";
import { ErrorSummary, type FormError } from "../forms.tsx";
import { actorOf, mayChange, redirectWith, showMissing, showPage } from "../frame.tsx";
import type { Place } from "../links.ts";
import { readForm, type Typed } from "../read_form.ts";
import { EndpointBody, SecretBody } from "./endpoint_page.tsx";
import { EndpointForm, ENDPOINTS_PATH } from "./endpoints_panel.tsx";

const LIST_PATH = "/admin/notices";
const PAGE_ROWS = 25;
const ID = `${ENDPOINTS_PATH}/:id`;

const formId = z.string().regex(/^[\w-]{1,64}$/);
const ticked = z.literal("yes").optional();
const endpointForm = z.strictObject({
  form_id: formId,
  url: z.string({ error: "Give an address" }).min(1, "Give an address"),
  account: z.string().max(64).default(""),
  ...Object.fromEntries(NOTICE_KINDS.map((kind) => [kind, ticked])),
});
const onceForm = z.strictObject({ form_id: formId });
const resendForm = z.strictObject({ job_id: z.string().min(1).max(64) });

/** The pages below {@link ENDPOINTS_PATH}. */
export function endpointPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post(ENDPOINTS_PATH, (c) => postEndpoint(c, deps))
    .get(ID, (c) => withEndpoint(c, { deps, answer: showEndpointPage }))
    .post(`${ID}/tests`, (c) => withEndpoint(c, { deps, answer: postTest }))
    .post(`${ID}/resends`, (c) => withEndpoint(c, { deps, answer: postResend }))
    .post(`${ID}/rotations`, (c) => withEndpoint(c, { deps, answer: postRotation }))
    .post(`${ID}/removals`, (c) => withEndpoint(c, { deps, answer: postRemoval }));
}

interface Asked {
  deps: AppDeps;
  endpoint: WebhookEndpoint;
}

async function withEndpoint(
  c: Context<AppEnv>,
  { deps, answer }: {
    deps: AppDeps;
    answer: (c: Context<AppEnv>, asked: Asked) => Promise<Response>;
  },
): Promise<Response> {
  const endpoint = await getEndpoint(deps.store, c.req.param("id")!);
  if (endpoint) return await answer(c, { deps, endpoint });
  return showMissing(c, {
    deps,
    title: "Webhook endpoint",
    text: "There is no endpoint of this id.",
    action: { href: LIST_PATH, label: "Notices" },
  });
}

async function postEndpoint(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, endpointForm);
  if (form.status === "invalid") return showForm(c, { deps, ...form });
  const { values, typed } = form;
  const kinds = NOTICE_KINDS.filter((kind) => typed[kind] === "yes");
  const outcome = await addEndpoint(deps, {
    id: values.form_id,
    url: values.url,
    kinds: kinds.length > 0 ? kinds : null,
    accountId: values.account === "" ? null : values.account,
    mayReachLoopback: mayReachLoopback(deps.config),
    actor: actorOf(c),
  });
  if (outcome.status !== "endpoint_added") {
    return showForm(c, { deps, typed, errors: [faultOf(outcome)] });
  }
  const { endpoint, secret } = outcome;
  if (secret === null) {
    const text = "This form was sent before: the endpoint is there, its secret was shown once.";
    return redirectWith(c, {
      to: `${ENDPOINTS_PATH}/${endpoint.id}`,
      flash: { text, tone: "positive" },
    });
  }
  // No redirect: only this answer shows the secret.
  return showSecret(c, { deps, endpoint, secret });
}

function faultOf(
  outcome: Exclude<AddEndpointOutcome, { status: "endpoint_added" }>,
): FormError {
  switch (outcome.status) {
    case "target_refused":
      return { name: "url", message: `The address ${outcome.reason}` };
    case "account_not_found":
      return { name: "account", message: "There is no such account" };
    case "too_many_endpoints":
      return { name: "url", message: `There are ${ENDPOINTS_MAX} endpoints; remove one first` };
  }
}

function showForm(
  c: Context<AppEnv>,
  { deps, typed, errors }: { deps: AppDeps; typed: Typed; errors: readonly FormError[] },
): Response {
  const body = (
    <>
      <PageHead title="Add an endpoint" above={{ href: LIST_PATH, label: "Notices" }} />
      <ErrorSummary errors={errors} />
      <EndpointForm formId={deps.ids.id()} typed={typed} errors={errors} />
    </>
  );
  return showPage(c, { deps, title: "Add an endpoint", body, status: 422 });
}

function showSecret(
  c: Context<AppEnv>,
  { deps, endpoint, secret }: Asked & { secret: string },
): Response {
  const body = <SecretBody endpoint={endpoint} secret={secret} />;
  return showPage(c, { deps, title: "Webhook secret", body });
}

async function showEndpointPage(
  c: Context<AppEnv>,
  { deps, endpoint }: Asked,
): Promise<Response> {
  const query = new URL(c.req.url).searchParams;
  const place: Place = { path: `${ENDPOINTS_PATH}/${endpoint.id}`, query };
  const page = await listDeliveries(deps.store, {
    endpointId: endpoint.id,
    cursor: query.get("cursor") ?? undefined,
    limit: PAGE_ROWS,
  });
  const body = (
    <EndpointBody
      {...{ endpoint, page, place }}
      formId={mayChange(c) ? deps.ids.id() : null}
    />
  );
  return showPage(c, { deps, title: "Webhook endpoint", body, status: page ? 200 : 400 });
}

async function postTest(c: Context<AppEnv>, { deps, endpoint }: Asked): Promise<Response> {
  const jobId = await stageTest(deps, endpoint.id);
  await runSoon(deps, jobId);
  const job = await getJob(deps.store, jobId);
  const answer = (job && answerOf(job)) ?? "no answer yet";
  const isFine = job?.state === "done";
  return redirectWith(c, {
    to: `${ENDPOINTS_PATH}/${endpoint.id}`,
    flash: isFine
      ? { text: `The test arrived: ${answer}.`, tone: "positive" }
      : { text: `The test did not arrive: ${answer}.`, tone: "negative" },
  });
}

async function postResend(c: Context<AppEnv>, { deps, endpoint }: Asked): Promise<Response> {
  const form = await readForm(c, resendForm);
  const jobId = form.status === "read" ? form.values.job_id : "";
  const job = await getJob(deps.store, jobId);
  const isOurs = job?.unique.startsWith(`${endpoint.id} `) ?? false;
  const outcome = isOurs
    ? await retryJob(deps, { jobId, atMs: deps.clock.now() })
    : { status: "job_not_found" as const };
  if (outcome.status === "job_due") await runSoon(deps, jobId);
  const after = isOurs ? await getJob(deps.store, jobId) : null;
  const words = {
    job_due: after?.state === "done"
      ? `Sent again: ${answerOf(after)}.`
      : `Sent again, in vain: ${after?.lastError ?? "no answer yet"}. It is tried again by itself.`,
    job_running: "It is under way already; it was left alone.",
    job_not_found: "This endpoint has no such delivery; nothing was sent.",
  };
  const isFine = outcome.status === "job_due" && after?.state === "done";
  return redirectWith(c, {
    to: `${ENDPOINTS_PATH}/${endpoint.id}`,
    flash: { text: words[outcome.status], tone: isFine ? "positive" : "negative" },
  });
}

async function postRotation(c: Context<AppEnv>, { deps, endpoint }: Asked): Promise<Response> {
  const to = `${ENDPOINTS_PATH}/${endpoint.id}`;
  const form = await readForm(c, onceForm);
  if (form.status === "invalid") {
    const text = "The form was not whole; nothing was changed.";
    return redirectWith(c, { to, flash: { text, tone: "negative" } });
  }
  const changeId = form.values.form_id;
  const outcome = await rotateSecret(deps, { id: endpoint.id, changeId, actor: actorOf(c) });
  if (outcome.status === "endpoint_rotated" && outcome.secret !== null) {
    return showSecret(c, { deps, endpoint, secret: outcome.secret });
  }
  const text = outcome.status === "endpoint_rotated"
    ? "This form was sent before: the secret was changed once, and shown once."
    : "The endpoint is gone; nothing was changed.";
  return redirectWith(c, { to, flash: { text, tone: "negative" } });
}

async function postRemoval(c: Context<AppEnv>, { deps, endpoint }: Asked): Promise<Response> {
  await removeEndpoint(deps, { id: endpoint.id, actor: actorOf(c) });
  const text = `Nothing is posted to ${new URL(endpoint.url).host} by it any more.`;
  return redirectWith(c, { to: LIST_PATH, flash: { text, tone: "positive" } });
}
