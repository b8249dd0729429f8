import assert from "node:assert/strict";
import { createIds } from "../../../core/ids.ts";
import { encodeRow } from "../../../core/kv/codec.ts";
import {
  ATTEMPTS_MAX,
  backoffMs,
  type Change,
  createGates,
  type Gates,
  Unresolved,
} from "../../../core/kv/gates.ts";
import type { Key } from "../../../core/kv/keys.ts";
import { createStore, type Store } from "../../../core/kv/store.ts";
import { fakeClock } from "../../support/fake_clock.ts";
import { type FaultyKv, faultyKv } from "../../support/faulty_kv.ts";
import { startKvConnect } from "../../support/kv_connect.ts";
import { seeded } from "../../support/world.ts";

interface Process {
  gates: Gates;
  store: Store;
  logged: string[];
}
interface Opened extends Process {
  faulty: FaultyKv;
  /** A second process on the same database. */
  other: Process;
}

const GATE: Key = ["wallet", "acme"];

function start(kv: Deno.Kv, seed: number): Process {
  const clock = fakeClock(0);
  const random = seeded(seed);
  const ids = createIds(clock, (bytes) => bytes.map(() => Math.floor(random() * 256)));
  const store = createStore({ kv, clock });
  const logged: string[] = [];
  const log = (_level: string, message: string) => void logged.push(message);
  return { gates: createGates({ store, clock, ids, log }), store, logged };
}

async function opened(story: (it: Opened) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const faulty = faultyKv(kv);
  await story({ ...start(faulty.kv, 1), faulty, other: start(kv, 2) });
}

/** Counts up once per id: the row of the id is the guard. */
function countUp(id: string): Change<number> {
  return {
    gate: GATE,
    stage: async (batch) => {
      const done = await batch.get<{ n: number }>(["done", id]);
      if (done) return done.n;
      const n = ((await batch.get<{ n: number }>(GATE))?.n ?? 0) + 1;
      batch.set(GATE, { n });
      batch.set(["done", id], { n });
      return n;
    },
  };
}

const countOf = async (store: Store) => (await store.get<{ n: number }>(GATE))?.value.n ?? 0;
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const throwing = (what: string): Change<never> => ({
  gate: GATE,
  stage: (batch) => {
    batch.set(["trace", what], {});
    throw new TypeError(what);
  },
});

Deno.test("64 changes that arrive together for one gate share a commit and keep their order", () =>
  opened(async ({ gates, store, faulty }) => {
    const results = await Promise.all(numbers(64).map((n) => gates.change(countUp(`${n}`))));
    assert.deepEqual(results, numbers(64));
    assert.equal(await countOf(store), 64);
    assert.ok(faulty.counts.asked <= 2, `${faulty.counts.asked} commits`);
  }));

Deno.test("changes of different gates commit beside each other", () =>
  opened(async ({ gates, faulty }) => {
    let together = 0;
    const both = Promise.withResolvers<void>();
    faulty.hooks.commit = async () => {
      if (++together === 2) both.resolve();
      await both.promise;
      return undefined;
    };
    await Promise.all(["acme", "kiwi"].map((id) =>
      gates.change({
        gate: ["wallet", id],
        stage: (batch) => Promise.resolve(batch.set(["wallet", id], { n: 1 })),
      })
    ));
  }));

Deno.test("a stage that throws is told so, leaves nothing behind, and its neighbours are committed", () =>
  opened(async ({ gates, store }) => {
    const results = await Promise.allSettled([
      gates.change(throwing("first")),
      gates.change(countUp("a")),
      gates.change(throwing("second")),
      gates.change(countUp("b")),
      gates.change(throwing("third")),
    ]);
    assert.deepEqual(
      results.map((one) => one.status === "fulfilled" ? one.value : (one.reason as Error).message),
      ["first", 1, "second", 2, "third"],
    );
    assert.equal(await countOf(store), 2);
    assert.deepEqual(await store.list({ prefix: ["trace"] }), []);
  }));

Deno.test("a stage too large for one commit is refused alone", () =>
  opened(async ({ gates, store }) => {
    const large: Change<void> = {
      gate: GATE,
      stage: (batch) => {
        for (const n of numbers(501)) batch.set(["trace", String(n)], {});
        return Promise.resolve();
      },
    };
    const results = await Promise.allSettled([
      gates.change(countUp("a")),
      gates.change(large),
      gates.change(countUp("b")),
    ]);
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assert.match(String((results[1] as PromiseRejectedResult).reason), /one stage is too large/);
    assert.equal(await countOf(store), 2);
    assert.deepEqual(await store.list({ prefix: ["trace"] }), []);
  }));

