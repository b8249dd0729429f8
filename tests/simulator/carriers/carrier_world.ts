/**
 * A carrier as a run sees it: who is asked over the network, who places usage and sends webhooks, and who
 * knows the truth. A further one is one more file of this shape.
 *
 * @module
 */
import type { World } from "../world.ts";

/** What is true of one call, whatever was told of it. */
export interface TrueCall {
  /** Ours: `bland:…`. */
  callId: string;
  /** Who carried it. */
  carrier: "bland" | "telnyx" | "twilio";
  /** It may count from any of these instants: carriers tell several. */
  startsMs: readonly number[];
  /** When it is over. */
  endedAtMs: number;
  /** Of talk; 0 where nobody answered. */
  seconds: number;
  /** What the carrier takes; null while it will never say. */
  costMicros: bigint | null;
  /** Numbers of ours that may own it. */
  numbers: readonly string[];
  /** The account it names itself. */
  claims: string | null;
  /** It is in no listing: only its webhooks tell of it. */
  isHookOnly: boolean;
  /** It cannot be billed, and must end up parked. */
  isPoison: boolean;
}

/** What is true of one message. */
export interface TrueMessage {
  /** Ours: `telnyx:…`. */
  messageId: string;
  /** Who carried it. */
  carrier: "telnyx" | "twilio";
  /** When it was sent. */
  sentAtMs: number;
  /** What the carrier takes; null while it will never say. */
  costMicros: bigint | null;
  /** Our number in it. */
  number: string;
  /** It is listed as well, so that it is found without any webhook. */
  isListed: boolean;
}

/** A webhook on its way, with what a second look must find. */
export interface Hook {
  /** Who sends it. */
  carrier: string;
  /** From the root. */
  path: string;
  /** As it was signed. */
  body: string;
  headers: Record<string, string>;
}

/** Somebody whom the program asks over the network. */
export interface Peer {
  /** `bland`. */
  name: string;
  /** What its URLs begin with. */
  origin: string;
  /** Answers a request that has come through. */
  answer(request: Request): Promise<Response>;
  /** Every row of the next answer comes twice, or once again. */
  setDuplicateRows(isTwice: boolean): void;
  /** Whether it answers nobody just now. */
  isAway(): boolean;
  /** It answers nobody for so long. */
  beginOutage(ms: number): void;
}

/** One carrier of a run. */
export interface CarrierWorld extends Peer {
  /** Something happens there: a call begins, or ends otherwise than it was told. */
  live(): void;
  /** Every call there was so far. */
  calls(): TrueCall[];
  /** Every message there was so far. */
  messages(): TrueMessage[];
  /** A webhook somebody else made up. */
  forge(): Hook;
  /** A genuine webhook that makes no sense. */
  unreadable(): Hook;
}

/** What every carrier of a run is made from. */
export interface CarrierDeps {
  world: World;
  /** Draws one of them as the run's traffic goes. */
  drawNumber: () => string;
}
