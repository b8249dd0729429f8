import assert from "node:assert/strict";
import { walletKey } from "../../../core/kv/keys.ts";
import type { CallReport } from "../../../core/usage/call_usage.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { PARK_REASONS } from "../../../routes/pages/call/words.ts";
import { reportOf, ringing, type Told } from "../../support/call_report.ts";
import { EURO_NUMBER, KIWI_NUMBER, runJobs, START_MS, topUp } from "../../support/world.ts";
import { fieldValue, openPages, postForms, sentence, takeIn, type Visited } from "./visit.ts";

const LOST = "+12125550142";
const CALL = "/admin/calls/bland:a";
const ASSIGN = `/admin/calls/unassigned/${encodeURIComponent(LOST)}`;

/** Twilio calls have free minutes, 100 a month. */
const twilio = (id: string, told: Told): CallReport => reportOf(id, { carrier: "twilio", ...told });

const SENTENCES: [name: string, before: CallReport[], call: CallReport, words: string[]][] = [
  ["a minute and a second counts as two minutes", [], reportOf("a", { seconds: 61 }), [
    "acme called +12125550199 from +12025550100 on 31 Jan 2026, 22:20:00 UTC. It took 61 seconds (1m 1s).",
    "It is billed as 120 s, because every started minute counts (60/60).",
    "At $0.11 a minute that makes $0.22.",
    "bland_voice, version 1",
    "(120 s billed - 0 s free) / 60 * 0.110000 = 0.220000",
    "Computed again from these figures $0.22 (the same)",
  ]],
  [
    "an inbound call says who was called",
    [],
    reportOf("a", {
      direction: "inbound",
      from: "+12125550199",
      to: KIWI_NUMBER,
    }),
    ["kiwi was called at +6495550100 by +12125550199 on 01 Feb 2026, 11:20:00 NZDT."],
  ],
  ["free minutes go before money", [], twilio("a", { seconds: 150 }), [
    "It is billed as 180 s, because every started minute counts (60/60). 3 free minutes of January 2026 were used first, so 0 s are paid.",
  ]],
  [
    "a call may be partly free",
    [twilio("b", { seconds: 99 * 60 })],
    twilio("a", { seconds: 150 }),
    [
      "1 free minute of January 2026 was used first, so 120 s are paid. At $0.20 a minute that makes $0.40.",
    ],
  ],
  ["a call of no seconds costs nothing", [], reportOf("a", { seconds: 0 }), [
    "It took 0 seconds. A call of 0 seconds, or one that nobody answered, costs nothing.",
    "The call is billed.",
  ]],
  ["a call that goes on has no amount", [], ringing("a"), [
    "How long it took is not known yet. Nothing has been charged for it yet.",
    "The carrier has not ended this call. It is read again every minute",
  ]],
];

for (const [name, before, call, words] of SENTENCES) {
  Deno.test(`${name}, and the page says so`, async () => {
    using world = await openPages();
    if (before.length > 0) await takeIn(world, before);
    await takeIn(world, [call]);
    const { status, text } = await world.get(`/admin/calls/${call.carrier}:a`);
    assert.equal(status, 200);
    for (const part of words) assert(sentence(text).includes(part), `${part}\n${sentence(text)}`);
  });
}

Deno.test("a call leads to its plan version and to its entries, and shows cost and margin", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { seconds: 61, costMicros: 18_000n })]);
  const { html, text } = await world.get(CALL);
  assert.match(html, /href="\/admin\/rate-plans\/bland_voice#version-1"/);
  assert.match(html, /href="\/admin\/accounts\/acme#entry-2">2</);
  assert.match(text, /Cost \(what the carrier takes\) \$0\.018 exact Margin \+\$0\.202/);
  assert.match(text, /The carrier's own record .* corrected_duration 61/);
});

