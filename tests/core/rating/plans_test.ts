import assert from "node:assert/strict";
import { ratePlanKey } from "../../../core/kv/keys.ts";
import { freeSecondsLeft } from "../../../core/rating/free_minutes.ts";
import {
  ensureShippedPlans,
  getRatePlan,
  listRatePlans,
  type PlanChange,
  planIdOf,
  type PlanOutcome,
  putRatePlan,
} from "../../../core/rating/plans.ts";
import { type PlanVersion, type RatePlan, versionAt } from "../../../core/rating/rate_plan.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { openWorld, START_MS, type World } from "../../support/world.ts";

type Versions = PlanChange["versions"];

function versionOf(effectiveFromMs: number | null, rateMicros = 110_000n): Versions[number] {
  return {
    effectiveFromMs,
    terms: {
      kind: "per_minute",
      rateMicros,
      increment: { firstSeconds: 60, nextSeconds: 60 },
      freeMinutesPerMonth: 0,
    },
  };
}

async function put(
  { deps }: World,
  { versions, stamp, id = "gold", currency = "USD" }: {
    versions: Versions;
    stamp: string | null;
    id?: string;
    currency?: string;
  },
): Promise<PlanOutcome> {
  return await putRatePlan(deps, {
    plan: { id, service: "bland_voice", currency },
    versions,
    expectedStamp: stamp,
    actor: "test",
    atMs: deps.clock.now(),
    auditId: deps.ids.id(),
  });
}

const stampOf = async ({ deps }: World, id = "gold") =>
  (await deps.store.get(ratePlanKey(id)))?.versionstamp ?? null;

Deno.test("a version is in force from its millisecond on, and never before", () => {
  const numbered = [null, 1_000, 2_000].map((effectiveFromMs, i): PlanVersion => ({
    ...versionOf(effectiveFromMs),
    version: i + 1,
  }));
  const plan: RatePlan = { id: "gold", service: "sms", currency: "USD", versions: numbered };
  const at = (ms: number) => versionAt(plan, ms)?.version;
  assert.deepEqual([0, 999, 1_000, 1_999, 2_000, 1e15].map(at), [1, 1, 2, 2, 3, 3]);
  const late = { ...plan, versions: numbered.slice(1) };
  assert.equal(versionAt(late, 999), null);
  assert.equal(versionAt(late, 1_000)?.version, 2);
});

Deno.test("an account uses its own plan of a service, else the one that bears its name", () => {
  assert.equal(planIdOf({ ratePlans: { bland_voice: "gold" } }, "bland_voice"), "gold");
  assert.equal(planIdOf({ ratePlans: { bland_voice: "gold" } }, "sms"), "sms");
});

Deno.test("free seconds left are never negative, and a call's own are still its own", () => {
  const left = (used: number | null, ownSeconds = 0) =>
    freeSecondsLeft(used === null ? null : { usedSeconds: used }, {
      freeMinutesPerMonth: 10,
      ownSeconds,
    });
  assert.deepEqual([left(null), left(0), left(599), left(600), left(660)], [600, 600, 1, 0, 0]);
  assert.deepEqual([left(600, 60), left(660, 120)], [60, 60]);
});

Deno.test("a new installation gets the shipped plans once, and keeps what was changed", async () => {
  using world = await openWorld({ isEmpty: true });
  await ensureShippedPlans(world.deps);
  const ids = (await listRatePlans(world.deps.store)).map(({ value }) => value.id);
  assert.deepEqual(ids.toSorted(), [
    "bland_voice",
    "sms",
    "telnyx_sms",
    "telnyx_voice",
    "twilio_sms",
    "twilio_voice",
  ]);
  const stamp = await stampOf(world, "bland_voice");
  await ensureShippedPlans(world.deps);
  assert.equal(await stampOf(world, "bland_voice"), stamp);
});

