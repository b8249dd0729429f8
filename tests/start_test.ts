/**
 * What a start refuses, with the program as a process: a database that forgets, and a timeline of Deno
 * Deploy that is not production and holds the secrets of carriers.
 *
 * Deno Deploy sets `DENO_DEPLOYMENT_ID` or `DENO_DEPLOY`, and `DENO_TIMELINE`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { RELEASE_JOB } from "../core/billing/bill_due.ts";
import type { Batch } from "../core/kv/batch.ts";
import { encodeRow } from "../core/kv/codec.ts";
import { bootKey, tickKey } from "../core/kv/keys.ts";
import { proveStore } from "../core/kv/prove_store.ts";
import { createStore } from "../core/kv/store.ts";
import { type Job, stageJob } from "../core/jobs/job.ts";
import { startKvConnect } from "./support/kv_connect.ts";
import { rowsOf } from "./support/ledger.ts";
import { startProgram } from "./support/started_program.ts";
import { openWorld } from "./support/world.ts";

const TIMEOUT_MS = 20_000;
/** Fires every cron so often instead of by its schedule; a switch of Deno's own tests. */
const QUICK_CRON = { DENO_CRON_TEST_SCHEDULE_OFFSET: "200" };
const PREVIEW = { DENO_DEPLOYMENT_ID: "d1", DENO_TIMELINE: "git-branch/main" };
const PRODUCTION = { DENO_DEPLOYMENT_ID: "d1", DENO_TIMELINE: "production" };

