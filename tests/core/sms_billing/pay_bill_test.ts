/**
 * A bill paid through Sippy is debited once, whatever becomes of the request and its answer: the real
 * client over HTTP against a simulated switch that knows what it really did.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { SippyFault } from "../../../core/carriers/sippy/simulated/faults.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../core/clock.ts";
import type { Egress } from "../../../core/egress.ts";
import { retryJob } from "../../../core/jobs/job.ts";
import { noticePrefix, rowsUnder } from "./payment_rows.ts";
import { PAYMENT_RETRIES_MS } from "../../../core/sms_billing/pay_bill.ts";
import { SETTLE_MS_MIN } from "../../../core/sms_billing/sippy_debit.ts";
import { listSippyTimings } from "../../../core/sms_billing/sippy_timings.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { entriesOf } from "../../support/ledger.ts";
import {
  closeBillOf,
  openCustomer,
  openPaymentWorld,
  type PaymentWorld,
  SETTLE_MS,
  SIPPY_ACCOUNT,
} from "../../support/payment_world.ts";
import { setTerms } from "../../support/sms.ts";
import { topUp } from "../../support/world.ts";

const BILL_MICROS = 12_500_000n;

/** One debit, of the whole bill, under its reference; and the bill says so. */
async function assertPaidOnce(world: PaymentWorld, id: string): Promise<void> {
  const bill = await world.bill(id);
  assert.deepEqual([bill.status, bill.sippy?.state, bill.failureReason], ["paid", "charged", null]);
  assert.deepEqual(world.debits(), [
    { notes: bill.sippy!.reference, amountMicros: BILL_MICROS, iAccount: SIPPY_ACCOUNT },
  ]);
  assert.equal((await world.job(id))?.state, "done");
  assert.equal((await entriesOf(world.first.deps.store, "acme")).length, 0);
}

Deno.test("a bill is debited under a reference of its own and is paid", async () => {
  await using world = await openPaymentWorld({ isServed: true });
  const id = await closeBillOf(world.first.deps);
  await world.first.run();
  await assertPaidOnce(world, id);
  const { attempts, paidAtMs, sippy } = await world.bill(id);
  assert.match(sippy!.reference, /^smsbill ref=[0-9a-f-]{36}$/);
  assert.deepEqual([attempts, sippy!.attempts, paidAtMs], [1, 1, world.clock.now()]);
});

/** Faults after which nobody knows, but the switch has executed it: found after the settle window. */
const EXECUTED: readonly [string, SippyFault][] = [
  ["the reply is lost after the debit was made", "dropped"],
  ["the debit is made 90 s after the connection broke", "late"],
  ["a page of HTML with status 502 comes after the debit was made", "html_502_executed"],
  ["the answer comes after the deadline", "slow"],
  ["the answer is empty", "empty"],
  ["the answer is cut in the middle", "truncated"],
];
for (const [sentence, fault] of EXECUTED) {
  Deno.test(`${sentence}: it is found after the settle window, and nothing is sent again`, async () => {
    await using world = await openPaymentWorld({ isServed: true });
    const id = await closeBillOf(world.first.deps);
    world.sippy.faults.money.next = [fault];
    await world.first.run();
    const { status, sippy } = await world.bill(id);
    assert.deepEqual([status, sippy?.state], ["processing", "unknown"]);
    const leftMs = sippy!.sentAtMs + SETTLE_MS - world.clock.now();
    await world.pass(leftMs - SECOND_MS);
    assert.equal((await world.bill(id)).status, "processing");
    await world.pass(SECOND_MS);
    await assertPaidOnce(world, id);
    assert.equal(world.sippy.requestCount.debit, 1);
  });
}

/** The same, but the switch never executed it: only a person may say so. */
const NOT_EXECUTED: readonly [string, SippyFault][] = [
  ["the connection is dropped before the debit is made", "lost"],
  ["a page of HTML with status 502 comes instead of an answer", "html_502"],
];
for (const [sentence, fault] of NOT_EXECUTED) {
  Deno.test(`${sentence}: three searches find nothing, and a person decides`, async () => {
    await using world = await openPaymentWorld({ isServed: true });
    const id = await closeBillOf(world.first.deps);
    world.sippy.faults.money.next = [fault];
    await world.pass(SETTLE_MS + 14 * MINUTE_MS);
    assert.equal((await world.bill(id)).sippy?.lookups, 2);
    await world.pass(MINUTE_MS);
    const { status, failureReason, sippy } = await world.bill(id);
    assert.deepEqual(
      [status, failureReason, sippy?.lookups],
      ["needs_review", "debit_not_found", 3],
    );
    assert.equal((await world.job(id))?.state, "done");
    await world.pass(72 * HOUR_MS);
    assert.deepEqual([world.debits(), world.sippy.requestCount.debit], [[], 1]);
  });
}

