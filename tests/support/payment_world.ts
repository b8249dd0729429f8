/**
 * The world of payments: bills of customers who pay through Sippy, the real client in front of a simulated
 * switch, and processes that can be killed between any two steps.
 *
 * - `acme` pays from Sippy account {@link SIPPY_ACCOUNT}, in USD.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openAccount } from "../../core/billing/open_account.ts";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import { createSippyClient } from "../../core/carriers/sippy/client.ts";
import { createSippySimulator, type SippySimulator } from "../../core/carriers/sippy/simulator.ts";
import type { Clock } from "../../core/clock.ts";
import { createEgress, type Egress } from "../../core/egress.ts";
import type { Job } from "../../core/jobs/job.ts";
import { type RunDeps, runDueJobs } from "../../core/jobs/run_jobs.ts";
import {
  jobByUniqueKey,
  jobDuePrefix,
  jobKey,
  smsAccountKey,
  smsBillKey,
} from "../../core/kv/keys.ts";
import { StoreUnavailable } from "../../core/kv/store.ts";
import { secret } from "../../core/secret.ts";
import {
  getSmsAccount,
  type SmsAccount,
  type SmsBill,
  stageBill,
} from "../../core/sms_billing/bill.ts";
import { paymentKind } from "../../core/sms_billing/pay_bill.ts";
import type { PayDeps } from "../../core/sms_billing/pay_change.ts";
import { SMS_PAYMENT_JOB, stagePaymentJob } from "../../core/sms_billing/payment_job.ts";
import { changeWallet } from "../../core/wallet/change_wallet.ts";
import type { FakeClock } from "./fake_clock.ts";
import { openDoors, openWorld, seeded, type World } from "./world.ts";

/** The account of `acme` at the switch. */
export const SIPPY_ACCOUNT = 1001;
/** How long an unanswered debit may still appear. */
export const SETTLE_MS = 300_000;

/** One process: everything it does ends when it is killed. */
export interface Process {
  deps: PayDeps & BillingDeps;
  /** Runs the payments that are due; resolves when they have ended or the process has died. */
  run(): Promise<void>;
  life: Life;
}

/** What stands between a process and the world. */
export interface Life {
  /** Steps so far: two for each commit and each request, before it and after. */
  steps: number;
  /** It dies when it has taken so many. */
  dieAtStep: number;
  isDead: boolean;
  /** Resolves when it dies. */
  died: Promise<void>;
}

/** An open world; dispose of it. */
export interface PaymentWorld extends AsyncDisposable {
  world: World;
  clock: FakeClock;
  sippy: SippySimulator;
  /** The process that is there from the beginning. */
  first: Process;
  /** Doors of people and of onlookers: for them the database always has time. */
  people: BillingDeps;
  /** Another process over the same database and the same switch. */
  openProcess(options?: ProcessOptions): Process;
  /** Debits that were really made, whatever anybody was told. */
  debits(): { notes: string | null; amountMicros: bigint; iAccount: number }[];
  /** Lets time pass from one due job to the next, until none is due within `ms` or the process has died. */
  pass(ms: number, process?: Process): Promise<void>;
  /** A bill as it stands. */
  bill(id: string): Promise<SmsBill>;
  /** The job of a bill, or null. */
  job(id: string): Promise<Job | null>;
}

/** How a process may differ from a plain one. */
export interface ProcessOptions {
  seed?: number;
  /** Stands before the database. */
  wrap?: (kv: Deno.Kv) => Deno.Kv;
  /** Stands before the way out. */
  wrapEgress?: (egress: Egress) => Egress;
  /** It dies when it has taken so many steps. */
  dieAtStep?: number;
  /** Sippy is not configured. */
  isWithoutSippy?: boolean;
  /** By how much its clock is wrong. */
  skewMs?: number;
}

