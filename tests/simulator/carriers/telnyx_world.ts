/**
 * Telnyx in a run: signed webhooks, calls of one leg or two, costs by webhook and by records that come
 * late, in part, or never.
 *
 * @module
 */
import type { TelnyxWebhookRequest } from "../../../core/carriers/telnyx/simulated/deliveries.ts";
import type { PlacedLeg } from "../../../core/carriers/telnyx/simulated/placed_call.ts";
import type { SimulatedCall } from "../../../core/carriers/telnyx/simulated/placed_call.ts";
import { createSigner } from "../../../core/carriers/telnyx/simulated/signer.ts";
import { truthOfCall, truthOfMessage } from "../../../core/carriers/telnyx/simulated/truth.ts";
import { createTelnyxSimulator } from "../../../core/carriers/telnyx/simulator.ts";
import { MINUTE_MS, SECOND_MS } from "../../../core/clock.ts";
import { SECRETS, TELNYX_SIGNING_SECRET } from "../configuration.ts";
import { guarded, type HookPost } from "../hooks.ts";
import type { SimulatedMessage } from "../../../core/carriers/telnyx/simulated/placed_message.ts";
import type { CarrierDeps, CarrierWorld, Hook, TrueCall, TrueMessage } from "./carrier_world.ts";
import { createOutages } from "./outages.ts";
import { trueClock } from "./true_clock.ts";

const STRANGER = "+14155550125";
const CALLS_PATH = "/api/telnyx/webhooks/calls";
const WAITS_MS = 2_000;
const signer = createSigner(TELNYX_SIGNING_SECRET);
const stranger = createSigner("somebody else");

/** A Telnyx without calls. */
export function openTelnyx(deps: CarrierDeps & { post: HookPost }): CarrierWorld {
  const { world, post } = deps;
  const { timeline, faults } = world;
  const draws = world.draws.stream("telnyx");
  let ids = 0;
  const priceless = new Set<string>();
  const id = () => `7e1e0000-0000-4000-8000-${(++ids).toString(16).padStart(12, "0")}`;
  const sign = (body: string, by = signer): Hook => {
    const signed = by.signHeaders(body, Math.floor(timeline.now() / SECOND_MS));
    const headers = { "content-type": "application/json", ...signed };
    return { carrier: "telnyx", path: CALLS_PATH, body, headers };
  };
  const deliver = async ({ path, body }: TelnyxWebhookRequest) =>
    await guarded(world, post.send(() => ({ ...sign(body), path }), WAITS_MS)) ?? 0;
  const telnyx = createTelnyxSimulator({
    clock: trueClock(timeline),
    random: draws.next,
    id,
    apiKey: SECRETS.TELNYX_API_KEY,
    signingSecret: TELNYX_SIGNING_SECRET,
    deliver,
  });
  telnyx.faults.sendsCallCost = draws.chance(0.6);
  telnyx.faults.isScientific = draws.chance(0.3);
  telnyx.faults.trunkRecordsAfterMs = draws.between(0, 2) * 40 * SECOND_MS;
  telnyx.faults.quotaPerMinute = draws.pick([40, 40, 12]);
  telnyx.faults.ignoresUnknownFields = draws.chance(0.3);
  telnyx.faults.hasNullMessageCosts = draws.chance(0.4);
  function live(): void {
    if (draws.chance(0.2)) write();
    else call();
  }
  function write(): void {
    const ours = deps.drawNumber();
    const [isInbound, segments, seconds] = [
      draws.chance(0.4),
      draws.between(1, 4),
      draws.between(1, 90),
    ];
    const message = telnyx.placeMessage({
      from: isInbound ? STRANGER : ours,
      to: isInbound ? ours : STRANGER,
      isInbound,
      segments,
      finalAfterSeconds: seconds,
    });
    world.trace.note(`telnyx message ${message.messageId}`);
  }
  function call(): void {
    const slow = faults.strike("carrier.records_slow");
    const poison = faults.strike("poison.call");
    const legs = drawLegs(deps, draws);
    const recordsAfterMs = poison !== null && !telnyx.faults.sendsCallCost
      ? Infinity
      : slow === null
      ? 20_000
      : Math.floor(slow * 50 * MINUTE_MS);
    const call = telnyx.placeCall({ legs, recordsAfterMs });
    if (recordsAfterMs === Infinity) priceless.add(call.sessionId);
    world.knownCalls.add(`telnyx:${call.sessionId}`);
    world.figures.calls++;
    world.trace.note(`telnyx call ${call.sessionId} ${call.legs.map((leg) => leg.talkSeconds)}s`);
  }
  return {
    name: "telnyx",
    origin: "https://api.telnyx.com",
    ...createOutages(world),
    answer: async (request) => await telnyx.app.fetch(request),
    setDuplicateRows: (isTwice) => void (telnyx.faults.hasDuplicateRows = isTwice),
    live,
    calls: () => telnyx.calls().map((call) => truthOf(call, priceless)),
    messages: () => telnyx.messages().map(truthOfSimulated),
    forge: () => sign(forgedEvent(id(), timeline.now()), stranger),
    unreadable: () => sign(`{"data":{"id":"${id()}","event_type":"call.hangup","payload":7}}`),
  };
}

function drawLegs({ drawNumber }: CarrierDeps, draws: CarrierDeps["world"]["draws"]) {
  const ours = drawNumber();
  const [isInbound, answered, bridged] = [draws.chance(0.5), draws.next(), draws.next()];
  const [talkSeconds, afterSeconds] = [draws.between(10, 400), draws.between(1, 5)];
  const [ringSeconds, fraction] = [draws.between(1, 8), draws.next()];
  const talk = answered < 0.85 ? talkSeconds + Math.floor(fraction * 1_000) / 1_000 : 0;
  const first: PlacedLeg = {
    from: isInbound ? STRANGER : ours,
    to: isInbound ? ours : STRANGER,
    isInbound,
    ringSeconds,
    talkSeconds: talk,
  };
  const second: PlacedLeg = {
    from: ours,
    to: "+14155550126",
    afterSeconds: afterSeconds + ringSeconds,
    talkSeconds: Math.max(1, talk - 8),
  };
  return bridged < 0.25 && talk > 0 && isInbound
    ? [first, second] as [PlacedLeg, PlacedLeg]
    : [first] as [PlacedLeg];
}

function forgedEvent(eventId: string, nowMs: number): string {
  return JSON.stringify({
    data: {
      record_type: "event",
      event_type: "call.hangup",
      id: eventId,
      occurred_at: new Date(nowMs).toISOString(),
      payload: { call_session_id: `forged-${eventId}`, call_leg_id: eventId, from: "+12025550100" },
    },
  });
}

function truthOf(call: SimulatedCall, priceless: ReadonlySet<string>): TrueCall {
  const truth = truthOfCall(call);
  const [first] = call.legs;
  return {
    callId: `telnyx:${call.sessionId}`,
    carrier: "telnyx",
    startsMs: [call.startedAtMs],
    endedAtMs: call.endedAtMs,
    seconds: truth.talkSeconds,
    costMicros: priceless.has(call.sessionId) ? null : truth.costMicros,
    numbers: [first.isInbound ? first.to : first.from],
    claims: null,
    isHookOnly: false,
    isPoison: false,
  };
}

function truthOfSimulated(message: SimulatedMessage): TrueMessage {
  return {
    messageId: `telnyx:${message.messageId}`,
    carrier: "telnyx",
    sentAtMs: message.sentAtMs,
    costMicros: truthOfMessage(message).costMicros,
    number: message.isInbound ? message.to : message.from,
    isListed: false,
  };
}