Deno.test("a refused debit fails at once, is searched for, and is sent again under the same reference and time", async () => {
  await using world = await openPaymentWorld({ isServed: true });
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["fault"];
  await world.first.run();
  const refused = await world.bill(id);
  assert.equal(refused.status, "failed");
  assert.equal(refused.failureReason, "sippy_refused: 500 internal error");
  await world.pass(PAYMENT_RETRIES_MS[0]! - SECOND_MS);
  assert.equal(world.sippy.requestCount.debit, 1);
  await world.pass(SECOND_MS);
  await assertPaidOnce(world, id);
  const { sippy, attempts } = await world.bill(id);
  assert.equal(attempts, 2);
  assert.equal(sippy!.reference, refused.sippy!.reference);
  assert.equal(sippy!.paymentTimeMs, refused.sippy!.paymentTimeMs);
  assert.notEqual(sippy!.token, refused.sippy!.token);
});

/** Lets the switch work, and answers a debit with a fault all the same. */
const faultAfterDebit = (egress: Egress): Egress => async (request) => {
  const answer = await egress(request);
  if (!request.body?.includes("accountDebit") || answer.status !== "answered") return answer;
  if (answer.httpStatus !== 200) return answer;
  const text = answer.text.replace(
    /<params>.*<\/params>/s,
    "<fault><value><struct><member><name>faultCode</name><value><int>500</int></value></member>" +
      "<member><name>faultString</name><value>no</value></member></struct></value></fault>",
  );
  return { ...answer, text };
};

Deno.test("a debit that was refused and made all the same is found before it is sent again", async () => {
  await using world = await openPaymentWorld({ isServed: true, wrapEgress: faultAfterDebit });
  const id = await closeBillOf(world.first.deps);
  await world.first.run();
  assert.equal((await world.bill(id)).status, "failed");
  await world.pass(PAYMENT_RETRIES_MS[0]!);
  await assertPaidOnce(world, id);
  assert.equal(world.sippy.requestCount.debit, 1);
});

Deno.test("a person who wants a refused debit tried again at once waits for the settle window", async () => {
  await using world = await openPaymentWorld({ wrapEgress: faultAfterDebit });
  world.sippy.faults.listedAfterMs = 60_000;
  const id = await closeBillOf(world.first.deps);
  await world.first.run();
  for (let i = 0; i < 3; i++) {
    const job = (await world.job(id))!;
    await retryJob(world.first.deps, { jobId: job.id, atMs: world.clock.now() });
    await world.pass(10_000);
    assert.equal((await world.bill(id)).status, "failed");
  }
  await world.pass(SETTLE_MS);
  await assertPaidOnce(world, id);
  assert.equal(world.sippy.requestCount.debit, 1);
});

Deno.test("a login that is refused sends no money, and the bill is tried again", async () => {
  await using world = await openPaymentWorld({ isServed: true });
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["wrong_password"];
  await world.first.run();
  const { status, failureReason, sippy } = await world.bill(id);
  assert.deepEqual([status, sippy?.state, sippy?.attempts], ["failed", "not_sent", 0]);
  assert.match(failureReason!, /^sippy_not_asked: /);
  await world.pass(PAYMENT_RETRIES_MS[0]!);
  await assertPaidOnce(world, id);
});

Deno.test("a stale nonce is no failure", async () => {
  await using world = await openPaymentWorld({ isServed: true });
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["stale_nonce"];
  await world.first.run();
  await assertPaidOnce(world, id);
});

Deno.test("a switch that cannot be reached is asked again after 15 min, 1 h, 6 h and 24 h; then the bill waits for a person", async () => {
  let isDown = true;
  const wrapEgress = (egress: Egress): Egress => (request) =>
    isDown
      ? Promise.resolve({ status: "unreachable", reason: "connection refused" })
      : egress(request);
  await using world = await openPaymentWorld({ wrapEgress });
  const id = await closeBillOf(world.first.deps);
  await world.pass(96 * HOUR_MS);
  const { status, attempts } = await world.bill(id);
  assert.deepEqual([status, attempts, (await world.job(id))?.state], ["failed", 5, "failed"]);
  isDown = false;
  await world.pass(96 * HOUR_MS);
  assert.equal((await world.bill(id)).status, "failed");
  const job = (await world.job(id))!;
  await retryJob(world.first.deps, { jobId: job.id, atMs: world.clock.now() });
  await world.first.run();
  await assertPaidOnce(world, id);
});

