/**
 * Telnyx's addresses as their callers see them: webhooks with official signatures, the cost of one call, the
 * cost jobs, the balance.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createSigner } from "../../core/carriers/telnyx/simulated/signer.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import type { InboxEvent } from "../../core/jobs/inbox.ts";
import vectors from "../fixtures/telnyx_signature_vectors.json" with { type: "json" };
import { ADMIN, bearer, json, openApp, SECRETS } from "../support/app.ts";
import { type CommitFate, faultyKv, type KvHooks } from "../support/faulty_kv.ts";
import { rowsOf } from "../support/ledger.ts";
import { openTelnyxWorld, OURS, SIGNING_SECRET, THEIRS } from "../support/telnyx_world.ts";

const CALLS = "/api/telnyx/webhooks/calls";

/** Every row but those that count refused deliveries. */
async function snapshot(kv: Deno.Kv): Promise<Map<string, string | null>> {
  const rows = new Map<string, string | null>();
  for await (const { key, versionstamp } of kv.list({ prefix: [] })) {
    if (key[0] !== "refused_delivery") rows.set(key.join("/"), versionstamp);
  }
  return rows;
}

for (const vector of vectors.vectors) {
  const isGood = vector.our_verifier_should_return ?? true;
  Deno.test(`the address of calls ${isGood ? "keeps" : "refuses"} ${vector.name}`, async () => {
    const env = { TELNYX_API_KEY: "KEY-of-the-tests", TELNYX_PUBLIC_KEY: vector.public_key };
    const world = await openApp({ env });
    using _closing = world;
    world.clock.setTo(vector.now_unix * 1_000);
    const before = await snapshot(world.kv);
    const body = new TextEncoder().encode(vector.raw_body);
    const headers = vector.headers as Record<string, string>;
    const answer = await world.app.request(CALLS, { method: "POST", body, headers });
    if (isGood) {
      const isReadable = vector.raw_body.startsWith("{");
      assert.equal(answer.status, isReadable ? 200 : 400, await answer.text());
      assert.equal((await rowsOf<InboxEvent>(world.deps.store, ["event"])).length, 1);
      return;
    }
    assert.equal(answer.status, 403, await answer.text());
    assert.deepEqual(await snapshot(world.kv), before);
    const [refused] = await rowsOf<{ count: number }>(world.deps.store, ["refused_delivery"]);
    assert.equal(refused?.count, 1);
  });
}

function signed(body: string, nowMs: number) {
  const headers = createSigner(SIGNING_SECRET).signHeaders(body, Math.floor(nowMs / SECOND_MS));
  return { path: CALLS, body, headers };
}

Deno.test("a duplicate is answered 200, a bad body 400 and kept parked, one of no use 200; a replay changes nothing", async () => {
  await using world = await openTelnyxWorld();
  const { telnyx, clock, program } = world;
  const { sessionId } = telnyx.placeCall({
    legs: [{ from: OURS, to: THEIRS, talkSeconds: 61 }],
    startedAtMs: clock.now() - 2 * MINUTE_MS,
    isSilent: true,
  });
  const all = telnyx.renderWebhooks(sessionId);
  for (const one of [...all, ...all.toReversed()]) {
    const answer = await world.post(one);
    assert.deepEqual([answer.status, await answer.json()], [200, { received: true }]);
  }
  await program.idle();
  const money = await world.entries();
  assert.equal(money.reduce((sum, { amountMicros }) => sum + amountMicros, 0n), -13_600n);
  for (const body of ["{", "[]", '{"data":{"id":"e-1","event_type":"call.hangup"}}']) {
    assert.equal((await world.post(signed(body, clock.now()))).status, 400);
    assert.equal((await world.post(signed(body, clock.now()))).status, 400);
  }
  const other = '{"data":{"id":"e-2","event_type":"call.speak.ended","payload":{}}}';
  assert.equal((await world.post(signed(other, clock.now()))).status, 200);
  const { body: listed } = await world.ask("/api/v1/webhook-events?limit=100");
  const states = Map.groupBy(listed.data as InboxEvent[], ({ state }) => state);
  assert.equal(states.get("parked")?.length, 3);
  assert.equal(states.get("processed")?.length, all.length + 1);
  for (const { id } of states.get("processed")!) {
    const answer = await program.app.request(`/api/v1/webhook-events/${id}/replays`, {
      method: "POST",
      headers: ADMIN,
    });
    assert.ok(answer.ok, await answer.text());
  }
  await program.idle();
  await program.minute();
  assert.deepEqual(await world.entries(), money);
  const page = await world.ask("/api/v1/webhook-events?limit=2");
  const seen: string[] = [];
  let { body } = page;
  while (true) {
    seen.push(...(body.data as InboxEvent[]).map(({ id }) => id));
    if (body.nextCursor === null) break;
    ({ body } = await world.ask(`/api/v1/webhook-events?limit=2&cursor=${body.nextCursor}`));
  }
  assert.equal(seen.length, all.length + 4);
  assert.equal(new Set(seen).size, seen.length);
});

