import assert from "node:assert/strict";
import { billDue } from "../../../core/billing/bill_due.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import { recordMessages } from "../../../core/billing/record_messages.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import { noticeDuePrefix } from "../../../core/kv/keys.ts";
import { noticeId, type NoticeKind } from "../../../core/notices/notice.ts";
import { listNotices } from "../../../core/notices/read_notices.ts";
import type { CallReport } from "../../../core/usage/call_usage.ts";
import { reportOf } from "../../support/call_report.ts";
import { messageOf } from "../../support/message_report.ts";
import { openWorld, topUp, type World } from "../../support/world.ts";

async function heard({ deps }: World, kind: NoticeKind): Promise<string[]> {
  const page = await listNotices(deps.store, { kinds: [kind], limit: 90 });
  return page!.notices.map(({ title }) => title).reverse();
}

async function takeIn({ deps, clock }: World, reports: CallReport[]): Promise<void> {
  await recordCalls(deps, {
    carrier: "bland",
    sourceId: "bland:main",
    keyAccountId: null,
    reports,
    atMs: clock.now(),
  });
  await billDue(deps, { actor: "test" });
}

/** A call of `acme` that costs 0.11 a minute. */
const callOf = (id: string, minutes: number) => reportOf(id, { seconds: minutes * 60 });

async function spend(world: World, amount: string): Promise<void> {
  const micros = -BigInt(Math.round(Number(amount) * 1_000_000));
  assert.equal((await topUp(world.deps, { accountId: "acme", micros })).status, "posted");
}

async function thresholds({ deps }: World, ...units: bigint[]): Promise<void> {
  await setWallet(deps, {
    accountId: "acme",
    settings: { lowBalanceThresholdsMicros: units.map((one) => one * 1_000_000n) },
    isExpected: () => true,
    actor: "test",
  });
}

Deno.test("a low balance is told once a crossing and armed again by a top-up", async () => {
  using world = await openWorld();
  await thresholds(world, 20n, 10n);
  await spend(world, "35");
  assert.deepEqual(await heard(world, "low_balance"), [
    "The balance of acme is below 20.000000 USD",
  ]);
  await spend(world, "1");
  assert.equal((await heard(world, "low_balance")).length, 1);
  await spend(world, "9");
  assert.deepEqual(
    (await heard(world, "low_balance")).at(-1),
    "The balance of acme is below 10.000000 USD",
  );
  // 5 and 4 are 9: still below both.
  await topUp(world.deps, { accountId: "acme", micros: 4_000_000n });
  await spend(world, "1");
  assert.equal((await heard(world, "low_balance")).length, 2);
  await topUp(world.deps, { accountId: "acme", micros: 50_000_000n });
  await spend(world, "45");
  assert.equal((await heard(world, "low_balance")).length, 3);
});

Deno.test("a call whose charge goes down and up around a threshold tells nothing twice", async () => {
  using world = await openWorld();
  await thresholds(world, 20n);
  await spend(world, "29.95");
  await takeIn(world, [callOf("a", 1)]);
  assert.equal((await heard(world, "low_balance")).length, 1);
  await takeIn(world, [callOf("a", 0)]);
  await takeIn(world, [callOf("b", 1)]);
  assert.equal((await heard(world, "low_balance")).length, 1);
});

Deno.test("the first call that waits for funds is told of, and again after it was paid", async () => {
  using world = await openWorld();
  await spend(world, "49.95");
  await takeIn(world, [callOf("a", 1), callOf("b", 1)]);
  await takeIn(world, [callOf("c", 1)]);
  assert.deepEqual(await heard(world, "waiting_funds"), ["Calls of acme wait for funds"]);
  await topUp(world.deps, { accountId: "acme", micros: 300_000n });
  await takeIn(world, [callOf("d", 2)]);
  assert.equal((await heard(world, "waiting_funds")).length, 2);
});

Deno.test("a call that waits for another amount is no other crossing", async () => {
  using world = await openWorld();
  await spend(world, "49.95");
  await takeIn(world, [callOf("a", 1)]);
  await takeIn(world, [callOf("a", 3)]);
  assert.equal((await heard(world, "waiting_funds")).length, 1);
});

Deno.test("usage of a number nobody holds is told of once a day", async () => {
  using world = await openWorld();
  const lost = (id: string) => reportOf(id, { from: "+13105550177" });
  await takeIn(world, [lost("a"), lost("b")]);
  await takeIn(world, [lost("a"), lost("c")]);
  const title = "Usage of the number +13105550177 belongs to nobody";
  assert.deepEqual(await heard(world, "unassigned_usage"), [title]);
  world.clock.advance(86_400_000);
  await takeIn(world, [lost("a")]);
  assert.equal((await heard(world, "unassigned_usage")).length, 1, "nothing appeared");
  await takeIn(world, [lost("d")]);
  assert.deepEqual(await heard(world, "unassigned_usage"), [title, title]);
});

Deno.test("eighty unknown numbers at once are taken in, and told of as a few and many more", async () => {
  using world = await openWorld();
  const numbers = Array.from({ length: 80 }, (_, i) => `+1310555${String(i).padStart(4, "0")}`);
  await takeIn(
    world,
    numbers.map((from, i) => reportOf(`c${i}`, { from })),
  );
  const told = await heard(world, "unassigned_usage");
  assert.equal(told.length, 6);
  assert(told.includes("Usage of more numbers belongs to nobody"));
  const { stored } = await recordMessages(world.deps, {
    carrier: "telnyx",
    sourceId: "telnyx:main",
    reports: numbers.map((from, i) => messageOf(`m${i}`, { from })),
    atMs: world.clock.now(),
  });
  assert.equal(stored.length, 80);
});

Deno.test("every notice is due to be sent", async () => {
  using world = await openWorld();
  await spend(world, "49.95");
  await takeIn(world, [callOf("a", 1)]);
  const due = await world.deps.store.list({ prefix: noticeDuePrefix });
  assert.equal(due.length, 1);
});

Deno.test("the id of a notice is plain and short, whatever its cause is called", () => {
  assert.equal(noticeId("low_balance", ["acme", 7]), "low_balance:acme:7");
  for (const odd of ["<img>", "a b", "ü", "x".repeat(300), "a/b", "a.b"]) {
    assert.match(noticeId("unassigned_usage", [odd]), /^unassigned_usage:[0-9a-f]{64}$/);
  }
  assert.notEqual(noticeId("unassigned_usage", ["a b"]), noticeId("unassigned_usage", ["a/b"]));
});
