import assert from "node:assert/strict";
import fc from "fast-check";
import { openBatch } from "../../../core/kv/batch.ts";
import { dayTotalKey, entryKey, walletKey } from "../../../core/kv/keys.ts";
import { AMOUNT_MICROS_MAX } from "../../../core/money.ts";
import { changeWallet } from "../../../core/wallet/change_wallet.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { type Entry, hashEntry } from "../../../core/wallet/entry.ts";
import { postEntry, type PostOutcome } from "../../../core/wallet/post_entry.ts";
import { emptyWallet, FIRST_HASH, type Wallet } from "../../../core/wallet/wallet.ts";
import { verifyWallet } from "../../../core/wallet/verify.ts";
import { openWorld, START_MS, type World } from "../../support/world.ts";

type Posted = Partial<Parameters<typeof postEntry>[1]>;

async function withWallet(
  wallet: Partial<Wallet>,
  story: (world: World) => Promise<void>,
): Promise<void> {
  using world = await openWorld({ isEmpty: true });
  await world.deps.gates.change({
    gate: walletKey("acme"),
    stage: (batch) =>
      Promise.resolve(
        batch.set(walletKey("acme"), {
          ...emptyWallet({ accountId: "acme", currency: "USD" }),
          ...wallet,
        }),
      ),
  });
  await story(world);
}

async function post({ deps }: World, posting: Posted = {}): Promise<PostOutcome> {
  return await changeWallet(deps, {
    accountId: "acme",
    stage: (batch) =>
      postEntry(batch, {
        accountId: "acme",
        kind: "charge",
        amountMicros: 1n,
        source: { type: "call", id: "bland:a" },
        description: "Call",
        atMs: deps.clock.now(),
        actor: "test",
        ...posting,
      }),
  });
}

const walletOf = async ({ deps }: World) =>
  (await deps.store.get<Wallet>(walletKey("acme")))!.value;

type Row = [balance: bigint, amount: bigint, status: PostOutcome["status"], then: bigint];
const CASES: [string, Partial<Wallet>, Row[]][] = [
  ["with its own money only", {}, [
    [100n, -100n, "posted", 0n],
    [100n, -101n, "insufficient_funds", 100n],
    [0n, -1n, "insufficient_funds", 0n],
    [0n, 1n, "posted", 1n],
    [-5n, 1n, "posted", -4n],
    [-5n, -1n, "insufficient_funds", -5n],
  ]],
  ["with a credit limit of 50", { creditLimitMicros: 50n }, [
    [100n, -150n, "posted", -50n],
    [100n, -151n, "insufficient_funds", 100n],
    [-50n, -1n, "insufficient_funds", -50n],
    [-60n, 5n, "posted", -55n],
  ]],
  ["with 30 held", { heldMicros: 30n }, [
    [100n, -70n, "posted", 30n],
    [100n, -71n, "insufficient_funds", 100n],
    [20n, 5n, "posted", 25n],
  ]],
  ["with 30 held and a credit limit of 50", { heldMicros: 30n, creditLimitMicros: 50n }, [
    [100n, -120n, "posted", -20n],
    [100n, -121n, "insufficient_funds", 100n],
  ]],
  ["that overdraws", { policy: "overdraw" }, [
    [100n, -101n, "posted", -1n],
    [0n, -1_000_000n, "posted", -1_000_000n],
  ]],
  ["at the ends of what a balance may be", { policy: "overdraw" }, [
    [AMOUNT_MICROS_MAX - 1n, 1n, "posted", AMOUNT_MICROS_MAX],
    [AMOUNT_MICROS_MAX, 1n, "balance_out_of_range", AMOUNT_MICROS_MAX],
    [1n - AMOUNT_MICROS_MAX, -1n, "posted", -AMOUNT_MICROS_MAX],
    [-AMOUNT_MICROS_MAX, -1n, "balance_out_of_range", -AMOUNT_MICROS_MAX],
  ]],
];
for (const [what, wallet, rows] of CASES) {
  for (const [balanceMicros, amountMicros, status, then] of rows) {
    Deno.test(`a wallet ${what}: ${amountMicros} from ${balanceMicros} is ${status}`, () =>
      withWallet({ ...wallet, balanceMicros }, async (world) => {
        const before = await walletOf(world);
        const outcome = await post(world, { amountMicros });
        assert.equal(outcome.status, status);
        const after = await walletOf(world);
        assert.equal(after.balanceMicros, then);
        if (status !== "posted") {
          assert.deepEqual(after, before);
          assert.deepEqual(await world.deps.store.list({ prefix: ["entry"] }), []);
          assert.deepEqual(await world.deps.store.list({ prefix: ["day_total"] }), []);
        }
      }));
  }
}

