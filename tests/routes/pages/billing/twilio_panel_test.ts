import assert from "node:assert/strict";
import { recordCalls } from "../../../../core/billing/record_calls.ts";
import { DAY_MS, MINUTE_MS } from "../../../../core/clock.ts";
import { getCursor, saveCursor } from "../../../../core/jobs/cursors.ts";
import { heardWords } from "../../../../routes/pages/billing/twilio_panel.tsx";
import { reportOf } from "../../../support/call_report.ts";
import { PUBLIC_URL } from "../../../support/app.ts";
import { TWILIO_ENV } from "../../../support/twilio_world.ts";
import { START_MS } from "../../../support/world.ts";
import { openPages, postForms, takeIn, type Visited } from "../visit.ts";

const WORDS: [webhook: number, listing: number, words: string][] = [
  [0, 0, "no calls have ended"],
  [1, 0, "1 call: 1 by webhook, 0 found by the sweep"],
  [1_201, 3, "1,204 calls: 1,201 by webhook, 3 found by the sweep (0.3%)"],
  [0, 2, "2 calls: 0 by webhook, 2 found by the sweep (100%)"],
];

for (const [webhook, listing, words] of WORDS) {
  Deno.test(`${webhook} by webhook and ${listing} by listing is "${words}"`, () => {
    assert.equal(heardWords({ webhook, listing }), words);
  });
}

async function hear(
  { deps }: Visited,
  { id, heardBy, startedAtMs }: {
    id: string;
    heardBy: "webhook" | "listing";
    startedAtMs: number;
  },
): Promise<void> {
  await recordCalls(deps, {
    carrier: "twilio",
    sourceId: "twilio:main",
    keyAccountId: null,
    reports: [reportOf(id, { carrier: "twilio", startedAtMs })],
    atMs: deps.clock.now(),
    heardBy,
  });
}

Deno.test("Twilio that is off says how it is turned on", async () => {
  using world = await openPages();
  const { text } = await world.get("/billing");
  assert.match(text, /Twilio is off\. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN/);
});

Deno.test("Twilio alone can be synced, and shows its sweep and how calls were heard of", async () => {
  using world = await openPages({ env: TWILIO_ENV });
  const { deps } = world;
  const before = await world.get("/billing");
  assert.match(before.text, /State on, not read yet Last good sweep – not known/);
  assert.match(before.text, /Last 7 days no calls have ended/);
  assert.deepEqual(postForms(before.html), ["/billing/sync"]);
  const atMs = START_MS - MINUTE_MS;
  await hear(world, { id: "a", heardBy: "webhook", startedAtMs: atMs });
  await hear(world, { id: "b", heardBy: "webhook", startedAtMs: atMs - 5 * DAY_MS });
  await hear(world, { id: "c", heardBy: "listing", startedAtMs: atMs - DAY_MS });
  // Heard of a second time, and one of a day that is too long ago.
  await hear(world, { id: "a", heardBy: "listing", startedAtMs: atMs });
  await hear(world, { id: "d", heardBy: "listing", startedAtMs: atMs - 7 * DAY_MS });
  await saveCursor(deps.store, {
    ...await getCursor(deps.store, "twilio:main"),
    completeToMs: START_MS - 2 * MINUTE_MS,
  });
  const { text } = await world.get("/billing", "viewer");
  assert.match(text, /State on read 2 min ago Last good sweep 31 Jan 2026, 22:28:00 UTC/);
  assert.match(text, /3 calls: 2 by webhook, 1 found by the sweep \(33\.3%\)/);
  assert.match(text, /carrier data complete to 31 Jan 2026, 22:28 UTC/);
  assert(text.includes(`${PUBLIC_URL}/webhook/twilio/voice`));
  assert(!text.includes("sends no callbacks"));
});

Deno.test("calls without a single callback tell that the address is not set", async () => {
  using world = await openPages({ env: TWILIO_ENV });
  await hear(world, { id: "a", heardBy: "listing", startedAtMs: START_MS - MINUTE_MS });
  assert.match((await world.get("/billing")).text, /Twilio sends no callbacks/);
});

Deno.test("a sweep that is late or fails says so", async () => {
  using world = await openPages({ env: TWILIO_ENV });
  const { store } = world.deps;
  const cursor = await getCursor(store, "twilio:main");
  await saveCursor(store, { ...cursor, completeToMs: START_MS - 16 * MINUTE_MS });
  assert.match((await world.get("/billing")).text, /on, not read lately read 16 min ago/);
  const lastError = "credentials_refused: HTTP 401 20003 Authenticate";
  await saveCursor(store, { ...cursor, completeToMs: START_MS, lastError, failuresInARow: 1 });
  assert.match((await world.get("/billing")).text, /failing credentials_refused: HTTP 401/);
});

Deno.test("an account's page shows how many of Twilio's free minutes the month has used", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { carrier: "twilio", seconds: 130 })]);
  const { text, html } = await world.get("/admin/accounts/acme");
  assert.match(text, /3 of 100/);
  assert.match(html, /<progress[^>]*>/);
});
