/**
 * A sync over the client that Deno Deploy uses, while replies of the database are lost or cut.
 *
 * @module
 */
import assert from "node:assert/strict";
import { LEASE_MS } from "../../core/jobs/lease.ts";
import { type KvConnect, startKvConnect } from "../support/kv_connect.ts";
import {
  assertBooks,
  openAccounts,
  placeLoad,
  readBalances,
  snapshotMoney,
} from "../support/sync_load.ts";
import { openSyncWorld } from "../support/sync_world.ts";
import { seeded, topUp } from "../support/world.ts";

const ACCOUNTS = 15;
const CALLS = 300;
const HOUR_MS = 3_600_000;

/** What becomes of the replies to writes that were applied. */
const FAULTS: [string, (server: KvConnect, random: () => number) => void][] = [
  ["one reply in five is lost", ({ faults }, random) => faults.loseReplies(0.2, random)],
  ["one reply in five is cut", ({ faults }, random) => faults.cutReplies(0.2, random)],
];

for (const [sentence, break_] of FAULTS) {
  Deno.test(`${sentence}: nothing is lost, nothing is doubled, the ledger proves itself`, async () => {
    const server = await startKvConnect();
    const kv = await Deno.openKv(server.url);
    try {
      await using world = await openSyncWorld({ kv });
      const { bland, clock, deps } = world;
      await openAccounts(deps, ACCOUNTS);
      const nowMs = clock.now();
      const random = seeded(13);
      const load = { calls: CALLS / 2, accounts: ACCOUNTS, random };
      const [fromMs, toMs] = [nowMs - 40 * HOUR_MS, nowMs - 2 * HOUR_MS];
      placeLoad(bland, { ...load, fromMs, toMs });
      placeLoad(bland, { ...load, fromMs, toMs });
      bland.faults.clampRowsMax = 30;
      break_(server, seeded(17));
      // A run whose own lease reply was lost finds it taken, by itself; the next one comes after it.
      for (let run = 0; run < 3; run++) {
        await world.sync();
        clock.advance(LEASE_MS);
      }
      const topUps = Array.from(
        { length: 20 },
        (_, i) => topUp(deps, { accountId: "acc-00000", micros: 1_000_000n, key: `k-${i % 10}` }),
      );
      await Promise.allSettled(topUps);
      assert(server.counters.faults >= 6, `only ${server.counters.faults} faults came about`);

      server.faults.clear();
      for (let i = 0; i < 10; i++) {
        await topUp(deps, { accountId: "acc-00000", micros: 1_000_000n, key: `k-${i}` });
      }
      await world.syncWell();
      const balances = await readBalances(kv);
      await topUp(deps, { accountId: "acc-00000", micros: -10_000_000n });
      await assertBooks({ kv, bland, deps, accounts: ACCOUNTS, nowMs: clock.now() });
      assert.equal(
        balances.get("acc-00000"),
        (await readBalances(kv)).get("acc-00000")! + 10_000_000n,
      );
      const before = await snapshotMoney(kv);
      await world.syncWell();
      assert.deepEqual(await snapshotMoney(kv), before);
    } finally {
      kv.close();
      await server.close();
    }
  });
}
