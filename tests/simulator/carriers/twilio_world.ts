/**
 * Twilio in a run: callbacks that are hardly ever repeated, a listing in which calls and prices come late.
 *
 * @module
 */
import { createTwilioSimulator } from "../../../core/carriers/twilio/simulator.ts";
import { endedAtMs, type SimulatedCall } from "../../../core/carriers/twilio/simulated/call.ts";
import type { SimulatedCallback } from "../../../core/carriers/twilio/simulated/callbacks.ts";
import {
  formatTwilioSignature,
  TWILIO_SIGNATURE_HEADER,
} from "../../../core/carriers/twilio/webhook.ts";
import { MINUTE_MS } from "../../../core/clock.ts";
import { SECRETS, TWILIO_SID } from "../configuration.ts";
import { PUBLIC_URL } from "../gateway.ts";
import { guarded, type HookPost } from "../hooks.ts";
import type { SimulatedMessage } from "../../../core/carriers/twilio/simulated/message.ts";
import type { CarrierDeps, CarrierWorld, Hook, TrueCall, TrueMessage } from "./carrier_world.ts";
import { createOutages } from "./outages.ts";
import { trueClock } from "./true_clock.ts";

const STRANGER = "+14155550124";
const WAITS_MS = 15_000;

/** A Twilio without calls. */
export function openTwilio(deps: CarrierDeps & { post: HookPost }): CarrierWorld {
  const { world, post } = deps;
  const { timeline, faults } = world;
  const draws = world.draws.stream("twilio");
  let placed = 0;
  const twilio = createTwilioSimulator({
    clock: trueClock(timeline),
    random: draws.next,
    id: () => String(++placed).padStart(32, "0"),
    accountSid: TWILIO_SID,
    authToken: SECRETS.TWILIO_AUTH_TOKEN,
    publicUrl: PUBLIC_URL,
    deliver: (callback) => deliver(deps, { callback, post }),
  });
  twilio.faults.clampRowsMax = draws.pick([null, 3, 8, 40]);
  twilio.faults.comparesDaysOnly = draws.chance(0.3);
  function live(): void {
    if (draws.chance(0.2)) write();
    else call();
  }
  function write(): void {
    const ours = deps.drawNumber();
    const [isInbound, outcome, segments] = [draws.chance(0.4), draws.next(), draws.between(1, 4)];
    const [late, waitsMs] = [
      faults.strike("carrier.record_late"),
      draws.between(1, 40) * MINUTE_MS,
    ];
    const message = twilio.placeMessage({
      from: isInbound ? STRANGER : ours,
      to: isInbound ? ours : STRANGER,
      segments,
      outcome: isInbound ? "received" : outcome < 0.9 ? "delivered" : "undelivered",
      priceAfterMs: waitsMs,
      ...(late === null
        ? {}
        : { visibleAtMs: timeline.now() + Math.floor(late * 180 * MINUTE_MS) }),
    });
    world.trace.note(`twilio message ${message.sid}`);
    const [isRevised, laterMs] = [draws.chance(0.15), draws.between(5, 90) * MINUTE_MS];
    const priceText = `-0.0${draws.between(10_000, 99_999)}`;
    if (!isRevised || outcome >= 0.9) return;
    // Told once, corrected later, perhaps after its bill was closed.
    timeline.after(waitsMs + laterMs, () => twilio.reviseMessage(message.sid, { priceText }));
  }
  function call(): void {
    const ours = deps.drawNumber();
    const [isInbound, outcome] = [draws.chance(0.5), draws.next()];
    const [late, revised] = [
      faults.strike("carrier.record_late"),
      faults.strike("carrier.revised"),
    ];
    const [waitSeconds, talkSeconds] = [draws.between(1, 9), draws.between(1, 600)];
    const [priceAfterMs, seconds] = [draws.between(10_000, 40 * MINUTE_MS), draws.between(1, 600)];
    const nowMs = timeline.now();
    const isHookOnly = draws.chance(0.25);
    const call = twilio.placeCall({
      from: isInbound ? STRANGER : ours,
      to: isInbound ? ours : STRANGER,
      direction: isInbound ? "inbound" : "outbound-api",
      outcome: outcome < 0.85 ? "completed" : outcome < 0.92 ? "busy" : "no-answer",
      talkSeconds: outcome < 0.85 ? talkSeconds : 0,
      waitSeconds,
      ...(outcome < 0.85 ? { priceAfterMs } : {}),
      ...(late === null ? {} : { visibleAtMs: nowMs + Math.floor(late * 180 * MINUTE_MS) }),
      ...(isHookOnly ? { visibleAtMs: Infinity } : {}),
    });
    world.knownCalls.add(`twilio:${call.sid}`);
    world.figures.calls++;
    world.trace.note(`twilio call ${call.sid} ${call.talkSeconds}s`);
    if (revised === null || isHookOnly || call.outcome !== "completed") return;
    const overMs = endedAtMs(call) - nowMs;
    timeline.after(overMs + revised * 90 * MINUTE_MS, () => {
      twilio.reviseCall(call.sid, { talkSeconds: seconds });
      world.trace.note(`twilio revised ${call.sid} to ${seconds}s`);
    });
  }
  return {
    name: "twilio",
    origin: "https://api.twilio.com",
    ...createOutages(world),
    answer: async (request) => await twilio.app.fetch(request),
    setDuplicateRows: (isTwice) => void (twilio.faults.hasDuplicateRows = isTwice),
    live,
    calls: () => twilio.calls().map(truthOf),
    messages: () => twilio.messages().map(truthOfMessage),
    forge: () => sign(callForm(`CA${String(draws.between(0, 1e9)).padStart(32, "f")}`), "wrong"),
    unreadable: () => sign([{ name: "Nothing", value: "known" }], SECRETS.TWILIO_AUTH_TOKEN),
  };
}

