import assert from "node:assert/strict";
import type { BillingDeps } from "../../../core/billing/bill_due.ts";
import { createSendChecks, type Send, type SendVerdict } from "../../../core/billing/check_send.ts";
import { changeAccount } from "../../../core/billing/open_account.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import type { Key } from "../../../core/kv/keys.ts";
import { createStore, type Store, type Write } from "../../../core/kv/store.ts";
import { getRatePlan, putRatePlan } from "../../../core/rating/plans.ts";
import { approveBill } from "../../../core/sms_billing/process_bill.ts";
import type { SmsLevel } from "../../../core/sms_billing/settings.ts";
import { setGlobalLevel } from "../../../core/sms_billing/terms.ts";
import { createGates } from "../../../core/kv/gates.ts";
import { countingKv, noKvCounts } from "../../support/counting_kv.ts";
import { billsOf, report, runCycle, setTerms, usageItem } from "../../support/sms.ts";
import {
  openDoors,
  openWorld,
  START_MS,
  STRANGER,
  topUp,
  type World,
} from "../../support/world.ts";

const SEND: Send = { to: STRANGER, segments: 1, messageCount: 1, priceMicros: null };
const DAY_MS = 24 * 3_600_000;

/** What of a verdict shows a change. */
function sight(verdict: SendVerdict) {
  const { reason, shouldBill, usage } = verdict;
  return { reason, shouldBill, ...usage, limits: Object.values(usage.limits).join() };
}

interface Step {
  what: string;
  change: (deps: BillingDeps, world: World) => Promise<unknown>;
  send?: Partial<Send>;
  seen: Partial<ReturnType<typeof sight>>;
}

const status = (word: "active" | "suspended" | "closed") => (deps: BillingDeps) =>
  changeAccount(deps, { accountId: "acme", change: { status: word }, actor: "test" });

const policy = (word: "wait" | "overdraw") => (deps: BillingDeps) =>
  setWallet(deps, {
    accountId: "acme",
    settings: { policy: word },
    isExpected: () => true,
    actor: "test",
  });

const globally = (level: SmsLevel) => (deps: BillingDeps) =>
  setGlobalLevel(deps, { level, isExpected: () => true, actor: "test" });

async function planPrice(deps: BillingDeps, fallbackMicros: bigint, planId = "sms") {
  const row = await getRatePlan(deps.store, planId);
  const terms = { kind: "per_segment" as const, fallbackMicros, prefixes: [] };
  const versions = row?.value.versions.map(({ version: _, ...one }) => one) ?? [];
  const stored = await putRatePlan(deps, {
    plan: { id: planId, service: "sms", currency: "USD" },
    versions: [...versions, { effectiveFromMs: versions.length === 0 ? null : START_MS, terms }],
    expectedStamp: row?.versionstamp ?? null,
    actor: "test",
    atMs: START_MS - 1,
    auditId: deps.ids.id(),
  });
  assert.equal(stored.status, "stored");
}

