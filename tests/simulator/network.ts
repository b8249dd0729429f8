/**
 * The way out of one life to the carriers: slow, lossy, and full of answers that are none.
 *
 * Comes from: `isolates.ts`.
 *
 * @module
 */
import {
  DEADLINE_DEFAULT_MS,
  type Egress,
  type EgressAnswer,
  type EgressRequest,
} from "../../core/egress.ts";
import type { Peer } from "./carriers/carrier_world.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** A way out that knows the carriers of the run and nobody else. */
export function openEgressFor(
  world: World,
  { life, peers }: { life: Life; peers: readonly Peer[] },
): Egress {
  const draws = world.draws.stream(`egress ${life.name}`);
  return (request) => {
    const carrier = peers.find(({ origin }) => request.url.startsWith(`${origin}/`));
    if (!carrier) return Promise.resolve({ status: "unreachable", reason: "host not allowed" });
    const { deadlineMs = DEADLINE_DEFAULT_MS } = request;
    const travelMs = [draws.between(5, 120), draws.between(5, 120)] as const;
    return new Promise<EgressAnswer>((resolve) => {
      const cancel = life.after(
        deadlineMs,
        () => answer({ status: "unreachable", reason: `no answer within ${deadlineMs} ms` }),
      );
      function answer(it: EgressAnswer): void {
        cancel();
        const what = it.status === "answered" ? it.httpStatus : it.reason;
        world.trace.note(`${life.name} heard ${carrier!.name}: ${what}`);
        resolve(it);
      }
      exchange(world, { life, carrier, request, travelMs, answer });
    });
  };
}

interface Exchange {
  life: Life;
  carrier: Peer;
  request: EgressRequest;
  travelMs: readonly [thereMs: number, backMs: number];
  answer: (it: EgressAnswer) => void;
}

function exchange(world: World, { life, carrier, request, travelMs, answer }: Exchange): void {
  const { timeline, faults } = world;
  const strikes = {
    isLost: faults.strike("egress.lost") !== null,
    isDeaf: faults.strike("egress.reply_lost") !== null,
    isReset: faults.strike("egress.reset") !== null,
    slow: faults.strike("egress.slow"),
    fake: drawFake(world),
    cut: faults.strike("egress.cut"),
    hasDuplicates: faults.strike("egress.duplicate_rows") !== null,
    isResent: faults.strike("egress.resent") !== null,
    dies: faults.strike(carrier.name === "sippy" ? "sippy.killed" : "egress.killed"),
  };
  const backMs = travelMs[1] + (strikes.slow === null ? 0 : 5_000 + strikes.slow * 55_000);
  if (strikes.isLost) return;
  if (strikes.isReset) {
    life.after(travelMs[0], () => answer({ status: "unreachable", reason: "connection closed" }));
    return;
  }
  // A pooled connection that closes under a request has the runtime send it again by itself.
  if (strikes.isResent && methodOf(request) === "POST" && request.once === false) {
    timeline.after(travelMs[0] + travelMs[1], () => {
      if (!carrier.isAway()) void ask(carrier, { request, hasDuplicates: false });
    });
  }
  // Whoever asked is gone before it hears the answer, or just after.
  if (strikes.dies !== null) timeline.after(travelMs[0] + strikes.dies * 200, life.kill);
  timeline.after(travelMs[0], async () => {
    const real = strikes.fake ?? (carrier.isAway() ? away() : await ask(carrier, {
      request,
      hasDuplicates: strikes.hasDuplicates,
    }));
    if (strikes.isDeaf) return;
    const text = strikes.cut === null
      ? real.text
      : real.text.slice(0, Math.floor(real.text.length * strikes.cut));
    life.after(backMs, () => answer({ status: "answered", ...real, text }));
  });
}

function methodOf({ method, body }: EgressRequest): "GET" | "POST" {
  return method ?? (body === undefined ? "GET" : "POST");
}

type Heard = { httpStatus: number; headers: Headers; text: string };

async function ask(
  carrier: Peer,
  { request, hasDuplicates }: { request: EgressRequest; hasDuplicates: boolean },
): Promise<Heard> {
  const method = methodOf(request);
  carrier.setDuplicateRows(hasDuplicates);
  const response = await carrier.answer(
    new Request(request.url, {
      method,
      headers: request.headers ?? {},
      ...(request.body === undefined ? {} : { body: request.body }),
    }),
  );
  carrier.setDuplicateRows(false);
  return { httpStatus: response.status, headers: response.headers, text: await response.text() };
}

/** What proxies, limits and breakdowns say instead of the carrier. */
function drawFake({ faults }: World): Heard | null {
  const broken = faults.strike("egress.status_500");
  const limited = faults.strike("egress.status_429");
  const html = faults.strike("egress.html");
  if (broken !== null) return { httpStatus: broken < 0.5 ? 500 : 503, ...json("{}") };
  if (limited !== null) {
    const heard = { httpStatus: 429, ...json("{}") };
    if (limited < 0.5) heard.headers.set("retry-after", String(Math.ceil(limited * 60)));
    return heard;
  }
  if (html === null) return null;
  const headers = new Headers({ "content-type": "text/html; charset=utf-8" });
  return { httpStatus: html < 0.5 ? 502 : 200, headers, text: "<!doctype html><title>Oh</title>" };
}

const away = (): Heard => ({ httpStatus: 503, ...json('{"errors":[]}') });

function json(text: string): { headers: Headers; text: string } {
  return { headers: new Headers({ "content-type": "application/json" }), text };
}
