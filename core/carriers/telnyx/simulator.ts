/**
 * A Telnyx that runs in this process: real paths, real shapes, signed webhooks, invented usage.
 *
 * The sandbox and the tests talk to it over HTTP. Where Telnyx's documentation is silent it does what
 * was measured on live accounts: records come late and in part, 40 requests a minute, pages cut to 50.
 *
 * Goes to: `core/carriers/telnyx/simulated/deliveries.ts`, `core/carriers/telnyx/simulated/traffic.ts`.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { createApp, type SimulatedApi, type TelnyxRequestCount } from "./simulated/app.ts";
import { toTenBillionths } from "./simulated/amounts.ts";
import { renderCallEvents, type SimulatedEvent } from "./simulated/call_events.ts";
import {
  createDeliveries,
  type DeliverWebhook,
  type TelnyxWebhookRequest,
} from "./simulated/deliveries.ts";
import { createTelnyxFaults, type TelnyxFaults } from "./simulated/faults.ts";
import { renderMessageEvents } from "./simulated/messages.ts";
import { completeCall, type PlacedCall, type SimulatedCall } from "./simulated/placed_call.ts";
import {
  completeMessage,
  type PlacedMessage,
  type SimulatedMessage,
} from "./simulated/placed_message.ts";
import { createSigner } from "./simulated/signer.ts";
import { startTraffic, type TrafficOptions } from "./simulated/traffic.ts";
import {
  type CallTruth,
  type MessageTruth,
  truthOfCall,
  truthOfMessage,
} from "./simulated/truth.ts";

/** What {@link createTelnyxSimulator} needs. */
export interface TelnyxSimulatorDeps {
  /** Its calls progress and its webhooks go out with this clock. */
  clock: Clock;
  /** A number in [0, 1), for traffic and shares. */
  random: () => number;
  /** A fresh id for a call, leg, message or event. */
  id: () => string;
  /** The one key it accepts, as `Bearer`. */
  apiKey: string;
  /** What its key pair is drawn from. */
  signingSecret: string;
  /** Posts a webhook; see {@link TelnyxWebhookRequest}. */
  deliver: DeliverWebhook;
  /** Plain decimal; `100.00` when absent. Costs are taken off as usage ends. */
  openingBalance?: string;
}

/** A simulated Telnyx. */
export interface TelnyxSimulator {
  /** Serve it by `Deno.serve(…, app.fetch)`; its API lies under `/v2`. */
  app: SimulatedApi;
  /** Base64 of the raw key its webhooks are signed with. */
  publicKey: string;
  /** The knobs. */
  faults: TelnyxFaults;
  /** Counts up for ever, refused requests included; set back by assigning. */
  requestCount: TelnyxRequestCount;
  /** Every call there is, in the order they were placed. */
  calls(): readonly SimulatedCall[];
  /** Every message there is, in the order they were placed. */
  messages(): readonly SimulatedMessage[];
  /** What is true of calls and messages, computed apart from anything that is shown. */
  truth(): { calls: CallTruth[]; messages: MessageTruth[] };
  /** Adds a call and schedules its webhooks. Throws when its id is taken. */
  placeCall(call: PlacedCall): SimulatedCall;
  /** Adds a message and schedules its webhooks. Throws when its id is taken. */
  placeMessage(message: PlacedMessage): SimulatedMessage;
  /** The webhooks of a call or message in their order, signed now; all of them, come what may. */
  renderWebhooks(id: string): TelnyxWebhookRequest[];
  /** Places usage until the answer is called. */
  startTraffic(options: TrafficOptions): () => void;
  /** Resolves when no webhook is under way. */
  idle(): Promise<void>;
  /** Forgets every webhook that has not been sent yet. */
  stop(): void;
}

/** A Telnyx without usage; every fault is off. */
export function createTelnyxSimulator(deps: TelnyxSimulatorDeps): TelnyxSimulator {
  const { clock, random, id } = deps;
  const faults = createTelnyxFaults();
  const calls: SimulatedCall[] = [];
  const messages = new Map<string, SimulatedMessage>();
  const events = new Map<string, SimulatedEvent[]>();
  const signer = createSigner(deps.signingSecret);
  const deliveries = createDeliveries({ clock, random, faults, signer, deliver: deps.deliver });
  const requestCount = { balance: 0, detailRecords: 0, messages: 0 };
  const opening = toTenBillionths(deps.openingBalance ?? "100.00");
  const { apiKey } = deps;
  const app = createApp({ clock, apiKey, faults, requestCount, calls, messages, opening });
  function keep(
    subjectId: string,
    { rendered, isSilent }: { rendered: SimulatedEvent[]; isSilent: boolean },
  ) {
    if (events.has(subjectId)) throw new Error("Cannot place usage: its id is taken");
    events.set(subjectId, rendered);
    if (!isSilent) rendered.forEach(deliveries.schedule);
  }
  function placeCall(placed: PlacedCall): SimulatedCall {
    const call = completeCall({ id, nowMs: clock.now(), currency: faults.currency }, placed);
    const rendered = renderCallEvents({ id, faults }, call);
    keep(call.sessionId, { rendered, isSilent: placed.isSilent ?? false });
    calls.push(call);
    return call;
  }
  function placeMessage(placed: PlacedMessage): SimulatedMessage {
    const { currency, hasNullMessageCosts: hasNullCost } = faults;
    const message = completeMessage({ id, nowMs: clock.now(), currency, hasNullCost }, placed);
    const rendered = renderMessageEvents({ id }, message);
    keep(message.messageId, { rendered, isSilent: placed.isSilent ?? false });
    messages.set(message.messageId, message);
    return message;
  }
  return {
    app,
    publicKey: signer.publicKey,
    faults,
    requestCount,
    calls: () => calls,
    messages: () => [...messages.values()],
    truth: () => ({
      calls: calls.map(truthOfCall),
      messages: [...messages.values()].map(truthOfMessage),
    }),
    placeCall,
    placeMessage,
    renderWebhooks: (subjectId) =>
      (events.get(subjectId) ?? []).map((event) => deliveries.render(event)),
    startTraffic: (options) => startTraffic({ clock, random, placeCall, placeMessage }, options),
    idle: deliveries.idle,
    stop: deliveries.stop,
  };
}
