/**
 * What a Telnyx call costs: an estimate at its hangup, then the carrier's own figure, on time or never.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createSigner } from "../../core/carriers/telnyx/simulated/signer.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import { ADMIN, json } from "../support/app.ts";
import { callOf, chargeOf, checkBooks } from "../support/ledger.ts";
import {
  only,
  openTelnyxWorld,
  OURS,
  SIGNING_SECRET,
  type TelnyxWorld,
  THEIRS,
} from "../support/telnyx_world.ts";

const PARTIES = { from: OURS, to: THEIRS };

/** A call of so many seconds that begins now; told by its webhooks as time passes. */
function place({ telnyx }: TelnyxWorld, talkSeconds = 61, more = {}): string {
  return telnyx.placeCall({ legs: [{ ...PARTIES, talkSeconds }], ...more }).sessionId;
}

async function openQuietWorld(options = {}): Promise<TelnyxWorld> {
  const world = await openTelnyxWorld(options);
  world.telnyx.faults.sendsCallCost = false;
  return world;
}

const moneyOf = async (world: TelnyxWorld) =>
  (await world.entries()).map(({ kind, amountMicros }) => `${kind} ${amountMicros}`);

const costOf = async (world: TelnyxWorld, sessionId: string) => {
  const call = (await callOf(world.program.deps.store, `telnyx:${sessionId}`))!;
  return [call.costMicros, call.costDetail?.source ?? null];
};

Deno.test("at the hangup the estimate is charged and says so; the records replace it by one adjustment", async () => {
  await using world = await openQuietWorld();
  const sessionId = place(world);
  await world.pass(64 * SECOND_MS);
  const estimate = only(await world.entries());
  assert.deepEqual([estimate.kind, estimate.amountMicros], ["charge", -30_000n]);
  assert.equal(estimate.description, `Call to ${THEIRS} (61s) [estimated @ 0.015/min]`);
  assert.deepEqual(estimate.metadata, { estimated: "true", source: "fallback" });
  const { body: shown } = await world.ask(`/api/v1/calls/telnyx:${sessionId}`);
  assert.deepEqual([shown.cost.state, shown.cost.estimated, shown.cost.source], [
    "estimated",
    true,
    "fallback",
  ]);
  await world.pass(40 * SECOND_MS);
  const [, adjustment, ...more] = await world.entries();
  assert.deepEqual(more, []);
  assert.deepEqual([adjustment!.kind, adjustment!.amountMicros], ["adjustment", 16_400n]);
  const { fetchedAt, ...metadata } = adjustment!.metadata;
  assert.ok(fetchedAt);
  assert.deepEqual(metadata, {
    adjusts: String(estimate.seq),
    source: "detail_records_api",
    rate: "0.0068",
    billedSeconds: "120",
  });
  const { body: exact } = await world.ask(`/api/v1/calls/telnyx:${sessionId}`);
  assert.deepEqual(exact.cost.amount, { amount: "0.013600", currency: "USD" });
  assert.deepEqual([exact.cost.state, exact.cost.estimated, exact.cost.billedSeconds], [
    "exact",
    false,
    120,
  ]);
  await world.pass(40 * MINUTE_MS, MINUTE_MS);
  assert.equal((await world.entries()).length, 2);
  assert.equal((await world.jobOf(sessionId))?.state, "done");
  await checkBooks(world.program.deps.store);
});

Deno.test("a cost equal to the estimate makes no entry; one that is told anew makes one more", async () => {
  await using world = await openTelnyxWorld();
  const { telnyx } = world;
  const leg = { ...PARTIES, talkSeconds: 60, trunkRate: "0.0130", controlRate: "0.0020" };
  const { sessionId } = telnyx.placeCall({ legs: [leg] });
  await world.pass(80 * SECOND_MS);
  assert.deepEqual(await moneyOf(world), ["charge -15000"]);
  assert.deepEqual(await costOf(world, sessionId), [15_000n, "call_cost_webhook"]);
  const last = telnyx.renderWebhooks(sessionId).at(-1)!;
  const event = JSON.parse(last.body);
  event.data.id = "00000000-aaaa-4000-8000-000000000000";
  event.data.occurred_at = "2026-02-01T00:00:00.000000Z";
  event.data.payload.total_cost = "0.0260";
  event.data.payload.cost_parts[0].cost = "0.0240";
  const body = JSON.stringify(event);
  const headers = createSigner(SIGNING_SECRET)
    .signHeaders(body, Math.floor(world.clock.now() / 1_000));
  assert.equal((await world.post({ path: last.path, body, headers })).status, 200);
  await world.program.idle();
  assert.deepEqual(await moneyOf(world), ["charge -15000", "adjustment -11000"]);
  await checkBooks(world.program.deps.store);
});

