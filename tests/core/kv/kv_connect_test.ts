/**
 * The KV Connect fault server under Deno's real client: what it stores, and what a lost reply looks like.
 *
 * The canaries assert behaviour we must live with, good or bad, so that a new Deno tells us of a change.
 *
 * Goes to: `tests/support/kv_connect.ts`, `tests/support/kv_connect_faults.ts`,
 * `tests/support/kv_connect_store.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type KvConnect, startKvConnect } from "../../support/kv_connect.ts";
import type { KvFault } from "../../support/kv_connect_faults.ts";
import { storedKey } from "../../support/kv_connect_store.ts";

const KEY = ["wallet", "acme"];

interface Connected {
  kv: Deno.Kv;
  server: KvConnect;
}

async function connected(story: (it: Connected) => Promise<void>): Promise<void> {
  const server = await startKvConnect();
  const kv = await Deno.openKv(server.url);
  try {
    await story({ kv, server });
  } finally {
    kv.close();
    await server.close();
  }
}

function setOnce(kv: Deno.Kv, value = "1"): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
  return kv.atomic().check({ key: KEY, versionstamp: null }).set(KEY, jsonBytes(value)).commit();
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

async function keysOf(rows: Deno.KvListIterator<unknown>): Promise<string[]> {
  return (await Array.fromAsync(rows)).map((row) => row.key.join("/"));
}

Deno.test("a row that was set is read by get and getMany, and is gone after a delete", () =>
  connected(async ({ kv, server }) => {
    const { versionstamp } = await kv.set(KEY, "one");
    assert.deepEqual(await kv.get(KEY), { key: KEY, value: "one", versionstamp });
    const rows = await kv.getMany([["nothing"], KEY]);
    assert.deepEqual(rows.map((row) => row.versionstamp), [null, versionstamp]);
    assert.equal(server.rows().get(storedKey(...KEY))?.versionstamp, versionstamp);
    await kv.delete(KEY);
    assert.equal((await kv.get(KEY)).versionstamp, null);
    assert.equal(server.rows().size, 0);
  }));

Deno.test("list() walks a prefix or a range forward, backward, with a limit and from a cursor", () =>
  connected(async ({ kv }) => {
    for (const name of ["c", "a", "e", "b", "d"]) await kv.set(["x", name], name);
    await kv.set(["w", "z"], 0);
    await kv.set(["y", "a"], 0);
    const prefix = ["x"];
    assert.deepEqual(await keysOf(kv.list({ prefix })), ["x/a", "x/b", "x/c", "x/d", "x/e"]);
    assert.deepEqual(await keysOf(kv.list({ prefix }, { reverse: true, limit: 2 })), [
      "x/e",
      "x/d",
    ]);
    const range = { start: ["x", "b"], end: ["x", "d"] };
    assert.deepEqual(await keysOf(kv.list(range)), ["x/b", "x/c"]);
    assert.deepEqual(await keysOf(kv.list(range, { reverse: true })), ["x/c", "x/b"]);
    const first = kv.list({ prefix }, { limit: 2 });
    assert.deepEqual(await keysOf(first), ["x/a", "x/b"]);
    assert.deepEqual(await keysOf(kv.list({ prefix }, { cursor: first.cursor, limit: 2 })), [
      "x/c",
      "x/d",
    ]);
  }));

Deno.test("canary: list() asks for 100 rows at a time by default and for 1,000 when told", () =>
  connected(async ({ kv, server }) => {
    for (let at = 0; at < 2_500; at += 500) {
      const batch = kv.atomic();
      for (let i = at; i < at + 500; i++) batch.set(["x", String(i)], jsonBytes(i));
      assert.ok((await batch.commit()).ok);
    }
    const { requests } = server.counters;
    const count = async (options: Deno.KvListOptions) => {
      const before = requests.snapshot_read;
      assert.equal((await keysOf(kv.list({ prefix: ["x"] }, options))).length, 2_500);
      return requests.snapshot_read - before;
    };
    assert.equal(await count({ batchSize: 1_000 }), 3);
    assert.ok(await count({}) >= 25);
  }));

Deno.test("rows lie in the same order as in Deno's own store, whatever was put in and taken out", () =>
  connected(async ({ kv }) => {
    using reference = await Deno.openKv(":memory:");
    for (const store of [kv, reference]) {
      const random = seeded(7);
      const name = () =>
        String(Math.floor(random() * 4_000)) + ["", "\0", "é", "\uffff"][
          Math.floor(random() * 4)
        ];
      for (let commit = 0; commit < 12; commit++) {
        const batch = store.atomic();
        for (let i = 0; i < 400; i++) {
          if (random() < 0.3) batch.delete(["x", name()]);
          else batch.set(["x", name()], i);
        }
        assert.ok((await batch.commit()).ok);
      }
    }
    for (const reverse of [false, true]) {
      const options = { reverse, batchSize: 500 };
      const expected = await keysOf(reference.list({ prefix: ["x"] }, options));
      assert.ok(expected.length > 1_024, "several pages of keys");
      assert.deepEqual(await keysOf(kv.list({ prefix: ["x"] }, options)), expected);
    }
  }));

Deno.test("a value comes back as it was written: V8, KvU64 and JSON bytes", () =>
  connected(async ({ kv, server }) => {
    const values = [
      { amount: 12n, at: [1, "two", null] },
      new Deno.KvU64(2n ** 63n),
      jsonBytes({}),
    ];
    for (const [i, value] of values.entries()) await kv.set([String(i)], value);
    for (const [i, value] of values.entries()) {
      assert.deepEqual((await kv.get([String(i)])).value, value);
      assert.equal(server.rows().get(storedKey(String(i)))?.encoding, i + 1);
    }
  }));

Deno.test("a commit is done when its checks hold and leaves everything alone when one does not", () =>
  connected(async ({ kv, server }) => {
    const first = await setOnce(kv);
    assert.ok(first.ok);
    assert.deepEqual(await setOnce(kv, "2"), { ok: false });
    const stale = { key: KEY, versionstamp: first.versionstamp };
    const second = await kv.atomic().check(stale).set(KEY, jsonBytes("3")).commit();
    assert.ok(second.ok && second.versionstamp > first.versionstamp);
    const late = await kv.atomic().check(stale).delete(KEY).set(["other"], 1).commit();
    assert.deepEqual(late, { ok: false });
    assert.deepEqual((await kv.get(KEY)).value, jsonBytes("3"));
    assert.equal(server.rows().size, 1);
    assert.deepEqual([server.counters.commits, server.counters.conflicts], [2, 2]);
  }));

Deno.test("a plain set takes an earlier expiry away", () =>
  connected(async ({ kv, server }) => {
    const expiry = () => server.rows().get(storedKey(...KEY))?.expiresAtMs;
    await kv.set(KEY, 1, { expireIn: 60_000 });
    assert.ok(Number(expiry()) > 60_000);
    await kv.set(KEY, 2);
    assert.equal(expiry(), null);
  }));

for (const [checks, isDone] of [[10, true], [11, false]] as const) {
  Deno.test(`a commit with ${checks} checks is ${isDone ? "done" : "refused"}`, () =>
    connected(async ({ kv, server }) => {
      const batch = kv.atomic().set(KEY, jsonBytes(1));
      for (let i = 0; i < checks; i++) batch.check({ key: [String(i)], versionstamp: null });
      if (isDone) assert.ok((await batch.commit()).ok);
      else await assert.rejects(() => batch.commit(), /400.*Too many checks/);
      assert.equal(server.rows().size, isDone ? 1 : 0);
      assert.equal(server.counters.refusals, isDone ? 0 : 1);
    }));
}

Deno.test("sum and watch are refused, and the set beside a sum is not done", () =>
  connected(async ({ kv, server }) => {
    const sum = kv.atomic().set(["beside"], 1).sum(KEY, 1n).commit();
    await assert.rejects(sum, /400.*Only set and delete/);
    assert.equal(server.rows().size, 0);
    await assert.rejects(() => kv.watch([KEY]).getReader().read(), /404.*no watch/);
  }));

Deno.test("a client with another token is turned away when it opens", async () => {
  const server = await startKvConnect();
  Deno.env.set("DENO_KV_ACCESS_TOKEN", "another-token");
  await assert.rejects(() => Deno.openKv(server.url), /401.*Invalid access token/);
  Deno.env.set("DENO_KV_ACCESS_TOKEN", server.token);
  await server.close();
});

Deno.test("canary: applied, then 502: a checked set answers ok:false and is written once", () =>
  connected(async ({ kv, server }) => {
    server.faults.after = (method, n) =>
      method === "atomic_write" && n === 1 ? new Response(null, { status: 502 }) : undefined;
    assert.deepEqual(await setOnce(kv), { ok: false });
    assert.deepEqual((await kv.get(KEY)).value, jsonBytes("1"));
    assert.deepEqual([server.counters.commits, server.counters.conflicts], [1, 1]);
  }));

Deno.test("canary: applied, then 502: a blind set answers ok:true and is written twice", () =>
  connected(async ({ kv, server }) => {
    server.faults.after = (method, n) =>
      method === "atomic_write" && n === 1 ? new Response(null, { status: 502 }) : undefined;
    assert.ok((await kv.set(KEY, 1)).ok);
    assert.equal(server.counters.commits, 2);
  }));

const throwing: [string, "before" | "after", () => KvFault, number][] = [
  ["applied, then cut", "after", () => "cut", 1],
  ["applied, then 429", "after", () => new Response(null, { status: 429 }), 1],
  ["cut before it was applied", "before", () => "cut", 0],
  ["429 before it was applied", "before", () => new Response(null, { status: 429 }), 0],
];

for (const [name, hook, fault, commits] of throwing) {
  Deno.test(`canary: ${name}: the commit throws and is ${commits ? "" : "not "}written`, () =>
    connected(async ({ kv, server }) => {
      server.faults[hook] = (method) => method === "atomic_write" ? fault() : undefined;
      await assert.rejects(() => setOnce(kv), /KV Connect failed to/);
      assert.equal(server.counters.requests.atomic_write, 1);
      assert.equal(server.counters.commits, commits);
      assert.equal((await kv.get(KEY)).value !== null, commits === 1);
    }));
}

for (const isClosed of [false, true]) {
  const name = isClosed ? "also after kv.close()" : "after its caller gave up";
  Deno.test(`canary: refused with 503 until the server recovers, a commit lands late, ${name}`, async () => {
    const server = await startKvConnect();
    const kv = await Deno.openKv(server.url);
    await kv.get(KEY);
    server.faults.outage(true);
    const commit = setOnce(kv);
    while (server.counters.requests.atomic_write < 3) await sleep(20);
    assert.equal(await Promise.race([commit, sleep(20, "gave up")]), "gave up");
    assert.equal(server.rows().size, 0);
    if (isClosed) kv.close();
    server.faults.outage(false);
    assert.ok((await commit).ok);
    assert.equal(server.rows().size, 1);
    if (!isClosed) kv.close();
    await server.close();
  });
}

Deno.test("canary: what is never answered stays pending, applied or not; close() lets its caller go", async () => {
  const server = await startKvConnect();
  const kv = await Deno.openKv(server.url);
  server.faults.before = (method) => method === "snapshot_read" ? "hang" : undefined;
  server.faults.after = (method) => method === "atomic_write" ? "hang" : undefined;
  const [read, write] = [kv.get(KEY).catch(String), setOnce(kv).catch(String)];
  while (server.counters.faults < 2) await sleep(20);
  assert.equal(await Promise.race([read, write, sleep(500, "pending")]), "pending");
  await server.close();
  assert.match(String(await read), /410/);
  assert.match(String(await write), /410/);
  assert.equal(server.rows().size, 1);
  kv.close();
});

Deno.test("close() lets go of a caller that is refused over and over, and of one that is delayed", async () => {
  const server = await startKvConnect();
  const kv = await Deno.openKv(server.url);
  const { faults, counters } = server;
  faults.outage(true);
  const refused = setOnce(kv).catch(String);
  while (counters.faults < 1) await sleep(20);
  faults.delayMs = 60_000;
  const delayed = kv.get(KEY).catch(String);
  while (counters.requests.snapshot_read < 1) await sleep(20);
  await server.close();
  assert.match(String(await refused), /410/);
  assert.match(String(await delayed), /410/);
  assert.equal(counters.commits, 0);
  kv.close();
});

Deno.test("loseReplies() and cutReplies() leave every guarded write done exactly once", () =>
  connected(async ({ kv, server }) => {
    server.faults.loseReplies(0.2, seeded(1));
    server.faults.cutReplies(0.2, seeded(2));
    const write = (i: number) =>
      kv.atomic().check({ key: ["op", String(i)], versionstamp: null })
        .set(["op", String(i)], jsonBytes(i)).commit()
        .then((result) => result.ok ? "ok" : "refused", () => "threw");
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, i) => write(i)));
    server.faults.clear();
    assert.deepEqual(new Set(outcomes), new Set(["ok", "refused", "threw"]));
    assert.equal(server.counters.commits, 40);
    assert.equal(server.rows().size, 40);
    assert.ok(server.counters.faults > 8);
    assert.ok((await setOnce(kv)).ok, "clear() takes the faults back");
  }));

Deno.test("delayMs holds up reads and writes", () =>
  connected(async ({ kv, server }) => {
    await kv.get(KEY);
    server.faults.delayMs = 100;
    const start = performance.now();
    await setOnce(kv);
    await kv.get(KEY);
    assert.ok(performance.now() - start >= 195);
  }));

Deno.test("as a process of its own it says where it is and keeps its rows from client to client", async () => {
  const script = new URL("../../support/kv_connect.ts", import.meta.url).pathname;
  const args = ["run", "--allow-all", script, "--port", "0"];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) text += (await lines.read()).value ?? "\n";
  const { url, token } = JSON.parse(text) as { url: string; token: string };
  Deno.env.set("DENO_KV_ACCESS_TOKEN", token);
  for (const isDone of [true, false]) {
    using kv = await Deno.openKv(url);
    assert.equal((await setOnce(kv)).ok, isDone);
  }
  child.kill("SIGKILL");
  await child.status;
  await lines.cancel();
});

/** Numbers in [0, 1) that repeat with their seed (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
