/**
 * A KV Connect server on loopback that fails when told to: the only local cover of Deno Deploy's code path.
 *
 * Goes to: `tests/support/kv_connect_faults.ts`, `tests/support/kv_connect_store.ts`.
 *
 * The client is Deno's own: `Deno.openKv(server.url)`. It sends a request again after a 5xx or a lost
 * connection, for ever and without a request id, and throws after a 4xx or a cut body; so the faults
 * worth having come after a write was applied. Protocol version 3, without watch and queues.
 *
 * As a process of its own (`deno run -A tests/support/kv_connect.ts --port 0`) it prints one line,
 * `{"url":...,"token":...}`, and keeps its rows in memory until it is killed.
 * Source: denoland/denokv, `proto/kv-connect.md`.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  createFaultPlan,
  type FaultPlan,
  type KvFault,
  type KvFaults,
  type KvMethod,
} from "./kv_connect_faults.ts";
import {
  createKvConnectStore,
  type KvConnectStore,
  RefusedRequest,
  type StoredRow,
} from "./kv_connect_store.ts";

/** A running server. */
export interface KvConnect {
  /** What to hand to `Deno.openKv`. */
  url: string;
  /** The access token, which is in `DENO_KV_ACCESS_TOKEN` too. */
  token: string;
  /** What is to fail. */
  faults: KvFaults;
  /** What happened; a live view. */
  counters: KvCounters;
  /** The rows as they are now, by `storedKey(...parts)`; a live view, in no order. */
  rows(): ReadonlyMap<string, StoredRow>;
  /** Answers hanging requests and those still repeated with 410, so that callers throw; then stops. */
  close(): Promise<void>;
}

/** What a server has seen so far. */
export interface KvCounters {
  /** Requests by method, repeats included. */
  requests: Record<KvMethod, number>;
  /** Writes applied, whether or not the client was told. */
  commits: number;
  /** Writes that failed a check. */
  conflicts: number;
  /** Requests beyond a limit, answered 400. */
  refusals: number;
  /** Faults that came about. */
  faults: number;
}

/** Starts a server on 127.0.0.1 with an empty store, and puts its token where Deno's client looks. */
export function startKvConnect(options: { port?: number } = {}): Promise<KvConnect> {
  const desk = openDesk();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} },
    async (request) => {
      const response = await answer(desk, request);
      if (response.status >= 500) desk.resendUntilMs = performance.now() + RESEND_MS_MAX;
      return response;
    },
  );
  async function close(): Promise<void> {
    desk.closing.abort();
    // A client that was told 5xx comes back: without a 410 here it would knock for ever.
    await sleep(Math.max(0, desk.resendUntilMs - performance.now()));
    await server.shutdown();
  }
  Deno.env.set("DENO_KV_ACCESS_TOKEN", TOKEN);
  const { plan: { faults }, counters, store } = desk;
  const url = `http://127.0.0.1:${server.addr.port}/connect`;
  return Promise.resolve({ url, token: TOKEN, faults, counters, rows: () => store.rows, close });
}

const TOKEN = "loopback-access-token";
const DATA_TOKEN = "loopback-data-token";
const DATABASE_ID = "6f1a4c9e-3b52-4d08-9a7e-2c5d8e0b1f34";
const METADATA_MS = 24 * 60 * 60 * 1_000;
/** Deno's client sends a request again 202 to 303 ms after a 5xx; source: denokv, `remote/lib.rs`. */
const RESEND_MS_MAX = 400;
const METHODS: Record<string, KvMethod> = {
  "/connect": "metadata",
  "/data/snapshot_read": "snapshot_read",
  "/data/atomic_write": "atomic_write",
};

/** What answering a request takes. */
interface Desk {
  store: KvConnectStore;
  plan: FaultPlan;
  counters: KvCounters;
  closing: AbortController;
  /** Until when a client may come back that was told to. */
  resendUntilMs: number;
}