Deno.test("a call nobody answers costs nothing, and its carrier cost is known all the same", async () => {
  await using world = await openQuietWorld();
  const sessionId = place(world, 0);
  await world.pass(MINUTE_MS);
  const charge = await chargeOf(world.program.deps.store, `telnyx:${sessionId}`);
  assert.deepEqual([charge?.state, charge?.amountMicros, charge?.trace?.kind], [
    "billed",
    0n,
    "cost_plus",
  ]);
  assert.deepEqual(await world.entries(), []);
  assert.deepEqual(await costOf(world, sessionId), [0n, "detail_records_api"]);
});

Deno.test("a cost in another currency parks the call and is shown; the estimate stays", async () => {
  await using world = await openQuietWorld();
  const sessionId = place(world, 61, { currency: "EUR" });
  await world.pass(2 * MINUTE_MS);
  const { body } = await world.ask(`/api/v1/calls/telnyx:${sessionId}`);
  assert.deepEqual(body.billing, { state: "parked", reason: "cost_in_other_currency" });
  assert.deepEqual(body.cost.amount, { amount: "0.013600", currency: "EUR" });
  assert.deepEqual(await moneyOf(world), ["charge -30000"]);
  await checkBooks(world.program.deps.store);
});

Deno.test("a plan with a markup and a fee: the estimate first, then cost, markup and fee", async () => {
  await using world = await openQuietWorld();
  const { deps } = world.program;
  const { body: before, status } = await world.ask("/api/v1/rate-plans/telnyx_voice");
  assert.equal(status, 200);
  const terms = { kind: "cost_plus", markupPercent: "25", fixedFee: "0.002", estimateRate: "0.02" };
  const from = new Date(world.clock.now() + 1_000).toISOString();
  const put = await world.program.app.request("/api/v1/rate-plans/telnyx_voice", {
    ...json({
      service: "telnyx_voice",
      currency: "USD",
      versions: [...before.versions, { effectiveFrom: from, ...terms }],
    }),
    method: "PUT",
    headers: {
      ...ADMIN,
      "content-type": "application/json",
      "if-match": (await world.program.app.request("/api/v1/rate-plans/telnyx_voice", {
        headers: ADMIN,
      })).headers.get("etag")!,
    },
  });
  assert.equal(put.status, 200, await put.text());
  world.clock.advance(2_000);
  place(world);
  await world.pass(2 * MINUTE_MS);
  // 0.0136 * 1.25 + 0.002
  assert.deepEqual(await moneyOf(world), ["charge -40000", "adjustment 21000"]);
  await checkBooks(deps.store);
});

Deno.test("tries come at 5 s, 30 s, then 1, 2, 4, 8 and 16 minutes later; then a person may try again", async () => {
  await using world = await openQuietWorld();
  const { telnyx, clock, answered } = world;
  telnyx.faults.recordsAfterMs = 2 * HOUR_MS;
  const startMs = clock.now();
  const sessionId = place(world, 60);
  const endMs = startMs + 62 * SECOND_MS;
  await world.pass(62 * SECOND_MS);
  const minuteTicks = async (ms: number) => {
    for (let i = 0; i < ms / MINUTE_MS; i++) {
      await world.pass(MINUTE_MS);
      await world.program.minute();
    }
  };
  await minuteTicks(34 * MINUTE_MS);
  const tries = [...new Set(answered.map(({ atMs }) => Math.round((atMs - endMs) / 1_000)))];
  assert.deepEqual(tries, [5, 30, 90, 210, 450, 930, 1890]);
  const job = (await world.jobOf(sessionId))!;
  assert.deepEqual([job.state, job.attempts, job.lastError], ["failed", 7, "no records yet"]);
  assert.deepEqual(await moneyOf(world), ["charge -15000"]);
  await world.pass(2 * HOUR_MS, 10 * MINUTE_MS);
  assert.equal((await world.jobOf(sessionId))?.state, "failed");
  const again = await world.ask(`/api/v1/jobs/${job.id}/retries`, json({}));
  assert.ok(again.status < 300, JSON.stringify(again));
  await world.program.minute();
  await world.pass(SECOND_MS);
  assert.deepEqual(await costOf(world, sessionId), [6_800n, "detail_records_api"]);
  assert.deepEqual(await moneyOf(world), ["charge -15000", "adjustment 8200"]);
});