Deno.test("searches that are not answered are bounded, and a person decides", async () => {
  await using world = await openPaymentWorld();
  const id = await closeBillOf(world.first.deps);
  await world.pass(0);
  const other = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["dropped"];
  await world.first.run();
  world.sippy.faults.lookups.rates = { lost: 1 };
  await world.pass(72 * HOUR_MS);
  const { status, failureReason, sippy } = await world.bill(other);
  assert.deepEqual([status, sippy?.lookups], ["needs_review", 6]);
  assert.match(failureReason!, /^lookup_unavailable: /);
  assert.equal((await world.bill(id)).status, "paid");
  assert.equal(world.sippy.requestCount.debit, 2);
});

Deno.test("a list that is late by some minutes is asked again", async () => {
  await using world = await openPaymentWorld();
  world.sippy.faults.listedAfterMs = SETTLE_MS + 4 * MINUTE_MS;
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["dropped"];
  await world.pass(SETTLE_MS + MINUTE_MS);
  assert.equal((await world.bill(id)).sippy?.lookups, 1);
  await world.pass(5 * MINUTE_MS);
  await assertPaidOnce(world, id);
});

type Booking = Parameters<PaymentWorld["sippy"]["bookByHand"]>[0];
/** What a person must look at, and why. */
const UNCLEAR: readonly [string, string, (mine: Booking) => Partial<Booking>][] = [
  ["the debit stands there twice", "booked_twice", () => ({})],
  ["another amount stands there", "booked_differently", () => ({ amountMicros: 12_510_000n })],
  ["the notes are gone", "booked_without_reference", () => ({ notes: null })],
  ["the notes are cut", "booked_without_reference", () => ({ notes: "smsbill ref=019" })],
];
for (const [sentence, reason, change] of UNCLEAR) {
  Deno.test(`${sentence}: a person decides, and nothing is sent again`, async () => {
    await using world = await openPaymentWorld();
    const id = await closeBillOf(world.first.deps);
    world.sippy.faults.money.next = [reason === "booked_twice" ? "dropped" : "lost"];
    await world.first.run();
    const { reference, paymentTimeMs } = (await world.bill(id)).sippy!;
    const mine: Booking = {
      iAccount: SIPPY_ACCOUNT,
      kind: "debit",
      amountMicros: BILL_MICROS,
      notes: reference,
      paymentTimeMs,
    };
    world.sippy.bookByHand({ ...mine, ...change(mine) });
    await world.pass(72 * HOUR_MS);
    const { status, failureReason } = await world.bill(id);
    assert.deepEqual([status, failureReason], ["needs_review", reason]);
    assert.equal(world.sippy.requestCount.debit, 1);
  });
}

Deno.test("somebody else's debit of another amount, or of the same amount with other notes, says nothing", async () => {
  await using world = await openPaymentWorld();
  const paymentTimeMs = world.clock.now();
  const others = { iAccount: SIPPY_ACCOUNT, kind: "debit", paymentTimeMs } as const;
  world.sippy.bookByHand({ ...others, amountMicros: BILL_MICROS, notes: "monthly fee" });
  world.sippy.bookByHand({ ...others, amountMicros: 100n, notes: null });
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["fault"];
  await world.pass(HOUR_MS);
  assert.equal((await world.bill(id)).status, "paid");
  assert.equal(world.debits().length, 3);
});

Deno.test("two bills of one customer that are closed together are two debits", async () => {
  await using world = await openPaymentWorld();
  const ids = [await closeBillOf(world.first.deps), await closeBillOf(world.first.deps)];
  world.sippy.faults.money.next = ["dropped", "late"];
  await world.pass(HOUR_MS);
  for (const id of ids) assert.equal((await world.bill(id)).status, "paid");
  assert.equal(new Set(world.debits().map(({ notes }) => notes)).size, 2);
  assert.equal(world.debits().length, 2);
});

