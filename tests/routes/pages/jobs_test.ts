import assert from "node:assert/strict";
import { getJob, type Job, stageJob } from "../../../core/jobs/job.ts";
import { runJob, type SoloJobKind } from "../../../core/jobs/run_jobs.ts";
import { jobByUniqueKey } from "../../../core/kv/keys.ts";
import { tagsOf } from "./html_tags.ts";
import { openPages, postForms, type Visited } from "./visit.ts";

/** Stages a job and runs it once with this for its work. */
async function jobOf(
  { deps }: Visited,
  { unique, kind = "sync_calls", run }: { unique: string; kind?: string; run?: SoloJobKind["run"] },
): Promise<Job> {
  const atMs = deps.clock.now();
  const id = await deps.gates.change({
    gate: jobByUniqueKey(kind, unique),
    stage: (batch) => stageJob(batch, { id: deps.ids.id(), kind, unique, dueAtMs: atMs, atMs }),
  });
  if (run) await runJob({ ...deps, kinds: { [kind]: { retryAfterMs: [], run } } }, id);
  return (await getJob(deps.store, id))!;
}

const failing: SoloJobKind["run"] = () =>
  Promise.resolve({ status: "again", reason: "the carrier is away" });
const counting: SoloJobKind["run"] = () =>
  Promise.resolve({ status: "done", result: { fetched: 12, waitingFunds: 2, failed: 0 } });

Deno.test("jobs that nobody started by hand are shown, too", async () => {
  using world = await openPages();
  const { text } = await world.get("/admin/jobs");
  assert.match(text, /claim calls account:acme done .*1 no more/);
});

Deno.test("a job shows its state, attempts, last error and what it came to", async () => {
  using world = await openPages();
  await jobOf(world, { unique: "all", run: counting });
  await jobOf(world, { unique: "acme", run: failing });
  const { status, text } = await world.get("/admin/jobs");
  assert.equal(status, 200);
  assert.match(text, /sync calls all done fetched 12, waiting funds 2 1 no more/);
  assert.match(text, /sync calls acme failed Retry the carrier is away 1 no more/);
});

Deno.test("a job that runs shows how far it is, and the page comes back without scripts", async () => {
  using world = await openPages();
  let page = { html: "", text: "" };
  await jobOf(world, {
    unique: "all",
    run: async (job, report) => {
      await report({ done: 120, total: 300, note: "reading calls" });
      page = await world.get("/admin/jobs");
      return await counting(job, report);
    },
  });
  assert.match(page.text, /running 120 of 300, reading calls/);
  assert.match(page.html, /http-equiv="refresh" content="10"/);
});

Deno.test("a failed job is tried again once by its button, and a repeat changes nothing", async () => {
  using world = await openPages();
  const job = await jobOf(world, { unique: "all", run: failing });
  const action = `/admin/jobs/${job.id}/retries`;
  assert.deepEqual(postForms((await world.get("/admin/jobs")).html), [action]);
  for (let press = 0; press < 2; press++) {
    const answer = await world.post(action, {});
    assert.equal(answer.headers.get("location"), "/admin/jobs");
    const { state, attempts } = (await getJob(world.deps.store, job.id))!;
    assert.deepEqual({ state, attempts }, { state: "pending", attempts: 0 });
  }
  assert.deepEqual(world.done, ["nudge", "nudge"]);
});

Deno.test("a job that runs is left alone", async () => {
  using world = await openPages();
  await jobOf(world, {
    unique: "all",
    run: async (job, report) => {
      const answer = await world.post(`/admin/jobs/${job.id}/retries`, {});
      assert.equal(answer.status, 303);
      assert.match(answer.headers.get("set-cookie") ?? "", /negative/);
      return await counting(job, report);
    },
  });
  assert.deepEqual(world.done, []);
});

for (const id of ["none", "x".repeat(3_000)]) {
  Deno.test(`there is no job ${id.slice(0, 8)} to try again`, async () => {
    using world = await openPages();
    assert.equal((await world.post(`/admin/jobs/${id}/retries`, {})).status, 404);
  });
}

Deno.test("who may only look sees jobs, and no button", async () => {
  using world = await openPages();
  const job = await jobOf(world, { unique: "all", run: failing });
  const { text, html } = await world.get("/admin/jobs", "viewer");
  assert.match(text, /the carrier is away/);
  assert.deepEqual(postForms(html), []);
  assert.equal((await world.post(`/admin/jobs/${job.id}/retries`, {}, "viewer")).status, 403);
});

Deno.test("hostile text of an error stays text", async () => {
  using world = await openPages();
  const reason = "<img src=x onerror=alert(1)>";
  await jobOf(world, { unique: reason, run: () => Promise.resolve({ status: "again", reason }) });
  const { html, text } = await world.get("/admin/jobs");
  assert.deepEqual(tagsOf(html).filter(({ name }) => name === "img"), []);
  assert(text.includes(reason));
});

Deno.test("more jobs than fit a page go on on the next one", async () => {
  using world = await openPages();
  for (let at = 0; at < 51; at++) await jobOf(world, { unique: `n${at}` });
  const first = await world.get("/admin/jobs");
  const next = /href="(\/admin\/jobs\?cursor=[^"]*)"/.exec(first.html)?.[1];
  assert(next !== undefined);
  assert.match((await world.get(next)).text, /End of the list/);
  assert.equal((await world.get("/admin/jobs?cursor=nonsense")).status, 400);
});