Deno.test("stages that fit alone but not together take as many commits as they need", () =>
  opened(async ({ gates, store, faulty }) => {
    await Promise.all(
      numbers(4).map((who) =>
        gates.change({
          gate: GATE,
          stage: (batch) => {
            for (const n of numbers(200)) batch.set(["trace", String(who), String(n)], {});
            return Promise.resolve();
          },
        })
      ),
    );
    assert.equal((await store.list({ prefix: ["trace"] })).length, 800);
    assert.equal(faulty.counts.applied, 2);
  }));

Deno.test("a row that cannot be encoded stops its own stage only", () =>
  opened(async ({ gates, store }) => {
    const bad: Change<void> = {
      gate: GATE,
      stage: (batch) => Promise.resolve(batch.set(["trace"], { n: 0.5 })),
    };
    const results = await Promise.allSettled([gates.change(bad), gates.change(countUp("a"))]);
    assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled"]);
    assert.equal(await countOf(store), 1);
  }));

for (
  const [what, key] of [["a row nobody can read", ["bad"]], ["a key nobody can ask for", [
    "x".repeat(3_000),
  ]]] as const
) {
  for (const place of ["reads", "stage"] as const) {
    Deno.test(`a change whose ${place} touches ${what} fails alone`, () =>
      opened(async ({ gates, store, faulty }) => {
        await faulty.kv.atomic().set(["bad"], "not bytes").commit();
        const bad: Change<void> = {
          gate: GATE,
          ...(place === "reads" ? { reads: [key] } : {}),
          stage: async (batch) => void (await batch.get(key)),
        };
        const results = await Promise.allSettled([
          gates.change(countUp("a")),
          gates.change(countUp("b")),
          gates.change(bad),
          gates.change(countUp("c")),
        ]);
        assert.deepEqual(
          results.map(({ status }) => status),
          ["fulfilled", "fulfilled", "rejected", "fulfilled"],
        );
        assert.equal(await countOf(store), 3);
      }));
  }
}

Deno.test("the gate is set by every commit beneath it, also when no stage sets it", () =>
  opened(async ({ gates, store }) => {
    await gates.change(countUp("a"));
    const before = await store.get<{ n: number }>(GATE);
    await gates.change({ gate: GATE, stage: (batch) => Promise.resolve(batch.set(["x"], {})) });
    const after = await store.get<{ n: number }>(GATE);
    assert.notEqual(after?.versionstamp, before?.versionstamp);
    assert.equal(after?.value.n, 1, "what the gate holds is kept");
  }));

Deno.test("a change that stages nothing commits nothing", () =>
  opened(async ({ gates, faulty }) => {
    assert.equal(await gates.change({ gate: GATE, stage: () => Promise.resolve("seen") }), "seen");
    assert.equal(faulty.counts.asked, 0);
  }));

Deno.test("two processes on one gate neither lose nor double a change", () =>
  opened(async ({ gates, other, store, faulty }) => {
    // One change after the other on each side, so that commits of both meet.
    const results: number[] = [];
    const work = async (mine: Gates, name: string) => {
      for (const n of numbers(30)) results.push(await mine.change(countUp(`${name}${n}`)));
    };
    await Promise.all([work(gates, "a"), work(other.gates, "b")]);
    assert.equal(await countOf(store), 60);
    assert.deepEqual(results.toSorted((a, b) => a - b), numbers(60));
    assert.ok(faulty.counts.refused > 0, "they met");
  }));

Deno.test("a commit between reading and committing is seen: the stage runs again on fresh rows", () =>
  opened(async ({ gates, other, store, faulty }) => {
    let runs = 0;
    faulty.hooks.commit = async ({ n }) => {
      if (n === 1) await other.gates.change(countUp("other"));
      return undefined;
    };
    const change = countUp("mine");
    const result = await gates.change({
      ...change,
      stage: (batch) => (runs++, change.stage(batch)),
    });
    assert.deepEqual([result, runs, await countOf(store)], [2, 2, 2]);
  }));

Deno.test("a change made elsewhere of a row that was checked makes the stage run again", () =>
  opened(async ({ gates, store, faulty }) => {
    const price = (n: number) =>
      faulty.kv.atomic().set(["price"], encodeRow(["price"], { n })).commit();
    await price(1);
    faulty.hooks.commit = async ({ keys }) => {
      if (keys.includes("charge") && await countOf(store) === 0) {
        faulty.hooks.commit = () => undefined;
        await price(2);
      }
      return undefined;
    };
    const charged = await gates.change({
      gate: GATE,
      stage: async (batch) => {
        const { n } = (await batch.getChecked<{ n: number }>(["price"]))!;
        batch.set(["charge"], { n });
        return n;
      },
    });
    assert.equal(charged, 2);
    assert.equal((await store.get<{ n: number }>(["charge"]))?.value.n, 2);
  }));

