import assert from "node:assert/strict";
import {
  compareCalls,
  getReconciliation,
  keepReconciliation,
  type Reconciliation,
} from "../../../core/billing/reconciliation.ts";
import type { AuditRecord } from "../../../core/audit/audit.ts";
import { DAY_MS, utcDay } from "../../../core/clock.ts";
import { debitComparisonKey } from "../../../core/kv/keys.ts";
import { type DebitComparison, freshComparison } from "../../../core/sms_billing/compare_debits.ts";
import { rowsOf } from "../../support/ledger.ts";
import { START_MS } from "../../support/world.ts";
import { openPages, postForms, type Visit, type Visited } from "./visit.ts";

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

const DAY_PATH = `${PATH}?carrier=telnyx&day=${DAY}`;
const closings = async ({ deps }: Visited) =>
  (await rowsOf<AuditRecord>(deps.store, ["audit"])).filter(({ action }) =>
    action === "reconciliation_item_closed"
  );
const flashOf = (answer: Visit) => decodeURIComponent(answer.headers.get("set-cookie") ?? "");

Deno.test("an open item is closed with a note; it shows who, when and why, and the audit log has it", async () => {
  using world = await openPages({ env: ENV });
  await keep(world);
  const form = { carrier: "telnyx", day: DAY, callId: "telnyx:a", note: "A test call of ours" };
  const closed = await world.post(PATH, form);
  assert.equal(closed.headers.get("location"), DAY_PATH);
  assert.match(flashOf(closed), /telnyx:a is closed with your note/);
  const { text } = await world.get(DAY_PATH);
  assert.match(
    text,
    /telnyx:a ours only \$0\.005 .* closed A test call of ours admin@example\.com/,
  );
  assert.match(text, /1 open/);
  const [audit, ...others] = await closings(world);
  assert.deepEqual(others, []);
  assert.deepEqual([audit?.actor, audit?.action, audit?.subject, audit?.detail], [
    "admin@example.com",
    "reconciliation_item_closed",
    `telnyx:${DAY}`,
    "telnyx:a: A test call of ours",
  ]);
  assert.match(flashOf(await world.post(PATH, form)), /not open any more/);
  await world.post(PATH, { ...form, callId: "telnyx:b" });
  assert.match((await world.get(DAY_PATH)).text, /State closes/);
});

Deno.test("without a note, without an item of that name, or as a viewer, nothing is closed", async () => {
  using world = await openPages({ env: ENV });
  await keep(world);
  const form = { carrier: "telnyx", day: DAY, callId: "telnyx:a", note: "because" };
  assert.match(flashOf(await world.post(PATH, { ...form, note: "  " })), /Nothing was closed/);
  assert.match(flashOf(await world.post(PATH, { ...form, note: "x".repeat(301) })), /Nothing was/);
  assert.match(flashOf(await world.post(PATH, { ...form, callId: "telnyx:z" })), /Nothing was/);
  assert.equal((await world.post(PATH, form, "viewer")).status, 403);
  assert.doesNotMatch((await world.get(DAY_PATH, "viewer")).html, /name="note"/);
  assert.match((await world.get(DAY_PATH)).text, /2 open/);
  assert.deepEqual(await closings(world), []);
});

Deno.test("what was closed stays closed while both sides say the same, and opens when one says more", async () => {
  using world = await openPages({ env: ENV });
  await keep(world);
  const day = { carrier: "telnyx", day: DAY };
  await world.post(PATH, { ...day, callId: "telnyx:a", note: "known" });
  await world.post(PATH, { ...day, callId: "telnyx:b", note: "known" });
  // Compared again, by somebody who has read the day before it was closed.
  await keep(world);
  assert.match((await world.get(DAY_PATH)).text, /State closes/);
  const kept = (await getReconciliation(world.deps.store, { carrier: "telnyx", day: DAY }))!;
  const changed = kept.items.map(({ closed: _, ...item }) => ({
    ...item,
    state: "open" as const,
    theirsMicros: item.kind === "theirs_only" ? 30_000n : item.theirsMicros,
  }));
  await keep(world, { items: changed });
  assert.match((await world.get(DAY_PATH)).text, /1 open/);
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

Deno.test("debits at Sippy that do not agree are listed with what they mean, and lead to their bill", async () => {
  using world = await openPages();
  const day: DebitComparison = {
    ...freshComparison({ day: DAY, startedAtMs: START_MS }),
    state: "done",
    matched: 3,
    openCount: 1,
    items: [{
      kind: "ours_only",
      reason: "no_debit",
      billId: "acme-7",
      accountId: "acme",
      iAccount: 4711,
      iPayment: null,
      reference: "r",
      currency: "USD",
      oursMicros: 1_500_000n,
      theirsMicros: null,
    }],
  };
  const { gates } = world.deps;
  const key = debitComparisonKey(DAY);
  await gates.change({ gate: key, stage: (batch) => Promise.resolve(batch.set(key, day)) });
  const { html } = await world.get(PATH);
  assert.match(html, /does not close/);
  assert.match(html, /href="\/admin\/sms\/bills\/acme-7"/);
  assert.match(html, /1\.500000 USD/);
  assert.match(html, /Sippy lists no debit/);
});
