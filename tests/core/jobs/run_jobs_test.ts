import assert from "node:assert/strict";
import {
  getJob,
  type Job,
  type JobRequest,
  listJobs,
  retryJob,
  stageJob,
} from "../../../core/jobs/job.ts";
import { type JobKind, type JobResult, runDueJobs, runJob } from "../../../core/jobs/run_jobs.ts";
import { JOB_LEASE_MS } from "../../../core/jobs/take_jobs.ts";
import { jobKey } from "../../../core/kv/keys.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { openDoors, openWorld, START_MS, type World } from "../../support/world.ts";

interface Desk {
  world: World;
  /** What each run does; without more, done. */
  results: (JobResult | Error)[];
  runs: string[];
  stage: (told?: Partial<JobRequest>) => Promise<string>;
  run: (world?: Pick<World, "deps">) => Promise<number>;
  job: (id?: string) => Promise<Job>;
  kind: JobKind;
}

async function atDesk(
  story: (desk: Desk) => Promise<void>,
  world?: World,
): Promise<void> {
  using it = world ?? await openWorld({ isEmpty: true });
  const desk: Desk = {
    world: it,
    results: [],
    runs: [],
    kind: {
      retryAfterMs: [1_000, 5_000],
      run: (job) => {
        desk.runs.push(job.unique);
        const result = desk.results.shift() ?? { status: "done" as const, result: { n: 1 } };
        return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
      },
    },
    stage: (told = {}) =>
      it.deps.gates.change({
        gate: ["cause"],
        stage: (batch) =>
          stageJob(batch, {
            id: "job-1",
            kind: "work",
            unique: "acme",
            dueAtMs: it.clock.now(),
            atMs: it.clock.now(),
            ...told,
          }),
      }),
    run: ({ deps } = it) =>
      runDueJobs({ ...deps, kinds: { work: desk.kind } }, { untilMs: it.clock.now() + 1_000 }),
    job: async (id = "job-1") => (await getJob(it.deps.store, id))!,
  };
  await story(desk);
}

const dueCount = async ({ world }: Desk) =>
  (await world.deps.store.list({ prefix: ["job_due"] })).length;

Deno.test("a job runs when it is due, once, and its result is kept", () =>
  atDesk(async (desk) => {
    await desk.stage({ dueAtMs: START_MS + 10 });
    assert.equal(await desk.run(), 0);
    desk.world.clock.advance(9);
    assert.equal(await desk.run(), 0);
    desk.world.clock.advance(1);
    assert.equal(await desk.run(), 1);
    assert.equal(await desk.run(), 0);
    const job = await desk.job();
    assert.deepEqual([job.state, job.attempts, job.finishedAtMs, job.progress?.result], [
      "done",
      1,
      START_MS + 10,
      { n: 1 },
    ]);
    assert.equal(await dueCount(desk), 0);
  }));

Deno.test("a job that fails is tried again after each of its waits and has then failed", () =>
  atDesk(async (desk) => {
    await desk.stage();
    const dues: (number | string)[] = [];
    for (let i = 0; i < 3; i++) {
      desk.results.push(i === 1 ? new Error("no luck") : { status: "again", reason: `try ${i}` });
      assert.equal(await desk.run(), 1);
      const { state, dueAtMs, lastError } = await desk.job();
      dues.push(state, dueAtMs - desk.world.clock.now(), lastError!);
      assert.equal(await desk.run(), 0);
      desk.world.clock.advance(5_000);
    }
    assert.deepEqual(dues.filter((_, i) => i % 3 !== 1 || i < 6), [
      "pending",
      1_000,
      "try 0",
      "pending",
      5_000,
      "no luck",
      "failed",
      "try 2",
    ]);
    assert.equal(await dueCount(desk), 0);
    assert.equal(await desk.run(), 0);
  }));

Deno.test("a person starts a failed job again, from its first attempt, and no running one", () =>
  atDesk(async (desk) => {
    const retry = () => retryJob(desk.world.deps, { jobId: "job-1", atMs: desk.world.clock.now() });
    assert.equal((await retry()).status, "job_not_found");
    await desk.stage();
    desk.kind = { ...desk.kind, retryAfterMs: [] };
    desk.results.push({ status: "again", reason: "no" });
    await desk.run();
    assert.equal((await desk.job()).state, "failed");
    assert.equal((await retry()).status, "job_due");
    desk.kind = {
      ...desk.kind,
      run: async () => {
        assert.equal((await retry()).status, "job_running");
        return { status: "done", result: {} };
      },
    };
    await desk.run();
    const job = await desk.job();
    assert.deepEqual([job.state, job.attempts], ["done", 1]);
  }));

