import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS } from "../../../core/clock.ts";
import { messageOf, takeInMessages } from "../../support/message_report.ts";
import { KIWI_NUMBER, START_MS } from "../../support/world.ts";
import { tagsOf } from "./html_tags.ts";
import { openPages, postForms } from "./visit.ts";

Deno.test("a message shows what its bill takes for it, what it waits for, and its cost", async () => {
  using world = await openPages();
  await takeInMessages(
    world.deps,
    messageOf("a", { segments: 2, costMicros: 15_800n }),
    messageOf("b", { sentAtMs: START_MS - 4 * DAY_MS, segments: null }),
  );
  const { status, text, html } = await world.get("/admin/messages");
  assert.equal(status, 200);
  assert.match(
    text,
    /US \+1 2 \$0\.0158 open waits for bill \$0\.0158 exact delivered twilio, outbound/,
  );
  assert.match(text, /– not known open no cost yet never priced delivered/);
  assert.match(html, /href="\/admin\/accounts\/acme">acme</);
  assert.match(html, /href="\/admin\/messages" aria-current="page"/);
});

const FILTERS: [query: string, shown: number][] = [
  ["", 3],
  ["account=kiwi", 1],
  ["carrier=twilio", 2],
  ["carrier=telnyx", 1],
  ["carrier=bland", 0],
  ["from=2026-02-01", 0],
  ["from=2026-01-31&to=2026-01-31", 3],
];

for (const [query, shown] of FILTERS) {
  Deno.test(`messages?${query} shows ${shown}`, async () => {
    using world = await openPages();
    await takeInMessages(
      world.deps,
      messageOf("a"),
      messageOf("b", { from: KIWI_NUMBER, sentAtMs: START_MS - HOUR_MS }),
      messageOf("c", { carrier: "telnyx", from: "+12125550142" }),
    );
    const { status, html, text } = await world.get(`/admin/messages?${query}`, "viewer");
    // The list of an account is in its own zone, where it is another day already.
    assert.equal(status, 200);
    assert.equal([...html.matchAll(/scope="row"/g)].length, shown);
    if (shown === 0) assert.match(text, /Nothing matches this filter/);
    assert.deepEqual(postForms(html), []);
  });
}

Deno.test("without any message the page says what comes first; a fault in the filter is named", async () => {
  using world = await openPages();
  assert.match((await world.get("/admin/messages")).text, /Nothing here yet/);
  const wrong = await world.get("/admin/messages?account=nobody&carrier=pigeon");
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /There is no such carrier\. .*There is no account nobody\./);
  const lost = await world.get("/admin/messages?cursor=nonsense");
  assert.equal(lost.status, 400);
  assert.match(lost.text, /First page/);
});

Deno.test("a long list goes on where the page ended, and keeps its filter", async () => {
  using world = await openPages();
  const reports = Array.from(
    { length: 51 },
    (_, i) => messageOf(`m${i}`, { sentAtMs: START_MS - i * 1_000 }),
  );
  await takeInMessages(world.deps, ...reports);
  const first = await world.get("/admin/messages?carrier=twilio");
  const next = /href="(\/admin\/messages\?[^"]*cursor=[^"]*)"/.exec(first.html)?.[1];
  assert(next !== undefined && next.includes("carrier=twilio"));
  const second = await world.get(next.replaceAll("&amp;", "&"));
  assert.equal([...second.html.matchAll(/scope="row"/g)].length, 1);
});

Deno.test("hostile text of a carrier stays text", async () => {
  using world = await openPages();
  const hostile = `"><img src=x onerror=alert(1)>`;
  await takeInMessages(world.deps, messageOf("a", { to: hostile, status: hostile }));
  const { html, text } = await world.get("/admin/messages");
  assert.deepEqual(tagsOf(html).filter(({ name }) => name === "img"), []);
  assert(text.includes(hostile));
});
