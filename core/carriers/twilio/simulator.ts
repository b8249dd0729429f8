/**
 * A Twilio that runs in this process: real paths, real shapes, signed callbacks, invented calls.
 *
 * The sandbox and the tests talk to it over HTTP. Where Twilio's documentation is silent it takes the
 * harder case: prices come late, or never for calls that did not connect, and callbacks may be lost.
 *
 * Goes to: `core/carriers/twilio/simulated/app.ts`, `core/carriers/twilio/simulated/callbacks.ts`,
 * `core/carriers/twilio/simulated/deliveries.ts`, `core/carriers/twilio/simulated/traffic.ts`.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { createApp, type TwilioRequestCount } from "./simulated/app.ts";
import {
  type CallRevision,
  completeCall,
  type PlacedCall,
  type SimulatedCall,
} from "./simulated/call.ts";
import {
  type CallbackTerms,
  callCallbacks,
  messageCallbacks,
  type SimulatedCallback,
} from "./simulated/callbacks.ts";
import { createDeliveries } from "./simulated/deliveries.ts";
import { createTwilioFaults, type TwilioFaults } from "./simulated/faults.ts";
import {
  completeMessage,
  type MessageRevision,
  type PlacedMessage,
  type SimulatedMessage,
} from "./simulated/message.ts";
import { createRowList } from "./simulated/row_list.ts";
import { startTraffic, type TrafficOptions } from "./simulated/traffic.ts";

/** What {@link createTwilioSimulator} needs. */
export interface TwilioSimulatorDeps {
  /** Its calls progress with this clock. */
  clock: Clock;
  /** A number in [0, 1), for traffic and faults. */
  random: () => number;
  /** A fresh id; letters and digits of it make up a SID. */
  id: () => string;
  /** `AC…`. */
  accountSid: string;
  /** Opens the API and signs callbacks. */
  authToken: string;
  /** Where callbacks are sent, as the receiver knows itself; without a slash at its end. */
  publicUrl: string;
  /** `/webhook/twilio/voice` when absent. */
  voicePath?: string;
  /** `/webhook/twilio/messages` when absent. */
  messagesPath?: string;
  /** Posts a callback; without it none is sent. A rejection says that no connection came about. */
  deliver?: (callback: SimulatedCallback) => Promise<void> | void;
}

/** A simulated Twilio. */
export interface TwilioSimulator {
  /** Serve it by `Deno.serve(…, app.fetch)`, or hand it requests. */
  app: { fetch: (request: Request) => Response | Promise<Response> };
  /** Every call there is, hidden ones too, newest first. */
  calls: () => readonly SimulatedCall[];
  /** Every message there is. */
  messages: () => readonly SimulatedMessage[];
  /** The knobs. */
  faults: TwilioFaults;
  /** Counts up for ever; set back by assigning. */
  requestCount: TwilioRequestCount;
  /** Adds a call, and sends its callbacks when they are due. Throws when its id is taken. */
  placeCall(call: PlacedCall): SimulatedCall;
  /** Adds a message. See {@link TwilioSimulator.placeCall}. */
  placeMessage(message: PlacedMessage): SimulatedMessage;
  /** Changes a call after the fact; its callbacks stay. Throws when there is none of that id. */
  reviseCall(sid: string, changes: CallRevision): void;
  /** Changes a message after the fact. Throws when there is none of that id. */
  reviseMessage(sid: string, changes: MessageRevision): void;
  /** Makes a call disappear; false when there is none. */
  removeCall(sid: string): boolean;
  /** The signed callbacks of a call or a message, in the order fired. Throws when there is none. */
  callbacksOf(sid: string): SimulatedCallback[];
  /** Places calls and messages until the answer is called. */
  startTraffic(options: TrafficOptions): () => void;
  /** Forgets callbacks that are not delivered yet. */
  stop(): void;
}

/** A Twilio of one account without calls; every fault is off. */
export function createTwilioSimulator(deps: TwilioSimulatorDeps): TwilioSimulator {
  const { clock, random } = deps;
  const terms = termsOf(deps);
  const faults = createTwilioFaults();
  const calls = createRowList<SimulatedCall>();
  const messages = createRowList<SimulatedMessage>();
  const requestCount = { callList: 0, call: 0, messageList: 0, message: 0 };
  const { deliver } = deps;
  const deliveries = deliver && createDeliveries({ clock, random, faults, deliver });
  const sid = (prefix: string) => () => prefix + deps.id().replace(/[^A-Za-z0-9]/g, "").slice(-32);

  function placeCall(placed: PlacedCall): SimulatedCall {
    const call = completeCall({ sid: sid("CA"), nowMs: clock.now() }, placed);
    calls.insert(call);
    if (!placed.isSilent) deliveries?.schedule(callCallbacks(terms, call));
    return call;
  }
  function placeMessage(placed: PlacedMessage): SimulatedMessage {
    const message = completeMessage({ sid: sid("SM"), nowMs: clock.now() }, placed);
    messages.insert(message);
    if (!placed.isSilent) deliveries?.schedule(messageCallbacks(terms, message));
    return message;
  }
  function callbacksOf(of: string): SimulatedCallback[] {
    const call = calls.get(of);
    if (call) return callCallbacks(terms, call);
    const message = messages.get(of);
    if (message) return messageCallbacks(terms, message);
    throw new Error("Cannot tell callbacks: nothing has that id");
  }
  return {
    app: createApp({ clock, account: terms, faults, calls, messages, requestCount }),
    calls: calls.all,
    messages: messages.all,
    faults,
    requestCount,
    placeCall,
    placeMessage,
    reviseCall: calls.change,
    reviseMessage: messages.change,
    removeCall: calls.remove,
    callbacksOf,
    startTraffic: (options) => startTraffic({ clock, random, placeCall, placeMessage }, options),
    stop: () => deliveries?.cancel(),
  };
}

function termsOf(deps: TwilioSimulatorDeps): CallbackTerms {
  const { accountSid, authToken, publicUrl } = deps;
  const { voicePath = "/webhook/twilio/voice", messagesPath = "/webhook/twilio/messages" } = deps;
  return { accountSid, authToken, publicUrl, voicePath, messagesPath };
}
