import assert from "node:assert/strict";
import { noCounts, SYNC_JOB, type SyncCounts } from "../../../core/billing/sync_outcome.ts";
import { getJob, listJobs, stageJob } from "../../../core/jobs/job.ts";
import { getCursor, saveCursor } from "../../../core/jobs/cursors.ts";
import { runJob, type SoloJobKind } from "../../../core/jobs/run_jobs.ts";
import { jobByUniqueKey } from "../../../core/kv/keys.ts";
import { STREAM_MS_MAX } from "../../../routes/pages/job_stream.ts";
import { signedIn } from "../../support/app.ts";
import { reportOf } from "../../support/call_report.ts";
import { START_MS, topUp } from "../../support/world.ts";
import { fieldValue, openPages, postForms, takeIn, type Visited } from "./visit.ts";

const COUNTS: SyncCounts = {
  ...noCounts(),
  accounts: 2,
  fetched: 12,
  stored: 3,
  updated: 1,
  billed: 3,
  unassigned: 1,
};

/** Presses the button; answers where the browser is sent. */
async function press(world: Visited): Promise<string> {
  const { html } = await world.get("/billing");
  const answer = await world.post("/billing/sync", { form_id: fieldValue(html, "form_id") ?? "" });
  assert.equal(answer.status, 303);
  return answer.headers.get("location")!;
}

const jobOf = (location: string): string => new URLSearchParams(location.split("?")[1]).get("job")!;

/** Runs a sync's job with this for its work. */
function work(world: Visited, { jobId, run }: { jobId: string; run: SoloJobKind["run"] }) {
  const kinds = { [SYNC_JOB]: { retryAfterMs: [], run } };
  return runJob({ ...world.deps, kinds }, jobId);
}

const isDone = () => Promise.resolve({ status: "done" as const, result: { ...COUNTS } });

Deno.test("four cards say what was taken, what is open, and how fresh the carrier is", async () => {
  using world = await openPages();
  await topUp(world.deps, { accountId: "acme", micros: -49_750_000n });
  await takeIn(world, [
    reportOf("paid", { seconds: 61, costMicros: 18_000n, startedAtMs: START_MS - 900_000 }),
    reportOf("waits", { seconds: 120 }),
    reportOf("lost", { from: "+12125550142", seconds: 90, costMicros: 20_000n }),
  ]);
  await saveCursor(world.deps.store, {
    ...await getCursor(world.deps.store, "bland:main"),
    completeToMs: START_MS - 60_000,
  });
  const { status, text } = await world.get("/billing");
  assert.equal(status, 200);
  assert.match(text, /Charged today \(UTC\) \$0\.22 carrier cost \$0\.018/);
  assert.match(text, /Waiting for funds \$0\.22 unsettled 1 call in 1 wallet/);
  assert.match(text, /Unassigned usage 1 call unsettled 1m 30s of talk, carrier cost \$0\.02/);
  assert.match(text, /Telnyx balance Telnyx is off Set TELNYX_API_KEY to turn it on\./);
  assert.match(text, /fresh Bland is read up to 1 min ago\./);
  assert.match(text, /Latest billed calls .* 61 s 120 s \$0\.22 none \$0\.018 exact/);
});

Deno.test("with nothing to tell the cards say so in words", async () => {
  using world = await openPages();
  const { text } = await world.get("/billing");
  assert.match(text, /Charged today \(UTC\) Nothing yet carrier cost none/);
  assert.match(text, /Waiting for funds Nothing all settled Unassigned usage Nothing all settled/);
  assert.match(text, /late Bland was never read yet/);
});

Deno.test("a carrier that fails, or is off, is shown as such", async () => {
  using world = await openPages();
  const cursor = await getCursor(world.deps.store, "bland:main");
  await saveCursor(world.deps.store, { ...cursor, lastError: "away", failuresInARow: 3 });
  assert.match((await world.get("/billing")).text, /3 failures in a row/);
  using off = await openPages({ env: { BLAND_API_KEY: "", BLAND_WEBHOOK_SECRET: "" } });
  const { text, html } = await off.get("/billing");
  assert.match(text, /Bland is off\. Set BLAND_API_KEY/);
  assert.deepEqual(postForms(html), []);
});