/** A world with `acme`; over real HTTP when asked to, else the switch is called in this process. */
export async function openPaymentWorld(
  { seed = 1, isServed = false, ...options }: ProcessOptions & { isServed?: boolean } = {},
): Promise<PaymentWorld> {
  const world = await openWorld({ seed, isEmpty: true });
  const { clock, kv } = world;
  await openCustomer(world.deps, { id: "acme", sippyAccountId: SIPPY_ACCOUNT });
  let nonce = 0;
  const sippy = createSippySimulator({
    clock,
    random: seeded(seed + 1),
    id: () => `nonce${++nonce}`,
    username: "tollkeeper",
    password: "the tests sign in with this",
  });
  sippy.placeAccount({ iAccount: SIPPY_ACCOUNT, balanceMicros: 1_000_000_000n });
  const way = isServed ? serve(sippy, clock) : { ...callDirectly(sippy, clock) };

  function openProcess({ seed: own = 2, ...rest }: ProcessOptions = {}): Process {
    const life = bear(rest.dieAtStep ?? Infinity);
    const mortal = mortalClock(clock, { life, skewMs: rest.skewMs ?? 0 });
    const base = openDoors({
      kv: mortalKv(rest.wrap?.(kv) ?? kv, life),
      clock: mortal as FakeClock,
      seed: own,
      logged: world.logged,
    });
    const egress = mortalEgress(rest.wrapEgress?.(way.egress) ?? way.egress, life);
    const access = { url: way.url, username: "tollkeeper", password: PASSWORD };
    const client = createSippyClient({ egress, clock: mortal, ids: base.ids }, access);
    const deps = { ...base, sippy: rest.isWithoutSippy ? null : client, settleMs: SETTLE_MS };
    const kinds: RunDeps["kinds"] = { [SMS_PAYMENT_JOB]: paymentKind(deps) };
    const run = async () => {
      const ran = runDueJobs({ ...deps, kinds }, { untilMs: Infinity }).catch((error) => {
        // The minute that runs them in the program says so and goes on with the next one.
        if (!(error instanceof StoreUnavailable)) throw error;
      });
      await Promise.race([ran, life.died]);
    };
    return { deps, run, life };
  }
  const first = openProcess({ seed: seed + 2, ...options });
  const patient: FakeClock = { ...clock, after: () => () => {} };
  const people = openDoors({ kv, clock: patient, seed: seed + 9, logged: world.logged });
  const { store } = people;
  const bill = async (id: string) => (await store.get<SmsBill>(smsBillKey(id)))!.value;
  return {
    world,
    clock,
    sippy,
    first,
    people,
    openProcess,
    bill,
    debits: () =>
      sippy.truth().filter(({ kind }) => kind === "debit")
        .map(({ notes, amountMicros, iAccount }) => ({ notes, amountMicros, iAccount })),
    pass: (ms, process = first) => pass({ clock, people, process }, ms),
    job: async (id) => {
      const pointer = await store.get<{ id: string }>(jobByUniqueKey(SMS_PAYMENT_JOB, id));
      return pointer && ((await store.get<Job>(jobKey(pointer.value.id)))?.value ?? null);
    },
    [Symbol.asyncDispose]: async () => {
      sippy.stop();
      await way.close();
      world.close();
    },
  };
}

const PASSWORD = secret("the tests sign in with this");

/** Opens an account that may have a number at the switch. */
export async function openCustomer(
  deps: BillingDeps,
  { id, sippyAccountId, currency = "USD" }: {
    id: string;
    sippyAccountId: number | null;
    currency?: string;
  },
): Promise<void> {
  const request = { id, name: id, email: null, currency, timezone: "UTC", sippyAccountId };
  const opened = await openAccount(deps, { request: { ...request, ratePlans: {} }, actor: "test" });
  assert.equal(opened.status, "account_opened");
}

/** Closes a bill of so much with its payment due; answers its id. */
export async function closeBillOf(
  deps: BillingDeps,
  { accountId = "acme", micros = 12_500_000n, ...rest }:
    & { accountId?: string; micros?: bigint }
    & Partial<SmsBill> = {},
): Promise<string> {
  const atMs = deps.clock.now();
  const jobId = deps.ids.id();
  const known = await deps.store.get<SmsAccount>(smsAccountKey(accountId));
  const id = `${accountId}-${(known?.value.billCount ?? 0) + 1}`;
  const outcome = await changeWallet(deps, {
    accountId,
    stage: async (batch, wallet) => {
      if (await batch.get(smsBillKey(id))) return { status: "closed" as const, id };
      const account = await getSmsAccount(batch, accountId);
      const bill: SmsBill = { ...emptyBill({ id, accountId, micros, atMs }), ...rest };
      bill.currency = wallet.currency;
      await stageBill(batch, { before: null, after: bill });
      const counted = await getSmsAccount(batch, accountId);
      batch.set(smsAccountKey(accountId), { ...counted, billCount: account.billCount + 1 });
      await stagePaymentJob(batch, { bill, jobId, dueAtMs: atMs, atMs });
      return { status: "closed" as const, id };
    },
  });
  assert(outcome.status === "closed");
  return outcome.id;
}

