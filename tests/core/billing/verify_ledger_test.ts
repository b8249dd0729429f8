import assert from "node:assert/strict";
import { billDue, type BillingDeps } from "../../../core/billing/bill_due.ts";
import type { CallCharge } from "../../../core/billing/call_charge.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import {
  DIFFERENCES_KEPT_MAX,
  getVerification,
  startVerification,
  VERIFICATION_JOB,
  verifyAllWallets,
  verifyLedgerJob,
} from "../../../core/billing/verify_ledger.ts";
import { getJob } from "../../../core/jobs/job.ts";
import { runJob } from "../../../core/jobs/run_jobs.ts";
import { callKey, chargeKey, type Key, walletKey } from "../../../core/kv/keys.ts";
import type { Call } from "../../../core/usage/calls.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { faultyKv, type KvHooks } from "../../support/faulty_kv.ts";
import { reportOf } from "../../support/call_report.ts";
import {
  openDoors,
  openWorld,
  populateAccount,
  START_MS,
  type World,
} from "../../support/world.ts";

const run = (deps: BillingDeps, jobId: string) =>
  runJob({ ...deps, kinds: { [VERIFICATION_JOB]: verifyLedgerJob(deps) } }, jobId);

async function start(deps: BillingDeps, accountId: string | null = null) {
  const outcome = await startVerification(deps, { accountId, actor: "test" });
  assert(outcome.status === "verification_started");
  return { id: outcome.verification.id, jobId: outcome.jobId };
}

async function billCalls({ deps }: World): Promise<void> {
  const reports = [
    reportOf("c1"),
    reportOf("c2", { seconds: 61 }),
    reportOf("free", { seconds: 0 }),
  ];
  const intake = { carrier: "bland" as const, sourceId: "bland:main", keyAccountId: null };
  await recordCalls(deps, { ...intake, reports, atMs: START_MS });
  await billDue(deps, { actor: "test" });
  const later = [reportOf("c1", { seconds: 121 })];
  await recordCalls(deps, { ...intake, reports: later, atMs: START_MS });
  await billDue(deps, { actor: "test" });
}

function spoil<T extends object>(
  { deps }: World,
  { key, change }: { key: Key; change: (row: T) => T | null },
) {
  return deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const row = change((await batch.get<T>(key))!);
      if (row) batch.set(key, row);
      else batch.delete(key);
    },
  });
}

Deno.test("verifyAllWallets() agrees with a ledger of charges, adjustments and free calls", async () => {
  using world = await openWorld();
  await billCalls(world);
  const seen: unknown[] = [];
  const found = await verifyAllWallets(world.deps, (progress) => seen.push(progress));
  assert.deepEqual(found, { wallets: 3, entries: 6, differences: [] });
  assert.deepEqual(seen, [{ wallets: 3, entries: 6 }]);
});

Deno.test("each thing that can be wrong with a charge is found, with its wallet and entry", async () => {
  const charge = chargeKey("bland:c1");
  const call = callKey("bland:c1");
  const rows: [string, (world: World) => Promise<unknown>, number, RegExp][] = [
    [
      "a charge that says more",
      (world) =>
        spoil<CallCharge>(world, {
          key: charge,
          change: (row) => ({ ...row, amountMicros: row.amountMicros + 1n }),
        }),
      2,
      /is 0\.330001, its entries sum to -0\.330000/,
    ],
    [
      "a charge that forgot an entry",
      (world) =>
        spoil<CallCharge>(world, {
          key: charge,
          change: (row) => ({ ...row, entries: row.entries.slice(1) }),
        }),
      2,
      /does not name it/,
    ],
    [
      "a charge that names another call's entry",
      (world) =>
        spoil<CallCharge>(world, {
          key: charge,
          change: (row) => ({ ...row, entries: [...row.entries, 3] }),
        }),
      2,
      /names entry 3, not its own/,
    ],
    ["no charge", (world) => spoil(world, { key: charge, change: () => null }), 2, /has no charge/],
    ["no call", (world) => spoil(world, { key: call, change: () => null }), 2, /is missing/],
    [
      "a call of another account",
      (world) =>
        spoil<Call>(world, { key: call, change: (row) => ({ ...row, accountId: "kiwi" }) }),
      2,
      /another account's/,
    ],
    [
      "a balance that is not the sum",
      (world) =>
        spoil<Wallet>(world, {
          key: walletKey("acme"),
          change: (row) => ({ ...row, balanceMicros: row.balanceMicros + 1n }),
        }),
      0,
      /the balance is/,
    ],
  ];
  for (const [name, harm, seq, reason] of rows) {
    using world = await openWorld();
    await billCalls(world);
    await harm(world);
    const { differences } = await verifyAllWallets(world.deps, () => {});
    assert.equal(differences.length, 1, name);
    assert.deepEqual([differences[0]!.accountId, differences[0]!.seq], ["acme", seq], name);
    assert.match(differences[0]!.reason, reason, name);
  }
});