Deno.test("a plan is stored when it is new or was seen as it is, and only then", async () => {
  using world = await openWorld();
  const one = [versionOf(null)];
  const two = [...one, versionOf(START_MS + 1)];
  assert.equal(
    (await put(world, { versions: one, stamp: "0".repeat(20) })).status,
    "changed_meanwhile",
  );
  const first = await put(world, { versions: one, stamp: null });
  assert.deepEqual([first.status, first.status === "stored" && first.isNew], ["stored", true]);
  assert.equal((await put(world, { versions: two, stamp: null })).status, "changed_meanwhile");
  const seen = await stampOf(world);
  assert.equal((await put(world, { versions: two, stamp: seen })).status, "stored");
  const other = [...one, versionOf(START_MS + 2)];
  assert.equal((await put(world, { versions: other, stamp: seen })).status, "changed_meanwhile");
  assert.deepEqual(
    (await getRatePlan(world.deps.store, "gold"))?.value.versions.map(({ version }) => version),
    [1, 2],
  );
});

Deno.test("the same plan sent twice is stored once, whatever stamp the second brings", async () => {
  using world = await openWorld();
  const versions = [versionOf(null)];
  await put(world, { versions, stamp: null });
  const stamp = await stampOf(world);
  const again = await put(world, { versions, stamp: null });
  assert.deepEqual([again.status, again.status === "stored" && again.isNew], ["stored", false]);
  assert.equal(await stampOf(world), stamp);
});

const REWRITES: [string, Versions, PlanOutcome["status"]][] = [
  [
    "another rate of a version in force",
    [versionOf(null, 1n), versionOf(START_MS)],
    "version_in_force_changed",
  ],
  ["a version in force left out", [versionOf(null)], "version_in_force_changed"],
  [
    "an instant in force moved",
    [versionOf(null), versionOf(START_MS - 1)],
    "version_in_force_changed",
  ],
  [
    "a later version added",
    [versionOf(null), versionOf(START_MS), versionOf(START_MS + 9)],
    "stored",
  ],
];
for (const [what, versions, status] of REWRITES) {
  Deno.test(`putRatePlan() with ${what}: ${status}`, async () => {
    using world = await openWorld();
    await put(world, { versions: [versionOf(null), versionOf(START_MS)], stamp: null });
    assert.equal((await put(world, { versions, stamp: await stampOf(world) })).status, status);
  });
}

Deno.test("a version that has not begun may be changed and taken away", async () => {
  using world = await openWorld();
  const one = versionOf(null);
  await put(world, { versions: [one, versionOf(START_MS + 1)], stamp: null });
  for (const versions of [[one, versionOf(START_MS + 1, 5n)], [one]]) {
    assert.equal((await put(world, { versions, stamp: await stampOf(world) })).status, "stored");
  }
  await put(world, { versions: [one, versionOf(START_MS + 1)], stamp: await stampOf(world) });
  world.clock.advance(1);
  const late = await put(world, { versions: [one], stamp: await stampOf(world) });
  assert.deepEqual(late, { status: "version_in_force_changed", version: 2 });
});

Deno.test("a plan keeps its service and its currency", async () => {
  using world = await openWorld();
  await put(world, { versions: [versionOf(null)], stamp: null });
  const stamp = await stampOf(world);
  const outcome = await put(world, { versions: [versionOf(null)], stamp, currency: "EUR" });
  assert.equal(outcome.status, "plan_fixed");
});

Deno.test("of two who change a plan at once one is told so", async () => {
  using world = await openWorld();
  await put(world, { versions: [versionOf(null)], stamp: null });
  const stamp = await stampOf(world);
  const outcomes = await Promise.all(
    [1, 2].map((later) =>
      put(world, { versions: [versionOf(null), versionOf(START_MS + later)], stamp })
    ),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [
    "changed_meanwhile",
    "stored",
  ]);
});

Deno.test("a plan whose reply was lost is stored, and says so", async () => {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv });
  faulty.hooks.commit = ({ n }) => n === 1 ? "throws_after" : undefined;
  const outcome = await put(world, { versions: [versionOf(null)], stamp: null });
  assert.equal(outcome.status, "stored");
});
