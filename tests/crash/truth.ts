/**
 * What the carriers and Sippy know, as their process tells it: the measure of everything the product says.
 *
 * Comes from: `tests/crash/carriers_server.ts`, `tests/crash/check_books.ts`.
 *
 * @module
 */
import type { DeliveryKind } from "./outbox.ts";

/** A call as it really is. */
export interface TrueCall {
  /** As the product names it: `bland:…`. */
  id: string;
  carrier: "bland" | "telnyx" | "twilio";
  /** The number of ours in it. */
  ourNumber: string;
  talkSeconds: number;
  /** What Telnyx takes for it, in micros; null for the others, whose plans do not ask. */
  costMicros: string | null;
}

/** A message as it really is. */
export interface TrueMessage {
  /** As the product names it: `twilio:…`. */
  id: string;
  /** The number of ours in it. */
  ourNumber: string;
  /** What its carrier takes, and so what the shipped plans charge, in micros. */
  costMicros: string;
}

/** A webhook, and whether the product has acknowledged it. */
export interface TrueDelivery {
  eventId: string;
  kind: DeliveryKind;
  isAcknowledged: boolean;
  asked: number;
  refusal: string | null;
}

/** A debit that really was made at Sippy. */
export interface TrueDebit {
  reference: string;
  iAccount: number;
  amountMicros: string;
}

/** Everything there is to know. */
export interface Truth {
  calls: TrueCall[];
  messages: TrueMessage[];
  deliveries: TrueDelivery[];
  debits: TrueDebit[];
  /** Requests for a debit that Sippy has got. */
  debitRequests: number;
}

/** How things stand just now. */
export interface CarriersNow {
  /** Bland's calls that still go on. */
  openCalls: number;
  /** Webhooks that nobody has acknowledged. */
  waiting: number;
  /** Debits made at Sippy so far. */
  debits: number;
}