Deno.test("a verification that takes long goes on in later runs, from where it was, to the same figures", async () => {
  using world = await openWorld({ isEmpty: true });
  const count = 100;
  for (let i = 0; i < count; i++) {
    await populateAccount(world.deps, { id: `a${String(i).padStart(3, "0")}`, micros: 1_000_000n });
  }
  const { id, jobId } = await start(world.deps);
  const states: string[] = [];
  for (let runs = 0; runs < 50; runs++) {
    // A process that dies keeps nothing in memory: each run has doors of its own.
    const doors = openDoors({ kv: world.kv, clock: world.clock, seed: 100 + runs });
    assert(await run({ ...doors, clock: { ...world.clock, now: slowly(world) } }, jobId));
    const { state, wallets } = (await getVerification(world.deps.store, id))!;
    states.push(`${state} ${wallets}`);
    if (state === "done") break;
  }
  assert.deepEqual(states, ["running 32", "running 64", "running 96", "done 100"]);
  const found = (await getVerification(world.deps.store, id))!;
  assert.deepEqual([found.entries, found.differences, found.differenceCount], [100, [], 0]);
  const job = await getJob(world.deps.store, jobId);
  assert.deepEqual([job?.state, job?.progress?.result], [
    "done",
    { wallets: 100, entries: 100, differences: 0 },
  ]);
});

/** Looks at the clock so slowly that a slice is over with its first step. */
function slowly({ clock }: World): () => number {
  return () => {
    clock.setTo(clock.now() + 21_000);
    return clock.now();
  };
}

Deno.test("two that look at once count every wallet once", async () => {
  using world = await openWorld();
  const { id, jobId } = await start(world.deps);
  const job = (await getJob(world.deps.store, jobId))!;
  const other = openDoors({ kv: world.kv, clock: world.clock, seed: 7 });
  const silent = () => Promise.resolve();
  await Promise.all([world.deps, other].map((deps) => verifyLedgerJob(deps).run(job, silent)));
  const found = (await getVerification(world.deps.store, id))!;
  assert.deepEqual([found.state, found.wallets, found.entries], ["done", 3, 3]);
});

Deno.test("a verification keeps the first differences and counts them all", async () => {
  using world = await openWorld({ isEmpty: true });
  const count = DIFFERENCES_KEPT_MAX + 5;
  for (let i = 0; i < count; i++) {
    const id = `a${String(i).padStart(3, "0")}`;
    await populateAccount(world.deps, { id });
    await spoil<Wallet>(world, {
      key: walletKey(id),
      change: (row) => ({ ...row, balanceMicros: 1n }),
    });
  }
  const { id, jobId } = await start(world.deps);
  await run(world.deps, jobId);
  const found = (await getVerification(world.deps.store, id))!;
  assert.deepEqual(
    [found.state, found.wallets, found.differences.length, found.differenceCount],
    ["done", count, DIFFERENCES_KEPT_MAX, count],
  );
});

Deno.test("a verification is started once though the reply of the database is lost", async () => {
  const hooks: KvHooks = {};
  using world = await openWorld({ wrap: (kv) => faultyKv(kv, hooks).kv });
  hooks.commit = ({ keys }) =>
    keys.some((key) => key.startsWith("ledger_verification/")) ? "throws_after" : undefined;
  const { id, jobId } = await start(world.deps, "acme");
  delete hooks.commit;
  assert(await run(world.deps, jobId));
  const found = (await getVerification(world.deps.store, id))!;
  assert.deepEqual([found.state, found.accountId, found.wallets], ["done", "acme", 1]);
  const nobody = await startVerification(world.deps, { accountId: "nobody", actor: "test" });
  assert.deepEqual(nobody, { status: "account_not_found" });
});