function openDesk(): Desk {
  const requests = { metadata: 0, snapshot_read: 0, atomic_write: 0 };
  return {
    store: createKvConnectStore(),
    plan: createFaultPlan(),
    counters: { requests, commits: 0, conflicts: 0, refusals: 0, faults: 0 },
    closing: new AbortController(),
    resendUntilMs: 0,
  };
}

async function answer(desk: Desk, request: Request): Promise<Response> {
  const { plan, counters, closing } = desk;
  const body = await request.bytes();
  const method = METHODS[new URL(request.url).pathname];
  if (!method) return refuse(404, "Not found: this server knows no watch and no queues");
  if (!isAuthorized(method, request.headers)) return refuse(401, "Invalid access token");
  const n = ++counters.requests[method];
  if (method !== "metadata" && plan.faults.delayMs > 0) await pause(desk);
  if (closing.signal.aborted) return refuse(410, CLOSING);
  const early = await plan.before(method, n);
  if (early) return play(desk, { fault: early, reply: new Uint8Array(64) });
  const reply = perform(desk, { method, body });
  if (reply instanceof RefusedRequest) return refuse(400, reply.message);
  const late = await plan.after(method, n);
  if (late) return play(desk, { fault: late, reply });
  const type = method === "metadata" ? "application/json" : "application/x-protobuf";
  return new Response(reply, { headers: { "content-type": type } });
}

const CLOSING = "The server is closing";

type Bytes = Uint8Array<ArrayBuffer>;

function refuse(status: number, reason: string): Response {
  return new Response(reason, { status });
}

function isAuthorized(method: KvMethod, headers: Headers): boolean {
  const bearer = headers.get("authorization");
  if (method === "metadata") return bearer === `Bearer ${TOKEN}`;
  return bearer === `Bearer ${DATA_TOKEN}` && headers.get("x-denokv-version") === "3" &&
    headers.get("x-denokv-database-id") === DATABASE_ID;
}

/** Waits the delay asked for, or until the server closes. */
async function pause({ plan, closing }: Desk): Promise<void> {
  await sleep(plan.faults.delayMs, undefined, { signal: closing.signal }).catch(() => {});
}

function perform(desk: Desk, asked: { method: KvMethod; body: Bytes }): Bytes | RefusedRequest {
  const { store, counters } = desk;
  try {
    if (asked.method === "metadata") return exchangeMetadata(asked.body);
    if (asked.method === "snapshot_read") return store.snapshotRead(asked.body);
    const { status, reply } = store.atomicWrite(asked.body);
    counters[status === "committed" ? "commits" : "conflicts"]++;
    return reply;
  } catch (error) {
    if (!(error instanceof RefusedRequest)) throw error;
    counters.refusals++;
    return error;
  }
}

function exchangeMetadata(body: Bytes): Bytes {
  const text = new TextDecoder().decode(body);
  const { supportedVersions } = JSON.parse(text || "{}") as { supportedVersions?: number[] };
  if (!supportedVersions?.includes(3)) throw new RefusedRequest("Only version 3 is spoken here");
  return new TextEncoder().encode(JSON.stringify({
    version: 3,
    databaseId: DATABASE_ID,
    endpoints: [{ url: "/data", consistency: "strong" }],
    token: DATA_TOKEN,
    expiresAt: new Date(Date.now() + METADATA_MS).toISOString(),
  }));
}

async function play(
  desk: Desk,
  fate: { fault: NonNullable<KvFault>; reply: Bytes },
): Promise<Response> {
  desk.counters.faults++;
  if (fate.fault === "cut") return cutShort(fate.reply);
  if (fate.fault !== "hang") return fate.fault;
  const { signal } = desk.closing;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  return refuse(410, CLOSING);
}

/** Promises the whole reply and ends after half of it. */
function cutShort(reply: Bytes): Response {
  const half = reply.subarray(0, Math.ceil(reply.length / 2));
  // An orderly end, no reset: that could overtake the headers, and the client would send again.
  return new Response(ReadableStream.from([half]), {
    headers: { "content-length": String(reply.length) },
  });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
  const { url, token } = await startKvConnect({ port: Number(values.port) });
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify({ url, token })}\n`));
}
