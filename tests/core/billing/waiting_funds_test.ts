import assert from "node:assert/strict";
import { releaseWaiting } from "../../../core/billing/bill_due.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import { reportOf, type Told } from "../../support/call_report.ts";
import { chargeOf, checkBooks, entriesOf, moneyOf, sync, walletOf } from "../../support/ledger.ts";
import { openWorld, runJobs, START_MS, topUp, type World } from "../../support/world.ts";

const money = ({ deps }: World, id = "a", accountId = "acme") =>
  moneyOf(deps.store, { accountId, callId: `bland:${id}` });

const stateOf = async ({ deps }: World, id = "a") =>
  (await chargeOf(deps.store, `bland:${id}`))?.state ?? null;

/** The world with `acme` having exactly so much. */
async function withBalance(micros: bigint, story: (world: World) => Promise<void>): Promise<void> {
  using world = await openWorld();
  await topUp(world.deps, { accountId: "acme", micros: micros - 50_000_000n });
  await story(world);
  await checkBooks(world.deps.store);
}

const twilio = (id: string, told: Told) => reportOf(id, { carrier: "twilio", ...told });

Deno.test("a call that waits is paid by the next top-up, in the same commit", () =>
  withBalance(100_000n, async (world) => {
    const tally = await sync(world.deps, [reportOf("a", { seconds: 60 })]);
    assert.deepEqual(tally.waiting, ["bland:a"]);
    assert.deepEqual(await money(world), []);
    const wallet = await walletOf(world.deps.store, "acme");
    assert.deepEqual([wallet.waitingCount, wallet.waitingMicros], [1, 110_000n]);
    await topUp(world.deps, { accountId: "acme", micros: 9_999n });
    assert.equal(await stateOf(world), "waiting_funds");
    const paid = await topUp(world.deps, { accountId: "acme", micros: 1n });
    assert.ok(paid.status === "posted");
    assert.equal(paid.view.wallet.balanceMicros, 0n, "the answer shows what the charge left");
    assert.deepEqual(await money(world), ["charge -110000"]);
  }));

Deno.test("waiting calls are paid oldest first, whatever the order in which they came", () =>
  withBalance(0n, async (world) => {
    for (const [id, age] of [["b", 2], ["a", 3], ["c", 1]] as const) {
      await sync(world.deps, [reportOf(id, { startedAtMs: START_MS - age * 60_000 })]);
    }
    await topUp(world.deps, { accountId: "acme", micros: 220_000n });
    assert.deepEqual(await money(world, "a"), ["charge -110000"]);
    assert.deepEqual(await money(world, "b"), ["charge -110000"]);
    assert.equal(await stateOf(world, "c"), "waiting_funds");
    const sources = (await entriesOf(world.deps.store, "acme")).slice(-2).map((one) =>
      one.source.id
    );
    assert.deepEqual(sources, ["bland:a", "bland:b"]);
  }));

Deno.test("more than a hundred waiting calls are paid too, by a job of the top-up's commit", () =>
  withBalance(0n, async (world) => {
    const reports = Array.from(
      { length: 230 },
      (_, i) => reportOf(`c${i}`, { startedAtMs: START_MS - 600_000 + i }),
    );
    await sync(world.deps, reports);
    assert.equal((await walletOf(world.deps.store, "acme")).waitingCount, 230);
    await topUp(world.deps, { accountId: "acme", micros: 230n * 110_000n });
    assert.equal((await walletOf(world.deps.store, "acme")).waitingCount, 130);
    assert.equal(await runJobs(world.deps), 1);
    const wallet = await walletOf(world.deps.store, "acme");
    assert.deepEqual([wallet.waitingCount, wallet.balanceMicros], [0, 0n]);
  }));

Deno.test("a top-up that shares its commit with a run over the oldest still pays those behind them", () =>
  withBalance(0n, async (world) => {
    const reports = Array.from(
      { length: 150 },
      (_, i) => reportOf(`c${i}`, { startedAtMs: START_MS - 600_000 + i }),
    );
    await sync(world.deps, reports);
    await Promise.all([
      topUp(world.deps, { accountId: "acme", micros: 100n * 110_000n }),
      topUp(world.deps, { accountId: "acme", micros: 50n * 110_000n }),
    ]);
    await runJobs(world.deps);
    assert.equal((await walletOf(world.deps.store, "acme")).waitingCount, 0);
  }));

