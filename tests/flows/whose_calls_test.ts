/**
 * Whose a Bland call is: by the key it came through, by what its metadata claims, by its number, and
 * whenever that becomes known.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assignNumber } from "../../core/billing/claim_calls.ts";
import { changeAccount } from "../../core/billing/open_account.ts";
import type { PlacedCall } from "../../core/carriers/bland/simulated/placed_call.ts";
import type { Call } from "../../core/usage/calls.ts";
import {
  findDoubled,
  FIRST_MICROS,
  numberOf,
  openAccounts,
  readBalances,
  readRows,
  snapshotMoney,
} from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld, THEIR_NUMBER } from "../support/sync_world.ts";
import { populateAccount } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MICROS = 110_000n;

async function openSmallWorld(): Promise<SyncWorld> {
  const world = await openSyncWorld();
  await openAccounts(world.deps, 3);
  return world;
}

/** Places a call of a minute that ended an hour ago. */
function place({ bland, clock }: SyncWorld, call: Partial<PlacedCall> = {}): string {
  const createdAtMs = clock.now() - HOUR_MS;
  const placed = { from: numberOf(0), to: THEIR_NUMBER, createdAtMs, talkSeconds: 60, ...call };
  return bland.placeCall(placed).callId;
}

const ownerOf = async ({ kv }: SyncWorld, id: string) =>
  (await readRows<Call>(kv, "call")).get(`bland:${id}`)?.accountId;

/** Gives an account a Bland key of its own. */
async function giveKey({ deps, bland }: SyncWorld, accountId: string, key: string): Promise<void> {
  bland.addKey(key);
  await changeAccount(deps, { accountId, change: {}, blandApiKey: key, actor: "test" });
}

/** Minutes each account of the small world has paid for. */
async function minutesPaid({ kv }: SyncWorld): Promise<bigint[]> {
  const balances = await readBalances(kv);
  return ["acc-00000", "acc-00001", "acc-00002"].map((id) =>
    (FIRST_MICROS - balances.get(id)!) / MINUTE_MICROS
  );
}

Deno.test("every call of an account's own key is that account's, whatever metadata and numbers say", async () => {
  await using world = await openSmallWorld();
  const apiKey = "sk-bland-own-00000000000001";
  await giveKey(world, "acc-00002", apiKey);
  place(world, { apiKey });
  place(world, { apiKey, metadata: { account_id: "acc-00001" } });
  place(world, { apiKey, metadata: { account_id: "nobody" }, from: "+12125559999" });
  place(world);
  const counts = await world.syncWell();
  assert.deepEqual([counts.billed, counts.unassigned, counts.accounts], [4, 0, 2]);
  assert.deepEqual(await minutesPaid(world), [1n, 0n, 3n]);
});

Deno.test("a sync of one account reads its own key, and the main key when it has none", async () => {
  await using world = await openSmallWorld();
  const apiKey = "sk-bland-own-00000000000001";
  await giveKey(world, "acc-00002", apiKey);
  place(world, { apiKey });
  place(world);
  const own = await world.syncWell({ accountId: "acc-00002" });
  assert.deepEqual([own.fetched, own.billed, own.accounts], [1, 1, 1]);
  assert.deepEqual(await minutesPaid(world), [0n, 0n, 1n]);
  const main = await world.syncWell({ accountId: "acc-00000" });
  assert.deepEqual([main.fetched, main.billed, main.accounts], [1, 1, 1]);
  assert.deepEqual(await minutesPaid(world), [1n, 0n, 1n]);
  assert.equal((await world.sync({ accountId: "nobody" })).status, "account_not_found");
});

Deno.test("a key that several accounts bring is read once, and metadata and numbers tell", async () => {
  await using world = await openSmallWorld();
  const apiKey = "sk-bland-own-00000000000001";
  await giveKey(world, "acc-00001", apiKey);
  await giveKey(world, "acc-00002", apiKey);
  place(world, { apiKey, metadata: { account_id: "acc-00001" } });
  place(world, { apiKey, metadata: JSON.stringify({ account_id: "acc-00002" }) });
  place(world, { apiKey, from: numberOf(2) });
  const lost = place(world, { apiKey, from: "+12125559999" });
  const counts = await world.syncWell();
  assert.deepEqual([counts.billed, counts.unassigned], [3, 1]);
  assert.equal(world.bland.requestCount.list, 2);
  assert.deepEqual(await minutesPaid(world), [0n, 1n, 2n]);
  assert.equal(await ownerOf(world, lost), null);
});

