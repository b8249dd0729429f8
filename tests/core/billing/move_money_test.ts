import assert from "node:assert/strict";
import { getWalletView, type MoneyRequest, moveMoney } from "../../../core/billing/move_money.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import { openAccount } from "../../../core/billing/open_account.ts";
import { assignNumber, releaseNumber } from "../../../core/billing/claim_calls.ts";
import { reportOf } from "../../support/call_report.ts";
import { type FaultyKv, faultyKv } from "../../support/faulty_kv.ts";
import { checkBooks, entriesOf, rowsOf, sync, walletOf } from "../../support/ledger.ts";
import { openDoors, openWorld, type World } from "../../support/world.ts";

function requestOf({ deps }: World, told: Partial<MoneyRequest> = {}): MoneyRequest {
  return {
    kind: "top_up",
    accountId: "acme",
    amountMicros: 1_000_000n,
    description: "A payment",
    reference: "invoice 7",
    caller: "admin",
    idempotencyKey: "key-1",
    fingerprint: "f1",
    requestId: deps.ids.id(),
    actor: "admin@example.com",
    ...told,
  };
}

const move = (world: World, told: Partial<MoneyRequest> = {}) =>
  moveMoney(world.deps, requestOf(world, told));

async function withFaults(story: (world: World, faulty: FaultyKv) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv });
  await story(world, faulty);
  await checkBooks(world.deps.store);
}

Deno.test("one key moves money once and answers the same for ever", async () => {
  using world = await openWorld();
  const first = await move(world);
  assert.ok(first.status === "posted");
  await move(world, { idempotencyKey: "key-2" });
  world.clock.advance(400 * 86_400_000);
  const again = await move(world);
  assert.ok(again.status === "already_posted");
  assert.deepEqual(again.entry.hash, first.entry.hash);
  assert.equal(again.view.wallet.balanceMicros, first.view.wallet.balanceMicros);
  assert.equal((await entriesOf(world.deps.store, "acme")).length, 3);
  assert.deepEqual(first.entry.metadata, { reference: "invoice 7" });
});

Deno.test("the same key at once, in one process and in four, moves money once", async () => {
  using world = await openWorld();
  const doors = [11, 12, 13, 14].map((seed) => ({ ...world, deps: openDoors({ ...world, seed }) }));
  const outcomes = await Promise.all(
    [world, world, world, ...doors].map((one) => move(one)),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [
    ...Array(6).fill("already_posted"),
    "posted",
  ]);
  assert.equal((await walletOf(world.deps.store, "acme")).balanceMicros, 51_000_000n);
  await checkBooks(world.deps.store);
});

Deno.test("a key with another request is refused, also on another account, also at once", async () => {
  using world = await openWorld();
  await move(world);
  assert.equal((await move(world, { fingerprint: "f2" })).status, "key_reused");
  assert.equal((await move(world, { accountId: "kiwi", fingerprint: "f3" })).status, "key_reused");
  const outcomes = await Promise.all(
    ["acme", "kiwi", "euro"].map((accountId) =>
      move(world, { accountId, idempotencyKey: "key-9", fingerprint: accountId })
    ),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [
    "key_reused",
    "key_reused",
    "posted",
  ]);
});

Deno.test("keys of two callers never meet", async () => {
  using world = await openWorld();
  await move(world);
  assert.equal((await move(world, { caller: "account:acme", fingerprint: "f2" })).status, "posted");
});

Deno.test("a refused request leaves its key free and nothing behind", async () => {
  using world = await openWorld();
  const audits = (await rowsOf(world.deps.store, ["audit"])).length;
  const refused = await move(world, { kind: "adjustment", amountMicros: -50_000_001n });
  assert.deepEqual(refused, { status: "insufficient_funds", availableMicros: 50_000_000n });
  assert.equal((await move(world, { accountId: "nobody" })).status, "account_not_found");
  assert.equal((await rowsOf(world.deps.store, ["audit"])).length, audits);
  assert.equal((await move(world)).status, "posted");
  assert.equal((await rowsOf(world.deps.store, ["audit"])).length, audits + 1);
});

Deno.test("an amount no wallet may hold is refused", async () => {
  using world = await openWorld();
  const outcome = await move(world, { amountMicros: 10n ** 18n });
  assert.equal(outcome.status, "balance_out_of_range");
});

