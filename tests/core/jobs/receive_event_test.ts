import assert from "node:assert/strict";
import type { Delivery, InboxEvent } from "../../../core/jobs/inbox.ts";
import { createReceiver, type Kept } from "../../../core/jobs/receive_event.ts";
import { StoreUnavailable } from "../../../core/kv/store.ts";
import { type FaultyKv, faultyKv } from "../../support/faulty_kv.ts";
import { rowsOf } from "../../support/ledger.ts";
import { openWorld, type World } from "../../support/world.ts";

const delivery = (n: number): Delivery => ({
  carrier: "telnyx",
  kind: "call.hangup",
  carrierEventId: `event-${n}`,
  payload: `{"n":${n}}`,
  state: "received",
  reason: null,
});

const upTo = (count: number) => Array.from({ length: count }, (_, n) => delivery(n));

interface Desk extends Disposable {
  world: World;
  faulty: FaultyKv;
  receive: (delivery: Delivery) => Promise<Kept>;
  /** Ids of the events that are kept, and of those that are due. */
  ids: () => Promise<{ kept: string[]; due: string[] }>;
}

async function openDesk(): Promise<Desk> {
  let faulty!: FaultyKv;
  const world = await openWorld({ isEmpty: true, wrap: (kv) => (faulty = faultyKv(kv)).kv });
  return {
    world,
    faulty,
    receive: createReceiver(world.deps),
    ids: async () => {
      const kept = (await rowsOf<InboxEvent>(world.deps.store, ["event"])).map(({ id }) => id);
      const due = await Array.fromAsync(
        world.kv.list({ prefix: ["event_due"] }),
        ({ key }) => String(key[2]),
      );
      return { kept: kept.sort(), due: due.sort() };
    },
    [Symbol.dispose]: () => world.close(),
  };
}

const idsOf = (deliveries: Delivery[]) =>
  deliveries.map(({ carrierEventId }) => `telnyx:${carrierEventId}`).sort();

const statusesOf = (kept: Kept[]) => kept.map(({ status }) => status);

/** Ten milliseconds of real time, in which a database in memory answers. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 10));

Deno.test("deliveries that arrive together share commits; each is kept once, and due", async () => {
  using desk = await openDesk();
  const all = upTo(37);
  const kept = await Promise.all(all.map(desk.receive));
  assert.deepEqual(new Set(statusesOf(kept)), new Set(["received"]));
  assert.deepEqual(await desk.ids(), { kept: idsOf(all), due: idsOf(all) });
  // The first alone, then ten at a time.
  assert.equal(desk.faulty.counts.asked, 5);
});

Deno.test("nobody is answered before the commit that keeps his delivery", async () => {
  using desk = await openDesk();
  const gate = Promise.withResolvers<void>();
  desk.faulty.hooks.commit = async () => void await gate.promise;
  const answered: string[] = [];
  const all = upTo(5);
  const receiving = all.map(async (one) =>
    answered.push((await desk.receive(one)).event.carrierEventId)
  );
  await breathe();
  assert.deepEqual([answered, (await desk.ids()).kept], [[], []]);
  gate.resolve();
  await Promise.all(receiving);
  assert.equal(answered.length, 5);
});

Deno.test("a delivery that comes twice at once is kept once, and only one of the two is the first", async () => {
  using desk = await openDesk();
  const first = [delivery(0), delivery(1)].map(desk.receive);
  desk.world.clock.advance(1);
  const kept = await Promise.all([...first, ...[delivery(1), delivery(2)].map(desk.receive)]);
  assert.deepEqual(statusesOf(kept), ["received", "received", "already_received", "received"]);
  assert.deepEqual(await desk.ids(), { kept: idsOf(upTo(3)), due: idsOf(upTo(3)) });
});

Deno.test("a repeat among fresh ones answers the first one's event; its neighbours are kept", async () => {
  using desk = await openDesk();
  await desk.receive(delivery(2));
  desk.world.clock.advance(60_000);
  const kept = await Promise.all(upTo(5).map(desk.receive));
  const repeat = kept.find(({ status }) => status === "already_received")!;
  assert.equal(repeat.event.receivedAtMs, desk.world.clock.now() - 60_000);
  assert.equal(kept.filter(({ status }) => status === "received").length, 4);
  assert.deepEqual(await desk.ids(), { kept: idsOf(upTo(5)), due: idsOf(upTo(5)) });
});

for (const fate of ["throws_after", "not_ok_after", "throws_before", "not_ok_before"] as const) {
  Deno.test(`a shared commit that ${fate} leaves every delivery kept once, and received`, async () => {
    using desk = await openDesk();
    desk.faulty.hooks.commit = ({ keys }) => keys.length > 2 ? fate : undefined;
    const kept = await Promise.all(upTo(6).map(desk.receive));
    assert.deepEqual(new Set(statusesOf(kept)), new Set(["received"]));
    assert.deepEqual(await desk.ids(), { kept: idsOf(upTo(6)), due: idsOf(upTo(6)) });
  });
}

Deno.test("behind a database that hangs, every delivery is given up after 1.5 seconds", async () => {
  using desk = await openDesk();
  const { clock } = desk.world;
  const gate = Promise.withResolvers<void>();
  desk.faulty.hooks.commit = async () => void await gate.promise;
  desk.faulty.hooks.read = () => gate.promise;
  const ended: [n: number, atMs: number, error: unknown][] = [];
  const startMs = clock.now();
  const receiving = upTo(3).map((one, n) =>
    desk.receive(one).catch((error) => void ended.push([n, clock.now() - startMs, error]))
  );
  for (let ms = 0; ms < 1_500; ms += 100) {
    await breathe();
    clock.advance(100);
  }
  await Promise.all(receiving);
  assert.equal(ended.length, 3);
  for (const [, atMs, error] of ended) {
    assert.ok(error instanceof StoreUnavailable);
    assert.ok(atMs <= 1_500, `${atMs} ms`);
  }
  gate.resolve();
  await breathe();
});

Deno.test("a full group does not wait for the one before it", async () => {
  using desk = await openDesk();
  const gate = Promise.withResolvers<void>();
  desk.faulty.hooks.commit = async ({ n }) => void (n === 1 && await gate.promise);
  const first = desk.receive(delivery(0));
  const others = await Promise.all(upTo(11).slice(1).map(desk.receive));
  assert.equal(others.length, 10);
  gate.resolve();
  assert.equal((await first).status, "received");
});