Deno.test("whoever shares a key may have it read", async () => {
  await using world = await openSmallWorld();
  const apiKey = "sk-bland-own-00000000000001";
  await giveKey(world, "acc-00001", apiKey);
  await giveKey(world, "acc-00002", apiKey);
  place(world, { apiKey, from: numberOf(2) });
  const counts = await world.syncWell({ accountId: "acc-00002" });
  assert.deepEqual([counts.fetched, counts.billed], [1, 1]);
});

Deno.test("a key that is refused fails the run, and the calls of the others are billed", async () => {
  await using world = await openSmallWorld();
  const apiKey = "sk-bland-own-00000000000001";
  await giveKey(world, "acc-00001", apiKey);
  world.bland.revokeKey(apiKey);
  await giveKey(world, "acc-00002", "sk-bland-own-00000000000002");
  place(world);
  place(world, { apiKey: "sk-bland-own-00000000000002" });
  const outcome = await world.sync();
  assert.equal(outcome.status, "carrier_unavailable");
  assert.match(outcome.reason ?? "", /credentials_refused/);
  assert.equal(outcome.counts.billed, 2);
  assert.deepEqual(await minutesPaid(world), [1n, 0n, 1n]);
});

Deno.test("on the main key metadata goes before numbers, inbound and outbound", async () => {
  await using world = await openSmallWorld();
  place(world, { metadata: { account_id: "acc-00001" } });
  place(world, {
    isInbound: true,
    from: THEIR_NUMBER,
    to: numberOf(0),
    metadata: { account_id: "acc-00002", campaign: 7 },
  });
  place(world, { isInbound: true, from: numberOf(1), to: numberOf(0) });
  await world.syncWell();
  assert.deepEqual(await minutesPaid(world), [1n, 1n, 1n]);
});

Deno.test("a call that names an account nobody opened yet waits for it, and is billed once it exists", async () => {
  await using world = await openSmallWorld();
  const { deps, kv, clock } = world;
  const id = place(world, { from: "+12125559999", metadata: { account_id: "later" } });
  assert.equal((await world.syncWell()).unassigned, 1);
  assert.equal(await ownerOf(world, id), null);
  await populateAccount(deps, { id: "later", micros: 1_000_000n });
  await world.minute();
  assert.equal(await ownerOf(world, id), "later");
  assert.equal((await readBalances(kv)).get("later"), 890_000n);
  const before = await snapshotMoney(kv);
  clock.advance(24 * HOUR_MS);
  await world.minute();
  assert.deepEqual(await snapshotMoney(kv), before);
});

Deno.test("a number assigned from an instant in the past bills what it used since, and nothing before", async () => {
  await using world = await openSmallWorld();
  const { deps, kv, clock } = world;
  const number = "+12125559999";
  const nowMs = clock.now();
  for (let hour = 1; hour <= 10; hour++) {
    place(world, { from: number, createdAtMs: nowMs - hour * HOUR_MS });
  }
  assert.equal((await world.syncWell()).unassigned, 10);
  assert.deepEqual(await minutesPaid(world), [0n, 0n, 0n]);
  const holding = {
    accountId: "acc-00001",
    carrier: null,
    fromMs: nowMs - 4 * HOUR_MS,
    toMs: null,
  };
  await assignNumber(deps, { number, holding, actor: "test" });
  await world.minute();
  assert.deepEqual(await minutesPaid(world), [0n, 4n, 0n]);

  // Drawn back further, the rest of them follow; the first four are not billed again.
  await assignNumber(deps, { number, holding: { ...holding, fromMs: 0 }, actor: "test" });
  await world.minute();
  await world.minute();
  assert.deepEqual(await minutesPaid(world), [0n, 10n, 0n]);
  assert.deepEqual(await findDoubled(kv), []);
});

Deno.test("a number assigned while calls are being stored: each is one account's and billed once", async () => {
  await using world = await openSmallWorld();
  const { deps, kv, openProcess } = world;
  const number = "+12125559999";
  for (let i = 0; i < 400; i++) place(world, { from: number });
  const other = openProcess();
  let pages = 0;
  world.bland.faults.clampRowsMax = 40;
  await world.syncWell({
    report: async () => {
      if (++pages !== 5) return;
      const holding = { accountId: "acc-00001", carrier: null, fromMs: 0, toMs: null };
      await assignNumber(other, { number, holding, actor: "test" });
    },
  });
  await world.minute();
  assert.deepEqual(await minutesPaid(world), [0n, 400n, 0n]);
  assert.deepEqual(await findDoubled(kv), []);
  assert.equal((await readRows(kv, "unassigned_call_by_party")).size, 0);
  assert.equal((await deps.store.list({ prefix: ["call_due"] })).length, 0);
});
