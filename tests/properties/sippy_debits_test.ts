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
  holds: number;
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
    holds: 0,
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
  // deno-lint-ignore no-console -- the figures are worth reading
  if (Deno.env.has("SIPPY_TALLY")) console.log(tally);
  if (only !== undefined) return;
  // Silence proves nothing: the histories must be as bad as they are meant to be, and payments get through.
  assert.ok(tally.paid > tally.bills * 0.6, JSON.stringify(tally));
  assert.ok(tally.kills > RUNS / 4 && tally.reviews > RUNS / 15, JSON.stringify(tally));
});

interface History {
  world: PaymentWorld;
  random: () => number;
  tally: Tally;
  processes: Process[];
  bills: string[];
  /** Processes so far: each has a seed of its own. */
  born: number;
  /** Processes that are held up in the middle of their run. */
  held: { release: () => void; ended: Promise<void>; process: Process }[];
  /** References whose last answer left their sender in doubt, and no person has spoken since. */
  inDoubt: Set<string>;
  /** References that were ever sent. */
  sent: Set<string>;
  /** Requests that were sent while their reference was in doubt. */
  blind: string[];
  isQuiet: boolean;
}

async function live(seed: number, tally: Tally): Promise<void> {
  const random = seeded(seed);
  await using world = await openPaymentWorld({ seed });
  const deps = world.people;
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
    held: [],
    inDoubt: new Set(),
    sent: new Set(),
    blind: [],
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
    listedAfterMs: random() < 0.5 ? 0 : pick(random, 200_000),
  };
}

/** Lets a run be held up in the middle, for as many steps as it takes. */
interface Grip {
  hold(): Promise<void>;
  /** Resolves when it is held up. */
  caught: Promise<void>;
}

const grips = new WeakMap<Process, { renew(): Grip }>();

function bear(history: History): Process {
  const { world, random, tally } = history;
  let grip = freshGrip();
  function freshGrip(): Grip & { release(): void } {
    let [announce, release] = [() => {}, () => {}];
    const caught = new Promise<void>((resolve) => announce = resolve);
    const held = new Promise<void>((resolve) => release = resolve);
    const hold = () => (tally.holds++, announce(), held);
    return { hold, caught, release: () => release() };
  }
  // Its intent is stored, and the request is not under way yet: where a fence is needed most.
  let isMeant = false;
  const hooks: KvHooks = {
    commit: async ({ keys }) => {
      if (history.isQuiet) return undefined;
      if (keys.some((key) => key.startsWith("sippy_reference"))) isMeant = true;
      const draw = random();
      // Held up: the store gives a commit up after ten seconds, and it lands all the same.
      if (draw < 0.01) await grip.hold();
      else if (draw < 0.02) world.clock.advance(pick(random, 200_000));
      if (draw < 0.03 || draw > 0.12) return undefined;
      return (["throws_before", "throws_after", "not_ok_before", "not_ok_after"] as const)[
        pick(random, 4)
      ];
    },
  };
  const process = world.openProcess({
    seed: 1_000 + ++history.born + pick(random, 1_000_000),
    wrap: (kv) => faultyKv(kv, hooks).kv,
    wrapEgress: (egress) =>
      unsteady(history, {
        egress,
        holdBefore: async () => {
          if (random() < (isMeant ? 0.15 : 0.02)) await grip.hold();
          isMeant = false;
        },
      }),
    dieAtStep: random() < 0.5 ? 1 + pick(random, 60) : Infinity,
    skewMs: pick(random, 30_001) - 15_000,
  });
  grips.set(process, { renew: () => grip = freshGrip() });
  return process;
}

/** Runs a process that is not held up already, until it has ended or is held up. */
async function run(history: History, process: Process): Promise<void> {
  if (history.held.some((one) => one.process === process)) return;
  const grip = grips.get(process)!.renew() as Grip & { release(): void };
  const ended = process.run();
  const isHeld = await Promise.race([ended.then(() => false), grip.caught.then(() => true)]);
  if (isHeld) history.held.push({ process, ended, release: grip.release });
}

async function letGo(history: History): Promise<void> {
  const [one] = history.held.splice(pick(history.random, history.held.length), 1);
  one?.release();
  await one?.ended;
}