Deno.test("a job may ask for another run without failing", () =>
  atDesk(async (desk) => {
    await desk.stage();
    desk.results.push({ status: "again", reason: "not there yet", inMs: 30_000 });
    await desk.run();
    const { state, dueAtMs } = await desk.job();
    assert.deepEqual([state, dueAtMs], ["pending", START_MS + 30_000]);
  }));

Deno.test("one thing has one unfinished job: it is woken, and a finished one starts anew", () =>
  atDesk(async (desk) => {
    assert.equal(await desk.stage({ dueAtMs: START_MS + 500 }), "job-1");
    assert.equal(await desk.stage({ id: "job-2", dueAtMs: START_MS + 900 }), "job-1");
    assert.equal((await desk.job()).dueAtMs, START_MS + 500);
    assert.equal(await desk.stage({ id: "job-3", dueAtMs: START_MS }), "job-1");
    assert.equal((await desk.job()).dueAtMs, START_MS);
    assert.equal(await dueCount(desk), 1);
    assert.equal(await desk.stage({ id: "job-4", unique: "kiwi" }), "job-4");
    assert.equal(await desk.run(), 2);
    assert.equal(await desk.stage({ id: "job-5" }), "job-5");
    assert.deepEqual([await desk.run(), desk.runs], [1, ["acme", "kiwi", "acme"]]);
  }));

Deno.test("two who stage one job at once get one job", () =>
  atDesk(async (desk) => {
    const ids = await Promise.all(["a", "b"].map((id, seed) =>
      openDoors({ ...desk.world, seed }).gates.change({
        gate: ["cause", id],
        stage: (batch) =>
          stageJob(batch, { id, kind: "work", unique: "acme", dueAtMs: START_MS, atMs: START_MS }),
      })
    ));
    assert.equal(new Set(ids).size, 1);
    assert.deepEqual([await desk.run(), desk.runs.length], [1, 1]);
  }));

Deno.test("a job that is asked for while it runs runs once more", () =>
  atDesk(async (desk) => {
    await desk.stage();
    let isFirst = true;
    desk.kind = {
      ...desk.kind,
      run: async (job) => {
        desk.runs.push(job.unique);
        if (isFirst) assert.equal(await desk.stage({ id: "job-2" }), "job-1");
        isFirst = false;
        return { status: "done", result: {} };
      },
    };
    await desk.run();
    await desk.run();
    assert.deepEqual([desk.runs.length, (await desk.job()).state], [2, "done"]);
    assert.equal(await desk.run(), 0);
  }));

Deno.test("of five processes that see a due job one runs it", () =>
  atDesk(async (desk) => {
    await desk.stage();
    const others = [11, 12, 13, 14].map((seed) => ({ deps: openDoors({ ...desk.world, seed }) }));
    const counts = await Promise.all([undefined, ...others].map((one) => desk.run(one)));
    assert.deepEqual(counts.toSorted(), [0, 0, 0, 0, 1]);
    assert.equal(desk.runs.length, 1);
  }));

Deno.test("a job whose holder died is taken over after its lease, and the dead one's finish is refused", () =>
  atDesk(async (desk) => {
    await desk.stage();
    const held = Promise.withResolvers<JobResult>();
    desk.kind = { ...desk.kind, run: () => held.promise };
    const first = desk.run();
    while ((await desk.job()).state !== "running") await new Promise((go) => setTimeout(go, 1));
    const other = { deps: openDoors({ ...desk.world, seed: 5 }) };
    const kinds = {
      work: {
        retryAfterMs: [],
        run: () => Promise.resolve({ status: "again" as const, reason: "second" }),
      },
    };
    const takeOver = () => runJob({ ...other.deps, kinds }, "job-1");
    desk.world.clock.advance(JOB_LEASE_MS - 1);
    assert.equal(await takeOver(), false);
    desk.world.clock.advance(1);
    assert.equal(await takeOver(), true);
    held.resolve({ status: "done", result: { n: 99 } });
    await first;
    const job = await desk.job();
    assert.deepEqual([job.state, job.lastError, job.attempts, job.finishedAtMs !== null], [
      "failed",
      "second",
      2,
      true,
    ]);
  }));

Deno.test("progress is kept while the job runs, and a holder that lost it reports into nothing", () =>
  atDesk(async (desk) => {
    await desk.stage();
    desk.kind = {
      ...desk.kind,
      run: async (_, report) => {
        await report({ done: 1, total: 2, note: "half" });
        assert.equal((await desk.job()).progress?.note, "half");
        desk.world.clock.advance(JOB_LEASE_MS);
        const kinds = { work: { retryAfterMs: [], run: () => Promise.resolve(done) } };
        assert.equal(await runJob({ ...desk.world.deps, kinds }, "job-1"), true);
        await report({ done: 2, total: 2, note: "late" });
        return { status: "done", result: { n: 99 } };
      },
    };
    const done: JobResult = { status: "done", result: { n: 2 } };
    await desk.run();
    assert.deepEqual((await desk.job()).progress, {
      done: 1,
      total: 2,
      note: "half",
      result: { n: 2 },
    });
  }));