Deno.test("a call that changed after it was billed shows both entries", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { seconds: 60 })]);
  await takeIn(world, [reportOf("a", { seconds: 200 })]);
  const { text } = await world.get(CALL);
  assert.match(text, /one adjustment brings it to what it should be/);
  assert.match(text, /charge Call to .* −\$0\.11 .* adjustment Call to .* −\$0\.33/);
  assert.match(text, /Charged \$0\.44/);
});

Deno.test("a call that waits for funds leads an admin to the top-up, and a viewer to the account", async () => {
  using world = await openPages();
  await topUp(world.deps, { accountId: "acme", micros: -49_950_000n });
  await takeIn(world, [reportOf("a")]);
  const { html, text } = await world.get(CALL);
  assert.match(text, /waiting for funds since/);
  assert.match(sentence(text), /It would take \$0\.11\. Top up acme/);
  assert.match(html, /href="\/admin\/accounts\/acme\/top-up"/);
  const viewed = await world.get(CALL, "viewer");
  assert(!viewed.html.includes("top-up"));
});

Deno.test("a parked call says why in words, whatever the reason", async () => {
  using world = await openPages();
  await takeIn(world, [
    ...Object.keys(PARK_REASONS).map((fault) => reportOf(fault, { fault })),
    reportOf("odd", { fault: "out_of_the_blue" }),
  ]);
  for (const [reason, { meaning, advice }] of Object.entries(PARK_REASONS)) {
    const { text } = await world.get(`/admin/calls/bland:${reason}`);
    assert(text.includes(`parked ${reason} since`), reason);
    assert(text.includes(`${meaning} ${advice}`), reason);
  }
  const odd = await world.get("/admin/calls/bland:odd");
  assert.match(odd.text, /The call cannot be billed: out_of_the_blue\./);
});

Deno.test("a call in another currency than every plan is parked with its reason", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { from: EURO_NUMBER })]);
  const { text } = await world.get(CALL);
  assert.match(text, /currency_mismatch .* amounts are never converted/);
});

Deno.test("a call nobody owns offers to assign its number from its own start on", async () => {
  using world = await openPages();
  await takeIn(world, [
    reportOf("a", { from: LOST, startedAtMs: START_MS - 60_000 }),
    reportOf("later", { from: LOST, startedAtMs: START_MS - 30_000 }),
    reportOf("earlier", { from: LOST, startedAtMs: START_MS - 90_000 }),
  ]);
  const { html, text } = await world.get(CALL);
  assert.match(text, /From the start of this call on, 2 unassigned calls of \+12125550142 wait/);
  assert.equal(fieldValue(html, "from"), "2026-01-31T22:29:00.000Z");
  assert.match(
    html,
    /<form class="form" method="get" action="\/admin\/calls\/unassigned\/%2B12125550142">/,
  );
});

/** Assigns the number as the page's form does. */
async function assign(world: Visited, from: string, account = "acme") {
  const review = await world.get(`${ASSIGN}?${new URLSearchParams({ account, from })}`);
  const formId = fieldValue(review.html, "form_id") ?? "";
  const answer = await world.post(ASSIGN, { account, from, form_id: formId });
  await runJobs(world.deps);
  return { review, answer };
}

async function balanceOf({ deps }: Visited): Promise<bigint> {
  return (await deps.store.get<Wallet>(walletKey("acme")))!.value.balanceMicros;
}

Deno.test("assigning a number shows what would be billed, and then bills just that", async () => {
  using world = await openPages();
  await takeIn(world, [
    reportOf("a", { from: LOST, startedAtMs: START_MS - 60_000, seconds: 61 }),
    reportOf("b", { from: LOST, startedAtMs: START_MS - 30_000 }),
    ringing("c", { from: LOST, startedAtMs: START_MS - 20_000 }),
    reportOf("d", { from: LOST, startedAtMs: START_MS - 10_000, fault: "bad_price" }),
    reportOf("before", { from: LOST, startedAtMs: START_MS - 90_000 }),
  ]);
  const { review, answer } = await assign(world, "2026-01-31T22:29:00.000Z");
  assert.match(review.text, /4 calls with 3m 1s of talk become theirs and are billed at once\./);
  assert.match(review.text, /1 of them have not ended and are billed later/);
  assert.match(review.text, /1 of them cannot be billed as they are/);
  assert.match(review.text, /Available to acme \$50\.00 \$49\.67/);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/admin/calls?account=acme&number=%2B12125550142");
  const account = await world.get("/admin/calls?account=acme&billing=billed");
  assert.equal([...account.html.matchAll(/scope="row"/g)].length, 2);
  const left = await world.get("/admin/calls?billing=unassigned");
  assert.match(left.text, /\+12125550142 1 1m/);
  assert.equal(await balanceOf(world), 49_670_000n);
});

