/**
 * The drill of an old backup: the database file is copied while the program works, life goes on for days,
 * the file is lost, and the program goes on with the copy.
 *
 * What carriers know comes back by itself, once each. What only this ledger knew, as money that people
 * put in, comes back when it is sent again; its key makes that safe.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyAllWallets } from "../../core/billing/verify_ledger.ts";
import { DAY_MS, HOUR_MS } from "../../core/clock.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { ASKED_RUN, syncCalls } from "../../cron/sync_calls.ts";
import {
  accountOf,
  assertBooks,
  findDoubled,
  openAccounts,
  placeLoad,
  readBalances,
  readRows,
  snapshotMoney,
} from "../support/sync_load.ts";
import { openSyncWorld, type SyncWorld } from "../support/sync_world.ts";
import { seeded, topUp } from "../support/world.ts";

const ACCOUNTS = 5;
const LOOKBACK_DAYS = 7;

/** A copy as SQLite makes one of a file that is in use. */
function backUp(from: string, to: string): void {
  const database = new DatabaseSync(from);
  database.exec(`VACUUM INTO '${to}'`);
  database.close();
}

/** Days of calls, of syncs, and of calls that Bland shows differently later. */
async function liveOn(world: SyncWorld, { days, seed }: { days: number; seed: number }) {
  const random = seeded(seed);
  for (let day = 0; day < days; day++) {
    const fromMs = world.clock.now();
    world.clock.advance(DAY_MS);
    const toMs = world.clock.now() - HOUR_MS;
    placeLoad(world.bland, { calls: 40, accounts: ACCOUNTS, fromMs, toMs, random });
    const calls = world.bland.calls().filter(({ talkSeconds }) => talkSeconds > 0);
    const revised = calls.slice(-80).filter(() => random() < 0.1);
    for (const { callId, talkSeconds } of revised) {
      world.bland.reviseCall(callId, { talkSeconds: Math.ceil(talkSeconds * (0.5 + random())) });
    }
    await world.syncWell();
  }
  world.clock.advance(DAY_MS);
  await world.syncWell();
}

async function entriesOf(kv: Deno.Kv): Promise<Map<string, Entry>> {
  return await readRows<Entry>(kv, "entry");
}

for (const days of [2, LOOKBACK_DAYS + 4]) {
  Deno.test(`a backup ${days} days old is put back: calls are billed as they were, once, and the ledger proves itself`, async () => {
    const folder = await Deno.makeTempDir();
    const kv = await Deno.openKv(`${folder}/a.kv`);
    try {
      await using world = await openSyncWorld({ kv, lookbackDays: LOOKBACK_DAYS });
      const { bland, clock } = world;
      await openAccounts(world.deps, ACCOUNTS);
      await liveOn(world, { days: 3, seed: 1 });
      // In the middle of a history: calls are there that are not billed, and a sync is under way.
      const fromMs = clock.now();
      clock.advance(2 * DAY_MS);
      const toMs = clock.now() - HOUR_MS;
      placeLoad(bland, { calls: 1_500, accounts: ACCOUNTS, fromMs, toMs, random: seeded(2) });
      const first = (await entriesOf(kv)).size;
      let isSyncing = true;
      const syncing = world.syncWell().finally(() => isSyncing = false);
      while (isSyncing && (await entriesOf(kv)).size === first) await sleep(1);
      assert(isSyncing, "the copy is made in the middle of a sync");
      backUp(`${folder}/a.kv`, `${folder}/b.kv`);
      await syncing;
      await liveOn(world, { days, seed: 3 });
      await assertBooks({ kv, bland, deps: world.deps, accounts: ACCOUNTS, nowMs: clock.now() });
      const paid = { accountId: accountOf(0), micros: 5_000_000n, key: "paid after the backup" };
      assert.equal((await topUp(world.deps, paid)).status, "posted");
      const lost = await readBalances(kv);

      const copy = await Deno.openKv(`${folder}/b.kv`);
      try {
        const deps = world.openProcess({ kv: copy });
        const old = await entriesOf(copy);
        assert.ok(old.size < (await entriesOf(kv)).size, "the copy is older");
        assert.deepEqual((await verifyAllWallets(deps, () => {})).differences, []);
        // Three processes find it at once, as after a real restore.
        const processes = [deps, world.openProcess({ kv: copy }), world.openProcess({ kv: copy })];
        const sync = () =>
          Promise.all(processes.map((one) => syncCalls(one, { actor: "test", ...ASKED_RUN })));
        for (const { status } of await sync()) assert.equal(status, "synced");
        await assertBooks({ kv: copy, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });
        assert.equal((await topUp(deps, paid)).status, "posted");
        assert.equal((await topUp(deps, paid)).status, "already_posted");
        assert.deepEqual(await readBalances(copy), lost, "every wallet is where it was");
        assert.deepEqual(await findDoubled(copy), []);
        const entries = await entriesOf(copy);
        for (const [id, entry] of old) assert.deepEqual(entries.get(id), entry, "history stays");
        const before = await snapshotMoney(copy);
        clock.advance(HOUR_MS);
        await sync();
        clock.advance(DAY_MS);
        await sync();
        assert.deepEqual(await snapshotMoney(copy), before, "and again nothing");
        assert.deepEqual((await verifyAllWallets(deps, () => {})).differences, []);
      } finally {
        copy.close();
      }
    } finally {
      kv.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