const REFERENCE = /smsbill ref=[0-9a-f-]+/;

/** Holds requests up, and answers some debits that were made with a fault. */
function unsteady(
  history: History,
  { egress, holdBefore }: { egress: Egress; holdBefore: () => Promise<void> },
): Egress {
  const { world, random, inDoubt } = history;
  return async (request) => {
    const reference = REFERENCE.exec(request.body ?? "")?.[0];
    if (!history.isQuiet) {
      if (random() < 0.03) world.clock.advance(pick(random, 100_000));
      // Nothing calls back a request with money that is under way; before that, a fence stands.
      if (request.body === "") await holdBefore();
    }
    if (reference !== undefined) history.sent.add(reference);
    if (reference !== undefined && inDoubt.has(reference)) history.blind.push(reference);
    const answer = await egress(request);
    const isDone = answer.status === "answered" && answer.httpStatus === 200;
    const isTold = isDone && /<\/methodResponse>\s*$/.test(answer.text);
    const isRefused = answer.status === "answered" && answer.httpStatus === 401;
    if (reference !== undefined && !isTold && !isRefused) inDoubt.add(reference);
    if (history.isQuiet || reference === undefined || !isTold || random() > 0.08) return answer;
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
    bills.push(await closeBillOf(world.people, { accountId, micros }));
  } else if (draw < 0.22) await decide(history);
  else if (draw < 0.36) await pushOn(history);
  else if (draw < 0.4) {
    // Clocks are set, back too.
    world.clock.setTo(world.clock.now() + pick(random, 30_001) - 15_000);
  } else if (draw < 0.5) {
    const lengths = [SECOND_MS, 20 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS];
    world.clock.advance(Math.ceil(random() * lengths[pick(random, lengths.length)]!));
  } else if (draw < 0.6) await Promise.all(processes.map((process) => run(history, process)));
  else if (draw < 0.85) {
    await jump(history);
    await run(history, processes[pick(random, 2)]!);
  } else if (draw < 0.88 && history.held.length > 0) await letGo(history);
  else await run(history, processes[pick(random, 2)]!);
  replaceDead(history);
}

/** To the moment when the next job is due. */
async function jump({ world }: History): Promise<void> {
  const [next] = await world.people.store.list({ prefix: jobDuePrefix, limit: 1 });
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
  const deps = world.people;
  const job = await world.job(billId);
  if (job && random() < 0.5) {
    await retryJob(deps, { jobId: job.id, atMs: deps.clock.now() });
  } else await processBill(deps, { billId, actor: "ada" });
}

/** Somebody looks at Sippy's books, when nothing is on its way there, and says what is in them. */
async function decide(history: History): Promise<void> {
  const { world, random, bills, tally } = history;
  if (world.sippy.lateCount() > 0) return;
  for (const billId of bills) {
    const bill = await world.bill(billId);
    if (bill.status !== "needs_review") continue;
    const isThere = countOf(world, bill.sippy!.reference) > 0;
    const decision = isThere ? "collected" : random() < 0.2 ? "cancel" : "not_collected";
    const request = { billId, decision, reason: "looked", actor: "ada" } as const;
    assert.equal((await reviewBill(world.people, request)).status, "bill_changed");
    history.inDoubt.delete(bill.sippy!.reference);
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
  while (history.held.length > 0) await letGo(history);
  Object.assign(world.sippy.faults, {
    money: { next: [], rates: {} },
    lookups: { next: [], rates: {} },
  });
  await world.pass(96 * HOUR_MS, world.openProcess({ seed: 7 }));
}

async function assertEnds({ world, bills, tally, blind, sent }: History): Promise<void> {
  assertNeverTwo(world);
  assert.deepEqual(blind, [], "sent again while its outcome was in doubt");
  let known = 0;
  for (const id of bills) {
    const bill = await world.bill(id);
    const count = bill.sippy ? countOf(world, bill.sippy.reference) : 0;
    known += count;
    sent.delete(bill.sippy?.reference ?? "");
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
  }
  assert.equal(world.debits().length, known);
  assert.deepEqual([...sent], [], "a bill has one reference for its whole life");
  const bugs = world.world.logged.filter(({ message }) => message.startsWith("Job "));
  assert.deepEqual(bugs, []);
}