Deno.test("who was held up for more than 35 s before sending does not send", async () => {
  for (const [heldUpMs, status] of [[9_000, "paid"], [35_001, "failed"]] as const) {
    await using world = await openPaymentWorld({
      wrap: (kv) =>
        faultyKv(kv, {
          commit: ({ keys }) => {
            if (keys.some((key) => key.startsWith("sippy_reference"))) {
              world.clock.advance(heldUpMs);
            }
            return undefined;
          },
        }).kv,
    });
    const id = await closeBillOf(world.first.deps);
    await world.first.run();
    assert.equal((await world.bill(id)).status, status);
    assert.equal(world.sippy.requestCount.debit, status === "paid" ? 1 : 0);
  }
});

Deno.test("a clock that was set back between the intent and the sending stops the sending", async () => {
  await using world = await openPaymentWorld({
    wrap: (kv) =>
      faultyKv(kv, {
        commit: ({ keys }) => {
          if (keys.some((key) => key.startsWith("sippy_reference"))) {
            world.clock.setTo(world.clock.now() - 1);
          }
          return undefined;
        },
      }).kv,
  });
  const id = await closeBillOf(world.first.deps);
  await world.first.run();
  assert.equal((await world.bill(id)).failureReason?.slice(0, 16), "sippy_not_asked:");
});

/** What a process that is held up before a request does when it comes back hours later. */
const HELD_UP: readonly [string, (body: string) => boolean, number][] = [
  ["before it signed in", (body) => body === "", 0],
  // Its request was under way already: no fence of ours calls that back. The bill stays where people
  // see it, and the comparison of debits finds the booking.
  ["while its request was under way", (body) => body.includes("accountDebit"), 1],
];
for (const [sentence, isHeldUp, debitCount] of HELD_UP) {
  Deno.test(`who was taken for dead ${sentence} finds that others have decided`, async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    let mayHold = false;
    await using world = await openPaymentWorld({
      wrapEgress: (egress) => async (request) => {
        if (mayHold && isHeldUp(request.body ?? "")) await held;
        return await egress(request);
      },
      wrap: (kv) =>
        faultyKv(kv, {
          commit: ({ keys }) => {
            if (keys.some((key) => key.startsWith("sippy_reference"))) mayHold = true;
            return undefined;
          },
        }).kv,
    });
    const id = await closeBillOf(world.first.deps);
    const running = world.first.run();
    while ((await world.bill(id)).sippy === null) await new Promise((go) => setTimeout(go, 1));
    await world.pass(24 * HOUR_MS, world.openProcess({ seed: 50 }));
    assert.equal((await world.bill(id)).status, "needs_review");
    release();
    await running;
    assert.equal((await world.bill(id)).status, "needs_review");
    assert.equal(world.sippy.requestCount.debit, debitCount);
    assert.ok(world.world.logged.some(({ message }) => message.includes("came too late")));
  });
}

Deno.test("two processes that take the same bill up send once", async () => {
  await using world = await openPaymentWorld();
  const id = await closeBillOf(world.first.deps);
  const second = world.openProcess({ seed: 50 });
  await Promise.all([world.first.run(), second.run(), world.first.run(), second.run()]);
  await world.pass(HOUR_MS);
  await assertPaidOnce(world, id);
});

/** Bills that cannot be sent: nothing goes out, and the reason says why. */
const NOT_SENT: readonly [string, string, Parameters<typeof openPaymentWorld>[0]][] = [
  ["an account without a number at Sippy", "no_sippy_account", {}],
  ["Sippy is not configured", "sippy_not_configured", { isWithoutSippy: true }],
  ["the account there has another currency", "currency_mismatch", {}],
];
for (const [sentence, reason, options] of NOT_SENT) {
  Deno.test(`${sentence}: the bill fails as ${reason}`, async () => {
    await using world = await openPaymentWorld(options);
    world.sippy.placeAccount({ iAccount: 2002, baseCurrency: "EUR" });
    const sippyAccountId = reason === "no_sippy_account" ? null : 2002;
    await openCustomer(world.first.deps, { id: "zeta", sippyAccountId });
    const id = await closeBillOf(world.first.deps, { accountId: "zeta" });
    await world.first.run();
    const { status, failureReason, attempts, sippy } = await world.bill(id);
    assert.deepEqual([status, failureReason, attempts, sippy], ["failed", reason, 1, null]);
    assert.equal(world.sippy.requestCount.debit, 0);
    assert.equal((await world.job(id))?.lastError, reason);
  });
}

