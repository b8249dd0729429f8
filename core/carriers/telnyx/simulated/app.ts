/**
 * The API of the simulated Telnyx.
 *
 * @module
 */
import { type Context, Hono, type Next } from "hono";
import { type Clock, DAY_MS, MINUTE_MS, SECOND_MS } from "../../../clock.ts";
import { writeAmount } from "./amounts.ts";
import { type RecordRow, renderCallRecords } from "./call_records.ts";
import { answerError, answerJson, takeFault, type TelnyxFaults } from "./faults.ts";
import { renderMessage, renderMessageRecord } from "./messages.ts";
import type { SimulatedCall } from "./placed_call.ts";
import type { SimulatedMessage } from "./placed_message.ts";
import { parseRecordQuery, renderRecordPage } from "./record_query.ts";
import { costOfCall } from "./truth.ts";

/** Requests so far, refused ones included. */
export interface TelnyxRequestCount {
  /** `GET /v2/balance`. */
  balance: number;
  /** `GET /v2/detail_records`. */
  detailRecords: number;
  /** `GET /v2/messages/{id}`. */
  messages: number;
}

/** What the API answers from. */
export interface AppDeps {
  /** Decides what there is by now. */
  clock: Clock;
  /** The one key accepted. */
  apiKey: string;
  /** The knobs. */
  faults: TelnyxFaults;
  /** Counted here. */
  requestCount: TelnyxRequestCount;
  /** The truth; may grow. */
  calls: readonly SimulatedCall[];
  /** The truth; may grow. */
  messages: ReadonlyMap<string, SimulatedMessage>;
  /** Ten-billionths. */
  opening: bigint;
}

/** Answers requests; to be served. */
export interface SimulatedApi {
  /** As `Deno.serve` calls it. */
  fetch: (request: Request) => Response | Promise<Response>;
}

/** The API under `/v2`. */
export function createApp(deps: AppDeps): SimulatedApi {
  const { clock, faults } = deps;
  const app = new Hono();
  const quota = createQuota(deps);
  app.use("/v2/*", (c, next) => guard(deps, { c, next }));
  app.get("/v2/balance", () => answerJson(faults, renderBalance(deps)));
  app.get("/v2/detail_records", (c) => {
    const spent = quota();
    const answer = spent.isOver ? answerError(429) : answerRecords(deps, c.req.query());
    for (const [name, value] of Object.entries(spent.headers)) answer.headers.set(name, value);
    return answer;
  });
  app.get("/v2/messages/:id", (c) => {
    const message = deps.messages.get(c.req.param("id"));
    const nowMs = clock.now();
    const isThere = message && message.sentAtMs <= nowMs && message.sentAtMs > nowMs - 10 * DAY_MS;
    if (!isThere) return answerError(404);
    const showsCost = !message.hasNullCost || hasRecord(deps, message);
    return answerJson(faults, { data: renderMessage(message, { nowMs, showsCost }) });
  });
  return app;
}

async function guard(
  { clock, apiKey, faults, requestCount }: AppDeps,
  { c, next }: { c: Context; next: Next },
): Promise<Response | void> {
  requestCount[kindOf(c.req.path)] += 1;
  if (faults.slowMs > 0) await clock.sleep(faults.slowMs);
  const isKnown = c.req.header("authorization") === `Bearer ${apiKey}`;
  const fault = takeFault(faults) ?? (isKnown ? null : answerError(401));
  return fault ?? await next();
}

function kindOf(path: string): keyof TelnyxRequestCount {
  if (path.startsWith("/v2/messages/")) return "messages";
  return path === "/v2/balance" ? "balance" : "detailRecords";
}

/** Counts requests by fixed minutes of UTC: full again at :00, not a minute after the first. */
function createQuota({ clock, faults }: AppDeps) {
  let minute = -1;
  let count = 0;
  return () => {
    const nowMs = clock.now();
    const current = Math.floor(nowMs / MINUTE_MS);
    if (current !== minute) [minute, count] = [current, 0];
    count += 1;
    const limit = faults.quotaPerMinute;
    const resetSeconds = Math.ceil(((current + 1) * MINUTE_MS - nowMs) / SECOND_MS);
    const headers = {
      "x-ratelimit-limit": `${limit}, ${limit};w=60`,
      "x-ratelimit-remaining": String(Math.max(0, limit - count)),
      "x-ratelimit-reset": String(resetSeconds),
    };
    return { isOver: count > limit, headers };
  };
}

function answerRecords(deps: AppDeps, query: Record<string, string>): Response {
  const { faults, clock } = deps;
  const parsed = parseRecordQuery(faults, query);
  if (!parsed) return answerError(400);
  const nowMs = clock.now();
  const rows = rowsOf(deps, { recordType: parsed.recordType, nowMs });
  const page = renderRecordPage({ faults, nowMs }, { rows, query: parsed });
  return page ? answerJson(faults, page) : answerError(400);
}

function rowsOf(
  deps: AppDeps,
  { recordType, nowMs }: { recordType: string; nowMs: number },
): RecordRow[] {
  const { faults } = deps;
  if (recordType === "messaging") {
    return [...deps.messages.values()].filter((message) => hasRecord(deps, message))
      .map((message) => renderMessageRecord(message, faults));
  }
  return deps.calls.flatMap((call) => renderCallRecords(call, { recordType, faults, nowMs }));
}

function hasRecord({ clock, faults }: AppDeps, message: SimulatedMessage): boolean {
  const waitMs = message.recordsAfterMs ?? faults.recordsAfterMs;
  return message.endedAtMs + waitMs <= clock.now();
}

/** What was there at the start, less what has ended by now. */
function renderBalance({ clock, calls, messages, opening }: AppDeps): unknown {
  const nowMs = clock.now();
  const spent = [
    ...calls.filter(({ endedAtMs }) => endedAtMs <= nowMs).map(costOfCall),
    ...[...messages.values()].filter(({ endedAtMs }) => endedAtMs <= nowMs).map(({ cost }) => cost),
  ].reduce((sum, cost) => sum + cost, 0n);
  const balance = writeAmount(opening - spent, { decimalsMin: 2 });
  return {
    data: {
      record_type: "balance",
      balance,
      credit_limit: "0.00",
      available_credit: balance,
      pending: "0.00",
      currency: "USD",
    },
  };
}