async function deliver(
  { world }: CarrierDeps,
  { callback, post }: { callback: SimulatedCallback; post: HookPost },
): Promise<void> {
  const { path, body, headers } = callback;
  const hook: Hook = { carrier: "twilio", path, body, headers };
  const status = await guarded(world, post.send(() => hook, WAITS_MS));
  if (status === 0) throw new Error("no connection");
}

function callForm(callSid: string): { name: string; value: string }[] {
  return Object.entries({
    CallSid: callSid,
    AccountSid: TWILIO_SID,
    From: STRANGER,
    To: "+12025550100",
    CallStatus: "completed",
    CallDuration: "9999",
    Direction: "inbound",
  }).map(([name, value]) => ({ name, value }));
}

function sign(form: { name: string; value: string }[], authToken: string): Hook {
  const path = "/webhook/twilio/voice";
  const signature = formatTwilioSignature({ url: PUBLIC_URL + path, parameters: form, authToken });
  const body = new URLSearchParams(form.map(({ name, value }) => [name, value])).toString();
  const type = "application/x-www-form-urlencoded; charset=UTF-8";
  const headers = { "content-type": type, [TWILIO_SIGNATURE_HEADER]: signature };
  return { carrier: "twilio", path, body, headers };
}

function truthOf(call: SimulatedCall): TrueCall {
  const minutes = Math.ceil(call.talkSeconds / 60);
  return {
    callId: `twilio:${call.sid}`,
    carrier: "twilio",
    startsMs: [call.createdAtMs, call.listedAtMs],
    endedAtMs: endedAtMs(call),
    seconds: call.outcome === "completed" ? call.talkSeconds : 0,
    costMicros: call.pricedAtMs === null ? null : BigInt(minutes) * 14_000n,
    numbers: [call.direction === "inbound" ? call.to : call.from],
    claims: null,
    isHookOnly: call.visibleAtMs === Infinity,
    isPoison: false,
  };
}

function truthOfMessage(message: SimulatedMessage): TrueMessage {
  return {
    messageId: `twilio:${message.sid}`,
    carrier: "twilio",
    sentAtMs: message.listedAtMs,
    costMicros: message.pricedAtMs === null ? null : priceOf(message),
    number: message.outcome === "received" ? message.to : message.from,
    isListed: true,
  };
}

/** `-0.012345` in micros; what was never corrected costs by the segment. */
function priceOf({ priceText, segments }: { priceText: string | null; segments: number }): bigint {
  return priceText === null ? BigInt(segments) * 7_500n : BigInt(priceText.slice("-0.".length));
}
