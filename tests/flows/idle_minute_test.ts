/**
 * What a minute costs in which nothing happened: the same with ten thousand accounts as with ten.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stageAccount } from "../../core/accounts/account.ts";
import { stageHolding } from "../../core/accounts/numbers.ts";
import { openBatch } from "../../core/kv/batch.ts";
import { walletKey } from "../../core/kv/keys.ts";
import { emptyWallet } from "../../core/wallet/wallet.ts";
import { runMinute, type TickDeps } from "../../cron/mod.ts";
import { countingKv, type KvCounts, noKvCounts } from "../support/counting_kv.ts";
import { accountOf, numberOf, openAccounts, placeLoad } from "../support/sync_load.ts";
import { openSyncWorld } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const ACCOUNTS_PER_COMMIT = 50;

/** Stores accounts with wallet and number as they are after everything about them was settled. */
async function storeAccounts(
  { store, clock }: TickDeps,
  { from, to }: { from: number; to: number },
) {
  for (let i = from; i < to; i += ACCOUNTS_PER_COMMIT) {
    const batch = openBatch(store);
    for (let n = i; n < Math.min(to, i + ACCOUNTS_PER_COMMIT); n++) {
      const id = accountOf(n);
      stageAccount(batch, {
        account: {
          id,
          name: id,
          email: null,
          status: "active",
          currency: "USD",
          timezone: "UTC",
          sippyAccountId: null,
          ratePlans: {},
          hasBlandKey: false,
          createdAtMs: clock.now(),
        },
        blandApiKey: undefined,
      });
      batch.set(walletKey(id), emptyWallet({ accountId: id, currency: "USD" }));
      const holding = { accountId: id, carrier: null, fromMs: 0, toMs: null };
      await stageHolding(batch, { number: numberOf(n), holding, touchedBy: "load" });
    }
    const write = batch.toWrite();
    assert.equal((await store.commit({ ...write, checks: [] })).status, "ok");
  }
}

/** What an idle minute asks of the database, and of Bland. */
async function measure(accounts: number): Promise<KvCounts & { requests: number }> {
  await using world = await openSyncWorld();
  const { bland, clock, deps, kv, openProcess } = world;
  await openAccounts(deps, 10);
  await storeAccounts(deps, { from: 10, to: accounts });
  const nowMs = clock.now();
  const load = { calls: 200, accounts: 10, random: seeded(2) };
  placeLoad(bland, { ...load, fromMs: nowMs - 40 * HOUR_MS, toMs: nowMs - HOUR_MS });
  // The first minutes do the work of the hour and the day; Bland's list is empty for the stretch after.
  for (let i = 0; i < 3; i++) {
    await world.minute();
    clock.advance(60_000);
  }
  const counting = countingKv(kv);
  const process = openProcess({ kv: counting.kv });
  const before = bland.requestCount.list + bland.requestCount.detail;
  Object.assign(counting.counts, noKvCounts());
  await runMinute(process);
  const requests = bland.requestCount.list + bland.requestCount.detail - before;
  return { ...counting.counts, requests };
}

Deno.test("an idle minute reads no more with 10 000 accounts than with 10", async () => {
  const few = await measure(10);
  const many = await measure(10_000);
  // deno-lint-ignore no-console -- the figure is worth reading
  console.log(
    `idle minute: ${many.keysRead} keys and ${many.rowsListed} rows read in ${many.lists} lists, ` +
      `${many.commits} commits, ${many.requests} request to Bland; the same with 10 accounts`,
  );
  assert.deepEqual(many, few);
  assert.equal(many.requests, 1);
  assert(many.keysRead + many.rowsListed <= 20, "an idle minute is idle");
});