Deno.test("the button stages one sync, wakes it, and leads to where it is watched", async () => {
  using world = await openPages();
  const location = await press(world);
  const job = await getJob(world.deps.store, jobOf(location));
  assert.deepEqual([job?.kind, job?.unique, job?.state], [SYNC_JOB, "all", "pending"]);
  assert.deepEqual(world.done, ["nudge"]);
  const { html, text } = await world.get(location);
  assert.match(html, new RegExp(`<live-progress[^>]* src="/billing/sync/${job!.id}/stream"`));
  assert.match(html, /<noscript><meta http-equiv="refresh" content="3"\/?><\/noscript>/);
  assert.match(text, /Starting …/);
});

Deno.test("a form that is sent twice shows the first sync, also when that is over", async () => {
  using world = await openPages();
  const form_id = fieldValue((await world.get("/billing")).html, "form_id")!;
  const first = await world.post("/billing/sync", { form_id });
  await work(world, { jobId: form_id, run: isDone });
  const second = await world.post("/billing/sync", { form_id });
  assert.equal(second.headers.get("location"), first.headers.get("location"));
  assert.equal((await getJob(world.deps.store, form_id))?.state, "done");
  assert.equal(
    (await listJobs(world.deps.store, { limit: 100 }))?.rows.filter(({ value }) =>
      value.kind === SYNC_JOB
    ).length,
    1,
  );
});

Deno.test("pressed while a sync is under way, the button leads to that one", async () => {
  using world = await openPages();
  const [first, second] = [await press(world), await press(world)];
  assert.equal(second, first);
  await work(world, { jobId: jobOf(first), run: isDone });
  assert.notEqual(await press(world), first);
});

Deno.test("a form's id never takes over another job", async () => {
  using world = await openPages();
  const { deps } = world;
  const id = deps.ids.id();
  await deps.gates.change({
    gate: jobByUniqueKey("other", "one"),
    stage: (batch) => stageJob(batch, { id, kind: "other", unique: "one", dueAtMs: 0, atMs: 0 }),
  });
  await world.post("/billing/sync", { form_id: id });
  assert.equal((await getJob(deps.store, id))?.kind, "other");
});

Deno.test("a form without its id starts nothing", async () => {
  using world = await openPages();
  const answer = await world.post("/billing/sync", { form_id: "x" });
  assert.equal(answer.headers.get("location"), "/billing");
  assert.deepEqual(world.done, []);
});

Deno.test("a sync that is done shows its counts, each with the way to its calls", async () => {
  using world = await openPages();
  const location = await press(world);
  await work(world, { jobId: jobOf(location), run: isDone });
  const { html, text } = await world.get(location);
  assert.match(text, /done fetched 12, new 3, billed 3, waiting 0/);
  assert.match(text, /12 calls: 3 new, 1 changed, 8 unchanged\./);
  assert.match(text, /Unassigned 1 Unassigned calls/);
  assert.match(html, /href="\/admin\/calls\?billing=unassigned"/);
  assert(!html.includes("http-equiv"));
});

Deno.test("a sync that failed says why, and that the next one goes on", async () => {
  using world = await openPages();
  const location = await press(world);
  const run = () => Promise.resolve({ status: "again" as const, reason: "unavailable: 503" });
  await work(world, { jobId: jobOf(location), run });
  const { text } = await world.get(location);
  assert.match(text, /failed The sync failed: unavailable: 503\./);
  assert.match(text, /goes on by itself from where this one stopped/);
});

Deno.test("a sync that somebody else started is shown to everybody while it runs", async () => {
  using world = await openPages();
  await press(world);
  const { html, text } = await world.get("/billing", "viewer");
  assert.match(text, /Syncing calls/);
  assert.deepEqual(postForms(html), []);
});

interface Told {
  event: string | undefined;
  id: string | undefined;
  data: Record<string, unknown> | undefined;
}

