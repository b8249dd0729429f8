import assert from "node:assert/strict";
import { getJob, type Job, type JobRequest, stageJob } from "../../../core/jobs/job.ts";
import { type GroupJobKind, runDueJobs, runJob, type Turn } from "../../../core/jobs/run_jobs.ts";
import { JOB_LEASE_MS } from "../../../core/jobs/take_jobs.ts";
import { openWorld, START_MS, type World } from "../../support/world.ts";

const stage = ({ deps }: World, told: Partial<JobRequest> = {}) =>
  deps.gates.change({
    gate: ["staging"],
    stage: (batch) =>
      stageJob(batch, {
        id: "job-1",
        kind: "group",
        unique: "one",
        dueAtMs: START_MS,
        atMs: START_MS,
        ...told,
      }),
  });

const jobOf = async ({ deps }: World, id = "job-1"): Promise<Job> =>
  (await getJob(deps.store, id))!;

/** Jobs that run together when it is their turn; answers which ran. */
async function runAt(world: World, turn: Turn): Promise<string[]> {
  const ran: string[] = [];
  const group: GroupJobKind = {
    retryAfterMs: [1_000],
    takeTurn: () => Promise.resolve(turn),
    runTogether: (jobs) => Promise.resolve(void ran.push(...jobs.map(({ id }) => id))),
  };
  const untilMs = world.clock.now() + 1_000;
  await runDueJobs({ ...world.deps, kinds: { group } }, { untilMs });
  return ran;
}

Deno.test("jobs whose turn comes later are put off to it, and no attempt is counted", async () => {
  using world = await openWorld({ isEmpty: true });
  await stage(world);
  await stage(world, { id: "job-2", unique: "two", dueAtMs: START_MS - 5_000 });
  const untilMs = START_MS + 60_000;
  assert.deepEqual(await runAt(world, { status: "later", untilMs }), []);
  for (const id of ["job-1", "job-2"]) {
    const { state, attempts, dueAtMs } = await jobOf(world, id);
    assert.deepEqual([state, attempts, dueAtMs], ["pending", 0, untilMs]);
  }
  world.clock.advance(59_999);
  assert.deepEqual(await runAt(world, { status: "now" }), []);
  world.clock.advance(1);
  assert.deepEqual((await runAt(world, { status: "now" })).sort(), ["job-1", "job-2"]);
});

Deno.test("a run that has just begun may still take them: they stay due", async () => {
  using world = await openWorld({ isEmpty: true });
  await stage(world);
  assert.deepEqual(await runAt(world, { status: "soon" }), []);
  const { state, attempts, dueAtMs } = await jobOf(world);
  assert.deepEqual([state, attempts, dueAtMs], ["pending", 0, START_MS]);
});

Deno.test("a job that somebody runs is not put off", async () => {
  using world = await openWorld({ isEmpty: true });
  await stage(world);
  const later: Turn = { status: "later", untilMs: START_MS + 60_000 };
  const group: GroupJobKind = {
    retryAfterMs: [],
    takeTurn: async () => {
      // Between our look at what is due and our turn, somebody else has taken it.
      await runAt(world, { status: "now" });
      return later;
    },
    runTogether: () => Promise.reject(new Error("not their turn")),
  };
  await runDueJobs({ ...world.deps, kinds: { group } }, { untilMs: START_MS + 1_000 });
  const { state, attempts, dueAtMs } = await jobOf(world);
  assert.deepEqual([state, attempts, dueAtMs], ["running", 1, START_MS + JOB_LEASE_MS]);
});

Deno.test("a job that is asked for by itself does not wait for its turn", async () => {
  using world = await openWorld({ isEmpty: true });
  await stage(world);
  const ran: string[] = [];
  const group: GroupJobKind = {
    retryAfterMs: [],
    takeTurn: () => Promise.resolve({ status: "later", untilMs: START_MS + 60_000 }),
    runTogether: (jobs) => Promise.resolve(void ran.push(...jobs.map(({ id }) => id))),
  };
  assert.equal(await runJob({ ...world.deps, kinds: { group } }, "job-1"), true);
  assert.deepEqual(ran, ["job-1"]);
});

Deno.test("a job woken while its last attempt fails goes through once more", async () => {
  using world = await openWorld({ isEmpty: true });
  await stage(world, { kind: "work" });
  let runs = 0;
  const work = {
    retryAfterMs: [],
    run: async () => {
      if (++runs === 1) await stage(world, { kind: "work" });
      return { status: "again" as const, reason: "the carrier is away" };
    },
  };
  const run = () =>
    runDueJobs({ ...world.deps, kinds: { work } }, { untilMs: world.clock.now() + 1 });
  await run();
  const { state, attempts, lastError } = await jobOf(world);
  assert.deepEqual([state, attempts, lastError], ["pending", 0, "the carrier is away"]);
  await run();
  assert.deepEqual([(await jobOf(world)).state, runs], ["failed", 2]);
});