async function inFolder(story: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await story(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What it says instead of serving. */
async function refusalOf(env: Record<string, string>): Promise<string> {
  await using program = await startProgram(env);
  assert.equal(program.url, null, `it serves with ${JSON.stringify(env)}`);
  assert.equal(program.code, 1);
  return program.said();
}

const FORGETFUL: [what: string, kvPath: string, words: RegExp][] = [
  ["no path", "", /^Cannot start: KV_PATH is not set/],
  ["memory", ":memory:", /KV_PATH: found ":memory:"; expected the path of a file/],
  [
    "memory by another name",
    "file::memory:",
    /^Cannot start: the database does not keep what it is given \(a second connection/,
  ],
];
for (const [what, kvPath, words] of FORGETFUL) {
  Deno.test(`a start with ${what} for its database is refused`, async () => {
    assert.match(await refusalOf({ KV_PATH: kvPath }), words);
  });
}

Deno.test("a database that says yes and keeps nothing is refused, whether or not it was good before", async () => {
  const server = await startKvConnect();
  try {
    const env = { KV_PATH: server.url, DENO_KV_ACCESS_TOKEN: server.token };
    for (const wasGood of [false, true]) {
      if (wasGood) {
        server.faults.clear();
        await using program = await startProgram(env);
        assert(program.url, program.said());
      }
      // AtomicWriteOutput: status AW_SUCCESS and a versionstamp.
      const yes = [8, 1, 18, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
      server.faults.before = (method) =>
        method === "atomic_write"
          ? new Response(new Uint8Array(yes), {
            headers: { "content-type": "application/x-protobuf" },
          })
          : undefined;
      assert.match(await refusalOf(env), /^Cannot start: the database does not keep/);
    }
  } finally {
    await server.close();
  }
});

Deno.test("the proof fails for memory, for writes that are lost or refused, and holds for two starts at once", async () => {
  using world = await openWorld();
  const { store, ids, clock } = world.deps;
  const row = (mark: string) => ({ key: bootKey, bytes: encodeRow(bootKey, { mark }) });
  const write = (mark: string) => store.commit({ checks: [], puts: [row(mark)], deletes: [] });
  assert.deepEqual(await proveStore({ store, witness: store, ids }), { status: "kept" });
  using memory = await openWorld();
  const apart = await proveStore({ store, witness: memory.deps.store, ids });
  assert.equal(apart.status, "not_kept");
  const lost = { ...store, commit: () => Promise.resolve({ status: "ok" as const }) };
  assert.equal((await proveStore({ store: lost, witness: store, ids })).status, "not_kept");
  const closed = await Deno.openKv(":memory:");
  closed.close();
  const refused = createStore({ kv: closed, clock });
  assert.equal((await proveStore({ store: refused, witness: store, ids })).status, "not_kept");
  const beside: typeof store = {
    ...store,
    commit: async (write_) => {
      const outcome = await store.commit(write_);
      await write("another process");
      return outcome;
    },
  };
  assert.equal((await proveStore({ store: beside, witness: store, ids })).status, "kept");
});

/** Each carrier alone. */
const CARRIERS: readonly ((url: string) => Record<string, string>)[] = [
  (url) => ({ BLAND_API_KEY: "b", BLAND_BASE_URL: url }),
  (url) => ({ TELNYX_API_KEY: "t", TELNYX_BASE_URL: url }),
  (url) => ({ TWILIO_ACCOUNT_SID: "ACx", TWILIO_AUTH_TOKEN: "w", TWILIO_BASE_URL: url }),
  (url) => ({ SIPPY_URL: url, SIPPY_USERNAME: "u", SIPPY_PASSWORD: "p" }),
];
/** Every way in which a process may find itself on a timeline that is not production. */
const ELSEWHERE: Record<string, string>[] = [
  PREVIEW,
  { DENO_DEPLOYMENT_ID: "d1" },
  { DENO_DEPLOYMENT_ID: "", DENO_DEPLOY: "1" },
  { DENO_DEPLOY: "1", DENO_TIMELINE: "preview" },
  { DENO_TIMELINE: "preview/d1" },
];

Deno.test("a timeline that is not production refuses to start with the secrets of any carrier, and asks none", async () => {
  let requests = 0;
  await using carrier = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(String(requests++)),
  );
  const url = `http://127.0.0.1:${carrier.addr.port}`;
  await inFolder(async (folder) => {
    const KV_PATH = `${folder}/a.kv`;
    const starts = [
      ...CARRIERS.map((carrierEnv) => ({ ...PREVIEW, ...carrierEnv(url) })),
      ...ELSEWHERE.map((elsewhere) => ({ ...elsewhere, ...CARRIERS[0]!(url) })),
    ];
    for (const env of starts) {
      assert.equal(
        (await refusalOf({ ...env, ...QUICK_CRON, KV_PATH })).trim(),
        "Cannot start: carrier secrets are set on a timeline that is not production",
      );
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), [], "no database was opened");
    assert.equal(requests, 0);
    // The same secrets do work in production: the switch is the timeline, and nothing else.
    await using program = await startProgram({
      ...PRODUCTION,
      ...CARRIERS[0]!(url),
      ...QUICK_CRON,
      KV_PATH,
      LOG_LEVEL: "info",
    });
    assert(program.url, program.said());
    await until(() => requests > 0);
  });
});

Deno.test("a preview without carriers serves, and does no work: neither by the minute nor when woken", async () => {
  await inFolder(async (folder) => {
    const KV_PATH = `${folder}/a.kv`;
    {
      using world = await openWorld({ kv: await Deno.openKv(KV_PATH) });
      const { gates, ids } = world.deps;
      const job = { id: ids.id(), kind: RELEASE_JOB, unique: "acme", dueAtMs: 1, atMs: 1 };
      const stage = async (batch: Batch) => void await stageJob(batch, job);
      await gates.change({ gate: ["a test"], stage });
    }
    const env = { KV_PATH, ADMIN_API_KEY: "admin-key-of-the-tests", ...QUICK_CRON };
    // Another key may have calls to bill: background work is woken.
    const wake = async (url: string | null) => {
      const answer = await fetch(`${url}/api/v1/accounts/acme`, {
        method: "PATCH",
        headers: {
          authorization: `Bearer ${env.ADMIN_API_KEY}`,
          "content-type": "application/json",
        },
        body: `{"blandApiKey":"sk-of-acme-0123456789"}`,
      });
      assert.equal(answer.status, 200, await answer.text());
    };
    {
      await using preview = await startProgram({ ...env, ...PREVIEW });
      await wake(preview.url);
      await sleep(1_500);
    }
    assert.deepEqual(await workOf(KV_PATH), { isPending: true, hasTicked: false });
    {
      await using production = await startProgram({ ...env, ...PRODUCTION });
      await wake(production.url);
      await sleep(1_500);
    }
    assert.deepEqual(await workOf(KV_PATH), { isPending: false, hasTicked: true });
  });
});

/** Whether a job still waits that was due before the start, and whether a minute has run. */
async function workOf(path: string): Promise<{ isPending: boolean; hasTicked: boolean }> {
  using world = await openWorld({ kv: await Deno.openKv(path), isEmpty: true });
  const { store } = world.deps;
  const jobs = await rowsOf<Job>(store, ["job"]);
  const releases = jobs.filter(({ kind }) => kind === RELEASE_JOB);
  assert(releases.length > 0);
  const isPending = releases.some(({ state }) => state === "pending");
  return { isPending, hasTicked: await store.get(tickKey) !== null };
}

async function until(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!isSo()) {
    assert(performance.now() < endMs, "it does not come");
    await sleep(50);
  }
}
