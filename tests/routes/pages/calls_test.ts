import assert from "node:assert/strict";
import { StoreUnavailable } from "../../../core/kv/store.ts";
import { reportOf, ringing } from "../../support/call_report.ts";
import { ACME_NUMBER, KIWI_NUMBER, START_MS, STRANGER } from "../../support/world.ts";
import { tagsOf } from "./html_tags.ts";
import { openPages, postForms, takeIn } from "./visit.ts";

const HOUR_MS = 3_600_000;

Deno.test("a call shows what was used beside what was billed, the rate, the charge and the cost", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { seconds: 61, costMicros: 18_000n })]);
  const { status, text, html } = await world.get("/admin/calls");
  assert.equal(status, 200);
  assert.match(text, /61 s 120 s \$0\.11 \$0\.22 billed \$0\.018 exact completed outbound/);
  assert.match(html, /href="\/admin\/calls\/bland%3Aa#why"/);
  assert.match(html, /href="\/admin\/accounts\/acme">acme</);
});

Deno.test("no cost yet, a cost of nothing and one that will never come read differently", async () => {
  using world = await openPages();
  const endedAgo = (ms: number) => ({
    carrier: "twilio" as const,
    startedAtMs: START_MS - ms - 60_000,
  });
  await takeIn(world, [
    reportOf("later", endedAgo(71 * HOUR_MS)),
    reportOf("zero", { ...endedAgo(70 * HOUR_MS), costMicros: 0n }),
    reportOf("never", endedAgo(72 * HOUR_MS)),
    reportOf("bland", { startedAtMs: START_MS - 100 * HOUR_MS }),
  ]);
  const { text } = await world.get("/admin/calls");
  assert.match(
    text,
    /billed \$0\.00 exact .* billed no cost yet .* billed never priced .* billed no cost yet/,
  );
  assert.match((await world.get("/admin/calls/twilio:never")).text, /takes\) never priced/);
  assert.match((await world.get("/admin/calls/twilio:zero")).text, /takes\) \$0\.00 exact/);
  assert.match((await world.get("/billing")).text, /\$0\.00 none never priced/);
});

Deno.test("calls stand newest first, with the cut-off of the carrier's data", async () => {
  using world = await openPages();
  await takeIn(world, [
    reportOf("old", { startedAtMs: START_MS - 2 * HOUR_MS, to: "+12125550001" }),
    reportOf("young", { startedAtMs: START_MS - HOUR_MS, to: "+12125550002" }),
  ]);
  const { text } = await world.get("/admin/calls");
  assert(text.indexOf("+12125550002") < text.indexOf("+12125550001"));
  assert.match(text, /As of 31 Jan 2026, 22:30:00 UTC , carrier data complete to – not known/);
});

const FILTERS: [query: string, shown: string[]][] = [
  ["", ["mine", "theirs", "ringing", "nobody", "faulty"]],
  ["account=acme", ["mine", "ringing", "faulty"]],
  ["carrier=bland", ["mine", "theirs", "ringing", "nobody", "faulty"]],
  ["carrier=twilio", []],
  ["status=in_progress", ["ringing"]],
  ["billing=billed", ["mine", "theirs"]],
  ["billing=unassigned", ["nobody"]],
  ["billing=parked", ["faulty"]],
  ["billing=open", ["ringing"]],
  ["billing=waiting_funds", []],
  [`number=${encodeURIComponent(KIWI_NUMBER)}`, ["theirs"]],
  ["number=%2B64 9 555-0100", ["theirs"]],
  ["from=2026-02-01", []],
  ["from=2026-01-31&to=2026-01-31", ["mine", "theirs", "ringing", "nobody", "faulty"]],
  ["to=2026-01-30", []],
];

for (const [query, shown] of FILTERS) {
  Deno.test(`calls?${query} shows ${shown.join(", ") || "nothing"}`, async () => {
    using world = await openPages();
    await takeIn(world, [
      reportOf("mine"),
      reportOf("theirs", { from: KIWI_NUMBER }),
      ringing("ringing"),
      reportOf("nobody", { from: "+12125550142" }),
      reportOf("faulty", { fault: "bad_price" }),
    ]);
    const { status, html, text } = await world.get(`/admin/calls?${query}`);
    assert.equal(status, 200);
    const ids = [...html.matchAll(/scope="row"><a href="\/admin\/calls\/bland%3A(\w+)"/g)];
    assert.deepEqual(ids.map((match) => match[1]).toSorted(), shown.toSorted());
    if (shown.length === 0) assert.match(text, /Nothing matches this filter/);
  });
}

const FAULTS: [query: string, words: RegExp][] = [
  ["from=yesterday", /Please write the day as 2026-11-20/],
  ["from=2026-02-30", /Please write the day as 2026-11-20/],
  ["from=2026-01-31&to=2026-01-01", /The last day must not be before the first/],
  ["billing=lost", /Billing has no such state/],
  ["account=nobody", /There is no account nobody/],
  ["account=%3Cscript%3E", /No account has such an id/],
];

