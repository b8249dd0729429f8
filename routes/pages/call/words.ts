/**
 * Why a call stands where it does, and what to do about it, in words.
 *
 * @module
 */
import type { BillingState } from "../../../core/billing/list_calls.ts";
import type { Increment } from "../../../core/rating/rate_plan.ts";

/** A state of billing explained. */
export interface StateWords {
  /** What it means, in a sentence or two. */
  meaning: string;
  /** What to do; empty where nothing is to be done. */
  advice: string;
}

const TRIED_HOURLY = "It is tried again every hour.";
const WAITS_FOR_CARRIER = "As soon as the carrier corrects its record, the call is billed.";

/** Every reason a call is parked for, whether its carrier or our plans are at fault. */
export const PARK_REASONS: Readonly<Record<string, StateWords>> = {
  negative_duration: {
    meaning: "The carrier reports a duration below zero, which cannot be billed.",
    advice: `Ask the carrier about its record below. ${WAITS_FOR_CARRIER}`,
  },
  absurd_duration: {
    meaning: "The carrier reports a call longer than seven days, which is not believed.",
    advice: `Ask the carrier about its record below. ${WAITS_FOR_CARRIER}`,
  },
  bad_price: {
    meaning: "The carrier's price is not an amount, so its whole record is in doubt.",
    advice: `Ask the carrier about its record below. ${WAITS_FOR_CARRIER}`,
  },
  never_ended: {
    meaning: "For seven days the carrier never said that the call has ended.",
    advice: `Ask the carrier how long it took. ${WAITS_FOR_CARRIER}`,
  },
  unknown_to_carrier: {
    meaning: "The carrier reported the call once and does not know it any more.",
    advice: "Ask the carrier, and charge it by an adjustment if it took place.",
  },
  no_rate_plan: {
    meaning: "No rate plan for this kind of call was in force when it started.",
    advice: `Add a version that begins early enough, or assign another plan. ${TRIED_HOURLY}`,
  },
  currency_mismatch: {
    meaning: "The rate plan is in another currency than the account; amounts are never converted.",
    advice: `Assign a plan in the account's currency. ${TRIED_HOURLY}`,
  },
  plan_kind_not_for_calls: {
    meaning: "The rate plan in force has terms that cannot price a call by its seconds.",
    advice: `Assign a plan per minute. ${TRIED_HOURLY}`,
  },
  account_not_found: {
    meaning: "The account of the call has no wallet.",
    advice: `This is a fault of ours: please report it. ${TRIED_HOURLY}`,
  },
  balance_out_of_range: {
    meaning: "The balance would grow beyond any amount that can be meant.",
    advice: `Look at the account's entries. ${TRIED_HOURLY}`,
  },
};

/** What a call's billing state means for whoever asks. */
export function explainState(
  { state, reason }: { state: BillingState; reason: string | null },
): StateWords {
  switch (state) {
    case "open":
      return reason === "not_final"
        ? {
          meaning: "The carrier has not ended this call.",
          advice: "It is read again every minute, and billed when it has ended.",
        }
        : { meaning: "The call has ended.", advice: "The next run, within a minute, bills it." };
    case "unassigned":
      return {
        meaning: "No account held a number of this call when it started, so nobody is charged.",
        advice: "Assign the number from an instant at or before the start, and it is billed.",
      };
    case "waiting_funds":
      return {
        meaning: "The wallet cannot cover this call, and its policy is to wait.",
        advice: "Money that comes in pays what waits at once, oldest first.",
      };
    case "billed":
      return reason === null ? { meaning: "The call is billed.", advice: "" } : {
        meaning: "The call is billed, and changed afterwards.",
        advice: "The next run, within a minute, posts the difference.",
      };
    case "parked":
      return PARK_REASONS[reason ?? ""] ?? {
        meaning: `The call cannot be billed: ${reason ?? "the reason is not known"}.`,
        advice: TRIED_HOURLY,
      };
  }
}

/** How an increment rounds, in words: 60/60 counts every started minute. */
export function incrementWords({ firstSeconds, nextSeconds }: Increment): string {
  const name = `${firstSeconds}/${nextSeconds}`;
  if (firstSeconds === 60 && nextSeconds === 60) return `every started minute counts (${name})`;
  if (firstSeconds === nextSeconds) return `every started ${firstSeconds} s count (${name})`;
  return `the first ${firstSeconds} s count whole, then every started ${nextSeconds} s (${name})`;
}
