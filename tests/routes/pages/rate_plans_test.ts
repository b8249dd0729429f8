import assert from "node:assert/strict";
import { getRatePlan } from "../../../core/rating/plans.ts";
import { reportOf } from "../../support/call_report.ts";
import { START_MS } from "../../support/world.ts";
import { fieldValue, openPages, postForms, sentence, takeIn, type Visited } from "./visit.ts";

const PLAN = "/admin/rate-plans/bland_voice";
const VERSIONS = `${PLAN}/versions`;

Deno.test("every plan shows what it is for and what is in force now", async () => {
  using world = await openPages();
  const { status, text } = await world.get("/admin/rate-plans");
  assert.equal(status, 200);
  assert.match(text, /bland_voice Bland calls USD \$0\.11 a minute, billed 60\/60 since ever 1/);
  assert.match(
    text,
    /twilio_voice Twilio calls USD \$0\.20 a minute, billed 60\/60, 100 minutes a month free/,
  );
  assert.match(text, /telnyx_voice .* the carrier's cost; \$0\.015 a minute until it is known/);
});

const TESTS: [plan: string, query: string, words: string][] = [
  [
    "bland_voice",
    "seconds=61",
    "120 s, because every started minute counts (60/60). At $0.11 a minute that makes $0.22.",
  ],
  ["bland_voice", "seconds=0", "A call of 0 seconds, or one that nobody answered, costs nothing."],
  ["twilio_voice", "seconds=60", "1 free minute of January 2026 was used first, so 0 s are paid."],
  ["twilio_voice", "seconds=180&free=1", "so 120 s are paid. At $0.20 a minute that makes $0.40."],
  ["bland_voice", "seconds=-1", "Please write whole seconds, from 0 to seven days."],
  ["bland_voice", "seconds=1.5", "Please write whole seconds, from 0 to seven days."],
  ["bland_voice", "seconds=604801", "Please write whole seconds, from 0 to seven days."],
  ["twilio_voice", "seconds=1&free=x", "Please write whole minutes."],
];

for (const [plan, query, words] of TESTS) {
  Deno.test(`a test of ${plan} with ${query} says: ${words}`, async () => {
    using world = await openPages();
    const { status, text } = await world.get(`/admin/rate-plans/${plan}?${query}`);
    assert.equal(status, 200);
    assert(sentence(text).includes(words), text);
  });
}

Deno.test("a plan that is not priced by the minute has neither test nor form", async () => {
  using world = await openPages();
  const { html, text } = await world.get("/admin/rate-plans/telnyx_voice");
  assert(!text.includes("Test a call"));
  assert.deepEqual(postForms(html), []);
});

/** What the form holds, with something changed. */
async function typed(world: Visited, change: Record<string, string> = {}) {
  const { html } = await world.get(PLAN);
  const names = [
    "stamp",
    "effective_from",
    "rate",
    "first_seconds",
    "next_seconds",
    "free_minutes",
  ];
  const fields = Object.fromEntries(names.map((name) => [name, fieldValue(html, name) ?? ""]));
  return { ...fields, ...change } as Record<string, string>;
}

const versions = async ({ deps }: Visited) =>
  (await getRatePlan(deps.store, "bland_voice"))!.value.versions;

Deno.test("the form begins with the last terms, from the next full hour on", async () => {
  using world = await openPages();
  const { stamp: _, ...fields } = await typed(world);
  assert.deepEqual(fields, {
    effective_from: "2026-01-31T23:00:00.000Z",
    rate: "0.11",
    first_seconds: "60",
    next_seconds: "60",
    free_minutes: "0",
  });
});

Deno.test("a version is shown before it counts, and stored once it is confirmed", async () => {
  using world = await openPages();
  const fields = await typed(world, { rate: "0.15", next_seconds: "6" });
  const review = await world.post(VERSIONS, fields);
  assert.equal(review.status, 200);
  assert.match(review.text, /Rate per minute \$0\.11 \$0\.15/);
  assert.match(
    review.text,
    /every started minute counts \(60\/60\) the first 60 s count whole, then every started 6 s \(60\/6\)/,
  );
  assert.equal((await versions(world)).length, 1);
  const answer = await world.post(VERSIONS, { ...fields, confirmed: "yes" });
  assert.equal(answer.headers.get("location"), PLAN);
  assert.deepEqual(
    (await versions(world)).map(({ terms }) =>
      terms.kind === "per_minute" ? terms.rateMicros : null
    ),
    [110_000n, 150_000n],
  );
  const { text } = await world.get(PLAN);
  assert.match(text, /2 31 Jan 2026, 23:00:00 UTC to come \$0\.15 a minute, billed 60\/6/);
  assert.match(text, /1 since ever in force/);
});

Deno.test("calls are priced by the version in force when they started", async () => {
  using world = await openPages();
  const fields = await typed(world, { rate: "0.15", effective_from: "2026-01-31T22:35:00Z" });
  await world.post(VERSIONS, { ...fields, confirmed: "yes" });
  const fromMs = Date.UTC(2026, 0, 31, 22, 35);
  world.clock.setTo(fromMs + 60_000);
  await takeIn(world, [
    reportOf("before", { startedAtMs: fromMs - 1 }),
    reportOf("after", { startedAtMs: fromMs }),
  ]);
  assert.match((await world.get("/admin/calls/bland:before")).text, /makes \$0\.11/);
  const after = await world.get("/admin/calls/bland:after");
  assert.match(after.text, /makes \$0\.15/);
  assert.match(after.html, /bland_voice#version-2/);
  assert.match((await world.get(PLAN)).html, /id="version-2"/);
});

Deno.test("a version that is sent twice is one version", async () => {
  using world = await openPages();
  const fields = { ...await typed(world, { rate: "0.15" }), confirmed: "yes" };
  for (let press = 0; press < 2; press++) {
    assert.equal((await world.post(VERSIONS, fields)).status, 303);
  }
  assert.equal((await versions(world)).length, 2);
});

Deno.test("of two people who add a version, the second one looks again", async () => {
  using world = await openPages();
  const mine = { ...await typed(world, { rate: "0.15" }), confirmed: "yes" };
  const theirs = { ...mine, rate: "0.16", effective_from: "2026-01-31T22:45:00Z" };
  assert.equal((await world.post(VERSIONS, theirs)).status, 303);
  const answer = await world.post(VERSIONS, mine);
  assert.equal(answer.status, 409);
  assert.match(answer.text, /Somebody has changed this plan meanwhile/);
  assert.equal((await versions(world)).length, 2);
});

const REFUSALS: [fields: Record<string, string>, words: RegExp][] = [
  [{ rate: "0,11" }, /Please write a rate such as 0\.11/],
  [{ rate: "-1" }, /Please write a rate such as 0\.11/],
  [{ rate: "0.1234567" }, /at most six decimals/],
  [{ first_seconds: "0" }, /a whole number from 1 to 3600/],
  [{ next_seconds: "3601" }, /a whole number from 1 to 3600/],
  [{ free_minutes: "many" }, /a whole number from 0 to 100000/],
  [{ effective_from: "tomorrow" }, /Please write as in/],
  [{ effective_from: new Date(START_MS - 1).toISOString() }, /must not begin in the past/],
];

for (const [fields, words] of REFUSALS) {
  Deno.test(`a version with ${JSON.stringify(fields)} is refused, and what was typed stays`, async () => {
    using world = await openPages();
    const answer = await world.post(VERSIONS, await typed(world, fields));
    assert.equal(answer.status, 422);
    assert.match(answer.text, words);
    const [[name, value]] = Object.entries(fields) as [[string, string]];
    assert.equal(fieldValue(answer.html, name), value);
    assert.equal((await versions(world)).length, 1);
  });
}

Deno.test("a version begins after the last one", async () => {
  using world = await openPages();
  await world.post(VERSIONS, { ...await typed(world, { rate: "0.15" }), confirmed: "yes" });
  const again = await typed(world, { rate: "0.20", effective_from: "2026-01-31T22:45:00Z" });
  const answer = await world.post(VERSIONS, again);
  assert.equal(answer.status, 422);
  assert.match(answer.text, /must begin after the last version, 2026-01-31T23:00:00\.000Z/);
});

Deno.test("a plan nobody knows is nowhere", async () => {
  using world = await openPages();
  assert.equal((await world.get("/admin/rate-plans/none")).status, 404);
  assert.equal((await world.get(`/admin/rate-plans/${"x".repeat(3_000)}`)).status, 404);
  const unknown = await world.post("/admin/rate-plans/none/versions", await typed(world));
  assert.equal(unknown.status, 404);
});

Deno.test("who may only look sees plans and tests them, and adds nothing", async () => {
  using world = await openPages();
  const { html, text } = await world.get(`${PLAN}?seconds=61`, "viewer");
  assert.match(text, /that makes \$0\.22/);
  assert.deepEqual(postForms(html), []);
  assert.equal((await world.post(VERSIONS, await typed(world), "viewer")).status, 403);
});
