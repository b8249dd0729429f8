/**
 * Random histories of money and calls against a model that knows nothing of rows, commits or entries.
 *
 * After each step the invariants I1 to I4 hold, and every wallet, charge and owner is what the model
 * says. fast-check prints the seed of a history that fails; `HISTORY_SEED` runs it again.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import { assignNumber, releaseNumber } from "../../core/billing/claim_calls.ts";
import { setWallet } from "../../core/billing/set_wallet.ts";
import { reportOf, ringing } from "../support/call_report.ts";
import { faultyKv } from "../support/faulty_kv.ts";
import { callOf, chargeOf, checkBooks, sync, takeIn, walletOf } from "../support/ledger.ts";
import { openDoors, openWorld, runJobs, START_MS, topUp } from "../support/world.ts";

const NUMBERS = ["+12025550131", "+12025550132"];
const ACCOUNTS = ["acme", "kiwi"] as const;
type AccountId = typeof ACCOUNTS[number];

const told = fc.record({
  n: fc.integer({ min: 0, max: 5 }),
  carrier: fc.constantFrom("bland" as const, "twilio" as const),
  number: fc.integer({ min: 0, max: 1 }),
  isFinal: fc.boolean(),
  seconds: fc.constantFrom(0, 1, 60, 61, 1_800, 5_990, 7_000),
  status: fc.constantFrom("completed" as const, "completed" as const, "busy" as const),
  /** Around the end of the month in UTC; it has ended in Auckland already. */
  startMinute: fc.constantFrom(-720, -60, 85, 90, 95),
});
type ToldCall = typeof told extends fc.Arbitrary<infer T> ? T : never;