const STEPS: Step[] = [
  { what: "nothing yet", change: () => Promise.resolve(), seen: { reason: null, messageCount: 0 } },
  {
    what: "a first message",
    change: (deps) => report(deps, [usageItem(deps, "m1")]),
    seen: { messageCount: 1, amountMicros: 500_000n, segments: 1 },
  },
  {
    what: "a second one",
    change: (deps) => report(deps, [usageItem(deps, "m2")]),
    seen: { messageCount: 2, amountMicros: 1_000_000n },
  },
  { what: "a suspension", change: status("suspended"), seen: { reason: "account_suspended" } },
  { what: "its end", change: status("active"), seen: { reason: null } },
  {
    what: "money taken out",
    change: (deps) => topUp(deps, { accountId: "acme", micros: -49_000_000n }),
    seen: { reason: "insufficient_funds" },
  },
  {
    what: "an overdraft",
    change: policy("overdraw"),
    seen: { reason: null },
  },
  {
    what: "no overdraft",
    change: policy("wait"),
    seen: { reason: "insufficient_funds" },
  },
  {
    what: "a top-up",
    change: (deps) => topUp(deps, { accountId: "acme", micros: 10_000n }),
    seen: { reason: null },
  },
  {
    what: "a dearer version of the plan",
    change: (deps) => planPrice(deps, 10_001n),
    seen: { reason: "insufficient_funds" },
  },
  {
    what: "another plan",
    change: async (deps) => {
      await planPrice(deps, 1n, "cheap");
      await changeAccount(deps, {
        accountId: "acme",
        change: { ratePlans: { sms: "cheap" } },
        actor: "test",
      });
    },
    seen: { reason: null },
  },
  {
    what: "terms of the installation",
    change: globally({ maxMicros: 2_000_000n }),
    seen: { percentUsed: 50 },
  },
  {
    what: "terms of its own",
    change: (deps) => setTerms(deps, { frequency: "threshold", thresholdMessages: 3 }),
    seen: { shouldBill: true, percentUsed: 66, frequency: "threshold", periodEndMs: null },
  },
  {
    what: "a bill closed by its threshold, and paid",
    change: (deps) => report(deps, [usageItem(deps, "m3", { priceMicros: 0n })]),
    seen: { messageCount: 0, percentUsed: 0, shouldBill: false, reason: null },
  },
  {
    what: "terms by which bills wait for approval",
    change: (deps) => setTerms(deps, { frequency: "daily", requireApproval: true }),
    seen: { frequency: "daily" },
  },
  {
    what: "a message in the next bill",
    change: (deps) => report(deps, [usageItem(deps, "m4", { priceMicros: 10_000n })]),
    seen: { messageCount: 1, reason: "insufficient_funds" },
  },
  {
    what: "a bill that awaits approval",
    change: (deps, { clock }) => {
      clock.advance(DAY_MS);
      return runCycle(deps);
    },
    seen: { messageCount: 0, reason: "bills_awaiting_approval" },
  },
  {
    what: "the approval",
    change: async (deps) => {
      const bill = (await billsOf(deps.store, "acme")).at(-1)!;
      assert.equal(
        (await approveBill(deps, { billId: bill.id, actor: "test" })).status,
        "bill_changed",
      );
    },
    seen: { reason: "insufficient_funds" },
  },
  { what: "the account closed", change: status("closed"), seen: { reason: "account_closed" } },
];

/** Runs the steps: `change` makes them, and `check` sees each of them at once, however often it has looked. */
async function runSteps(
  world: World,
  { changing, checking }: { changing: BillingDeps; checking: Store },
): Promise<void> {
  const remembering = createSendChecks(checking);
  const input = (send: Partial<Send>) => ({
    accountId: "acme",
    send: { ...SEND, ...send },
    atMs: world.clock.now(),
  });
  for (const { what, change, send = {}, seen } of STEPS) {
    await change(changing, world);
    for (const time of ["at once", "again", "a third time"]) {
      const verdict = await remembering(input(send));
      assert.deepEqual(verdict, await createSendChecks(checking)(input(send)), `${what}, ${time}`);
      assert(verdict.status === "decided");
      const found = sight(verdict);
      assert.deepEqual({ ...found, ...seen }, found, `${what}, ${time}`);
      // With a price told the plan is not read; what is remembered is the same.
      await remembering(input({ priceMicros: 1n }));
    }
  }
}

Deno.test("a check sees every change at once, of whatever kind", async () => {
  using world = await openWorld();
  await runSteps(world, { changing: world.deps, checking: world.deps.store });
});

Deno.test("a check sees at once what another process has changed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using kv = await Deno.openKv(`${folder}/kv`);
    using other = await Deno.openKv(`${folder}/kv`);
    const world = await openWorld({ kv });
    const changing = openDoors({ kv: other, clock: world.clock, seed: 7 });
    await runSteps(world, { changing, checking: world.deps.store });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what an account's SMS billing consists of is written with its wallet alone", async () => {
  using world = await openWorld();
  const writes: Write[] = [];
  const store: Store = {
    ...world.deps.store,
    commit: (write) => {
      writes.push(write);
      return world.deps.store.commit(write);
    },
  };
  const changing = { ...world.deps, store, gates: createGates({ ...world.deps, store }) };
  await runSteps(world, { changing, checking: store });
  const beneath = ["sms_account", "sms_account_settings", "sms_bill"];
  const touched = writes.filter(({ puts, deletes }) =>
    [...puts.map(({ key }) => key), ...deletes].some(([kind]) => beneath.includes(kind!))
  );
  assert.ok(touched.length >= 8);
  for (const { puts } of touched) {
    assert.ok(puts.some(({ key }) => key.join() === "wallet,acme"), JSON.stringify(puts));
  }
});

