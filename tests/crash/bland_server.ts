/**
 * Bland as a process of its own, which lives on while the product is killed.
 *
 * Prints one line, `{"url":...}`. Beside Bland's paths it has some of the test: `POST /control/calls` places
 * calls, `POST /control/revisions` changes some that have ended, `GET /control/truth` tells every call there is; `GET /control/listings` how often
 * the list was asked for.
 *
 * @module
 */
import { type BlandSimulator, createBlandSimulator } from "../../core/carriers/bland/simulator.ts";
import { systemClock } from "../../core/clock.ts";
import { hasEnded, type Load, placeLoad } from "../support/sync_load.ts";
import { seeded } from "../support/world.ts";

/** Calls to place, created how long ago at most and at least. */
export interface PlaceRequest extends Omit<Load, "random" | "fromMs" | "toMs"> {
  fromAgoMs: number;
  toAgoMs: number;
  seed: number;
}

/** Calls to tell differently from now on: so many of those created in the last so many milliseconds. */
export interface ReviseRequest {
  calls: number;
  withinMs: number;
  seed: number;
}

/** A call as it really is, and as Bland will tell whoever asks. */
export interface TrueCall {
  callId: string;
  talkSeconds: number;
  isInbound: boolean;
  from: string;
  to: string;
}

/** Everything there is to know. */
export interface Truth {
  /** Calls that still go on. */
  openCalls: number;
  calls: TrueCall[];
}

/** The key the product asks with. */
export const CRASH_BLAND_KEY = "sk-bland-crash-0123456789";

if (import.meta.main) serveBland();

function reviseCalls(bland: BlandSimulator, { calls, withinMs, seed }: ReviseRequest): void {
  const nowMs = Date.now();
  const random = seeded(seed);
  const recent = bland.calls().filter((call) =>
    call.outcome === "completed" && call.createdAtMs >= nowMs - withinMs &&
    call.createdAtMs <= nowMs - SETTLED_MS
  );
  for (let i = 0; i < calls && recent.length > 0; i++) {
    const { callId } = recent[Math.floor(random() * recent.length)]!;
    bland.reviseCall(callId, { talkSeconds: Math.floor(random() * REVISED_SECONDS_MAX) });
  }
}

/** Calls created longer ago have ended, also with {@link REVISED_SECONDS_MAX}. */
const SETTLED_MS = 235_000;
const REVISED_SECONDS_MAX = 200;

function serveBland(): void {
  let count = 0;
  const bland = createBlandSimulator({
    clock: systemClock(),
    random: Math.random,
    id: () => `call-${String(count++).padStart(7, "0")}`,
    apiKey: CRASH_BLAND_KEY,
    webhookSecret: "whsec-crash",
  });
  async function control(path: string, request: Request): Promise<Response> {
    if (path === "/control/listings") return Response.json(bland.requestCount.list);
    if (path === "/control/truth") {
      const truth: Truth = {
        openCalls: bland.calls().filter((call) => !hasEnded(call, Date.now())).length,
        calls: bland.calls().map(({ callId, talkSeconds, isInbound, from, to }) => ({
          callId,
          talkSeconds,
          isInbound,
          from,
          to,
        })),
      };
      return Response.json(truth);
    }
    if (path === "/control/revisions") {
      reviseCalls(bland, await request.json() as ReviseRequest);
      return Response.json({});
    }
    const { fromAgoMs, toAgoMs, seed, ...load } = await request.json() as PlaceRequest;
    const nowMs = Date.now();
    const window = { fromMs: nowMs - fromAgoMs, toMs: nowMs - toAgoMs };
    placeLoad(bland, { ...load, ...window, random: seeded(seed) });
    return Response.json({ placed: load.calls });
  }
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const path = new URL(request.url).pathname;
      return path.startsWith("/control/") ? control(path, request) : bland.app.fetch(request);
    },
  );
  const line = JSON.stringify({ url: `http://127.0.0.1:${server.addr.port}` });
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
