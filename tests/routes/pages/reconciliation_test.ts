import assert from "node:assert/strict";
import {
  compareCalls,
  keepReconciliation,
  type Reconciliation,
} from "../../../core/billing/reconciliation.ts";
import { DAY_MS, utcDay } from "../../../core/clock.ts";
import { START_MS } from "../../support/world.ts";
import { openPages, postForms, type Visited } from "./visit.ts";

const DAY = utcDay(START_MS - DAY_MS);
const ENV = { TELNYX_API_KEY: "KEY-of-the-tests" };
const PATH = "/admin/reconciliation";

async function keep({ deps }: Visited, change: Partial<Reconciliation> = {}): Promise<void> {
  const found = compareCalls({
    ours: [
      {
        callId: "telnyx:a",
        costMicros: 5_000n,
        costCurrency: "USD",
        isFinal: true,
        isUnanswered: false,
      },
    ],
    theirs: [{ callId: "telnyx:b", costMicros: 20_400n, costCurrency: "USD" }],
  });
  await keepReconciliation(deps.store, {
    ...found,
    carrier: "telnyx",
    day: DAY,
    state: "done",
    failure: null,
    itemCount: 2,
    openCount: 2,
    movement: null,
    actor: "test",
    startedAtMs: START_MS,
    finishedAtMs: START_MS,
    ...change,
  });
}

Deno.test("before the first day the page says how it fills, and offers to compare one", async () => {
  using world = await openPages({ env: ENV });
  const { status, text, html } = await world.get(PATH);
  assert.equal(status, 200);
  assert.match(text, /Every morning, the day before is compared/);
  assert.deepEqual(postForms(html), [PATH]);
  assert.match(html, new RegExp(`value="${DAY}"`));
  assert.deepEqual(postForms((await world.get(PATH, "viewer")).html), []);
});

Deno.test("a day stands in the list with four counts, and in full with what is to be done", async () => {
  using world = await openPages({ env: ENV });
  await keep(world);
  const list = await world.get(PATH);
  assert.match(
    list.text,
    new RegExp(`${DAY} Telnyx 2 open 0 1 \\$0\\.005 1 \\$0\\.0204 0 \\$0\\.0154`),
  );
  const day = await world.get(`${PATH}?carrier=telnyx&day=${DAY}`);
  assert.match(day.text, /Ours only 1 \$0\.005 without a record of the carrier's/);
  assert.match(day.text, /telnyx:a ours only \$0\.005 .* open The record may be late/);
  assert.match(day.text, /telnyx:b theirs only .* \$0\.0204 open The records do not say enough/);
  assert.match(day.text, /The balance was not read on both this day and the day before/);
  assert(day.html.includes('href="/admin/calls/telnyx%3Aa"'));
  assert(!day.html.includes('href="/admin/calls/telnyx%3Ab"'), "it has no page here");
});

Deno.test("the balance's movement is explained line by line", async () => {
  using world = await openPages({ env: ENV });
  await keep(world, {
    movement: {
      fromMicros: 5_000_000n,
      fromAtMs: START_MS - DAY_MS,
      toMicros: 4_970_000n,
      toAtMs: START_MS,
      currency: "USD",
      callCostMicros: 20_400n,
      messageCostMicros: 8_200n,
      unexplainedMicros: -1_400n,
    },
  });
  const { text } = await world.get(`${PATH}?carrier=telnyx&day=${DAY}`);
  assert.match(
    text,
    /Movement −\$0\.03 Calls of the day −\$0\.0204 Messages of the day −\$0\.0082/,
  );
  assert.match(text, /Not explained by usage −\$0\.0014/);
});

Deno.test("a run leads to its day and says what came of it", async () => {
  using world = await openPages({ env: ENV });
  await keep(world, { openCount: 0 });
  const answer = await world.post(PATH, { carrier: "telnyx", day: DAY });
  assert.equal(answer.headers.get("location"), `${PATH}?carrier=telnyx&day=${DAY}`);
  assert.deepEqual(world.done, [`reconcile telnyx ${DAY} admin@example.com`]);
  assert.match(
    decodeURIComponent(answer.headers.get("set-cookie") ?? ""),
    /every cent is settled or explained/,
  );
  for (const day of ["2026-02-02", "soon", ""]) {
    const refused = await world.post(PATH, { carrier: "telnyx", day });
    assert.equal(refused.headers.get("location"), PATH);
  }
  const off = await world.post(PATH, { carrier: "twilio", day: DAY });
  assert.match(decodeURIComponent(off.headers.get("set-cookie") ?? ""), /Twilio is off/);
});

Deno.test("a cursor of nowhere leads back to the first page", async () => {
  using world = await openPages({ env: ENV });
  const { status, text } = await world.get(`${PATH}?cursor=%25`);
  assert.equal(status, 400);
  assert.match(text, /First page/);
});

const NEEDS: [what: string, change: Partial<Reconciliation>, words: RegExp | null][] = [
  ["that does not close", {}, /does not close Telnyx, .* 2 calls not what the carrier says/],
  ["that closes", { openCount: 0 }, null],
  ["that could not be read", { state: "failed", openCount: 0 }, /could not be compared/],
  ["that is still to be read", { state: "pending" }, null],
];

for (const [what, change, words] of NEEDS) {
  Deno.test(`the overview ${words ? "names" : "says nothing of"} a newest day ${what}`, async () => {
    using world = await openPages({ env: ENV });
    await keep(world, change);
    const { text } = await world.get("/admin");
    if (words) assert.match(text, words);
    else assert.doesNotMatch(text, /does not close|not reconciled/);
  });
}