Deno.test("a refusal says how much there was", () =>
  withWallet({ balanceMicros: 10n, heldMicros: 3n, creditLimitMicros: 2n }, async (world) => {
    assert.deepEqual(await post(world, { amountMicros: -10n }), {
      status: "insufficient_funds",
      availableMicros: 9n,
    });
  }));

Deno.test("an entry of zero is a bug, and no wallet is told so", () =>
  withWallet({}, async (world) => {
    await assert.rejects(post(world, { amountMicros: 0n }), /Cannot post an entry of zero/);
    const batch = openBatch(world.deps.store);
    const outcome = await postEntry(batch, {
      accountId: "nobody",
      kind: "charge",
      amountMicros: 1n,
      source: { type: "call", id: "x" },
      description: "",
      atMs: 0,
      actor: "test",
    });
    assert.deepEqual(outcome, { status: "account_not_found" });
    assert.equal(batch.staged().size, 0);
  }));

Deno.test("entries are numbered without gaps and each seals the one before", () =>
  withWallet({ balanceMicros: 0n }, async (world) => {
    const amounts = [100n, -30n, -30n, -41n, 1n, -40n, -1n];
    await Promise.all(amounts.map((amountMicros) => post(world, { amountMicros })));
    const rows = await world.deps.store.list<Entry>({ prefix: ["entry", "acme"] });
    const entries = rows.map(({ value }) => value);
    assert.deepEqual(entries.map(({ seq }) => seq), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(entries.map(({ amountMicros }) => amountMicros), [
      100n,
      -30n,
      -30n,
      1n,
      -40n,
      -1n,
    ]);
    assert.deepEqual(entries.map(({ balanceAfterMicros }) => balanceAfterMicros), [
      100n,
      70n,
      40n,
      41n,
      1n,
      0n,
    ]);
    entries.forEach((entry, i) => {
      assert.equal(entry.prevHash, entries[i - 1]?.hash ?? FIRST_HASH);
      assert.equal(entry.hash, hashEntry({ accountId: "acme", currency: "USD" }, entry));
    });
    const wallet = await walletOf(world);
    assert.deepEqual([wallet.entryCount, wallet.lastHash], [6, entries.at(-1)!.hash]);
    assert.deepEqual(await verifyWallet(world.deps.store, "acme"), {
      entries: 6,
      difference: null,
    });
  }));

Deno.test("the hash is SHA-256 over the documented array, to the letter", () => {
  const entry = {
    seq: 2,
    kind: "charge" as const,
    amountMicros: -110_000n,
    balanceAfterMicros: 890_000n,
    source: { type: "call" as const, id: "bland:a" },
    description: "Call",
    atMs: Date.UTC(2026, 0, 31, 22, 30),
    actor: "cron",
    metadata: { b: "2", a: "1" },
    prevHash: FIRST_HASH,
  };
  // printf '%s' '["acme","USD",2,...]' | sha256sum
  const sealed = JSON.stringify([
    "acme",
    "USD",
    2,
    "charge",
    "-0.110000",
    "0.890000",
    "call",
    "bland:a",
    "Call",
    "2026-01-31T22:30:00.000Z",
    "cron",
    [["a", "1"], ["b", "2"]],
    FIRST_HASH,
  ]);
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(sealed)).then((digest) => {
    const hex = new Uint8Array(digest).toHex();
    assert.equal(hashEntry({ accountId: "acme", currency: "USD" }, entry), hex);
    assert.notEqual(hashEntry({ accountId: "kiwi", currency: "USD" }, entry), hex);
    assert.notEqual(hashEntry({ accountId: "acme", currency: "EUR" }, entry), hex);
  });
});

