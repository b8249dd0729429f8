/**
 * Random histories of payments through Sippy: requests that are lost, refused, made late or twice unsure,
 * lists that do not come, a database that loses replies, clocks that differ, processes that are held up or
 * killed, and people who decide. There is never a second debit of a bill.
 *
 * `SIPPY_RUNS` says how many; `SIPPY_SEED` runs one history again.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { SippyFaults } from "../../core/carriers/sippy/simulated/faults.ts";
import type { Egress } from "../../core/egress.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import { retryJob } from "../../core/jobs/job.ts";
import { jobDuePrefix } from "../../core/kv/keys.ts";
import { processBill } from "../../core/sms_billing/process_bill.ts";
import { reviewBill } from "../../core/sms_billing/review_bill.ts";
import { faultyKv, type KvHooks } from "../support/faulty_kv.ts";
import {
  closeBillOf,
  openCustomer,
  openPaymentWorld,
  type PaymentWorld,
  type Process,
  SIPPY_ACCOUNT,
} from "../support/payment_world.ts";
import { seeded } from "../support/world.ts";

/** What the histories came to. */
interface Tally {
  histories: number;
  bills: number;
  requests: number;
  kills: number;
  reviews: number;
  paid: number;
  failed: number;
  needs_review: number;
  cancelled: number;
}

const only = Deno.env.get("SIPPY_SEED");
const RUNS = Number(Deno.env.get("SIPPY_RUNS") ?? 500);
const SEEDS = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];

Deno.test("whatever happens, a bill is debited once and paid, or not paid and seen by people", async () => {
  const tally: Tally = {
    histories: 0,
    bills: 0,
    requests: 0,
    kills: 0,
    reviews: 0,
    paid: 0,
    failed: 0,
    needs_review: 0,
    cancelled: 0,
  };
  for (const seed of SEEDS) {
    try {
      await live(seed, tally);
    } catch (error) {
      throw new Error(`SIPPY_SEED=${seed}`, { cause: error });
    }
  }
  if (Deno.env.has("SIPPY_TALLY")) console.log(tally);
  if (only !== undefined) return;
  // Silence proves nothing: the histories must be as bad as they are meant to be, and payments get through.
  assert.ok(tally.paid > tally.bills * 0.6, JSON.stringify(tally));
  assert.ok(tally.kills > RUNS / 4 && tally.reviews > RUNS / 10, JSON.stringify(tally));
});

interface History {
  world: PaymentWorld;
  random: () => number;
  tally: Tally;
  processes: Process[];
  bills: string[];
  /** What made each process a bad one. */
  born: number;
  isQuiet: boolean;
}

async function live(seed: number, tally: Tally): Promise<void> {
  const random = seeded(seed);
  await using world = await openPaymentWorld({ seed });
  const { deps } = world.first;
  world.sippy.placeAccount({ iAccount: 2002 });
  await openCustomer(deps, { id: "zeta", sippyAccountId: 2002 });
  await openCustomer(deps, { id: "beta", sippyAccountId: SIPPY_ACCOUNT });
  Object.assign(world.sippy.faults, stormOf(seed, random));
  const history: History = {
    world,
    random,
    tally,
    processes: [],
    bills: [],
    born: 0,
    isQuiet: false,
  };
  for (let slot = 0; slot < 2; slot++) history.processes.push(bear(history));
  const stepCount = 20 + pick(random, 50);
  for (let i = 0; i < stepCount; i++) {
    await step(history);
    assertNeverTwo(world);
  }
  await calmDown(history);
  await assertEnds(history);
  tally.histories++;
  tally.bills += history.bills.length;
  tally.requests += world.sippy.requestCount.debit;
}

const pick = (random: () => number, below: number): number => Math.floor(random() * below);

function stormOf(seed: number, random: () => number): Partial<SippyFaults> {
  // Every fifth history is calm at the switch: then it is the processes that fail.
  const force = seed % 5 === 0 ? 0 : 0.5 + random() * 1.5;
  // Every seventh switch refuses nearly everything for as long as the history lasts.
  const refusing = seed % 7 === 0 ? 10 : 1;
  const rates = (each: Record<string, number>) =>
    Object.fromEntries(Object.entries(each).map(([name, rate]) => [name, rate * force]));
  return {
    money: {
      next: [],
      rates: rates({
        fault: 0.06 * refusing,
        lost: 0.06,
        dropped: 0.08,
        late: 0.08,
        html_502: 0.03,
        html_502_executed: 0.03,
        slow: 0.04,
        empty: 0.02,
        truncated: 0.02,
        wrong_password: 0.03,
        stale_nonce: 0.03,
      }),
    },
    lookups: {
      next: [],
      rates: rates({ lost: 0.06, fault: 0.03, html_502: 0.03, truncated: 0.03 }),
    },
    lateMs: 10_000 + pick(random, 80_001),
    slowMs: 20_000 + pick(random, 50_000),
    listedAfterMs: random() < 0.5 ? 0 : pick(random, 120_000),
  };
}

function bear(history: History): Process {
  const { world, random } = history;
  const hooks: KvHooks = {
    commit: () => {
      if (history.isQuiet) return undefined;
      const draw = random();
      // Held up: the store gives a commit up after ten seconds, and it lands all the same.
      if (draw < 0.02) world.clock.advance(pick(random, 200_000));
      if (draw < 0.03 || draw > 0.12) return undefined;
      return (["throws_before", "throws_after", "not_ok_before", "not_ok_after"] as const)[
        pick(random, 4)
      ];
    },
  };
  return world.openProcess({
    seed: 1_000 + ++history.born + pick(random, 1_000_000),
    wrap: (kv) => faultyKv(kv, hooks).kv,
    wrapEgress: (egress) => unsteady(history, egress),
    dieAtStep: random() < 0.5 ? 1 + pick(random, 60) : Infinity,
    skewMs: pick(random, 30_001) - 15_000,
  });
}

