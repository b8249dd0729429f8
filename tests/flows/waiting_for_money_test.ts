/**
 * Calls a wallet cannot pay: they wait, oldest first, and money that comes in bills them at once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setWallet } from "../../core/billing/set_wallet.ts";
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import { verifyAllWallets } from "../../core/billing/verify_ledger.ts";
import { findDoubled, readBalances, readRows } from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld, THEIR_NUMBER } from "../support/sync_world.ts";
import { populateAccount, runJobs, topUp } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const NUMBER = "+12125551000";

/** A wallet of 0.33 and so many calls of a minute (0.11 each), one every ten seconds. */
async function openPoorWorld(calls: number): Promise<SyncWorld> {
  const world = await openSyncWorld();
  await populateAccount(world.deps, { id: "poor", number: NUMBER, micros: 330_000n });
  await runJobs(world.deps);
  const nowMs = world.clock.now();
  for (let i = 0; i < calls; i++) {
    world.bland.placeCall({
      callId: `c-${String(i).padStart(4, "0")}`,
      from: NUMBER,
      to: THEIR_NUMBER,
      createdAtMs: nowMs - 2 * HOUR_MS + i * 10_000,
      talkSeconds: 60,
    });
  }
  return world;
}

async function stateOf({ kv }: SyncWorld) {
  const charges = [...(await readRows<CallCharge>(kv, "charge")).values()];
  const wallet = (await readRows<Wallet>(kv, "wallet")).get("poor")!;
  return {
    billed: charges.filter(({ state }) => state === "billed").map(({ callId }) => callId),
    waiting: charges.filter(({ state }) => state === "waiting_funds").length,
    balanceMicros: wallet.balanceMicros,
    waitingCount: wallet.waitingCount,
    waitingMicros: wallet.waitingMicros,
  };
}

Deno.test("what the wallet covers is billed oldest first, the rest waits and is counted", async () => {
  await using world = await openPoorWorld(10);
  const counts = await world.syncWell();
  assert.deepEqual([counts.billed, counts.waitingFunds], [3, 7]);
  assert.deepEqual(await stateOf(world), {
    billed: ["bland:c-0000", "bland:c-0001", "bland:c-0002"],
    waiting: 7,
    balanceMicros: 0n,
    waitingCount: 7,
    waitingMicros: 770_000n,
  });
  // Waiting calls are no news: the next syncs neither bill nor move them.
  assert.deepEqual((await world.syncWell()).waitingFunds, 0);
});

Deno.test("a top-up bills what waited in its own commit, one micro short leaves one waiting", async () => {
  await using world = await openPoorWorld(10);
  await world.syncWell();
  const posted = await topUp(world.deps, { accountId: "poor", micros: 549_999n });
  assert.equal(posted.status, "posted");
  const state = await stateOf(world);
  assert.deepEqual([state.billed.length, state.waitingCount, state.balanceMicros], [
    7,
    3,
    109_999n,
  ]);
  assert.equal(state.billed.at(-1), "bland:c-0006");
  await topUp(world.deps, { accountId: "poor", micros: 1n });
  assert.equal((await stateOf(world)).waitingCount, 2);
});

Deno.test("a top-up for more calls than one commit holds bills the rest with the next minute", async () => {
  await using world = await openPoorWorld(450);
  await world.syncWell();
  await topUp(world.deps, { accountId: "poor", micros: 100_000_000n });
  assert((await stateOf(world)).billed.length >= 100);
  await world.minute();
  const { billed, waiting, waitingCount, waitingMicros, balanceMicros } = await stateOf(world);
  assert.deepEqual([billed.length, waiting, waitingCount, waitingMicros], [450, 0, 0, 0n]);
  assert.equal(balanceMicros, 330_000n + 100_000_000n - 450n * 110_000n);
  assert.deepEqual(await findDoubled(world.kv), []);
});

Deno.test("top-ups while syncs run: every call is billed once and every cent is there", async () => {
  await using world = await openPoorWorld(300);
  const { deps, openProcess, kv } = world;
  const other = openProcess();
  const topUps = Array.from(
    { length: 60 },
    (_, i) => topUp(i % 2 === 0 ? deps : other, { accountId: "poor", micros: 700_000n }),
  );
  await Promise.all([world.syncWell(), ...topUps]);
  await world.minute();
  const { billed, waiting } = await stateOf(world);
  assert.deepEqual([billed.length, waiting], [300, 0]);
  assert.equal((await readBalances(kv)).get("poor"), 330_000n + 60n * 700_000n - 300n * 110_000n);
  assert.deepEqual(await findDoubled(kv), []);
  assert.deepEqual((await verifyAllWallets(deps, () => {})).differences, []);
});

Deno.test("a credit limit, or leave to overdraw, bills what waits as a top-up does", async () => {
  await using world = await openPoorWorld(10);
  await world.syncWell();
  const change = { accountId: "poor", isExpected: () => true, actor: "test" };
  await setWallet(world.deps, { ...change, settings: { creditLimitMicros: 220_000n } });
  assert.equal((await stateOf(world)).waitingCount, 5);
  await setWallet(world.deps, { ...change, settings: { policy: "overdraw" } });
  const { waitingCount, balanceMicros } = await stateOf(world);
  assert.deepEqual([waitingCount, balanceMicros], [0, -770_000n]);
});

Deno.test("a waiting call that turns out shorter or longer waits for what it costs by then", async () => {
  await using world = await openPoorWorld(5);
  const { bland, clock } = world;
  await world.syncWell();
  bland.reviseCall("c-0003", { talkSeconds: 200 });
  bland.reviseCall("c-0004", { talkSeconds: 0 });
  clock.advance(HOUR_MS);
  await world.syncWell();
  const { billed, waitingCount, waitingMicros } = await stateOf(world);
  assert.deepEqual([billed.length, waitingCount, waitingMicros], [4, 1, 440_000n]);
  await topUp(world.deps, { accountId: "poor", micros: 440_000n });
  const after = await stateOf(world);
  assert.deepEqual([after.billed.length, after.waitingMicros, after.balanceMicros], [5, 0n, 0n]);
});
