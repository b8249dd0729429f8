/**
 * Who bills a Bland call: the sync, a verified delivery, or both; once however their paths cross.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { changeAccount } from "../../core/billing/open_account.ts";
import { parseBlandWebhook } from "../../core/carriers/bland/webhook.ts";
import { getEvent, type InboxEvent, replayEvent } from "../../core/jobs/inbox.ts";
import { receiveEvent } from "../../core/jobs/receive_event.ts";
import { drainInbox, type TickDeps } from "../../cron/mod.ts";
import { syncCalls } from "../../cron/sync_calls.ts";
import {
  assertBooks,
  numberOf,
  openAccounts,
  readRows,
  snapshotMoney,
} from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld, THEIR_NUMBER } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";

const MINUTE_MS = 60_000;
const ACCOUNTS = 3;

async function openModeWorld(billing: "sync" | "webhook" | "both"): Promise<SyncWorld> {
  const world = await openSyncWorld({ billing });
  await openAccounts(world.deps, ACCOUNTS);
  return world;
}

/** Places a call that ended a moment ago. */
function place({ bland, clock }: SyncWorld, talkSeconds = 60): string {
  return bland.placeCall({
    from: numberOf(0),
    to: THEIR_NUMBER,
    createdAtMs: clock.now() - (talkSeconds + 1) * 1_000,
    talkSeconds,
  }).callId;
}

/** Puts a delivery about a call into the inbox, as the route does once the signature was verified. */
async function deliver(
  { bland }: SyncWorld,
  { deps, callId }: { deps: TickDeps; callId: string },
): Promise<string> {
  const { body } = bland.deliverWebhook(callId);
  assert.equal(parseBlandWebhook(body).status, "finished_call");
  const carrierEventId = createHash("sha256").update(body).digest("hex").slice(0, 32);
  const payload = JSON.stringify({ call_id: callId, completed: true });
  const kept = { carrier: "bland", kind: "call.finished", carrierEventId, payload, reason: null };
  return (await receiveEvent(deps, { ...kept, state: "received" })).event.id;
}

const drain = (deps: TickDeps) => drainInbox(deps, deps.clock.now() + MINUTE_MS);
const booksOf = ({ kv, bland, deps, clock }: SyncWorld) =>
  assertBooks({ kv, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });
const chargesOf = async ({ kv }: SyncWorld) => (await readRows(kv, "charge")).size;

Deno.test("mode sync: a delivery is kept and done with, Bland is not asked, the sync bills", async () => {
  await using world = await openModeWorld("sync");
  const { deps, bland } = world;
  const id = await deliver(world, { deps, callId: place(world) });
  await drain(deps);
  const event = await getEvent(deps.store, id);
  assert.deepEqual([event?.state, event?.reason], [
    "processed",
    "recorded only: BLAND_BILLING is sync",
  ]);
  assert.equal(bland.requestCount.detail, 0);
  assert.equal(await chargesOf(world), 0);
  await world.syncWell();
  await booksOf(world);
});

Deno.test("mode webhook: a delivery makes us read that call and bill it, without a listing", async () => {
  await using world = await openModeWorld("webhook");
  const { deps, bland } = world;
  const id = await deliver(world, { deps, callId: place(world, 130) });
  place(world);
  await drain(deps);
  assert.deepEqual((await getEvent(deps.store, id))?.state, "processed");
  assert.deepEqual(bland.requestCount, { list: 0, detail: 1, me: 0 });
  assert.equal(await chargesOf(world), 1);
  // Polling finds what deliveries miss, also in this mode.
  await world.minute();
  await booksOf(world);
});

Deno.test("the same delivery many times, at once and later, is one event and one charge", async () => {
  await using world = await openModeWorld("both");
  const { deps, clock, kv, openProcess } = world;
  const callId = place(world);
  const other = openProcess();
  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, i) => deliver(world, { deps: i % 2 ? deps : other, callId })),
  );
  assert.equal(new Set(ids).size, 1);
  await Promise.all([drain(deps), drain(other), drain(deps)]);
  assert.equal((await readRows<InboxEvent>(kv, "event")).size, 1);
  await booksOf(world);
  const before = await snapshotMoney(kv);
  for (let i = 0; i < 3; i++) {
    clock.advance(26 * 60 * MINUTE_MS);
    await deliver(world, { deps, callId });
    await replayEvent(deps, ids[0]!);
    await world.minute();
  }
  assert.equal((await readRows<InboxEvent>(kv, "event")).size, 1);
  assert.deepEqual(await snapshotMoney(kv), before);
});

