/**
 * Calls and messages of the crash test, placed at every carrier at once, and their webhooks.
 *
 * Comes from: `tests/crash/carriers_server.ts`.
 * Goes to: `tests/support/sync_load.ts`, `tests/crash/outbox.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { BlandSimulator } from "../../core/carriers/bland/simulator.ts";
import type { SippySimulator } from "../../core/carriers/sippy/simulator.ts";
import type { TelnyxSimulator } from "../../core/carriers/telnyx/simulator.ts";
import type { TwilioSimulator } from "../../core/carriers/twilio/simulator.ts";
import { type Load, numberOf, placeLoad } from "../support/sync_load.ts";
import { THEIR_NUMBER } from "../support/sync_world.ts";
import { seeded } from "../support/world.ts";
import type { DeliveryKind, Outbox } from "./outbox.ts";

/** The carriers and the switch of the crash test. */
export interface CrashCarriers {
  bland: BlandSimulator;
  telnyx: TelnyxSimulator;
  twilio: TwilioSimulator;
  sippy: SippySimulator;
}

/** Bland's calls to place, created how long ago at most and at least. */
export interface BlandLoad extends Omit<Load, "random" | "fromMs" | "toMs" | "accounts"> {
  fromAgoMs: number;
  toAgoMs: number;
}

/** What to place. Every call and message of Telnyx and Twilio has ended when it is placed. */
export interface Traffic {
  seed: number;
  /**
   * Accounts with a number and enough money. One more has too little, and has calls of Bland only; the
   * number after that one is nobody's.
   */
  accounts: number;
  bland: BlandLoad[];
  telnyxCalls: number;
  telnyxMessages: number;
  twilioCalls: number;
  twilioMessages: number;
}

/** Share of Telnyx's calls and messages whose cost only their records tell. */
const NO_COST_SHARE = 0.15;
/** Share of Twilio's calls and messages that nobody is told of: the sweep finds them. */
const SILENT_SHARE = 0.1;

/** Places it all; the webhooks go out in any order. */
export function placeTraffic(
  { carriers, outbox }: { carriers: CrashCarriers; outbox: Outbox },
  traffic: Traffic,
): void {
  const random = seeded(traffic.seed);
  const nowMs = Date.now();
  for (const { fromAgoMs, toAgoMs, ...load } of traffic.bland) {
    const window = { fromMs: nowMs - fromAgoMs, toMs: nowMs - toAgoMs };
    placeLoad(carriers.bland, { ...load, ...window, random, accounts: traffic.accounts + 2 });
  }
  const placing = { ...carriers, random, nowMs, accounts: traffic.accounts };
  const repeat = (count: number, place: (placing: Placing) => Posted[]) =>
    Array.from({ length: count }, () => place(placing)).flat();
  const posted = [
    ...repeat(traffic.telnyxCalls, placeTelnyxCall),
    ...repeat(traffic.telnyxMessages, placeTelnyxMessage),
    ...repeat(traffic.twilioCalls, placeTwilioCall),
    ...repeat(traffic.twilioMessages, placeTwilioMessage),
  ];
  const shuffled = posted.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at);
  for (const { one } of shuffled) outbox.add(one);
}

type Posted = Parameters<Outbox["add"]>[0];
type Placing = CrashCarriers & { random: () => number; nowMs: number; accounts: number };

function drawParties({ random, accounts }: Placing) {
  const drawn = Math.floor(random() * (accounts + 1));
  // The one without money has calls of Bland only; the number behind it is nobody's.
  const ours = numberOf(drawn === accounts ? accounts + 1 : drawn);
  const isInbound = random() < 0.4;
  const parties = isInbound ? { from: THEIR_NUMBER, to: ours } : { from: ours, to: THEIR_NUMBER };
  const talkSeconds = random() < 0.85 ? 1 + Math.floor(random() * 150) : 0;
  return { isInbound, ...parties, talkSeconds, endedAgoMs: 10_000 + Math.floor(random() * 60_000) };
}

function placeTelnyxCall(placing: Placing): Posted[] {
  const { telnyx, random, nowMs } = placing;
  const { isInbound, from, to, talkSeconds, endedAgoMs } = drawParties(placing);
  telnyx.faults.sendsCallCost = random() >= NO_COST_SHARE;
  const { sessionId } = telnyx.placeCall({
    legs: [{ from, to, isInbound, talkSeconds }],
    startedAtMs: nowMs - endedAgoMs - (talkSeconds + 2) * 1_000,
    recordsAfterMs: 1_000,
    isSilent: true,
  });
  return telnyxPosts(telnyx, { id: sessionId, kind: "telnyx_call" });
}

function placeTelnyxMessage(placing: Placing): Posted[] {
  const { telnyx, random, nowMs } = placing;
  const { isInbound, from, to, endedAgoMs } = drawParties(placing);
  const { messageId } = telnyx.placeMessage({
    from,
    to,
    isInbound,
    segments: 1 + Math.floor(random() * 3),
    sentAtMs: nowMs - endedAgoMs,
    hasNullCost: random() < NO_COST_SHARE,
    recordsAfterMs: 1_000,
    isSilent: true,
  });
  return telnyxPosts(telnyx, { id: messageId, kind: "telnyx_message" });
}

/** A timestamp that is five minutes old is refused, so each attempt is signed anew. */
function telnyxPosts(
  telnyx: TelnyxSimulator,
  { id, kind }: { id: string; kind: DeliveryKind },
): Posted[] {
  return telnyx.renderWebhooks(id).map(({ body }, i) => ({
    kind,
    eventId: `telnyx:${JSON.parse(body).data.id}`,
    render: () => telnyx.renderWebhooks(id)[i]!,
  }));
}

function placeTwilioCall(placing: Placing): Posted[] {
  const { twilio, random, nowMs } = placing;
  const { isInbound, from, to, talkSeconds, endedAgoMs } = drawParties(placing);
  const { sid } = twilio.placeCall({
    from,
    to,
    direction: isInbound ? "inbound" : "outbound-api",
    createdAtMs: nowMs - endedAgoMs - (talkSeconds + 2) * 1_000,
    waitSeconds: 2,
    talkSeconds,
    outcome: talkSeconds > 0 ? "completed" : random() < 0.5 ? "no-answer" : "busy",
    priceAfterMs: 1_000,
    isSilent: true,
  });
  return random() < SILENT_SHARE ? [] : twilioPosts(twilio, { sid, kind: "twilio_call" });
}

function placeTwilioMessage(placing: Placing): Posted[] {
  const { twilio, random, nowMs } = placing;
  const { isInbound, from, to, endedAgoMs } = drawParties(placing);
  const { sid } = twilio.placeMessage({
    from,
    to,
    outcome: isInbound ? "received" : random() < 0.9 ? "delivered" : "undelivered",
    createdAtMs: nowMs - endedAgoMs,
    segments: 1 + Math.floor(random() * 3),
    priceAfterMs: 1_000,
    isSilent: true,
  });
  return random() < SILENT_SHARE ? [] : twilioPosts(twilio, { sid, kind: "twilio_message" });
}

function twilioPosts(
  twilio: TwilioSimulator,
  { sid, kind }: { sid: string; kind: DeliveryKind },
): Posted[] {
  return twilio.callbacksOf(sid).map((callback) => ({
    kind,
    eventId: `twilio:${createHash("sha256").update(callback.body).digest("hex").slice(0, 32)}`,
    render: () => callback,
  }));
}