Deno.test("a kind nobody knows fails, and its neighbours run", () =>
  atDesk(async (desk) => {
    await desk.stage({ id: "job-0", kind: "strange" });
    await desk.stage();
    assert.equal(await desk.run(), 2);
    const strange = await desk.job("job-0");
    assert.deepEqual([strange.state, strange.lastError], ["failed", "unknown kind"]);
    assert.equal((await desk.job()).state, "done");
  }));

Deno.test("a job row nobody can read does not hold up the jobs behind it", () =>
  atDesk(async (desk) => {
    await desk.stage({ id: "job-0", unique: "first" });
    await desk.stage();
    await desk.world.kv.set(jobKey("job-0"), "not bytes");
    await desk.run();
    assert.equal((await desk.job()).state, "done");
  }));

Deno.test("jobs run oldest first and none is begun after the time is up", () =>
  atDesk(async (desk) => {
    for (const [i, unique] of ["c", "a", "b"].entries()) {
      await desk.stage({ id: `job-${i}`, unique, dueAtMs: START_MS - i });
    }
    desk.kind = {
      ...desk.kind,
      run: (job) => {
        desk.runs.push(job.unique);
        desk.world.clock.advance(600);
        return Promise.resolve({ status: "done", result: {} });
      },
    };
    assert.equal(await desk.run(), 2);
    assert.deepEqual(desk.runs, ["b", "a"]);
  }));

Deno.test("a job taken by a commit whose reply was lost is run, once", async () => {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv, isEmpty: true });
  await atDesk(async (desk) => {
    await desk.stage();
    faulty.hooks.commit = ({ n }) => n % 2 === 0 ? "throws_after" : undefined;
    assert.equal(await desk.run(), 1);
    const job = await desk.job();
    assert.deepEqual([job.state, job.attempts, desk.runs.length], ["done", 1, 1]);
  }, { ...world, [Symbol.dispose]: () => {} });
});

Deno.test("jobs are listed newest first, in pages", () =>
  atDesk(async (desk) => {
    for (const n of [1, 2, 3]) await desk.stage({ id: `job-${n}`, unique: `${n}` });
    const { store } = desk.world.deps;
    const first = await listJobs(store, { limit: 2 });
    const next = await listJobs(store, { limit: 2, cursor: first!.nextCursor! });
    assert.deepEqual([...first!.rows, ...next!.rows].map(({ value }) => value.id), [
      "job-3",
      "job-2",
      "job-1",
    ]);
  }));

Deno.test("jobs of a group that throws have had their attempt, and fail after the last one", async () => {
  using world = await openWorld({ isEmpty: true });
  const { deps } = world;
  const kinds = {
    group: {
      retryAfterMs: [1_000],
      runTogether: () => Promise.reject(new Error("the carrier's answer broke us")),
    },
  };
  const ids = await Promise.all(["a", "b"].map((unique) =>
    deps.gates.change({
      gate: ["staging", unique],
      stage: (batch) =>
        stageJob(batch, {
          id: `job-${unique}`,
          kind: "group",
          unique,
          dueAtMs: START_MS,
          atMs: START_MS,
        }),
    })
  ));
  const run = () => runDueJobs({ ...deps, kinds }, { untilMs: deps.clock.now() + 60_000 });
  const states = () => Promise.all(ids.map(async (id) => (await getJob(deps.store, id))?.state));
  assert.equal(await run(), 2);
  assert.deepEqual(await states(), ["pending", "pending"]);
  world.clock.advance(1_001);
  assert.equal(await run(), 2);
  assert.deepEqual(await states(), ["failed", "failed"]);
  assert.match((await getJob(deps.store, ids[0]!))?.lastError ?? "", /broke us/);
  world.clock.advance(10 * JOB_LEASE_MS);
  assert.equal(await run(), 0);
});

Deno.test("a run that is told to stop ends before its next job, and leaves that one due", () =>
  atDesk(async ({ stage, job, runs, kind, world: { deps, clock } }) => {
    await stage();
    await stage({ id: "job-2", unique: "beta" });
    const ran = await runDueJobs({ ...deps, kinds: { work: kind } }, {
      untilMs: clock.now() + 1_000,
      isOver: () => runs.length > 0,
    });
    assert.deepEqual([ran, runs.length], [1, 1]);
    const states = [(await job()).state, (await job("job-2")).state];
    assert.deepEqual(states.toSorted(), ["done", "pending"]);
  }));
