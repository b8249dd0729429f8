/**
 * A Bland that runs in this process: real paths, real shapes, invented calls.
 *
 * The sandbox and the tests talk to it over HTTP. Where Bland's documentation is silent it takes the
 * harder case: unanswered calls have a price, failed ones never say `completed`.
 *
 * Goes to: `core/carriers/bland/simulated/page.ts`, `core/carriers/bland/simulated/traffic.ts`.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { type Context, Hono, type Next } from "hono";
import type { Clock } from "../../clock.ts";
import { formatJsonKeepingNumbers, jsonNumber } from "../json_numbers.ts";
import { createCallList, type SimulatedCall } from "./simulated/call_list.ts";
import { renderCallRow } from "./simulated/call_row.ts";
import {
  answerError,
  answerJson,
  type BlandFaults,
  createBlandFaults,
  takeFault,
} from "./simulated/faults.ts";
import { parseListQuery } from "./simulated/list_query.ts";
import { type PageDeps, renderPage } from "./simulated/page.ts";
import { type BlandRevision, completeCall, type PlacedCall } from "./simulated/placed_call.ts";
import { startTraffic, type TrafficOptions } from "./simulated/traffic.ts";
import { BLAND_SIGNATURE_HEADER } from "./webhook.ts";

/** What {@link createBlandSimulator} needs. */
export interface BlandSimulatorDeps {
  /** Its calls progress with this clock. */
  clock: Clock;
  /** A number in [0, 1), for traffic. */
  random: () => number;
  /** A fresh id for a call. */
  id: () => string;
  /** The first key; more come by `addKey`. */
  apiKey: string;
  /** Signs deliveries. */
  webhookSecret: string;
}

/** Requests so far, refused ones included. */
export interface BlandRequestCount {
  /** `GET /v1/calls`. */
  list: number;
  /** `GET /v1/calls/{call_id}`. */
  detail: number;
  /** `GET /v1/me`. */
  me: number;
}

/** A simulated Bland. */
export interface BlandSimulator {
  /** Serve it by `Deno.serve(…, app.fetch)`, or hand it requests. */
  app: { fetch: (request: Request) => Response | Promise<Response> };
  /** Every call there is, hidden ones too, oldest first. */
  calls: () => readonly SimulatedCall[];
  /** The knobs. */
  faults: BlandFaults;
  /** Counts up for ever; set back by assigning. */
  requestCount: BlandRequestCount;
  /** Makes another key valid; its calls are its own. */
  addKey(apiKey: string): void;
  /** Makes a key invalid: it is answered 401 from now on. */
  revokeKey(apiKey: string): void;
  /** Adds a call. Throws when its id is taken. */
  placeCall(call: PlacedCall): SimulatedCall;
  /** Changes a call after the fact. Throws when there is none of that id. */
  reviseCall(callId: string, changes: BlandRevision): void;
  /** Makes a call disappear; false when there is none. */
  removeCall(callId: string): boolean;
  /** A signed post-call delivery, ready to be posted. Throws when there is no such call. */
  deliverWebhook(callId: string): { body: string; headers: Record<string, string> };
  /** Places calls until the answer is called. */
  startTraffic(options: TrafficOptions): () => void;
}

/** A Bland with one key and no calls; every fault is off. */
export function createBlandSimulator(deps: BlandSimulatorDeps): BlandSimulator {
  const { clock } = deps;
  const keys = new Set([deps.apiKey]);
  const list = createCallList();
  const faults = createBlandFaults();
  const requestCount = { list: 0, detail: 0, me: 0 };
  const app = createApp({ clock, keys, list, faults, requestCount });
  function placeCall(placed: PlacedCall): SimulatedCall {
    const { id, apiKey } = deps;
    const call = completeCall({ id, apiKey, nowMs: clock.now() }, placed);
    list.insert(call);
    return call;
  }
  return {
    app,
    calls: list.all,
    faults,
    requestCount,
    addKey: (apiKey) => void keys.add(apiKey),
    revokeKey: (apiKey) => void keys.delete(apiKey),
    placeCall,
    reviseCall: (callId, changes) => list.change(callId, { ...changes, revisedAtMs: clock.now() }),
    removeCall: list.remove,
    deliverWebhook: (callId) => {
      const call = list.get(callId);
      if (!call) throw new Error("Cannot deliver a webhook: no call has that id");
      const body = formatJsonKeepingNumbers(renderCallRow({ call, nowMs: clock.now() }));
      const signature = createHmac("sha256", deps.webhookSecret).update(body).digest("hex");
      const headers = { "content-type": "application/json", [BLAND_SIGNATURE_HEADER]: signature };
      return { body, headers };
    },
    startTraffic: (options) => startTraffic({ clock, random: deps.random, placeCall }, options),
  };
}

interface AppDeps extends PageDeps {
  clock: Clock;
  keys: ReadonlySet<string>;
  requestCount: BlandRequestCount;
}

function createApp(deps: AppDeps): Hono {
  const { clock, list, faults } = deps;
  const app = new Hono();
  app.use("/v1/*", (c, next) => guard(deps, { c, next }));
  app.get("/v1/calls", (c) => {
    const query = parseListQuery(c.req.query());
    if (!query) return answerError(400);
    const { failAtIndex: index } = faults;
    if (index !== null && index >= query.from && index < query.from + query.limit) {
      return answerError(500);
    }
    const page = renderPage(deps, { apiKey: keyOf(c), nowMs: clock.now(), query });
    return answerJson(faults, page);
  });
  app.get("/v1/calls/:id", (c) => {
    const call = list.get(c.req.param("id"));
    const nowMs = clock.now();
    if (call?.apiKey !== keyOf(c) || call.visibleAtMs > nowMs) return answerError(404);
    return answerJson(faults, renderCallRow({ call, nowMs }));
  });
  app.get("/v1/me", () => answerJson(faults, ACCOUNT));
  return app;
}

async function guard(
  { clock, keys, faults, requestCount }: AppDeps,
  { c, next }: { c: Context; next: Next },
): Promise<Response | void> {
  requestCount[kindOf(c.req.path)] += 1;
  if (faults.slowMs > 0) await clock.sleep(faults.slowMs);
  const fault = takeFault(faults) ?? (keys.has(keyOf(c)) ? null : answerError(401));
  return fault ?? await next();
}

/** The raw key; Bland documents no `Bearer` before it. */
function keyOf(c: Context): string {
  return c.req.header("authorization") ?? "";
}

const ACCOUNT = {
  status: "active",
  billing: { current_balance: jsonNumber("98.74600000000001"), refill_to: null },
  total_calls: jsonNumber("0"),
};

function kindOf(path: string): keyof BlandRequestCount {
  if (path === "/v1/me") return "me";
  return path === "/v1/calls" ? "list" : "detail";
}