for (const fate of ["throws_before", "throws_after", "not_ok_after"] as const) {
  Deno.test(`money whose commit ${fate.replaceAll("_", " ")} moves once and is told as done`, () =>
    withFaults(async (world, faulty) => {
      faulty.hooks.commit = ({ n }) => n === 1 ? fate : undefined;
      assert.equal((await move(world)).status, "posted");
      delete faulty.hooks.commit;
      assert.equal((await move(world)).status, "already_posted");
      assert.equal((await walletOf(world.deps.store, "acme")).balanceMicros, 51_000_000n);
    }));
}

Deno.test("money whose every reply is lost is unknown to the caller, and done once", () =>
  withFaults(async (world, faulty) => {
    faulty.hooks.commit = () => "throws_after";
    faulty.hooks.read = (keys) => {
      if (faulty.counts.applied > 0 && keys.includes("wallet/acme")) throw new Error("gone");
    };
    await assert.rejects(move(world), { name: "Unresolved" });
    faulty.hooks.commit = () => undefined;
    faulty.hooks.read = () => {};
    assert.equal((await move(world)).status, "already_posted");
    assert.equal((await walletOf(world.deps.store, "acme")).balanceMicros, 51_000_000n);
  }));

Deno.test("money taken out pays nothing that waits, money put in does", async () => {
  using world = await openWorld();
  await move(world, { kind: "adjustment", amountMicros: -50_000_000n, idempotencyKey: "out" });
  await sync(world.deps, [reportOf("a")]);
  await move(world, { kind: "refund", amountMicros: 200_000n, idempotencyKey: "in" });
  const wallet = await walletOf(world.deps.store, "acme");
  assert.deepEqual([wallet.waitingCount, wallet.balanceMicros], [0, 90_000n]);
  await checkBooks(world.deps.store);
});

Deno.test("settings are changed when they were seen as they are, and sent twice are changed once", async () => {
  using world = await openWorld();
  const set = (isExpected: boolean, creditLimitMicros: bigint) =>
    setWallet(world.deps, {
      accountId: "acme",
      settings: { creditLimitMicros, policy: undefined },
      isExpected: () => isExpected,
      actor: "test",
    });
  assert.equal((await set(false, 5n)).status, "changed_meanwhile");
  assert.equal((await set(true, 5n)).status, "wallet_changed");
  assert.equal((await set(false, 5n)).status, "wallet_changed");
  const wallet = await walletOf(world.deps.store, "acme");
  assert.deepEqual([wallet.creditLimitMicros, wallet.policy], [5n, "wait"]);
  const nobody = await setWallet(world.deps, {
    accountId: "nobody",
    settings: {},
    isExpected: () => true,
    actor: "test",
  });
  assert.equal(nobody.status, "account_not_found");
});

Deno.test("a wallet is shown with the free minutes of the account's own month", async () => {
  using world = await openWorld();
  const told = { carrier: "twilio" as const, seconds: 61, from: "+6495550100" };
  await sync(world.deps, [reportOf("a", told)]);
  const view = await getWalletView(world.deps, "kiwi");
  assert.deepEqual(view?.freeMinutes, [
    { service: "twilio_voice", month: "2026-02", used: 2, total: 100 },
  ]);
  assert.equal(await getWalletView(world.deps, "nobody"), null);
});

Deno.test("what was done and whose reply was lost is told as done: accounts, numbers, their release", () =>
  withFaults(async (world, faulty) => {
    const losing = async <T>(work: () => Promise<T>): Promise<T> => {
      let isLost = false;
      faulty.hooks.commit = () => isLost ? undefined : (isLost = true, "throws_after");
      const result = await work();
      delete faulty.hooks.commit;
      return result;
    };
    const request = {
      id: "fresh",
      name: "Fresh",
      email: null,
      currency: "USD",
      timezone: "UTC",
      sippyAccountId: null,
      ratePlans: {},
    };
    const opened = await losing(() => openAccount(world.deps, { request, actor: "test" }));
    assert.equal(opened.status, "account_opened");
    const number = "+12025550166";
    const holding = { accountId: "fresh", carrier: null, fromMs: 0, toMs: null };
    const assigned = await losing(() =>
      assignNumber(world.deps, { number, holding, actor: "test" })
    );
    assert.equal(assigned.status, "number_assigned");
    assert.ok(assigned.claimJobId);
    const released = await losing(() =>
      releaseNumber(world.deps, { number, accountId: "fresh", actor: "test" })
    );
    assert.equal(released.status, "number_released");
  }));
