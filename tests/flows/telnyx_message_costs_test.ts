/**
 * Messages whose events told no cost get it from the messaging records, many by one look.
 *
 * @module
 */
import assert from "node:assert/strict";
import { COST_JOB_KINDS } from "../../core/billing/unsettled.ts";
import { listJobs } from "../../core/jobs/job.ts";
import { messageChargeKey, messageKey } from "../../core/kv/keys.ts";
import type { MessageCharge } from "../../core/billing/message_charge.ts";
import type { Message } from "../../core/usage/messages.ts";
import { TELNYX_COST_JOB, TELNYX_MESSAGE_COST_JOB } from "../../cron/fetch_telnyx_costs.ts";
import { openRecordsWorld, type RecordsWorld } from "../support/telnyx_records.ts";
import { ACME_NUMBER, STRANGER } from "../support/world.ts";

async function send(
  { simulator, world, hear }: RecordsWorld,
  { count, recordsAfterMs, from = ACME_NUMBER }: {
    count: number;
    recordsAfterMs?: number;
    from?: string;
  },
): Promise<string[]> {
  const sentAtMs = world.clock.now();
  const ids = Array.from({ length: count }, (_, i) => `message-${i}`);
  for (const messageId of ids) {
    const late = recordsAfterMs === undefined ? {} : { recordsAfterMs };
    const text = { from, to: STRANGER, sentAtMs, hasNullCost: true, isSilent: true };
    simulator.placeMessage({ messageId, ...text, ...late });
  }
  world.clock.advance(3_000);
  for (const id of ids) await hear(id);
  return ids;
}

async function messageOf({ sync }: RecordsWorld, id: string): Promise<Message> {
  return (await sync.store.get<Message>(messageKey(`telnyx:${id}`)))!.value;
}

async function chargeOf({ sync }: RecordsWorld, id: string): Promise<MessageCharge> {
  return (await sync.store.get<MessageCharge>(messageChargeKey(`telnyx:${id}`)))!.value;
}

async function jobStates({ sync }: RecordsWorld): Promise<string[]> {
  const page = await listJobs(sync.store, { limit: 200 });
  return page!.rows.filter(({ value }) => value.kind === TELNYX_MESSAGE_COST_JOB)
    .map(({ value }) => value.state);
}

Deno.test("a message without a cost is rated once its record tells one", async () => {
  await using telnyx = await openRecordsWorld();
  const [id] = await send(telnyx, { count: 1 });
  assert.equal((await messageOf(telnyx, id!)).costMicros, null);
  assert.equal((await chargeOf(telnyx, id!)).state, "open");
  telnyx.world.clock.advance(30_000);
  await telnyx.run();
  assert.equal((await messageOf(telnyx, id!)).costMicros, 8_200n);
  const charge = await chargeOf(telnyx, id!);
  assert.deepEqual([charge.state, charge.amountMicros], ["rated", 8_200n]);
  assert.deepEqual(await jobStates(telnyx), ["done"]);
});

Deno.test("a hundred messages share pages, and a repeated run changes nothing", async () => {
  await using telnyx = await openRecordsWorld();
  const ids = await send(telnyx, { count: 100 });
  telnyx.world.clock.advance(30_000);
  telnyx.simulator.requestCount.detailRecords = 0;
  await telnyx.run();
  assert.equal(telnyx.simulator.requestCount.detailRecords, 2);
  const before = await messageOf(telnyx, ids[99]!);
  assert.equal(before.costMicros, 8_200n);
  await telnyx.run();
  assert.deepEqual(await messageOf(telnyx, ids[99]!), before);
});

Deno.test("no record is not free: the job tries again by its schedule, and fails in the end", async () => {
  await using telnyx = await openRecordsWorld();
  const [id] = await send(telnyx, { count: 1, recordsAfterMs: Infinity });
  for (const waitMs of [5, 25, 60, 120, 240, 480, 960].map((seconds) => seconds * 1_000)) {
    telnyx.world.clock.advance(waitMs);
    assert.equal(await telnyx.run(), 1);
  }
  assert.deepEqual(await jobStates(telnyx), ["failed"]);
  assert.equal((await messageOf(telnyx, id!)).costMicros, null);
});

Deno.test("what was read in part is not applied", async () => {
  await using telnyx = await openRecordsWorld();
  const ids = await send(telnyx, { count: 60 });
  telnyx.world.clock.advance(30_000);
  telnyx.simulator.faults.quotaPerMinute = 4;
  await telnyx.run();
  const states = new Set(await jobStates(telnyx));
  assert.deepEqual([...states], ["pending"]);
  assert.equal((await messageOf(telnyx, ids[0]!)).costMicros, null);
  telnyx.simulator.faults.quotaPerMinute = 40;
  telnyx.world.clock.advance(120_000);
  await telnyx.run();
  assert.equal((await messageOf(telnyx, ids[59]!)).costMicros, 8_200n);
});

Deno.test("nobody's message gets its cost too, and a later event does not take it back", async () => {
  await using telnyx = await openRecordsWorld();
  const [id] = await send(telnyx, { count: 1, from: "+12125550199" });
  telnyx.world.clock.advance(30_000);
  await telnyx.run();
  await telnyx.hear(id!);
  const message = await messageOf(telnyx, id!);
  assert.deepEqual([message.accountId, message.costMicros], [null, 8_200n]);
});

Deno.test("the kinds by which missing costs are found are those of the jobs", () => {
  assert.deepEqual(COST_JOB_KINDS, { calls: TELNYX_COST_JOB, messages: TELNYX_MESSAGE_COST_JOB });
});