Deno.test("a check of an account that rests reads three keys, four where the plan decides", async () => {
  using world = await openWorld();
  await report(world.deps, [usageItem(world.deps, "m1")]);
  const { kv, counts } = countingKv(world.kv);
  const checkSend = createSendChecks(createStore({ kv, clock: world.clock }));
  async function keysRead(priceMicros: bigint | null): Promise<number> {
    Object.assign(counts, noKvCounts());
    await checkSend({ accountId: "acme", send: { ...SEND, priceMicros }, atMs: START_MS });
    const { keysRead, ...others } = counts;
    assert.deepEqual(others, { commits: 0, lists: 0, rowsListed: 0 });
    return keysRead;
  }
  // At first it does not know which bill is open, then not whether the account rests.
  assert.deepEqual([await keysRead(null), await keysRead(null)], [13, 7]);
  assert.deepEqual([await keysRead(null), await keysRead(1n)], [4, 3]);
  await report(world.deps, [usageItem(world.deps, "m2")]);
  assert.deepEqual([await keysRead(1n), await keysRead(1n), await keysRead(1n)], [9, 6, 3]);
  // One that sends and reports in turn is read whole each time.
  for (const id of ["m3", "m4", "m5"]) {
    await report(world.deps, [usageItem(world.deps, id)]);
    if (id !== "m3") assert.equal(await keysRead(1n), 6);
    else await keysRead(1n);
  }
});

/** Nine days of 4.00 each, out of 50.00, and no cycle yet: 14.00 is what else it can pay. */
async function openNineBills({ deps, clock }: World): Promise<void> {
  for (let day = 0; day < 9; day++) {
    await report(deps, [usageItem(deps, `m${day}`, { priceMicros: 4_000_000n })]);
    clock.advance(DAY_MS);
  }
}

async function reasonOf(
  world: World,
  { store, priceMicros }: { store: Store; priceMicros: bigint },
) {
  const send = { ...SEND, priceMicros };
  const verdict = await createSendChecks(store)({
    accountId: "acme",
    send,
    atMs: world.clock.now(),
  });
  assert(verdict.status === "decided");
  return verdict.reason;
}

Deno.test("an account with more open bills than one snapshot holds is read whole", async () => {
  using world = await openWorld();
  await openNineBills(world);
  const { store } = world.deps;
  const covered = { store, priceMicros: 14_000_000n };
  const beyond = { store, priceMicros: 14_000_001n };
  assert.equal(await reasonOf(world, covered), null);
  assert.equal(await reasonOf(world, beyond), "insufficient_funds");
  await runCycle(world.deps);
  assert.equal(await reasonOf(world, covered), null);
  assert.equal(await reasonOf(world, beyond), "insufficient_funds");
});

Deno.test("bills paid between two snapshots of one check are not counted as neither open nor paid", async () => {
  using world = await openWorld();
  await openNineBills(world);
  let isPaid = false;
  const store: Store = {
    ...world.deps.store,
    async getMany<T>(keys: readonly Key[]) {
      const first = await world.deps.store.getMany<T>(keys.slice(0, 10));
      if (keys.length > 10 && !isPaid) {
        isPaid = true;
        assert.equal((await runCycle(world.deps)).paid, 9);
      }
      return [...first, ...await world.deps.store.getMany<T>(keys.slice(10))];
    },
  };
  assert.equal(await reasonOf(world, { store, priceMicros: 14_000_001n }), "insufficient_funds");
  assert.ok(isPaid);
});

Deno.test("an account that is not there is not there, and is seen when it comes", async () => {
  using world = await openWorld({ isEmpty: true });
  const checkSend = createSendChecks(world.deps.store);
  const input = { accountId: "acme", send: SEND, atMs: START_MS };
  assert.deepEqual(await checkSend(input), { status: "account_not_found" });
  const whole = await openWorld({ kv: world.kv });
  assert.equal((await createSendChecks(whole.deps.store)(input)).status, "decided");
  assert.equal((await checkSend(input)).status, "decided");
});
