import assert from "node:assert/strict";
import { createEndpointEgress } from "../../../core/endpoint_egress.ts";
import { runDueJobs, runJob } from "../../../core/jobs/run_jobs.ts";
import { noticeKey } from "../../../core/kv/keys.ts";
import { listEndpoints, markEndpoint } from "../../../core/notices/endpoint.ts";
import { type NoticeKind, stageNotice } from "../../../core/notices/notice.ts";
import { noticeKinds, sendNotices } from "../../../cron/send_notices.ts";
import type { AppOptions } from "../../support/app.ts";
import { tagsOf } from "./html_tags.ts";
import { fieldValue, openPages, postForms, sentence, type Visited } from "./visit.ts";

const PATH = "/admin/notices";

async function tell(
  { deps, clock }: Visited,
  { id, kind = "low_balance", title = `Title of ${id}` }: {
    id: string;
    kind?: NoticeKind;
    title?: string;
  },
): Promise<void> {
  clock.advance(1_000);
  const atMs = clock.now();
  const words = { title, detail: "What to do.", link: "/admin/accounts/acme" };
  await deps.gates.change({
    gate: noticeKey(id),
    stage: (batch) => stageNotice(batch, { id, kind, accountId: "acme", atMs, ...words }),
  });
}

Deno.test("without any notice the page says what will stand here, and that mail is off", async () => {
  using world = await openPages();
  const { status, text } = await world.get(PATH);
  assert.equal(status, 200);
  assert.match(text, /All are read\. E-mail is off: SMTP_URL and MAIL_FROM turn it on/);
  assert.match(text, /Nothing here yet/);
  assert.match(text, /Webhook endpoints None yet/);
});

Deno.test("notices stand newest first, with their kind and a link to the cause", async () => {
  using world = await openPages();
  await tell(world, { id: "one" });
  await tell(world, { id: "two", kind: "waiting_funds" });
  const { text, html } = await world.get(PATH);
  assert.match(text, /2 unread/);
  assert.match(
    text,
    /waiting for funds Title of two What to do\. unread .* low balance Title of one/,
  );
  const links = tagsOf(html).filter(({ name, attributes }) =>
    name === "a" && attributes.href === "/admin/accounts/acme"
  );
  assert.equal(links.length, 2);
});

Deno.test("a notice is marked as read, one by one or all at once", async () => {
  using world = await openPages();
  for (const id of ["a:1", "b", "c"]) await tell(world, { id });
  const action = `${PATH}/${encodeURIComponent("a:1")}/reads`;
  assert(postForms((await world.get(PATH)).html).includes(action));
  const answer = await world.post(action, {});
  assert.equal(answer.headers.get("location"), PATH);
  assert.match((await world.get(PATH)).text, /2 unread/);
  const unread = await world.get(`${PATH}?unread=yes`);
  assert(!unread.text.includes("Title of a:1") && unread.text.includes("Title of b"));
  await world.post(`${PATH}/reads`, {});
  const { text, html } = await world.get(PATH);
  assert.match(text, /All are read/);
  assert.deepEqual(postForms(html), ["/admin/notices/endpoints"]);
  assert.equal((await world.post(`${PATH}/none/reads`, {})).status, 404);
});

Deno.test("the list is filtered by kind, and looks further back than one page", async () => {
  using world = await openPages();
  await tell(world, { id: "old", kind: "sync_failing" });
  for (let at = 0; at < 60; at++) await tell(world, { id: `young-${at}` });
  const { text } = await world.get(`${PATH}?kind=sync_failing`);
  assert.match(text, /Title of old/);
  assert.doesNotMatch(text, /young/);
  assert.match(
    (await world.get(`${PATH}?kind=payment_failed`)).text,
    /Nothing matches this filter/,
  );
  assert.equal((await world.get(`${PATH}?cursor=nonsense`)).status, 400);
});

Deno.test("who may only look sees notices and endpoints, and no form", async () => {
  using world = await openPages();
  await tell(world, { id: "one" });
  const { path } = await addEndpoint(world);
  assert.deepEqual(postForms((await world.get(PATH, "viewer")).html), []);
  assert.deepEqual(postForms((await world.get(path, "viewer")).html), []);
  for (
    const action of [`${PATH}/one/reads`, `${PATH}/reads`, `${PATH}/endpoints`, `${path}/tests`]
  ) {
    assert.equal((await world.post(action, {}, "viewer")).status, 403, action);
  }
});

Deno.test("hostile text of a notice stays text", async () => {
  using world = await openPages();
  await tell(world, { id: "one", title: "<img src=x onerror=alert(1)>" });
  const { html, text } = await world.get(PATH);
  assert.deepEqual(tagsOf(html).filter(({ name }) => name === "img"), []);
  assert(text.includes("<img src=x onerror=alert(1)>"));
});

/** Adds an endpoint as a person does; answers its page and its secret. */
async function addEndpoint(
  world: Visited,
  fields: Record<string, string> = {},
): Promise<{ path: string; secret: string; formId: string }> {
  const formId = fieldValue((await world.get(PATH)).html, "form_id")!;
  const url = "https://hooks.example.com/x";
  const shown = await world.post(`${PATH}/endpoints`, {
    form_id: formId,
    url,
    account: "",
    ...fields,
  });
  assert.equal(shown.status, 200, shown.text);
  const secret = /whsec_[A-Za-z0-9+/]{32}/.exec(shown.text)?.[0];
  assert(secret);
  return { path: `${PATH}/endpoints/${formId}`, secret, formId };
}