const FATES: [string, CommitFate[], number][] = [
  ["a reply that was lost", ["throws_after"], 200],
  ["a commit said to have failed that was applied", ["not_ok_after"], 200],
  ["a commit that failed once", ["throws_before"], 200],
  ["a database that is away", Array<CommitFate>(50).fill("throws_before"), 503],
];

for (const [name, fates, expected] of FATES) {
  Deno.test(`a webhook and ${name}: ${expected}, and stored once in the end`, async () => {
    const hooks: KvHooks = {};
    await using world = await openTelnyxWorld({ wrap: (kv) => faultyKv(kv, hooks).kv });
    const { telnyx, program, clock } = world;
    const { sessionId } = telnyx.placeCall({
      legs: [{ from: OURS, to: THEIRS, talkSeconds: 61 }],
      startedAtMs: clock.now() - 2 * MINUTE_MS,
      isSilent: true,
    });
    const [first, ...rest] = telnyx.renderWebhooks(sessionId);
    const left = [...fates];
    hooks.commit = ({ keys }) =>
      keys.some((key) => key.startsWith("event/")) ? left.shift() : undefined;
    const answer = await world.post(first!);
    assert.equal(answer.status, expected, await answer.text());
    left.length = 0;
    assert.equal((await world.post(first!)).status, 200);
    for (const one of rest) assert.equal((await world.post(one)).status, 200);
    await program.idle();
    // The estimate may have been charged before the cost came.
    const amounts = (await world.entries()).map(({ amountMicros }) => amountMicros);
    assert.equal(amounts.reduce((sum, micros) => sum + micros, 0n), -13_600n);
    assert.ok(amounts.length <= 2);
    const events = await rowsOf<InboxEvent>(program.deps.store, ["event"]);
    assert.equal(events.length, rest.length + 1);
    assert.deepEqual(await rowsOf(program.deps.store, ["event_due"]), []);
  });
}

Deno.test("the cost of one call: 404 unknown, 409 running, 202 not there yet, 200 exact; the jobs are counted", async () => {
  await using world = await openTelnyxWorld();
  const { telnyx } = world;
  telnyx.faults.sendsCallCost = false;
  telnyx.faults.recordsAfterMs = 40 * SECOND_MS;
  const leg = {
    from: OURS,
    to: THEIRS,
    talkSeconds: 61,
    trunkRate: "0.0050",
    controlRate: "0.0040",
  };
  const [{ callControlId }] = telnyx.placeCall({ legs: [leg] }).legs;
  const fetchCost = (id: string) =>
    world.ask("/api/billing/fetch-call-cost", json({ callControlId: id }));
  assert.equal((await fetchCost("v3:nobody")).status, 404);
  await world.pass(10 * SECOND_MS);
  assert.equal((await fetchCost(callControlId)).status, 409);
  await world.pass(54 * SECOND_MS);
  assert.deepEqual(await fetchCost(callControlId), {
    status: 202,
    body: { success: false, pending: true },
  });
  telnyx.faults.recordsAfterMs = 0;
  assert.deepEqual(await fetchCost(callControlId), {
    status: 200,
    body: {
      success: true,
      callControlId,
      cost: 0.018,
      currency: "USD",
      source: "detail_records_api",
      rate: 0.009,
      billedSeconds: 120,
    },
  });
  telnyx.faults.recordsAfterMs = MINUTE_MS;
  for (let i = 0; i < 3; i++) {
    telnyx.placeCall({ legs: [leg], startedAtMs: world.clock.now() - 80_000, isSilent: true });
  }
  for (const { sessionId } of telnyx.calls().slice(1)) {
    for (const one of telnyx.renderWebhooks(sessionId)) await world.post(one);
  }
  await world.program.idle();
  for (
    const [method, headers] of [["GET", bearer(SECRETS.CRON_SECRET)], ["POST", ADMIN]] as const
  ) {
    world.clock.setTo(world.clock.now() + (method === "GET" ? 30 : 61) * SECOND_MS);
    const { status, body } = await world.ask("/api/cron/process-call-costs", { method, headers });
    const { timestamp, ...counts } = body;
    assert.equal(status, 200);
    assert.ok(Date.parse(timestamp) > 0);
    const isLate = method === "POST";
    assert.deepEqual(counts, {
      success: true,
      processed: 3,
      succeeded: isLate ? 3 : 0,
      failed: 0,
      retried: isLate ? 0 : 3,
    });
  }
});

Deno.test("the balance: as Telnyx tells it, 503 when Telnyx is off, 502 when it is away", async () => {
  await using world = await openTelnyxWorld({ openingBalance: "31.27" });
  assert.deepEqual(await world.ask("/api/billing/balance"), {
    status: 200,
    body: { balance: 31.27, pending: 0, creditLimit: 0, availableCredit: 31.27, currency: "USD" },
  });
  world.telnyx.faults.failNext = { httpStatus: 500, count: 1 };
  assert.equal((await world.ask("/api/billing/balance")).status, 502);
  await using off = await openTelnyxWorld({ env: { TELNYX_API_KEY: "", TELNYX_PUBLIC_KEY: "" } });
  assert.equal((await off.ask("/api/billing/balance")).status, 503);
});