for (const [query, words] of FAULTS) {
  Deno.test(`calls?${query} says what is wrong with it`, async () => {
    using world = await openPages();
    await takeIn(world, [reportOf("a")]);
    const { status, text, html } = await world.get(`/admin/calls?${query}`);
    assert.equal(status, 422);
    assert.match(text, words);
    assert(!html.includes("<script>"));
  });
}

Deno.test("an account's calls are filtered by the days of its own zone and shown in it", async () => {
  using world = await openPages();
  // 11:30 in Auckland on 1 February is still 31 January in UTC.
  await takeIn(world, [reportOf("k", { from: KIWI_NUMBER, startedAtMs: START_MS })]);
  const found = await world.get("/admin/calls?account=kiwi&from=2026-02-01&to=2026-02-01");
  assert.match(found.text, /01 Feb 2026, 11:30 NZDT/);
  const before = await world.get("/admin/calls?account=kiwi&to=2026-01-31");
  assert.match(before.text, /Nothing matches this filter/);
});

Deno.test("without any call the page says what comes first", async () => {
  using world = await openPages();
  const { status, text, html } = await world.get("/admin/calls");
  assert.equal(status, 200);
  assert.match(text, /Nothing here yet/);
  assert.match(html, /class="button" href="\/billing"/);
});

Deno.test("when the calls cannot be read the page says so and offers to try again", async () => {
  using world = await openPages({
    change: ({ store }) => ({
      store: {
        ...store,
        list: (range) =>
          range.prefix[0] === "call_by_time"
            ? Promise.reject(new StoreUnavailable("away"))
            : store.list(range),
      },
    }),
  });
  const { status, text, html } = await world.get("/admin/calls?status=busy");
  assert.equal(status, 503);
  assert.match(text, /could not be loaded/);
  assert.match(html, /href="\/admin\/calls\?status=busy">Try again/);
});

Deno.test("a long list goes on where the page ended, and keeps its filter", async () => {
  using world = await openPages();
  await takeIn(
    world,
    Array.from(
      { length: 51 },
      (_, at) => reportOf(`c${at}`, { startedAtMs: START_MS - at * 1_000, seconds: 0 }),
    ),
  );
  const first = await world.get("/admin/calls?carrier=bland");
  const next = /href="(\/admin\/calls\?[^"]*cursor=[^"]*)"/.exec(first.html)?.[1];
  assert(next !== undefined && next.includes("carrier=bland"));
  const second = await world.get(next.replaceAll("&amp;", "&"));
  assert.equal([...second.html.matchAll(/scope="row"/g)].length, 1);
  assert.match(second.text, /First page End of the list/);
});

Deno.test("a cursor that somebody made up leads back to the first page", async () => {
  using world = await openPages();
  const { status, text } = await world.get("/admin/calls?cursor=nonsense");
  assert.equal(status, 400);
  assert.match(text, /First page/);
});

Deno.test("hostile text of a carrier stays text", async () => {
  using world = await openPages();
  const hostile = `"><img src=x onerror=alert(1)>`;
  await takeIn(world, [reportOf("a", { to: hostile, direction: null })]);
  for (const path of ["/admin/calls", "/admin/calls/bland:a", `/admin/calls?number=${hostile}`]) {
    const { html, text } = await world.get(path);
    assert.deepEqual(tagsOf(html).filter(({ name }) => name === "img"), [], path);
    assert(text.includes(hostile), path);
  }
});

Deno.test("unassigned usage is grouped by the number that would claim it", async () => {
  using world = await openPages();
  const from = "+12125550142";
  await takeIn(world, [
    reportOf("a", { from, seconds: 70, costMicros: 20_000n }),
    reportOf("b", { from, seconds: 30, costMicros: 10_000n }),
    reportOf("c", { from: "anonymous" }),
    reportOf("d", { from: STRANGER, to: STRANGER, claimedAccountId: "unborn" }),
  ]);
  const { text, html } = await world.get("/admin/calls?billing=unassigned");
  assert.match(text, /\+12125550142 2 1m 40s \$0\.03/);
  assert.match(html, /href="\/admin\/calls\/unassigned\/%2B12125550142">Assign the number/);
  assert.match(text, /anonymous 1 1m none .* Not a phone number/);
  assert.match(text, /Account unborn 1/);
});

Deno.test("who may only look sees every list of calls, and no form that changes anything", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a"), reportOf("b", { from: "+12125550142" })]);
  for (const path of ["/admin/calls", "/admin/calls?billing=unassigned", "/admin/calls/bland:b"]) {
    const { status, html } = await world.get(path, "viewer");
    assert.equal(status, 200, path);
    assert.deepEqual(postForms(html), [], path);
  }
  const { text } = await world.get("/admin/calls", "viewer");
  assert(text.includes(ACME_NUMBER));
});