for (const fate of ["throws_before", "throws_after", "not_ok_before", "not_ok_after"] as const) {
  Deno.test(`a group whose commit ${fate.replace("_", " ")} is committed once, and answers`, () =>
    opened(async ({ gates, store, faulty }) => {
      faulty.hooks.commit = ({ n }) => n === 1 ? fate : undefined;
      const results = await Promise.all(["a", "b", "c"].map((id) => gates.change(countUp(id))));
      assert.deepEqual(results, [1, 2, 3]);
      assert.equal(await countOf(store), 3);
      assert.equal(faulty.counts.applied, 1);
    }));
}

Deno.test("a commit that lands after its deadline changes nothing any more", () =>
  opened(async ({ faulty, store: bare }) => {
    const clock = fakeClock(0);
    const ids = { random: () => 0, id: () => "", secret: () => "" };
    const store = createStore({ kv: faulty.kv, clock, deadlineMs: 50 });
    const gates = createGates({ store, clock, ids, log: () => {} });
    const late = Promise.withResolvers<undefined>();
    const landed = Promise.withResolvers<void>();
    faulty.hooks.commit = ({ n }) => {
      if (n > 1) return undefined;
      setTimeout(() => clock.advance(50), 0);
      return late.promise.finally(() => setTimeout(landed.resolve, 20));
    };
    assert.equal(await gates.change(countUp("a")), 1);
    late.resolve(undefined);
    await landed.promise;
    assert.equal(await countOf(bare), 1);
    assert.equal(faulty.counts.refused, 1, "the late copy failed its check");
  }));

Deno.test("when no try succeeds the outcome is unknown, after exactly twelve, and the next change is served", () =>
  opened(async ({ gates, store, faulty, logged }) => {
    faulty.hooks.commit = () => "throws_before";
    const first = assert.rejects(gates.change(countUp("a")), Unresolved);
    await first;
    assert.equal(faulty.counts.asked, ATTEMPTS_MAX);
    assert.deepEqual([ATTEMPTS_MAX, logged.length], [12, 4]);
    delete faulty.hooks.commit;
    assert.equal(await gates.change(countUp("b")), 1);
    assert.equal(await countOf(store), 1);
  }));

Deno.test("reads that fail use up tries too, and a member that joined late keeps its own count", () =>
  opened(async ({ gates, faulty }) => {
    let reads = 0;
    const late: Promise<unknown>[] = [];
    faulty.hooks.read = () => {
      if (++reads === 6) late.push(assert.rejects(gates.change(countUp("late")), Unresolved));
      throw new Error("the connection broke");
    };
    await assert.rejects(gates.change(countUp("a")), /connection broke/);
    assert.equal(reads, ATTEMPTS_MAX);
    await Promise.all(late);
    assert.equal(reads, 2 * ATTEMPTS_MAX);
  }));

Deno.test("a gate is free again after its queue has emptied, however it ended", () =>
  opened(async ({ gates }) => {
    for (let round = 0; round < 3; round++) {
      await gates.change(throwing("no")).catch(() => {});
      assert.equal(await gates.change(countUp(`${round}`)), round + 1);
    }
  }));

Deno.test("backoff stays below 5 ms doubled with each failure, and below two seconds", () => {
  const top = { random: () => 0.999_999 };
  for (
    const [failed, ceiling] of [[1, 5], [2, 10], [5, 80], [9, 1_280], [10, 2_000], [
      12,
      2_000,
    ]] as const
  ) {
    const wait = backoffMs(top, failed);
    assert.ok(wait < ceiling && wait > ceiling * 0.99, `${wait} after ${failed}`);
    assert.equal(backoffMs({ random: () => 0 }, failed), 0);
  }
});

Deno.test("through the client that Deploy uses, replies lost or cut after the commit double nothing", async () => {
  const server = await startKvConnect();
  const kv = await Deno.openKv(server.url);
  try {
    const { gates, store } = start(kv, 5);
    const random = seeded(9);
    server.faults.cutReplies(0.3, random);
    server.faults.after = (method, n) =>
      method === "atomic_write" && n % 7 === 0
        ? new Response("The reply was lost", { status: 502 })
        : undefined;
    const results: number[] = [];
    for (let round = 0; round < 10; round++) {
      results.push(
        ...await Promise.all(numbers(4).map((n) => gates.change(countUp(`${round}/${n}`)))),
      );
    }
    assert.ok(server.counters.faults > 2, "replies were lost");
    server.faults.clear();
    assert.equal(await countOf(store), 40);
    assert.deepEqual(results, numbers(40));
  } finally {
    kv.close();
    await server.close();
  }
});