Deno.test("a delivery that comes before the call has ended bills nothing; the sync does later", async () => {
  await using world = await openModeWorld("webhook");
  const { deps, bland, clock } = world;
  const callId = bland.placeCall({ from: numberOf(1), to: THEIR_NUMBER, talkSeconds: 90 }).callId;
  const id = await deliver(world, { deps, callId });
  await drain(deps);
  assert.match((await getEvent(deps.store, id))?.reason ?? "", /has not ended yet/);
  assert.equal(await chargesOf(world), 0);
  clock.advance(30 * MINUTE_MS);
  await world.minute();
  await booksOf(world);
});

Deno.test("a delivery while Bland is away stays due, and is parked after its last attempt", async () => {
  await using world = await openModeWorld("webhook");
  const { deps, bland, logged } = world;
  const id = await deliver(world, { deps, callId: place(world) });
  bland.faults.failNext = { httpStatus: 503, count: 2 };
  await drain(deps);
  await drain(deps);
  assert.deepEqual(
    [(await getEvent(deps.store, id))?.state, (await getEvent(deps.store, id))?.attempts],
    ["received", 2],
  );
  await drain(deps);
  assert.equal((await getEvent(deps.store, id))?.state, "processed");
  await booksOf(world);

  const gone = place(world);
  const lost = await deliver(world, { deps, callId: gone });
  bland.removeCall(gone);
  for (let i = 0; i < 13; i++) await drain(deps);
  const event = await getEvent(deps.store, lost);
  assert.deepEqual([event?.state, event?.reason, event?.attempts], [
    "parked",
    "call_not_found",
    12,
  ]);
  assert.deepEqual(logged.filter(({ level }) => level === "error"), []);
});

Deno.test("a delivery about a call of an account's own key finds it there", async () => {
  await using world = await openModeWorld("webhook");
  const { deps, bland, kv } = world;
  const apiKey = "sk-bland-own-00000000000009";
  bland.addKey(apiKey);
  await changeAccount(deps, {
    accountId: "acc-00002",
    change: {},
    blandApiKey: apiKey,
    actor: "test",
  });
  const { callId } = bland.placeCall({ apiKey, from: "+19995550000", to: THEIR_NUMBER });
  await deliver(world, { deps, callId });
  await drain(deps);
  const calls = await readRows<{ accountId: string }>(kv, "call");
  assert.equal(calls.get(`bland:${callId}`)?.accountId, "acc-00002");
});

Deno.test("both paths at once, from three processes, over and over: every call is billed once", async () => {
  await using world = await openModeWorld("both");
  const { bland, clock, deps, openProcess } = world;
  const random = seeded(31);
  const processes = [deps, openProcess(), openProcess()];
  const pick = () => processes[Math.floor(random() * processes.length)]!;
  for (let round = 0; round < 10; round++) {
    const ids = Array.from({ length: 25 }, () => place(world, Math.floor(random() * 400)));
    const work = ids.filter(() => random() < 0.8).map(async (callId) => {
      await deliver(world, { deps: pick(), callId });
      if (random() < 0.3) await drain(pick());
      // Bland sends again what it has changed meanwhile.
      if (random() < 0.2) {
        bland.reviseCall(callId, { talkSeconds: Math.floor(random() * 400) });
        await deliver(world, { deps: pick(), callId });
      }
    });
    const syncs = processes.map((process) =>
      syncCalls(process, { actor: "test", waitMs: 0, withinMs: MINUTE_MS })
    );
    await Promise.all([...work, ...syncs, ...processes.map(drain)]);
    clock.advance(MINUTE_MS);
  }
  clock.advance(25 * 60 * MINUTE_MS);
  for (let i = 0; i < 3; i++) await world.minute();
  await booksOf(world);
});