Deno.test("an entry is never older than the one before, though a clock goes back", () =>
  withWallet({ balanceMicros: 0n }, async (world) => {
    const at = async () => {
      const outcome = await post(world);
      assert.ok(outcome.status === "posted");
      return outcome.entry.atMs;
    };
    assert.equal(await at(), START_MS);
    world.clock.setTo(START_MS - 3_600_000);
    assert.equal(await at(), START_MS);
    world.clock.setTo(START_MS + 1);
    assert.equal(await at(), START_MS + 1);
  }));

Deno.test("a clock that goes back over midnight books the day of the entry, not of the clock", () =>
  withWallet({ balanceMicros: 0n }, async (world) => {
    world.clock.setTo(Date.UTC(2026, 1, 1));
    await post(world);
    world.clock.setTo(Date.UTC(2026, 1, 1) - 1);
    await post(world);
    const total = await world.deps.store.get<DayTotal>(dayTotalKey("2026-02-01", "acme"));
    assert.equal(total?.value.entryCount, 2);
    assert.equal(await world.deps.store.get(dayTotalKey("2026-01-31", "acme")), null);
  }));

Deno.test("a description is cut at 200 characters and never in the middle of one", () =>
  withWallet({}, async (world) => {
    const outcome = await post(world, { description: "x".repeat(199) + "😀" });
    assert.ok(outcome.status === "posted");
    assert.equal(outcome.entry.description, "x".repeat(199) + "\ufffd");
    assert.deepEqual(await verifyWallet(world.deps.store, "acme"), {
      entries: 1,
      difference: null,
    });
  }));

const posting = fc.record({
  amountMicros: fc.bigInt({ min: -500n, max: 500n }).filter((n) => n !== 0n),
  kind: fc.constantFrom("top_up" as const, "charge" as const, "adjustment" as const),
  service: fc.constantFrom("bland_voice", "sms"),
  hours: fc.integer({ min: -10, max: 30 }),
});

Deno.test("whatever is posted, the balance is the sum and each day's total is its entries", () =>
  fc.assert(
    fc.asyncProperty(fc.array(posting, { maxLength: 20 }), async (postings) => {
      await withWallet({ creditLimitMicros: 100n }, async (world) => {
        const days = new Map<string, { count: number; charged: bigint; sum: bigint }>();
        let balance = 0n;
        for (const { hours, ...one } of postings) {
          world.clock.setTo(world.clock.now() + hours * 3_600_000);
          const outcome = await post(world, one);
          if (outcome.status !== "posted") {
            assert.ok(balance + 100n + one.amountMicros < 0n);
            continue;
          }
          balance += one.amountMicros;
          assert.equal(outcome.wallet.balanceMicros, balance);
          const day = new Date(outcome.entry.atMs).toISOString().slice(0, 10);
          const total = days.get(day) ?? { count: 0, charged: 0n, sum: 0n };
          total.count++;
          total.charged -= one.amountMicros;
          total.sum += one.amountMicros;
          days.set(day, total);
        }
        for (const [day, { count, charged, sum }] of days) {
          const kept = (await world.deps.store.get<DayTotal>(dayTotalKey(day, "acme")))!.value;
          const add = (record: Record<string, bigint>) =>
            Object.values(record).reduce((a, b) => a + b, 0n);
          assert.deepEqual([kept.entryCount, add(kept.chargedMicros)], [count, charged]);
          assert.equal(add(kept.byKindMicros as Record<string, bigint>), sum);
        }
        const { difference } = await verifyWallet(world.deps.store, "acme");
        assert.equal(difference, null);
      });
    }),
    { numRuns: 25 },
  ));

Deno.test("entries are stored under numbers that sort", () =>
  withWallet({ entryCount: 9, balanceMicros: 0n }, async (world) => {
    await post(world);
    assert.equal((await world.deps.store.get<Entry>(entryKey("acme", 10)))?.value.seq, 10);
  }));