Deno.test("a process killed between estimate and cost: another one goes on by the minute", async () => {
  await using world = await openQuietWorld();
  const { program, clock } = world;
  const sessionId = place(world);
  await world.pass(64 * SECOND_MS);
  program.stop();
  await world.pass(2 * MINUTE_MS);
  assert.deepEqual(await costOf(world, sessionId), [null, null]);
  const next = world.openProcess(77);
  await next.minute();
  assert.deepEqual(await costOf(world, sessionId), [13_600n, "detail_records_api"]);
  clock.advance(MINUTE_MS);
  await Promise.all([next.minute(), world.openProcess(78).minute()]);
  assert.equal((await world.entries()).length, 2);
  await checkBooks(next.deps.store);
});

Deno.test("two processes at once take in and settle every call once", async () => {
  await using world = await openQuietWorld();
  const { telnyx, program } = world;
  const other = world.openProcess(99);
  const ids = Array.from(
    { length: 30 },
    (_, i) => place(world, 30 + i, { isSilent: true, startedAtMs: world.clock.now() - 200_000 }),
  );
  const all = ids.flatMap((id) => telnyx.renderWebhooks(id));
  await Promise.all(all.flatMap((one, i) => [
    world.post(one, i % 2 ? program : other),
    world.post(one, i % 2 ? other : program),
  ]));
  await Promise.all([program.idle(), other.idle()]);
  await Promise.all([program.minute(), other.minute()]);
  await world.pass(MINUTE_MS);
  await Promise.all([program.minute(), other.minute()]);
  const entries = await world.entries();
  for (const id of ids) {
    const mine = entries.filter(({ source }) => source.id === `telnyx:${id}`);
    assert.ok(mine.length >= 1 && mine.length <= 2);
    const sum = mine.reduce((total, { amountMicros }) => total + amountMicros, 0n);
    const { costMicros } = telnyx.truth().calls.find(({ sessionId }) => sessionId === id)!;
    assert.equal(-sum, costMicros);
  }
  await checkBooks(program.deps.store);
});

Deno.test("a leg whose records come later than the other's is waited for; a lost hangup is decided by records", async () => {
  await using world = await openQuietWorld();
  const { telnyx } = world;
  const first = { ...PARTIES, talkSeconds: 90 };
  const second = { from: OURS, to: "+12125550200", afterSeconds: 10, talkSeconds: 20 };
  const { sessionId } = telnyx.placeCall({ legs: [second, { ...first, afterSeconds: 5 }] });
  telnyx.faults.recordsAfterMs = 6 * SECOND_MS;
  telnyx.faults.trunkRecordsAfterMs = 50 * SECOND_MS;
  await world.pass(5 * MINUTE_MS);
  const truth = telnyx.truth().calls[0]!;
  assert.deepEqual(await costOf(world, sessionId), [truth.costMicros, "detail_records_api"]);
  telnyx.faults.lostKinds.add("call.answered");
  const lost = place(world, 45);
  await world.pass(3 * MINUTE_MS);
  const call = (await callOf(world.program.deps.store, `telnyx:${lost}`))!;
  assert.deepEqual([call.isFinal, call.durationSeconds, call.costMicros], [true, 45, 6_800n]);
  telnyx.faults.lostKinds = new Set(["call.hangup"]);
  telnyx.faults.sendsCallCost = true;
  const unended = place(world, 50);
  await world.pass(5 * MINUTE_MS);
  const ended = (await callOf(world.program.deps.store, `telnyx:${unended}`))!;
  assert.deepEqual([ended.isFinal, ended.durationSeconds, ended.costMicros], [true, 50, 6_800n]);
  await checkBooks(world.program.deps.store);
});