Deno.test("a credit limit that is raised and a policy that changes pay what waits, at once", async () => {
  for (const settings of [{ creditLimitMicros: 110_000n }, { policy: "overdraw" as const }]) {
    await withBalance(0n, async (world) => {
      await sync(world.deps, [reportOf("a")]);
      await setWallet(world.deps, {
        accountId: "acme",
        settings,
        isExpected: () => true,
        actor: "test",
      });
      assert.deepEqual(await money(world), ["charge -110000"]);
      assert.equal((await walletOf(world.deps.store, "acme")).balanceMicros, -110_000n);
    });
  }
});

Deno.test("a call that waits and changes waits for its new price", () =>
  withBalance(0n, async (world) => {
    await sync(world.deps, [reportOf("a", { seconds: 60 })]);
    await sync(world.deps, [reportOf("a", { seconds: 150, startedAtMs: START_MS })]);
    assert.equal((await walletOf(world.deps.store, "acme")).waitingMicros, 330_000n);
    await sync(world.deps, [reportOf("a", { seconds: 0, startedAtMs: START_MS })]);
    assert.equal(await stateOf(world), "billed");
    assert.deepEqual(await money(world), []);
  }));

Deno.test("a billed call that becomes dearer than the wallet waits with the difference only", () =>
  withBalance(110_000n, async (world) => {
    await sync(world.deps, [reportOf("a", { seconds: 60 })]);
    await sync(world.deps, [reportOf("a", { seconds: 180 })]);
    const wallet = await walletOf(world.deps.store, "acme");
    assert.deepEqual([wallet.waitingCount, wallet.waitingMicros], [1, 220_000n]);
    await topUp(world.deps, { accountId: "acme", micros: 220_000n });
    assert.deepEqual(await money(world), ["charge -110000", "adjustment -220000"]);
  }));

Deno.test("a call that waits takes no free minutes, and its price is made when it is paid", () =>
  withBalance(0n, async (world) => {
    await sync(world.deps, [twilio("big", { seconds: 200 * 60, startedAtMs: START_MS - 9_000 })]);
    await sync(world.deps, [twilio("small", { seconds: 60 * 60 })]);
    assert.equal((await chargeOf(world.deps.store, "twilio:big"))?.state, "waiting_funds");
    await topUp(world.deps, { accountId: "acme", micros: 32_000_000n });
    const read = await moneyOf(world.deps.store, { accountId: "acme", callId: "twilio:big" });
    assert.deepEqual(read, ["charge -32000000"]);
  }));

Deno.test("releasing what waits pays what it can, and leaves what it cannot", () =>
  withBalance(0n, async (world) => {
    await sync(world.deps, [
      reportOf("dear", { seconds: 6_000, startedAtMs: START_MS - 9_000 }),
      reportOf("cheap", { seconds: 6 }),
    ]);
    await setWallet(world.deps, {
      accountId: "acme",
      settings: { creditLimitMicros: 109_999n },
      isExpected: () => true,
      actor: "test",
    });
    assert.deepEqual(
      (await releaseWaiting(world.deps, { accountId: "acme", actor: "test" })).billed,
      [],
    );
    await topUp(world.deps, { accountId: "acme", micros: 1n });
    assert.deepEqual(
      [await stateOf(world, "dear"), await stateOf(world, "cheap")],
      ["waiting_funds", "billed"],
    );
  }));

Deno.test("money that a call gives back pays for a call that waits", () =>
  withBalance(330_000n, async (world) => {
    await sync(world.deps, [reportOf("long", { seconds: 170, startedAtMs: START_MS - 60_000 })]);
    const tally = await sync(world.deps, [reportOf("a", { seconds: 60 })]);
    assert.deepEqual(tally.waiting, ["bland:a"]);
    await sync(world.deps, [reportOf("long", { seconds: 60, startedAtMs: START_MS - 60_000 })]);
    await runJobs(world.deps);
    assert.equal(await stateOf(world), "billed");
    assert.deepEqual(await money(world), ["charge -110000"]);
  }));
