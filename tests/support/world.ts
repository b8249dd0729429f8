/**
 * The named world of the tests: a clock a test moves, seeded ids, a real database in memory, and three
 * customers with wallets, money and numbers on the shipped plans.
 *
 * - `acme`: USD, UTC, 50.00, waits for money, holds {@link ACME_NUMBER} since ever.
 * - `kiwi`: USD, Pacific/Auckland, 20.00, overdraws, holds {@link KIWI_NUMBER} since ever.
 * - `euro`: EUR, Europe/Berlin, 10.00, waits, holds {@link EURO_NUMBER} since ever; no plan is in EUR.
 *
 * Goes to: `tests/support/fake_clock.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type BillingDeps, RELEASE_JOB, releaseWaiting } from "../../core/billing/bill_due.ts";
import { assignNumber, CLAIM_JOB, claimCalls } from "../../core/billing/claim_calls.ts";
import { type MoneyOutcome, moveMoney } from "../../core/billing/move_money.ts";
import { openAccount } from "../../core/billing/open_account.ts";
import { setWallet } from "../../core/billing/set_wallet.ts";
import { createIds } from "../../core/ids.ts";
import { type JobKinds, runDueJobs } from "../../core/jobs/run_jobs.ts";
import { createGates } from "../../core/kv/gates.ts";
import { createStore } from "../../core/kv/store.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";

/** Every world begins here: an hour and a half before a month ends in UTC. */
export const START_MS = Date.UTC(2026, 0, 31, 22, 30);
/** The number of `acme`. */
export const ACME_NUMBER = "+12025550100";
/** The number of `kiwi`. */
export const KIWI_NUMBER = "+6495550100";
/** The number of `euro`. */
export const EURO_NUMBER = "+493055501000";
/** Nobody of the world. */
export const STRANGER = "+12125550199";

/** An open world. */
export interface World {
  deps: BillingDeps;
  clock: FakeClock;
  kv: Deno.Kv;
  /** Every line that was logged. */
  logged: { level: string; message: string; facts: Record<string, unknown> }[];
  close(): void;
  [Symbol.dispose](): void;
}

/** A random number in [0, 1) from a seed, again and again the same (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The world, on a database of its own or on one that is handed in.
 *
 * With a `wrap` the doors see the wrapped database, and `kv` is the bare one. `isEmpty` leaves out the
 * customers and the plans.
 */
export async function openWorld(
  { seed = 1, kv: given, wrap, isEmpty = false }: {
    seed?: number;
    kv?: Deno.Kv;
    wrap?: (kv: Deno.Kv) => Deno.Kv;
    isEmpty?: boolean;
  } = {},
): Promise<World> {
  const kv = given ?? await Deno.openKv(":memory:");
  const clock = fakeClock(START_MS);
  const logged: World["logged"] = [];
  const deps = openDoors({ kv, clock, seed, logged });
  if (!isEmpty) await populate(deps);
  const close = () => kv.close();
  return {
    deps: wrap ? openDoors({ kv: wrap(kv), clock, seed: seed + 1, logged }) : deps,
    clock,
    kv,
    logged,
    close,
    [Symbol.dispose]: close,
  };
}

/** Another process on the same database and the same clock: it has queues and ids of its own. */
export function openDoors(
  { kv, clock, seed, logged = [] }: {
    kv: Deno.Kv;
    clock: FakeClock;
    seed: number;
    logged?: World["logged"];
  },
): BillingDeps {
  const random = seeded(seed);
  const ids = createIds(clock, (bytes) => bytes.map(() => Math.floor(random() * 256)));
  const store = createStore({ kv, clock });
  const log: BillingDeps["log"] = (level, message, facts = {}) =>
    void logged.push({ level, message, facts });
  return { store, gates: createGates({ store, clock, ids, log }), clock, ids, log };
}

/** Puts money in, or takes it out when negative; the key is fresh unless one is given. */
export function topUp(
  deps: BillingDeps,
  { accountId, micros, key }: { accountId: string; micros: bigint; key?: string },
): Promise<MoneyOutcome> {
  return moveMoney(deps, {
    kind: micros < 0n ? "adjustment" : "top_up",
    accountId,
    amountMicros: micros,
    description: "a test",
    reference: null,
    caller: "test",
    idempotencyKey: key ?? deps.ids.id(),
    fingerprint: `${accountId} ${micros}`,
    requestId: deps.ids.id(),
    actor: "test",
  });
}

/** Runs every job that is due, those that claim and those that release. Answers how many ran. */
export function runJobs(deps: BillingDeps): Promise<number> {
  const kinds: JobKinds = {
    [CLAIM_JOB]: {
      retryAfterMs: [1_000],
      run: async ({ unique }) => {
        await claimCalls(deps, { claim: unique, actor: "job" });
        return { status: "done", result: {} };
      },
    },
    [RELEASE_JOB]: {
      retryAfterMs: [1_000],
      run: async ({ unique }) => {
        await releaseWaiting(deps, { accountId: unique, actor: "job" });
        return { status: "done", result: {} };
      },
    },
  };
  return runDueJobs({ ...deps, kinds }, { untilMs: deps.clock.now() + 60_000 });
}

/** Opens an account with a number since ever and some money. */
export async function populateAccount(
  deps: BillingDeps,
  { id, currency = "USD", timezone = "UTC", micros = 0n, number }: {
    id: string;
    currency?: string;
    timezone?: string;
    micros?: bigint;
    number?: string;
  },
): Promise<void> {
  const request = { id, name: id, email: null, currency, timezone, sippyAccountId: null };
  const opened = await openAccount(deps, { request: { ...request, ratePlans: {} }, actor: "test" });
  assert.equal(opened.status, "account_opened");
  if (micros !== 0n) {
    assert.equal(
      (await topUp(deps, { accountId: id, micros, key: `first ${id}` })).status,
      "posted",
    );
  }
  if (number === undefined) return;
  const holding = { accountId: id, carrier: null, fromMs: 0, toMs: null };
  assert.equal(
    (await assignNumber(deps, { number, holding, actor: "test" })).status,
    "number_assigned",
  );
}

async function populate(deps: BillingDeps): Promise<void> {
  await ensureShippedPlans(deps);
  await populateAccount(deps, { id: "acme", micros: 50_000_000n, number: ACME_NUMBER });
  await populateAccount(deps, {
    id: "kiwi",
    timezone: "Pacific/Auckland",
    micros: 20_000_000n,
    number: KIWI_NUMBER,
  });
  await setWallet(deps, {
    accountId: "kiwi",
    settings: { policy: "overdraw" },
    isExpected: () => true,
    actor: "test",
  });
  await populateAccount(deps, {
    id: "euro",
    currency: "EUR",
    timezone: "Europe/Berlin",
    micros: 10_000_000n,
    number: EURO_NUMBER,
  });
  await runJobs(deps);
}