const account = fc.constantFrom(...ACCOUNTS);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("sync" as const),
      calls: fc.array(told, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      account,
      micros: fc.bigInt({ min: -30_000_000n, max: 30_000_000n }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("assign" as const),
      account,
      number: fc.integer({ min: 0, max: 1 }),
      backMinutes: fc.constantFrom(0, 30, 2_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("release" as const),
      account,
      number: fc.integer({ min: 0, max: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("settings" as const),
      account,
      policy: fc.constantFrom("wait" as const, "overdraw" as const),
      creditLimitMicros: fc.constantFrom(0n, 5_000_000n),
    }),
  },
);
/** Who does the step, after how long, and whether its first reply is lost. */
const history = fc.array(
  fc.record({
    step,
    byOther: fc.boolean(),
    laterMinutes: fc.constantFrom(0, 1, 40),
    isLost: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
);
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;
type Step = History[number]["step"];

interface ModelCall {
  id: string;
  carrier: "bland" | "twilio";
  number: number;
  startMs: number;
  isFinal: boolean;
  seconds: number;
  owner: AccountId | null;
}
interface ModelCharge {
  amount: bigint;
  /** Seconds after rounding up, as last charged; 0 while it never was. */
  billed: number;
  free: number;
  month: string | null;
  waits: boolean;
}
interface Model {
  nowMs: number;
  wallets: Record<AccountId, { balance: bigint; credit: bigint; policy: "wait" | "overdraw" }>;
  /** Holders of each number, by time. */
  holdings: { number: number; owner: AccountId; fromMs: number; toMs: number }[];
  calls: Map<string, ModelCall>;
  charges: Map<string, ModelCharge>;
  /** What was last said of each call, to know repetition. */
  said: Map<string, string>;
}

function openModel(): Model {
  return {
    nowMs: START_MS,
    wallets: {
      acme: { balance: 50_000_000n, credit: 0n, policy: "wait" },
      kiwi: { balance: 20_000_000n, credit: 0n, policy: "overdraw" },
    },
    holdings: [],
    calls: new Map(),
    charges: new Map(),
    said: new Map(),
  };
}

const ownerIn = (model: Model, { number, startMs }: ModelCall): AccountId | null =>
  model.holdings.find((one) => one.number === number && one.fromMs <= startMs && startMs < one.toMs)
    ?.owner ?? null;

const byAge = (a: ModelCall, b: ModelCall) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1);

function monthOf(owner: AccountId, startMs: number): string {
  const aheadMs = owner === "kiwi" ? 13 * 3_600_000 : 0;
  return new Date(startMs + aheadMs).toISOString().slice(0, 7);
}

/** What a call costs its owner now: amount and free seconds. */
function priceIn(
  model: Model,
  call: ModelCall,
): Omit<ModelCharge, "waits"> {
  const billed = Math.ceil(call.seconds / 60) * 60;
  if (call.carrier === "bland") {
    return { amount: BigInt(billed / 60) * 110_000n, billed, free: 0, month: null };
  }
  const own = model.charges.get(call.id);
  const month = own?.month ?? monthOf(call.owner!, call.startMs);
  let used = 0;
  for (const [id, charge] of model.charges) {
    const other = model.calls.get(id)!;
    if (id !== call.id && other.owner === call.owner && charge.month === month) used += charge.free;
  }
  const before = own ?? { billed: 0, free: 0 };
  // Minutes go before money, and a call that gets shorter gives minutes back before money.
  const free = billed < before.billed
    ? Math.max(0, before.free - (before.billed - billed))
    : before.free + Math.min(billed - before.billed, 6_000 - used - before.free);
  return { amount: BigInt((billed - free) / 60) * 200_000n, billed, free, month };
}

function billIn(model: Model, call: ModelCall): void {
  const wallet = model.wallets[call.owner!];
  const earlier = model.charges.get(call.id);
  const price = priceIn(model, call);
  const difference = price.amount - (earlier?.amount ?? 0n);
  if (difference > 0n && wallet.policy === "wait" && wallet.balance + wallet.credit < difference) {
    model.charges.set(call.id, {
      ...(earlier ?? { amount: 0n, billed: 0, free: 0, month: null }),
      waits: true,
    });
    return;
  }
  wallet.balance -= difference;
  model.charges.set(call.id, { ...price, waits: false });
}

function releaseIn(model: Model, owner: AccountId): void {
  const waiting = [...model.calls.values()]
    .filter((call) => call.owner === owner && model.charges.get(call.id)?.waits);
  for (const call of waiting.toSorted(byAge)) billIn(model, call);
}

/** A call in the model's words; `c2` of Bland on number 1. */
function callOfTold(
  { n, carrier, number, isFinal, seconds, status, startMinute }: ToldCall,
): ModelCall {
  return {
    id: `${carrier}:c${n}`,
    carrier,
    number,
    startMs: START_MS + startMinute * 60_000,
    isFinal,
    seconds: status === "busy" ? 0 : seconds,
    owner: null,
  };
}

function syncIn(model: Model, calls: readonly ToldCall[]): void {
  const marks: { startMs: number; id: string }[] = [];
  for (const one of calls) {
    const call = callOfTold(one);
    const earlier = model.calls.get(call.id);
    const { isFinal, number, startMinute, seconds, status } = one;
    const said = JSON.stringify([
      isFinal,
      number,
      startMinute,
      ...(isFinal ? [seconds, status] : []),
    ]);
    if ((earlier?.isFinal && !isFinal) || model.said.get(call.id) === said) continue;
    model.said.set(call.id, said);
    const known = earlier?.isFinal ? earlier.owner : null;
    const owner = known ?? ownerIn(model, call) ?? earlier?.owner ?? null;
    model.calls.set(call.id, { ...call, owner });
    if (owner && isFinal) marks.push({ startMs: call.startMs, id: call.id });
  }
  marks.sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  for (const { id } of marks) billIn(model, model.calls.get(id)!);
}

function assignIn(
  model: Model,
  { owner, number, fromMs }: { owner: AccountId; number: number; fromMs: number },
): string {
  const mine = model.holdings.filter((one) => one.number === number);
  const overlapping = mine.filter((one) => fromMs < one.toMs && one.fromMs < one.toMs);
  if (overlapping.some((one) => one.owner !== owner)) return "number_held";
  const isCovered = overlapping.some((one) => one.fromMs <= fromMs && one.toMs === Infinity);
  if (isCovered) return "number_already_assigned";
  model.holdings.push({ number, owner, fromMs, toMs: Infinity });
  const claimed: ModelCall[] = [];
  for (const call of model.calls.values()) {
    if (call.owner || call.number !== number) continue;
    call.owner = ownerIn(model, call);
    if (call.owner && call.isFinal) claimed.push(call);
  }
  for (const call of claimed.toSorted(byAge)) billIn(model, call);
  return "number_assigned";
}

function stepIn(model: Model, it: Step): string {
  switch (it.do) {
    case "sync":
      for (const carrier of ["bland", "twilio"]) {
        syncIn(model, it.calls.filter((one) => one.carrier === carrier));
      }
      return "";
    case "move": {
      const wallet = model.wallets[it.account];
      if (it.micros === 0n) return "";
      const isCovered = wallet.policy === "overdraw" ||
        wallet.balance + wallet.credit + it.micros >= 0n;
      if (it.micros < 0n && !isCovered) return "insufficient_funds";
      wallet.balance += it.micros;
      if (it.micros > 0n) releaseIn(model, it.account);
      return "posted";
    }
    case "assign":
      return assignIn(model, {
        owner: it.account,
        number: it.number,
        fromMs: model.nowMs - it.backMinutes * 60_000,
      });
    case "release": {
      const open = model.holdings.filter((one) =>
        one.number === it.number && one.owner === it.account && one.toMs === Infinity
      );
      for (const one of open) one.toMs = model.nowMs;
      return open.length > 0 ? "number_released" : "number_not_held";
    }
    case "settings": {
      const wallet = model.wallets[it.account];
      const mayMore = it.policy !== wallet.policy || it.creditLimitMicros > wallet.credit;
      wallet.policy = it.policy;
      wallet.credit = it.creditLimitMicros;
      if (mayMore) releaseIn(model, it.account);
      return "wallet_changed";
    }
  }
}

async function stepFor(deps: BillingDeps, it: Step): Promise<string> {
  const reportFor = ({ n, number, isFinal, seconds, status, carrier, startMinute }: ToldCall) => {
    const rest = { carrier, from: NUMBERS[number]!, startedAtMs: START_MS + startMinute * 60_000 };
    return isFinal ? reportOf(`c${n}`, { ...rest, seconds, status }) : ringing(`c${n}`, rest);
  };
  switch (it.do) {
    case "sync": {
      const byCarrier = Map.groupBy(it.calls, ({ carrier }) => carrier);
      for (const carrier of ["bland", "twilio"] as const) {
        const reports = (byCarrier.get(carrier) ?? []).map(reportFor);
        if (reports.length > 0) await sync(deps, reports);
      }
      return "";
    }
    case "move":
      if (it.micros === 0n) return "";
      return (await topUp(deps, { accountId: it.account, micros: it.micros })).status;
    case "assign": {
      const holding = {
        accountId: it.account,
        carrier: null,
        fromMs: deps.clock.now() - it.backMinutes * 60_000,
        toMs: null,
      };
      const number = NUMBERS[it.number]!;
      const { status } = await assignNumber(deps, { number, holding, actor: "test" });
      await runJobs(deps);
      return status;
    }
    case "release":
      return (await releaseNumber(deps, {
        number: NUMBERS[it.number]!,
        accountId: it.account,
        actor: "test",
      })).status;
    case "settings":
      return (await setWallet(deps, {
        accountId: it.account,
        settings: { policy: it.policy, creditLimitMicros: it.creditLimitMicros },
        isExpected: () => true,
        actor: "test",
      })).status;
  }
}

async function assertAsModel({ store }: BillingDeps, model: Model): Promise<void> {
  await checkBooks(store);
  for (const id of ACCOUNTS) {
    assert.equal((await walletOf(store, id)).balanceMicros, model.wallets[id].balance, id);
  }
  for (const call of model.calls.values()) {
    assert.equal((await callOf(store, call.id))?.accountId, call.owner, `owner of ${call.id}`);
    const charge = await chargeOf(store, call.id);
    const expected = model.charges.get(call.id);
    assert.deepEqual(
      charge && [charge.amountMicros, charge.trace?.freeSecondsUsed ?? 0, charge.state],
      expected
        ? [expected.amount, expected.free, expected.waits ? "waiting_funds" : "billed"]
        : null,
      `charge of ${call.id}`,
    );
  }
}

async function live(steps: History): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  const world = await openWorld({ kv, wrap: () => faulty.kv });
  const other = openDoors({ kv: faulty.kv, clock: world.clock, seed: 77 });
  const model = openModel();
  for (const { step, byOther, laterMinutes, isLost } of steps) {
    model.nowMs += laterMinutes * 60_000;
    world.clock.setTo(Math.max(world.clock.now(), model.nowMs));
    model.nowMs = world.clock.now();
    let mayLose = isLost;
    faulty.hooks.commit = () => mayLose ? (mayLose = false, "throws_after") : undefined;
    const expected = stepIn(model, step);
    assert.equal(await stepFor(byOther ? other : world.deps, step), expected, step.do);
    delete faulty.hooks.commit;
    await assertAsModel(world.deps, model);
  }
}

Deno.test("whatever happens in whatever order, the books are what the model says", () => {
  const seed = Deno.env.get("HISTORY_SEED");
  return fc.assert(
    fc.asyncProperty(history, live),
    {
      numRuns: Number(Deno.env.get("HISTORY_RUNS") ?? 60),
      ...(seed === undefined ? {} : { seed: Number(seed) }),
    },
  );
});

Deno.test("the order and the repetition of reports do not change what is charged in the end", () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(told.map((one) => ({ ...one, isFinal: true, carrier: "bland" as const })), {
        maxLength: 6,
        selector: ({ n }) => n,
      }).chain((calls) =>
        fc.array(fc.nat({ max: Math.max(0, calls.length - 1) }), { maxLength: 12 })
          .map((again) => ({ calls, again }))
      ),
      async ({ calls, again }) => {
        using world = await openWorld();
        const holding = { accountId: "kiwi", carrier: null, fromMs: 0, toMs: null };
        for (const number of NUMBERS) {
          await assignNumber(world.deps, { number, holding, actor: "test" });
        }
        const order = [...again.map((i) => calls[i]!).filter(Boolean), ...calls];
        for (const call of order) await stepFor(world.deps, { do: "sync", calls: [call] });
        await takeIn(world.deps, []);
        const owed = calls.map(callOfTold)
          .reduce((sum, { seconds }) => sum + BigInt(Math.ceil(seconds / 60)) * 110_000n, 0n);
        assert.equal((await walletOf(world.deps.store, "kiwi")).balanceMicros, 20_000_000n - owed);
        await checkBooks(world.deps.store);
      },
    ),
    { numRuns: 20 },
  ));
