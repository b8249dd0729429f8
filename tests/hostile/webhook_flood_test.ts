/**
 * Floods of deliveries: who signs badly too often within a minute is answered 429 without a commit; who
 * signs well is never limited, wherever it comes from.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MINUTE_MS } from "../../core/clock.ts";
import { REFUSED_DELIVERIES_MAX } from "../../routes/webhooks/refuse_delivery.ts";
import { createMinuteCounts } from "../../routes/minute_counts.ts";
import type { AppWorld } from "../support/app.ts";
import {
  deliver,
  openCarrierApp,
  type SignedDelivery,
  WEBHOOK_DOORS,
  type WebhookDoor,
} from "../support/signed_webhooks.ts";

const FORGER = "192.0.2.66";
/** The world begins on a whole minute: half a minute later both ends of the window are far. */
const HALF_MS = MINUTE_MS / 2;

const good = (world: AppWorld, door: WebhookDoor, turn: number): SignedDelivery =>
  door.sign(new TextEncoder().encode(door.sample(turn)), world.clock.now());

function forged(world: AppWorld, door: WebhookDoor, turn: number): SignedDelivery {
  const body = new TextEncoder().encode(`${door.sample(turn)} `);
  return { ...good(world, door, turn), body };
}

/** How many rows were written so far, and the counts of refused deliveries. */
async function countedBy({ kv }: AppWorld): Promise<Record<string, number>> {
  const rows = await Array.fromAsync(kv.list<Uint8Array>({ prefix: ["refused_delivery"] }));
  return Object.fromEntries(rows.map(({ key, value }) => {
    const count = /"count":(\d+)/.exec(new TextDecoder().decode(value))?.[1];
    return [String(key[1]), Number(count)];
  }));
}

for (const door of WEBHOOK_DOORS) {
  Deno.test(`${door.name}: a forger is answered 429 after ${REFUSED_DELIVERIES_MAX} in a minute, the carrier at the same address never`, async () => {
    using world = await openCarrierApp();
    world.clock.advance(HALF_MS);
    for (let turn = 1; turn <= REFUSED_DELIVERIES_MAX; turn++) {
      const answer = await deliver(world, { ...forged(world, door, turn), remoteAddress: FORGER });
      assert.equal(answer.status, 403, `the ${turn}th`);
    }
    const counted = await countedBy(world);
    assert.deepEqual(counted, { [door.carrier]: REFUSED_DELIVERIES_MAX });
    for (let turn = 1; turn <= 50; turn++) {
      const answer = await deliver(world, { ...forged(world, door, turn), remoteAddress: FORGER });
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get("retry-after"), String(HALF_MS / 1_000));
      assert.equal((await answer.json()).code, "rate_limited");
    }
    assert.deepEqual(await countedBy(world), counted, "a flood makes no commits");
    const told = world.logged.filter(({ message }) => message.startsWith("Too many deliveries"));
    assert.deepEqual(told.map(({ level, facts }) => ({ level, facts })), [
      { level: "warn", facts: { carrier: door.carrier, address: FORGER } },
    ]);
    // Signed well, from the very same address, many more than that, and each of them is kept.
    for (let turn = 1; turn <= REFUSED_DELIVERIES_MAX + 50; turn++) {
      const answer = await deliver(world, { ...good(world, door, turn), remoteAddress: FORGER });
      assert.equal(answer.status, 200, `the ${turn}th`);
    }
    const events = await Array.fromAsync(world.kv.list({ prefix: ["event"] }));
    assert.equal(events.length, REFUSED_DELIVERIES_MAX + 50);
    const elsewhere = { ...forged(world, door, 1), remoteAddress: "192.0.2.67" };
    assert.equal((await deliver(world, elsewhere)).status, 403, "others are not in this");
    world.clock.advance(HALF_MS);
    const later = { ...forged(world, door, 1), remoteAddress: FORGER };
    assert.equal((await deliver(world, later)).status, 403, "the next minute begins at nothing");
  });
}

Deno.test("a forger has one count at all doors, and headers do not give it another address", async () => {
  using world = await openCarrierApp();
  const seen: number[] = [];
  for (let turn = 0; turn < REFUSED_DELIVERIES_MAX + 10; turn++) {
    const delivery = forged(world, WEBHOOK_DOORS[turn % WEBHOOK_DOORS.length]!, turn);
    const headers = {
      ...delivery.headers,
      "x-forwarded-for": `192.0.2.${turn}`,
      forwarded: "for=1",
    };
    seen.push((await deliver(world, { ...delivery, headers, remoteAddress: FORGER })).status);
  }
  assert.deepEqual(seen, [
    ...Array.from({ length: REFUSED_DELIVERIES_MAX }, () => 403),
    ...Array.from({ length: 10 }, () => 429),
  ]);
});

Deno.test("addresses without end share one count, so that no forger fills the memory", () => {
  let nowMs = 0;
  const counts = createMinuteCounts({ now: () => nowMs }, { namesMax: 3 });
  const countsOf = (names: string[]) => names.map((name) => counts.count(name).count);
  assert.deepEqual(countsOf(["a", "b", "c", "d", "e", "f", "a", "g"]), [1, 1, 1, 1, 2, 3, 2, 4]);
  nowMs = MINUTE_MS;
  assert.deepEqual(countsOf(["g", "f", "a"]), [1, 1, 1]);
});