/** Holds requests up, and answers some debits that were made with a fault. */
function unsteady(history: History, egress: Egress): Egress {
  const { world, random } = history;
  return async (request) => {
    if (history.isQuiet) return await egress(request);
    if (random() < 0.03) world.clock.advance(pick(random, 100_000));
    const answer = await egress(request);
    const isDebit = request.body?.includes("accountDebit") && answer.status === "answered" &&
      answer.httpStatus === 200;
    if (!isDebit || random() > 0.05) return answer;
    const fault = "<methodResponse><fault><value><struct>" +
      "<member><name>faultCode</name><value><int>500</int></value></member>" +
      "<member><name>faultString</name><value>no</value></member></struct></value></fault>" +
      "</methodResponse>";
    return { ...answer, text: fault };
  };
}

async function step(history: History): Promise<void> {
  const { world, random, processes, bills } = history;
  const draw = random();
  if (bills.length === 0 || (draw < 0.12 && bills.length < 4)) {
    const accountId = ["acme", "zeta", "beta"][pick(random, 3)]!;
    const micros = BigInt(1 + pick(random, 3)) * 1_000_000n;
    bills.push(await closeBillOf(world.first.deps, { accountId, micros }));
  } else if (draw < 0.22) await decide(history);
  else if (draw < 0.32) await pushOn(history);
  else if (draw < 0.4) {
    // Clocks are set, back too.
    world.clock.setTo(world.clock.now() + pick(random, 30_001) - 15_000);
  } else if (draw < 0.6) {
    const lengths = [SECOND_MS, 20 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS];
    world.clock.advance(Math.ceil(random() * lengths[pick(random, lengths.length)]!));
  } else if (draw < 0.7) await Promise.all(processes.map((process) => process.run()));
  else if (draw < 0.85) {
    await jump(history);
    await processes[pick(random, 2)]!.run();
  } else await processes[pick(random, processes.length)]!.run();
  replaceDead(history);
}

/** To the moment when the next job is due. */
async function jump({ world }: History): Promise<void> {
  const [next] = await world.first.deps.store.list({ prefix: jobDuePrefix, limit: 1 });
  world.clock.advance(Math.max(0, Number(next?.key[1] ?? 0) - world.clock.now()));
}

function replaceDead(history: History): void {
  const { processes, tally } = history;
  for (const [slot, process] of processes.entries()) {
    if (!process.life.isDead) continue;
    tally.kills++;
    processes[slot] = bear(history);
  }
}

/** Somebody wants a bill tried again, in one of the ways there are. */
async function pushOn({ world, random, bills }: History): Promise<void> {
  const billId = bills[pick(random, bills.length)]!;
  const { deps } = world.first;
  const job = await world.job(billId);
  if (job && random() < 0.5) {
    await retryJob(deps, { jobId: job.id, atMs: deps.clock.now() });
  } else await processBill(deps, { billId, actor: "ada" });
}

/** Somebody looks at Sippy's books, when nothing is on its way there, and says what is in them. */
async function decide({ world, random, bills, tally }: History): Promise<void> {
  if (world.sippy.lateCount() > 0) return;
  for (const billId of bills) {
    const bill = await world.bill(billId);
    if (bill.status !== "needs_review") continue;
    const isThere = countOf(world, bill.sippy!.reference) > 0;
    const decision = isThere ? "collected" : random() < 0.2 ? "cancel" : "not_collected";
    const request = { billId, decision, reason: "looked", actor: "ada" } as const;
    assert.equal((await reviewBill(world.first.deps, request)).status, "bill_changed");
    tally.reviews++;
  }
}

const countOf = (world: PaymentWorld, reference: string): number =>
  world.debits().filter(({ notes }) => notes === reference).length;

function assertNeverTwo(world: PaymentWorld): void {
  const references = world.debits().map(({ notes }) => notes);
  assert.equal(new Set(references).size, references.length, `twice: ${references.join(", ")}`);
}

/** The faults end, and four days pass. */
async function calmDown(history: History): Promise<void> {
  const { world } = history;
  history.isQuiet = true;
  Object.assign(world.sippy.faults, {
    money: { next: [], rates: {} },
    lookups: { next: [], rates: {} },
  });
  await world.pass(96 * HOUR_MS, world.openProcess({ seed: 7 }));
}

async function assertEnds({ world, bills, tally }: History): Promise<void> {
  assertNeverTwo(world);
  let known = 0;
  for (const id of bills) {
    const bill = await world.bill(id);
    const count = bill.sippy ? countOf(world, bill.sippy.reference) : 0;
    known += count;
    const { status } = bill;
    assert.ok(
      status === "paid" || status === "failed" || status === "needs_review" ||
        status === "cancelled",
      `${id} is ${status}`,
    );
    tally[status]++;
    if (status === "paid") assert.equal(count, 1, `${id} is paid`);
    if (status === "cancelled") assert.equal(count, 0, `${id} is cancelled`);
    const mine = world.debits().find(({ notes }) => notes === bill.sippy?.reference);
    if (mine) assert.equal(mine.amountMicros, bill.totalMicros);
    const job = await world.job(id);
    assert.ok(job?.state === "done" || job?.state === "failed", `${id}: its job is ${job?.state}`);
    assert.equal(job.state === "failed", status === "failed" && job.state === "failed");
  }
  assert.equal(world.debits().length, known);
  const bugs = world.world.logged.filter(({ message }) => message.startsWith("Job "));
  assert.deepEqual(bugs, []);
}
