/**
 * Sends the simulated events: signed, on time or late, once or twice or never, and again when refused.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "../../../clock.ts";
import type { SimulatedEvent } from "./call_events.ts";
import type { TelnyxFaults } from "./faults.ts";
import type { Signer } from "./signer.ts";

/** A webhook ready to be posted. */
export interface TelnyxWebhookRequest {
  /** Where to, from the root: calls and messages have an address each. */
  path: string;
  /** The exact text that was signed. */
  body: string;
  /** The signature's headers and the content type. */
  headers: Record<string, string>;
}

/** Posts a webhook and answers with its HTTP status; a rejection counts as not reached. */
export type DeliverWebhook = (request: TelnyxWebhookRequest) => Promise<number>;

/** What {@link createDeliveries} needs. */
export interface DeliveryDeps {
  /** Rings when an event is due. */
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  /** The knobs. */
  faults: TelnyxFaults;
  /** Signs each attempt anew. */
  signer: Signer;
  /** Posts it. */
  deliver: DeliverWebhook;
}

/** The post office of a simulated Telnyx. */
export interface Deliveries {
  /** Sends an event once its hour has come; the draws are made even when a knob is off. */
  schedule(event: SimulatedEvent): void;
  /** An event signed now, whatever the knobs say. */
  render(event: SimulatedEvent, attempt?: number): TelnyxWebhookRequest;
  /** Resolves when nothing is under way; what is not due yet is not waited for. */
  idle(): Promise<void>;
  /** Forgets what has not been sent yet. */
  stop(): void;
}

/** Attempts for one address; Telnyx documents three for messages and no number for calls. */
export const ATTEMPTS_MAX = 3;

/** A post office with nothing to send. */
export function createDeliveries(deps: DeliveryDeps): Deliveries {
  const { clock, random, faults } = deps;
  const alarms = new Set<() => void>();
  const underWay = new Set<Promise<void>>();
  function render(event: SimulatedEvent, attempt = 1): TelnyxWebhookRequest {
    const path = event.kind.startsWith("message.") ? MESSAGES_PATH : CALLS_PATH;
    const body = JSON.stringify(renderEnvelope(event, { attempt, path }));
    const signed = deps.signer.signHeaders(body, Math.floor(clock.now() / SECOND_MS));
    return { path, body, headers: { "content-type": "application/json", ...signed } };
  }
  function ring(ms: number, act: () => void): void {
    const cancel = clock.after(ms, () => {
      alarms.delete(cancel);
      act();
    });
    alarms.add(cancel);
  }
  function send(event: SimulatedEvent, attempt: number): void {
    const sending = deps.deliver(render(event, attempt)).catch(() => 0).then((httpStatus) => {
      underWay.delete(sending);
      if (mayRepeat(httpStatus) && attempt < ATTEMPTS_MAX) {
        ring(2 ** attempt * SECOND_MS, () => send(event, attempt + 1));
      }
    });
    underWay.add(sending);
  }
  function schedule(event: SimulatedEvent): void {
    const isLost = random() < faults.lossShare || faults.lostKinds.has(event.kind);
    const isDoubled = random() < faults.duplicateShare;
    const [delayMs, againMs] = [faults.delayMs + random() * faults.disorderMs, 1 + random()];
    const dueMs = Math.max(0, event.occurredAtMs - clock.now()) + Math.floor(delayMs);
    if (isLost) return;
    ring(dueMs, () => send(event, 1));
    if (isDoubled) ring(dueMs + Math.floor(againMs * faults.disorderMs), () => send(event, 1));
  }
  return {
    schedule,
    render,
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop: () => {
      for (const cancel of alarms) cancel();
      alarms.clear();
    },
  };
}

const CALLS_PATH = "/api/telnyx/webhooks/calls";
const MESSAGES_PATH = "/api/telnyx/webhooks/messages";

function renderEnvelope(
  { kind, eventId, occurredAt, payload }: SimulatedEvent,
  { attempt, path }: { attempt: number; path: string },
): unknown {
  const data = {
    record_type: "event",
    event_type: kind,
    id: eventId,
    occurred_at: occurredAt,
    payload,
  };
  return { data, meta: { attempt, delivered_to: `https://billing.example.test${path}` } };
}

// Another 4xx is not repeated for calls. Source: Telnyx documentation, "Voice API webhooks".
function mayRepeat(httpStatus: number): boolean {
  return httpStatus === 0 || httpStatus === 408 || httpStatus === 429 || httpStatus >= 500;
}
