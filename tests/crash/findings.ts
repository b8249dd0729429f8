/**
 * What the checks of the crash test find, and what they count.
 *
 * @module
 */

/** Things that are missing, or there more than once, and other differences. */
export interface Findings {
  lost: string[];
  doubled: string[];
  differences: string[];
}

/** Things that stand where people see them, and are not over. */
export interface Visible {
  /** Calls that nobody has the number of. */
  unassignedCalls: number;
  /** Messages that nobody has the number of. */
  unassignedMessages: number;
  /** Calls that wait for money. */
  waitingFunds: number;
  /** Calls and messages with a reason why they cannot be billed. */
  parked: number;
  /** Calls charged by estimate: their exact cost is not there yet. */
  estimated: number;
  /** Messages whose cost is not there yet. */
  unpriced: number;
  /** Bills to be paid through Sippy, by status. */
  sippyBills: Record<string, number>;
}

/** Nothing found yet. */
export function noFindings(): Findings {
  return { lost: [], doubled: [], differences: [] };
}

/** Nothing seen yet. */
export function nothingVisible(): Visible {
  return {
    unassignedCalls: 0,
    unassignedMessages: 0,
    waitingFunds: 0,
    parked: 0,
    estimated: 0,
    unpriced: 0,
    sippyBills: {},
  };
}