Deno.test("a preview takes free minutes call by call, as billing does", async () => {
  using world = await openPages();
  await takeIn(world, [
    twilio("a", { from: LOST, seconds: 60 * 60, startedAtMs: START_MS - 9_000_000 }),
    twilio("b", { from: LOST, seconds: 60 * 60, startedAtMs: START_MS - 4_000_000 }),
  ]);
  // 120 minutes, 100 of them free: 20 * 0.20.
  const { review } = await assign(world, "2026-01-01T00:00:00Z");
  assert.match(review.text, /Available to acme \$50\.00 \$46\.00/);
  assert.equal(await balanceOf(world), 46_000_000n);
});

Deno.test("a wallet that cannot cover it all is told so before", async () => {
  using world = await openPages();
  await topUp(world.deps, { accountId: "acme", micros: -49_950_000n });
  await takeIn(world, [reportOf("a", { from: LOST })]);
  const { text } = await world.get(`${ASSIGN}?account=acme`);
  assert.match(text, /what it cannot pay waits for the next top-up/);
});

Deno.test("assigning twice is assigning once", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { from: LOST })]);
  const from = "2026-01-31T22:20:00.000Z";
  await assign(world, from);
  const { answer } = await assign(world, from);
  assert.equal(answer.status, 303);
  assert.equal(await balanceOf(world), 49_890_000n);
});

const REFUSALS: [name: string, fields: Record<string, string>, status: number, words: RegExp][] = [
  ["an account that is not there", { account: "nobody" }, 422, /choose an account that exists/],
  ["an instant that is none", { from: "yesterday" }, 422, /Please write an instant such as/],
  ["a number another one holds", {}, 409, /kiwi holds the number from 1970-01-01T00:00:00.000Z on/],
];

for (const [name, fields, status, words] of REFUSALS) {
  Deno.test(`assigning refuses ${name}`, async () => {
    using world = await openPages();
    const path = `/admin/calls/unassigned/${encodeURIComponent(KIWI_NUMBER)}`;
    const asked = { account: "acme", from: "2026-01-31T22:20:00.000Z", ...fields };
    const answer = await world.post(path, asked);
    assert.equal(answer.status, status);
    assert.match(answer.text, words);
  });
}

Deno.test("who may only look may not assign, and is offered no form", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("a", { from: LOST })]);
  const page = await world.get(`${ASSIGN}?account=acme`, "viewer");
  assert.equal(page.status, 200);
  assert.deepEqual(postForms(page.html), []);
  const fields = { account: "acme", from: "2026-01-31T22:20:00.000Z" };
  assert.equal((await world.post(ASSIGN, fields, "viewer")).status, 403);
});

for (const path of ["/admin/calls/bland:none", `/admin/calls/${"x".repeat(290)}`]) {
  Deno.test(`${path.slice(0, 30)} is nowhere, and the page leads back`, async () => {
    using world = await openPages();
    const { status, text } = await world.get(path);
    assert.equal(status, 404);
    assert.match(text, /We never heard of a call of this id\. All calls/);
  });
}

Deno.test("what is no phone number cannot be assigned, and the page says so", async () => {
  using world = await openPages();
  const { status, text } = await world.get("/admin/calls/unassigned/anonymous");
  assert.equal(status, 404);
  assert.match(text, /anonymous is not a phone number, so no account can hold it/);
});