Deno.test("a bill that awaits approval, is paid or cancelled is left alone, and its job is done", async () => {
  await using world = await openPaymentWorld();
  const ids = [
    await closeBillOf(world.first.deps, { approval: "awaiting" }),
    await closeBillOf(world.first.deps, { status: "cancelled" }),
    await closeBillOf(world.first.deps, { status: "paid" }),
    await closeBillOf(world.first.deps, { status: "needs_review" }),
  ];
  await world.first.run();
  for (const id of ids) assert.equal((await world.job(id))?.state, "done");
  assert.equal(world.sippy.requestCount.debit, 0);
});

Deno.test("a bill from the wallet is tried again as money comes in", async () => {
  await using world = await openPaymentWorld();
  const id = await closeBillOf(world.first.deps, { payment: "wallet", micros: 3_000_000n });
  await world.first.run();
  assert.deepEqual(
    [(await world.bill(id)).status, (await world.bill(id)).failureReason],
    ["failed", "insufficient_funds"],
  );
  await topUp(world.first.deps, { accountId: "acme", micros: 5_000_000n });
  await world.pass(HOUR_MS);
  const bill = await world.bill(id);
  assert.equal(bill.status, "paid");
  assert.equal(
    (await entriesOf(world.first.deps.store, "acme")).filter(({ kind }) => kind === "payment")
      .length,
    1,
  );
});

Deno.test("people hear once of a first failure, of a review and of a paid bill, unless the terms keep quiet", async () => {
  for (const notifications of [true, false]) {
    await using world = await openPaymentWorld();
    await setTerms(world.first.deps, { notifications });
    const id = await closeBillOf(world.first.deps);
    world.sippy.faults.money.next = ["fault", "fault", "dropped"];
    await world.pass(48 * HOUR_MS);
    assert.equal((await world.bill(id)).status, "paid");
    const lost = await closeBillOf(world.first.deps);
    world.sippy.faults.money.next = ["lost"];
    await world.pass(48 * HOUR_MS);
    assert.equal((await world.bill(lost)).status, "needs_review");
    const notices = await rowsUnder(world.first.deps.store, noticePrefix);
    assert.deepEqual(
      notices.map(({ id: noticeId }) => noticeId).toSorted(),
      notifications
        ? [
          `bill_processed:${id}:paid`,
          `payment_failed:${id}:failed`,
          `payment_failed:${lost}:needs_review`,
        ]
        : [],
    );
  }
});

Deno.test("the log tells which bill was tried and why it failed, and no secret", async () => {
  await using world = await openPaymentWorld();
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["fault"];
  await world.first.run();
  assert.deepEqual(
    world.world.logged.filter(({ message }) => message.includes("SMS billing")),
    [
      { level: "info", message: "Processing SMS billing", facts: { account: "acme", bill: id } },
      {
        level: "warn",
        message: "Failed to process SMS billing",
        facts: {
          account: "acme",
          bill: id,
          status: "failed",
          reason: "sippy_refused: 500 internal error",
        },
      },
    ],
  );
});

Deno.test("the statistics tell how fast Sippy answered", async () => {
  await using world = await openPaymentWorld();
  world.sippy.faults.slowMs = 12_000;
  world.sippy.faults.money.next = ["slow"];
  await closeBillOf(world.first.deps);
  await world.first.run();
  const { store, clock } = world.first.deps;
  const [today, ...more] = await listSippyTimings(store, { nowMs: clock.now(), days: 7 });
  assert.deepEqual(
    [today?.count, today?.totalMs, today?.maxMs, today?.lastMs, more.length],
    [2, 12_000, 12_000, 12_000, 0],
  );
});

Deno.test("a debit whose request has ended is searched for as early as the installation says", async () => {
  await using world = await openPaymentWorld();
  world.first.deps.settleMs = 1_000;
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["html_502_executed"];
  await world.first.run();
  assert.equal((await world.bill(id)).status, "processing");
  await world.pass(MINUTE_MS);
  await assertPaidOnce(world, id);
});

Deno.test("what an early search does not find is looked for again long after a request can take", async () => {
  await using world = await openPaymentWorld();
  world.first.deps.settleMs = 1_000;
  const id = await closeBillOf(world.first.deps);
  world.sippy.faults.money.next = ["late"];
  await world.first.run();
  await world.pass(2_000);
  assert.equal((await world.bill(id)).status, "processing");
  await world.pass(SETTLE_MS_MIN + 5 * MINUTE_MS);
  await assertPaidOnce(world, id);
});
