import assert from "node:assert/strict";
import { encodeRow } from "../../../core/kv/codec.ts";
import { dayTotalKey, entryKey, type Key, walletKey } from "../../../core/kv/keys.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { type Entry, hashEntry } from "../../../core/wallet/entry.ts";
import { verifyWallet } from "../../../core/wallet/verify.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { openWorld, topUp, type World } from "../../support/world.ts";

/** `acme` with entries 1 to 5: 50.00, +1, +2, +3, +4. */
async function withLedger(story: (world: World) => Promise<void>): Promise<void> {
  using world = await openWorld();
  for (const micros of [1n, 2n, 3n, 4n]) await topUp(world.deps, { accountId: "acme", micros });
  await story(world);
}

async function tamper<T extends object>(
  { kv, deps }: World,
  { key, change }: { key: Key; change: (row: T) => T },
): Promise<void> {
  const row = (await deps.store.get<T>(key))!.value;
  await kv.set(key, encodeRow(key, change(row)));
}

const differenceOf = async ({ deps }: World) => (await verifyWallet(deps.store, "acme")).difference;

Deno.test("a ledger that was left alone proves itself", () =>
  withLedger(async (world) => {
    assert.deepEqual(await verifyWallet(world.deps.store, "acme"), {
      entries: 5,
      difference: null,
    });
  }));

const CHANGES: [string, (entry: Entry) => Entry][] = [
  ["seq", (entry) => ({ ...entry, seq: 4 })],
  ["kind", (entry) => ({ ...entry, kind: "refund" })],
  ["amount", (entry) => ({ ...entry, amountMicros: entry.amountMicros + 1n })],
  ["balance after it", (entry) => ({ ...entry, balanceAfterMicros: 0n })],
  ["source type", (entry) => ({ ...entry, source: { ...entry.source, type: "call" } })],
  ["source id", (entry) => ({ ...entry, source: { ...entry.source, id: "other" } })],
  ["description", (entry) => ({ ...entry, description: "another" })],
  ["time", (entry) => ({ ...entry, atMs: entry.atMs + 1 })],
  ["actor", (entry) => ({ ...entry, actor: "somebody" })],
  ["metadata", (entry) => ({ ...entry, metadata: { a: "b" } })],
  ["hash before it", (entry) => ({ ...entry, prevHash: "f".repeat(64) })],
  ["hash", (entry) => ({ ...entry, hash: "f".repeat(64) })],
];
for (const [what, change] of CHANGES) {
  Deno.test(`a changed ${what} of an entry is found by wallet and number`, () =>
    withLedger(async (world) => {
      await tamper(world, { key: entryKey("acme", 3), change });
      const difference = await differenceOf(world);
      assert.deepEqual([difference?.accountId, difference?.seq], ["acme", 3]);
    }));
}

Deno.test("an amount changed together with its hash is found at the entry that follows", () =>
  withLedger(async (world) => {
    await tamper<Entry>(world, {
      key: entryKey("acme", 3),
      change: (entry) => {
        const changed = {
          ...entry,
          amountMicros: entry.amountMicros + 1n,
          balanceAfterMicros: entry.balanceAfterMicros + 1n,
        };
        return { ...changed, hash: hashEntry({ accountId: "acme", currency: "USD" }, changed) };
      },
    });
    assert.equal((await differenceOf(world))?.seq, 4);
  }));

Deno.test("an entry sealed for another wallet does not fit this one", () =>
  withLedger(async (world) => {
    await tamper<Entry>(world, {
      key: entryKey("acme", 5),
      change: (entry) => ({
        ...entry,
        hash: hashEntry({ accountId: "kiwi", currency: "USD" }, entry),
      }),
    });
    assert.equal((await differenceOf(world))?.seq, 5);
  }));

for (const seq of [1, 3, 5]) {
  Deno.test(`a missing entry ${seq} is found`, () =>
    withLedger(async (world) => {
      await world.kv.delete(entryKey("acme", seq));
      assert.deepEqual(await differenceOf(world), {
        accountId: "acme",
        seq,
        reason: "the entry is missing",
      });
    }));
}

const WALLET_CHANGES: [string, Partial<Wallet>, number][] = [
  ["balance", { balanceMicros: 1n }, 0],
  ["last hash", { lastHash: "f".repeat(64) }, 5],
  ["entry count", { entryCount: 6 }, 6],
  ["currency", { currency: "EUR" }, 1],
];
for (const [what, change, seq] of WALLET_CHANGES) {
  Deno.test(`a changed ${what} of the wallet is found`, () =>
    withLedger(async (world) => {
      await tamper<Wallet>(world, {
        key: walletKey("acme"),
        change: (row) => ({ ...row, ...change }),
      });
      const difference = await differenceOf(world);
      assert.deepEqual([difference?.accountId, difference?.seq], ["acme", seq]);
    }));
}

Deno.test("a day's total that differs from its entries, or is gone, is found", () =>
  withLedger(async (world) => {
    const key = dayTotalKey("2026-01-31", "acme");
    const kept = (await world.deps.store.get<DayTotal>(key))!.value;
    const wrong: DayTotal[] = [
      { ...kept, entryCount: 4 },
      { ...kept, byKindMicros: { top_up: 1n } },
      { ...kept, byKindMicros: { ...kept.byKindMicros, refund: 1n } },
    ];
    for (const row of wrong) {
      await tamper<DayTotal>(world, { key, change: () => row });
      assert.match((await differenceOf(world))!.reason, /the total of 2026-01-31/);
    }
    await world.kv.delete(key);
    assert.match((await differenceOf(world))!.reason, /the total of 2026-01-31/);
  }));

Deno.test("a wallet that is not there is a difference", () =>
  withLedger(async ({ deps }) => {
    const { difference } = await verifyWallet(deps.store, "nobody");
    assert.deepEqual(difference, { accountId: "nobody", seq: 0, reason: "the wallet is missing" });
  }));

Deno.test("a wallet that moves while it is proved is not taken for a broken one", () =>
  withLedger(async (world) => {
    const work = (async () => {
      for (let i = 0; i < 25; i++) await topUp(world.deps, { accountId: "acme", micros: 1n });
    })();
    for (let i = 0; i < 15; i++) assert.equal(await differenceOf(world), null);
    await work;
    assert.deepEqual(await verifyWallet(world.deps.store, "acme"), {
      entries: 30,
      difference: null,
    });
  }));