/** The events of a stream that has ended. */
function eventsOf(text: string): Told[] {
  return text.split("\n\n").filter((part) => part !== "").map((part) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1];
    const data = field("data");
    return { event: field("event"), id: field("id"), data: data && JSON.parse(data) };
  });
}

/** Opens the stream and turns the clock until it ends, doing something at every step. */
async function watch(
  world: Visited,
  { jobId, each = () => {}, stepMs = 1_000, headers = {} }: {
    jobId: string;
    each?: (step: number) => void;
    stepMs?: number;
    headers?: Record<string, string>;
  },
): Promise<Told[]> {
  const cookie = await signedIn(world, { email: "watcher@example.com", role: "viewer" });
  const answer = await world.app.request(`/billing/sync/${jobId}/stream`, {
    headers: { ...cookie, ...headers },
  });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
  let isOver = false;
  const text = answer.text().finally(() => isOver = true);
  for (let step = 0; !isOver && step < 400; step++) {
    each(step);
    // The stream reads the row in between.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    world.clock.advance(stepMs);
  }
  return eventsOf(await text);
}

Deno.test("the stream tells how far the sync is, then what came of it, and ends", async () => {
  using world = await openPages();
  const jobId = jobOf(await press(world));
  const steps = [
    { done: 0, total: null, note: "reading calls" },
    { done: 120, total: 300, note: "reading calls" },
    { done: 0, total: null, note: "billing" },
  ];
  let proceed = () => {};
  const running = work(world, {
    jobId,
    run: async (_, report) => {
      for (const step of steps) {
        await report(step);
        await new Promise<void>((resolve) => proceed = resolve);
      }
      return await isDone();
    },
  });
  const told = await watch(world, {
    jobId,
    each: (step) => {
      if (step > 0 && step % 4 === 0) proceed();
    },
  });
  await running;
  assert.deepEqual(told.map(({ event }) => event), ["progress", "progress", "progress", "done"]);
  assert.deepEqual(told.map(({ id }) => id), ["1", "2", "3", "4"]);
  assert.deepEqual(told.map(({ data }) => data?.text), [
    "0 calls read",
    "120 of 300 calls read",
    "Billing what is due …",
    "fetched 12, new 3, billed 3, waiting 0",
  ]);
  assert.equal(world.clock.waiting(), 0);
});

Deno.test("a stream that comes back counts on and misses nothing", async () => {
  using world = await openPages();
  const jobId = jobOf(await press(world));
  await work(world, { jobId, run: isDone });
  const headers = { "last-event-id": "7" };
  const told = await watch(world, { jobId, headers });
  assert.deepEqual(told.map(({ id, event }) => [id, event]), [["8", "done"]]);
});

Deno.test("a stream without news keeps alive, and ends after five minutes", async () => {
  using world = await openPages();
  const jobId = jobOf(await press(world));
  const startMs = world.clock.now();
  const told = await watch(world, { jobId, stepMs: 5_000 });
  assert(world.clock.now() - startMs >= STREAM_MS_MAX);
  assert.equal(told.filter(({ event }) => event === "progress").length, 1);
  assert.equal(told.filter(({ event }) => event === undefined).length, 19);
});

Deno.test("a reader who leaves ends the stream", async () => {
  using world = await openPages();
  const jobId = jobOf(await press(world));
  const cookie = await signedIn(world, { email: "watcher@example.com", role: "viewer" });
  const answer = await world.app.request(`/billing/sync/${jobId}/stream`, { headers: cookie });
  const reader = answer.body!.getReader();
  await reader.read();
  await reader.cancel();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(world.clock.waiting(), 0);
});

for (const id of ["0198a0de-0000-7000-8000-000000000000", "x".repeat(3_000)]) {
  Deno.test(`there is no stream of ${id.slice(0, 40)}`, async () => {
    using world = await openPages();
    const { status } = await world.get(`/billing/sync/${id}/stream`);
    assert.equal(status, 404);
  });
}

Deno.test("who may only look may not start a sync", async () => {
  using world = await openPages();
  const form_id = world.deps.ids.id();
  assert.equal((await world.post("/billing/sync", { form_id }, "viewer")).status, 403);
  assert.deepEqual(world.done, []);
});
