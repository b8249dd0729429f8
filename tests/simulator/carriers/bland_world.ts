/**
 * Bland in a run: calls by number or by the account they name, listed late, revised after the fact, told
 * by webhooks that are sent again when they are refused.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { BLAND_SIGNATURE_HEADER } from "../../../core/carriers/bland/webhook.ts";
import { createBlandSimulator } from "../../../core/carriers/bland/simulator.ts";
import type { SimulatedCall } from "../../../core/carriers/bland/simulated/call_list.ts";
import { endedAtMs, renderCallRow } from "../../../core/carriers/bland/simulated/call_row.ts";
import { MINUTE_MS, SECOND_MS } from "../../../core/clock.ts";
import { parseDecimal } from "../../../core/money.ts";
import { SECRETS } from "../configuration.ts";
import { guarded, type HookPost } from "../hooks.ts";
import type { CarrierDeps, CarrierWorld, Hook, TrueCall } from "./carrier_world.ts";
import { createOutages } from "./outages.ts";
import { trueClock } from "./true_clock.ts";

const PATH = "/api/webhooks/bland";
const STRANGER = "+14155550123";
const WAITS_MS = 10_000;

/** A Bland without calls. */
export function openBland(deps: CarrierDeps & { post: HookPost }): CarrierWorld {
  const { world, post } = deps;
  const { timeline, faults } = world;
  const draws = world.draws.stream("bland");
  let placed = 0;
  const poisoned = new Set<string>();
  const bland = createBlandSimulator({
    clock: trueClock(timeline),
    random: draws.next,
    id: () => `bland-call-${String(++placed).padStart(5, "0")}`,
    apiKey: SECRETS.BLAND_API_KEY,
    webhookSecret: SECRETS.BLAND_WEBHOOK_SECRET,
  });
  // Pages of few rows, so that what arrives meanwhile moves others to another page.
  bland.faults.clampRowsMax = draws.pick([null, 3, 8, 40]);
  bland.faults.hidesTotalCount = bland.faults.clampRowsMax === null && draws.chance(0.3);
  const render = (callId: string): Hook => ({
    carrier: "bland",
    path: PATH,
    ...bland.deliverWebhook(callId),
  });
  async function tell(callId: string): Promise<void> {
    for (const againMs of [10 * SECOND_MS, MINUTE_MS, 0]) {
      if (await post.send(() => render(callId), WAITS_MS) === 200) return;
      await new Promise<void>((resolve) => void timeline.after(againMs, resolve));
    }
  }
  function live(): void {
    const call = place();
    world.figures.calls++;
    world.trace.note(`bland call ${call.callId} ${call.talkSeconds}s`);
    const overMs = Math.max(0, endedAtMs(call) - timeline.now());
    timeline.after(overMs + 2_000, () => void guarded(world, tell(call.callId)));
    const revised = faults.strike("carrier.revised");
    const seconds = draws.between(0, 400);
    if (revised === null || call.outcome !== "completed") return;
    timeline.after(overMs + revised * 90 * MINUTE_MS, () => {
      bland.reviseCall(call.callId, { talkSeconds: Math.max(1, seconds) });
      world.trace.note(`bland revised ${call.callId} to ${seconds}s`);
    });
  }
  function place(): SimulatedCall {
    const ours = deps.drawNumber();
    const [isInbound, claimed, outcome] = [draws.chance(0.5), draws.next(), draws.next()];
    const [late, poison] = [faults.strike("carrier.record_late"), faults.strike("poison.call")];
    const [waitSeconds, talkSeconds] = [draws.between(0, 9), draws.between(1, 420)];
    const nowMs = timeline.now();
    const account = claimed < 0.2
      ? "york"
      : claimed < 0.3
      ? "later"
      : claimed < 0.33
      ? "ghost"
      : null;
    const call = bland.placeCall({
      isInbound,
      from: isInbound ? STRANGER : ours,
      to: isInbound ? ours : STRANGER,
      outcome: outcome < 0.85 ? "completed" : outcome < 0.92 ? "no-answer" : "failed",
      talkSeconds: outcome < 0.85 ? talkSeconds : 0,
      waitSeconds,
      metadata: account === null ? null : { account_id: account },
      ...(late === null ? {} : { visibleAtMs: nowMs + Math.floor(late * 180 * MINUTE_MS) }),
      ...(poison === null ? {} : { members: { corrected_duration: "-5", call_length: null } }),
    });
    if (poison !== null) poisoned.add(call.callId);
    world.knownCalls.add(`bland:${call.callId}`);
    return call;
  }
  return {
    name: "bland",
    origin: "https://api.bland.ai",
    ...createOutages(world),
    answer: async (request) => await bland.app.fetch(request),
    setDuplicateRows: (isTwice) => void (bland.faults.hasDuplicateRows = isTwice),
    live,
    calls: () =>
      bland.calls().map((call) => truthOf(call, { isPoison: poisoned.has(call.callId) })),
    messages: () => [],
    forge: () => forge(draws.between(0, 1e9)),
    unreadable: () => sign("{not json", SECRETS.BLAND_WEBHOOK_SECRET),
  };
}

function forge(n: number): Hook {
  const body = JSON.stringify({
    call_id: `forged-${n}`,
    completed: true,
    corrected_duration: 9_999,
  });
  return sign(body, "a secret of somebody else");
}

function sign(body: string, secret: string): Hook {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "content-type": "application/json", [BLAND_SIGNATURE_HEADER]: signature };
  return { carrier: "bland", path: PATH, body, headers };
}

function truthOf(call: SimulatedCall, { isPoison }: { isPoison: boolean }): TrueCall {
  const nowMs = endedAtMs(call);
  const price = String(renderCallRow({ call, nowMs }).price);
  const { account_id: claims = null } = (call.metadata ?? {}) as { account_id?: string };
  return {
    callId: `bland:${call.callId}`,
    carrier: "bland",
    startsMs: [call.createdAtMs, call.startedAtMs],
    endedAtMs: nowMs,
    seconds: call.outcome === "completed" ? call.talkSeconds : 0,
    costMicros: parseDecimal(price),
    numbers: [call.isInbound ? call.to : call.from],
    claims,
    isHookOnly: false,
    isPoison,
  };
}