Deno.test("an endpoint's secret is shown once; the same form again adds no other", async () => {
  using world = await openPages();
  const { path, secret, formId } = await addEndpoint(world, {
    low_balance: "yes",
    account: "acme",
  });
  const again = await world.post(`${PATH}/endpoints`, {
    form_id: formId,
    url: "https://hooks.example.com/x",
    account: "",
  });
  assert.equal(again.headers.get("location"), path);
  const endpoints = await listEndpoints(world.deps.store);
  assert.deepEqual(endpoints.map(({ kinds, accountId }) => [kinds, accountId]), [
    [["low_balance"], "acme"],
  ]);
  for (const place of [PATH, path]) {
    const { html, text } = await world.get(place);
    assert(!html.includes(secret));
    assert.match(text, /low balance, of acme/);
  }
});

for (
  const [fields, fault] of [
    [{ url: "" }, "Give an address"],
    [{ url: "http://hooks.example.com/" }, "The address must be https"],
    [{ url: "https://127.0.0.1/" }, "The address must be on the public internet"],
    [{ url: "https://0x7f.1/" }, "The address must spell its host plainly"],
    [{ account: "nobody" }, "There is no such account"],
  ] as const
) {
  Deno.test(`an endpoint is refused: ${fault}`, async () => {
    using world = await openPages();
    const answer = await world.post(`${PATH}/endpoints`, {
      form_id: "form-1",
      url: "https://hooks.example.com/",
      account: "",
      ...fields,
    });
    assert.equal(answer.status, 422);
    assert(answer.text.includes(fault), answer.text);
    assert.deepEqual(await listEndpoints(world.deps.store), []);
  });
}

Deno.test("a new secret is made once per form, and an endpoint is removed", async () => {
  using world = await openPages();
  const { path, secret } = await addEndpoint(world);
  const formId = fieldValue((await world.get(path)).html, "form_id")!;
  const shown = await world.post(`${path}/rotations`, { form_id: formId });
  assert.match(shown.text, /This is the only time it is shown/);
  assert(!shown.html.includes(secret));
  const again = await world.post(`${path}/rotations`, { form_id: formId });
  assert.equal(again.headers.get("location"), path);
  const removed = await world.post(`${path}/removals`, {});
  assert.equal(removed.headers.get("location"), PATH);
  assert.equal((await world.get(path)).status, 404);
  assert.deepEqual(await listEndpoints(world.deps.store), []);
});

/** The pages with jobs that really run, and a receiver that answers as it is told. */
async function withReceiver(
  use: (world: Visited, receiver: { url: string; status: number; count: number }) => Promise<void>,
): Promise<void> {
  const receiver = { url: "", status: 200, count: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    receiver.count++;
    return new Response(null, { status: receiver.status });
  });
  receiver.url = `http://127.0.0.1:${server.addr.port}/hooks`;
  const change: AppOptions["change"] = (deps) => ({
    actions: {
      ...deps.actions,
      runJob: (jobId) => {
        const endpoints = createEndpointEgress({ clock: deps.clock, mayReachLoopback: true });
        return runJob({ ...deps, kinds: noticeKinds({ ...deps, endpoints }) }, jobId);
      },
    },
  });
  // A carrier on this machine makes it a place for tests, where endpoints may be here too.
  const env = { BLAND_BASE_URL: "http://127.0.0.1:1" };
  using world = await openPages({ change, env });
  await use(world, receiver);
  await server.shutdown();
}

Deno.test("a test is posted at once, and its answer is shown", () =>
  withReceiver(async (world, receiver) => {
    const { path } = await addEndpoint(world, { url: receiver.url });
    receiver.status = 204;
    await world.post(`${path}/tests`, {});
    assert.match(sentence((await world.get(path)).text), /a test delivered HTTP 204 1 no more/);
    receiver.status = 500;
    await world.post(`${path}/tests`, {});
    assert.match((await world.get(path)).text, /a test failed HTTP 500/);
    assert.equal(receiver.count, 2);
  }));

Deno.test("a delivery shows its tries and its answer, and is sent again by its button", () =>
  withReceiver(async (world, receiver) => {
    const { path } = await addEndpoint(world, { url: receiver.url });
    receiver.status = 503;
    await tell(world, { id: "one" });
    const endpoints = createEndpointEgress({ clock: world.clock, mayReachLoopback: true });
    const deps = { ...world.deps, endpoints };
    await sendNotices(deps);
    await runDueJobs({ ...deps, kinds: noticeKinds(deps) }, { untilMs: Infinity });
    const { html, text } = await world.get(path);
    assert.match(text, /one pending Send now HTTP 503 1/);
    receiver.status = 200;
    const jobId = fieldValue(html, "job_id")!;
    const answer = await world.post(`${path}/resends`, { job_id: jobId });
    assert.equal(answer.headers.get("location"), path);
    assert.match((await world.get(path)).text, /one delivered Send again HTTP 200/);
    assert.equal(receiver.count, 2);
    const other = await addEndpoint(world, { url: receiver.url });
    await world.post(`${other.path}/resends`, { job_id: jobId });
    assert.equal(receiver.count, 2, "an endpoint sends its own deliveries alone");
  }));

Deno.test("an endpoint that fails stands on the overview; a test that failed does not", () =>
  withReceiver(async (world, receiver) => {
    const { path, formId } = await addEndpoint(world, { url: receiver.url });
    receiver.status = 500;
    await world.post(`${path}/tests`, {});
    assert.doesNotMatch((await world.get("/admin")).text, /given up on|endpoint failing/);
    await markEndpoint(world.deps, { id: formId, state: "failing" });
    assert.match(
      (await world.get("/admin")).text,
      /endpoint failing 127\.0\.0\.1:\d+ was not reached/,
    );
    assert.match((await world.get(path)).text, /tried ten times over three days/);
  }));
