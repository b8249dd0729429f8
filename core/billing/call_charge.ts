/**
 * What we charged for a call: one row beneath the wallet, the guard against charging it twice.
 *
 * A charge states a target, what the sum of the call's entries shall be; an entry is only ever the
 * difference to it.
 *
 * @module
 */
import type { Trace } from "../rating/trace.ts";
import type { Service } from "../rating/rate_plan.ts";
import type { Carrier } from "../usage/call_usage.ts";

/** The charge of one call. */
export interface CallCharge {
  /** `bland:…`, `telnyx:…`, `twilio:…`. */
  callId: string;
  /** Whose wallet it is charged to. */
  accountId: string;
  /** What the call is sold as. */
  service: Service;
  /** Charged; not covered by the wallet; or not chargeable as things stand. */
  state: "billed" | "waiting_funds" | "parked";
  /** Why it is parked or waits; null when billed. */
  reason: string | null;
  /** The call's revision that this state answers. */
  revision: number;
  /** What the entries add up to, as a positive amount. */
  amountMicros: bigint;
  /** What they should add up to; more than `amountMicros` only while it waits. */
  wantedMicros: bigint;
  /** Numbers of its entries in the wallet. */
  entries: number[];
  /** What `amountMicros` was computed from; null while nothing is billed. */
  trace: Trace | null;
  /** Carrier cost already counted into daily totals. */
  costMicros: bigint;
  /** The start under which it stands in the waiting list; null when it does not wait. */
  waitingSinceMs: number | null;
  /** When this state came about. */
  atMs: number;
}

/** The service a carrier's calls are sold as. */
export const VOICE_SERVICE = {
  bland: "bland_voice",
  telnyx: "telnyx_voice",
  twilio: "twilio_voice",
} as const satisfies Record<Carrier, Service>;

/** A call nothing was done about yet. */
export function noCharge(
  { callId, accountId, carrier }: { callId: string; accountId: string; carrier: Carrier },
): CallCharge {
  return {
    callId,
    accountId,
    service: VOICE_SERVICE[carrier],
    state: "parked",
    reason: null,
    revision: 0,
    amountMicros: 0n,
    wantedMicros: 0n,
    entries: [],
    trace: null,
    costMicros: 0n,
    waitingSinceMs: null,
    atMs: 0,
  };
}
