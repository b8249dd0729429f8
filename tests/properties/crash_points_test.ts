/**
 * The process dies at every commit there is, before it is applied and after; whoever comes next ends
 * the work, and the books are what an independent computation says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { billDue } from "../../core/billing/bill_due.ts";
import { assignNumber } from "../../core/billing/claim_calls.ts";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import { type CommitFate, type FaultyKv, faultyKv } from "../support/faulty_kv.ts";
import { reportOf } from "../support/call_report.ts";
import { chargeOf, checkBooks, entriesOf, takeIn, walletOf } from "../support/ledger.ts";
import {
  ACME_NUMBER,
  KIWI_NUMBER,
  openDoors,
  openWorld,
  populateAccount,
  runJobs,
  topUp,
  type World,
} from "../support/world.ts";

const ZETA_NUMBER = "+12025550144";
const OWNERS = [[ACME_NUMBER, "acme"], [KIWI_NUMBER, "kiwi"], [ZETA_NUMBER, "zeta"]] as const;
const CALLS = Array.from({ length: 30 }, (_, i) => {
  const [from, accountId] = OWNERS[i % 3]!;
  return { id: `c${i}`, from, accountId, seconds: i * 13 };
});
/** `zeta` opens with nothing, and its number is assigned on the way: its calls are unassigned, then wait. */
const ZETA_TOP_UP_MICROS = 30_000_000n;

/** Everything that is asked of the process, in an order in which it may be asked again. */
async function work(deps: BillingDeps): Promise<void> {
  const reports = CALLS.map(({ id, from, seconds }) => reportOf(id, { from, seconds }));
  await takeIn(deps, reports);
  await billDue(deps, { actor: "sync" });
  const holding = { accountId: "zeta", carrier: null, fromMs: 0, toMs: null };
  await assignNumber(deps, { number: ZETA_NUMBER, holding, actor: "test" });
  await runJobs(deps);
  const paid = await topUp(deps, { accountId: "zeta", micros: ZETA_TOP_UP_MICROS, key: "only" });
  assert.ok(paid.status === "posted" || paid.status === "already_posted");
  const revised = CALLS.slice(0, 9).map(({ id, from, seconds }) =>
    reportOf(id, { from, seconds: seconds + 61 })
  );
  await takeIn(deps, revised);
  await billDue(deps, { actor: "sync" });
}

async function assertBooks({ deps }: World): Promise<void> {
  await checkBooks(deps.store);
  const owed = new Map<string, bigint>();
  for (const [i, { id, accountId, seconds }] of CALLS.entries()) {
    const minutes = Math.ceil((i < 9 ? seconds + 61 : seconds) / 60);
    const amount = BigInt(minutes) * 110_000n;
    assert.equal((await chargeOf(deps.store, `bland:${id}`))?.amountMicros, amount, id);
    owed.set(accountId, (owed.get(accountId) ?? 0n) + amount);
  }
  const paid = { acme: 50_000_000n, kiwi: 20_000_000n, zeta: ZETA_TOP_UP_MICROS };
  for (const [accountId, amount] of Object.entries(paid)) {
    const wallet = await walletOf(deps.store, accountId);
    assert.equal(wallet.balanceMicros, amount - owed.get(accountId)!, accountId);
    const topUps = (await entriesOf(deps.store, accountId)).filter(({ kind }) => kind === "top_up");
    assert.equal(topUps.length, 1, accountId);
  }
  assert.equal((await deps.store.list({ prefix: ["call_due"] })).length, 0);
  assert.equal((await deps.store.list({ prefix: ["job_due"] })).length, 0);
}

async function withWorld(
  story: (it: { world: World; faulty: FaultyKv; reborn: BillingDeps }) => Promise<void>,
): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv });
  const reborn = openDoors({ ...world, seed: 99 });
  await populateAccount(reborn, { id: "zeta" });
  await runJobs(reborn);
  await story({ world, faulty, reborn });
}

async function countCommits(): Promise<number> {
  let count = 0;
  await withWorld(async ({ world, faulty }) => {
    await work(world.deps);
    await assertBooks(world);
    count = faulty.counts.asked;
  });
  return count;
}

const COMMITS = await countCommits();

/** After the commit with this number nothing answers any more. */
function dieAt(faulty: FaultyKv, { n, fate }: { n: number; fate: CommitFate }): void {
  let isDead = false;
  faulty.hooks.commit = (seen) => {
    if (isDead) return "throws_before";
    if (seen.n < n) return undefined;
    isDead = true;
    return fate;
  };
  faulty.hooks.read = () => {
    if (isDead) throw new Error("the process is dead");
  };
}

for (const fate of ["throws_before", "throws_after"] as const) {
  Deno.test(`a process that dies at any of its ${COMMITS} commits, ${fate.slice(7)} it is applied`, async () => {
    assert.ok(COMMITS >= 8);
    for (let n = 1; n <= COMMITS; n++) {
      await withWorld(async ({ world, faulty, reborn }) => {
        dieAt(faulty, { n, fate });
        await assert.rejects(work(world.deps));
        await checkBooks(reborn.store);
        // A job the dead one had taken up is free when its lease is over.
        world.clock.advance(120_000);
        await work(reborn);
        await runJobs(reborn);
        await assertBooks({ ...world, deps: reborn });
      });
    }
  });
}

Deno.test("any one commit whose reply is lost, or that is refused, changes nothing in the end", async () => {
  for (const fate of ["throws_before", "throws_after", "not_ok_before", "not_ok_after"] as const) {
    for (let n = 1; n <= COMMITS; n++) {
      await withWorld(async ({ world, faulty }) => {
        faulty.hooks.commit = (seen) => seen.n === n ? fate : undefined;
        await work(world.deps);
        await runJobs(world.deps);
        await assertBooks(world);
      });
    }
  }
});

Deno.test("every second reply is lost, and two processes work at once", async () => {
  await withWorld(async ({ world, faulty, reborn }) => {
    faulty.hooks.commit = ({ n }) => n % 2 === 0 ? "throws_after" : undefined;
    await Promise.all([work(world.deps), work(reborn)]);
    await work(world.deps);
    await runJobs(world.deps);
    await assertBooks(world);
  });
});