function emptyBill(
  { id, accountId, micros, atMs }: { id: string; accountId: string; micros: bigint; atMs: number },
): SmsBill {
  return {
    id,
    accountId,
    currency: "USD",
    status: "pending",
    periodStartMs: atMs - 86_400_000,
    periodEndMs: atMs,
    frequency: "daily",
    messageCount: 25,
    segments: 25,
    totalMicros: micros,
    breakdown: [{ country: "US", prefix: "+1", count: 25, amountMicros: micros }],
    serviceMicros: { sms: micros },
    serviceCount: { sms: 25 },
    carriedInMicros: 0n,
    carriedOutMicros: 0n,
    payment: "sippy",
    approval: "not_needed",
    attempts: 0,
    failureReason: null,
    entrySeq: null,
    sippy: null,
    isWarned: false,
    openedAtMs: atMs - 86_400_000,
    closedAtMs: atMs,
    paidAtMs: null,
  };
}

async function pass(
  { clock, people, process }: { clock: FakeClock; people: BillingDeps; process: Process },
  ms: number,
): Promise<void> {
  const untilMs = clock.now() + ms;
  while (true) {
    await process.run();
    if (process.life.isDead) return;
    const [next] = await people.store.list<object>({ prefix: jobDuePrefix, limit: 1 });
    const dueAtMs = Math.max(Number(next?.key[1] ?? Infinity), clock.now() + 1);
    if (dueAtMs > untilMs) break;
    clock.advance(dueAtMs - clock.now());
  }
  clock.advance(Math.max(0, untilMs - clock.now()));
}

interface Way {
  url: string;
  egress: Egress;
  close(): Promise<void>;
}

function serve(sippy: SippySimulator, clock: FakeClock): Way {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => sippy.app.fetch(request),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const egress = createEgress({ allowedOrigins: [origin], clock });
  const close = async () => {
    egress.close();
    await server.shutdown();
  };
  return { url: `${origin}/xmlapi/xmlapi`, egress, close };
}

/** The same without sockets; an answer that comes after the deadline is none. */
function callDirectly(sippy: SippySimulator, clock: FakeClock): Way {
  const egress: Egress = async ({ url, body, headers, deadlineMs = 15_000 }) => {
    const startedAtMs = clock.now();
    const request = new Request(url, {
      method: "POST",
      ...(headers ? { headers } : {}),
      ...(body === undefined ? {} : { body }),
    });
    const response = await sippy.app.fetch(request);
    const text = await response.text();
    if (clock.now() - startedAtMs > deadlineMs) {
      return { status: "unreachable", reason: `no answer within ${deadlineMs} ms` };
    }
    if (Number(response.headers.get("content-length") ?? text.length) > text.length) {
      return { status: "unreachable", reason: "connection closed" };
    }
    return { status: "answered", httpStatus: response.status, headers: response.headers, text };
  };
  return { url: "http://127.0.0.1:1/xmlapi/xmlapi", egress, close: () => Promise.resolve() };
}

function bear(dieAtStep: number): Life & { step(): Promise<void> } {
  let announce = () => {};
  const died = new Promise<void>((resolve) => announce = resolve);
  const life = {
    steps: 0,
    dieAtStep,
    isDead: false,
    died,
    step: () => {
      if (!life.isDead && ++life.steps >= life.dieAtStep) {
        life.isDead = true;
        announce();
      }
      return alive(life);
    },
  };
  return life;
}

/** What a dead process waits for never comes. */
function alive({ isDead }: Life): Promise<void> {
  return isDead ? new Promise(() => {}) : Promise.resolve();
}

type Stepping = ReturnType<typeof bear>;

function mortalEgress(egress: Egress, life: Stepping): Egress {
  return async (request) => {
    await life.step();
    const answer = await egress(request);
    await life.step();
    return answer;
  };
}

function mortalClock(
  clock: FakeClock,
  { life, skewMs }: { life: Stepping; skewMs: number },
): Clock {
  return {
    now: () => clock.now() + skewMs,
    after: (ms, ring) => clock.after(ms, () => life.isDead ? undefined : ring()),
    sleep: async (ms) => {
      await alive(life);
      await clock.sleep(ms);
      await alive(life);
    },
  };
}

function mortalKv(bare: Deno.Kv, life: Stepping): Deno.Kv {
  const kv = {
    get: async (key: Deno.KvKey) => {
      await alive(life);
      const found = await bare.get(key);
      await alive(life);
      return found;
    },
    getMany: async (keys: Deno.KvKey[]) => {
      await alive(life);
      const found = await bare.getMany(keys);
      await alive(life);
      return found;
    },
    list: async function* (selector: Deno.KvListSelector, options?: Deno.KvListOptions) {
      await alive(life);
      yield* bare.list(selector, options);
      await alive(life);
    },
    atomic: () => {
      const atomic = bare.atomic();
      const commit = atomic.commit.bind(atomic);
      atomic.commit = async () => {
        await life.step();
        const answer = await commit();
        await life.step();
        return answer;
      };
      return atomic;
    },
    close: () => {},
  };
  return kv as unknown as Deno.Kv;
}
