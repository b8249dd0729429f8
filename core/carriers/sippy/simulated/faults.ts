/**
 * What may go wrong with a simulated switch: every knob is off until somebody turns it.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../../../clock.ts";

/** One thing that goes wrong with one signed request. */
export type SippyFault =
  /** 401 without a word of staleness; not executed. */
  | "wrong_password"
  /** 401 with `stale=true`; not executed. */
  | "stale_nonce"
  /** An XML-RPC fault under HTTP 200; not executed. */
  | "fault"
  /** A page of HTML with status 502; not executed. */
  | "html_502"
  /** The connection breaks; not executed. */
  | "lost"
  /** A page of HTML with status 502; executed. */
  | "html_502_executed"
  /** Status 200 without a body; executed. */
  | "empty"
  /** The answer cut in the middle; executed. */
  | "truncated"
  /** The connection breaks; executed. */
  | "dropped"
  /** Executed at once, answered after {@link SippyFaults.slowMs}. */
  | "slow"
  /** The connection breaks; executed after {@link SippyFaults.lateMs}. */
  | "late";

/** What goes wrong with requests of one kind: first what is queued, then what chance brings. */
export interface FaultPlan {
  /** One fault for each of the next requests; `null` lets one pass. */
  next: (SippyFault | null)[];
  /** Chances in [0, 1], drawn anew for each request once the queue is empty. */
  rates: Partial<Record<SippyFault, number>>;
}

/** How the switch asks for a login. */
export interface ChallengeTerms {
  /** One challenge each, in this order. */
  algorithms: ("MD5" | "SHA-256" | "MD5-sess" | "SHA-256-sess")[];
  /** False for a server of RFC 2069's time. */
  hasQop: boolean;
  /** A Basic challenge comes first. */
  offersBasic: boolean;
  /** How long a nonce is good. */
  nonceMs: number;
}

/** The knobs; set them at any time, they act from the next request on. */
export interface SippyFaults {
  /** `accountDebit`, `accountCredit` and `accountAddFunds`. */
  money: FaultPlan;
  /** Every other method. */
  lookups: FaultPlan;
  /** How long a `slow` answer takes: longer than any deadline. */
  slowMs: number;
  /** How long a `late` execution takes. */
  lateMs: number;
  /** The login. */
  challenge: ChallengeTerms;
  /** Requests without credentials are executed, as from an address in `trusted_hosts`. */
  trustsCaller: boolean;
  /** A payment is listed so long after it was executed. */
  listedAfterMs: number;
  /** What becomes of `payment_notes`: a number keeps so many characters. */
  notes: "kept" | "dropped" | number;
  /** A debit beyond what is available is refused, instead of driving the balance negative. */
  refusesShortFunds: boolean;
  /** Lists never return more rows than this; null for no clamp. */
  clampRowsMax: number | null;
  /** Lists begin at their first row whatever the offset. */
  ignoresOffset: boolean;
  /** Debits are listed with a minus sign. */
  listsNegativeDebits: boolean;
}

/** All knobs off. */
export function createSippyFaults(): SippyFaults {
  return {
    money: { next: [], rates: {} },
    lookups: { next: [], rates: {} },
    slowMs: MINUTE_MS,
    lateMs: 90 * SECOND_MS,
    challenge: {
      algorithms: ["MD5"],
      hasQop: true,
      offersBasic: false,
      nonceMs: 5 * MINUTE_MS,
    },
    trustsCaller: false,
    listedAfterMs: 0,
    notes: "kept",
    refusesShortFunds: false,
    clampRowsMax: null,
    ignoresOffset: false,
    listsNegativeDebits: false,
  };
}

/** Spends one turn of a plan; null when the request is to be answered truly. */
export function takeSippyFault(plan: FaultPlan, random: () => number): SippyFault | null {
  const queued = plan.next.shift();
  if (queued !== undefined) return queued;
  const rates = Object.entries(plan.rates) as [SippyFault, number][];
  if (rates.length === 0) return null;
  let left = random();
  for (const [fault, rate] of rates) {
    left -= rate;
    if (left < 0) return fault;
  }
  return null;
}
