/**
 * Every word the frame and the parts of the pages say, in English.
 *
 * One concept has one word, the same as in the API, the CSV and the code: top-up, charge, cost,
 * adjustment, refund, hold, payment.
 *
 * @module
 */

/** The words, grouped by the part that says them. */
export const WORDS = {
  product: "Tollkeeper",
  language: "en",
  layout: {
    skip: "Skip to the content",
    menu: "Menu",
    navigation: "Main",
    signOut: "Sign out",
    signedInAs: "Signed in as",
    help: "Help",
    requestId: "Request",
  },
  sandbox: {
    name: "Sandbox",
    sentence: "Simulated carriers, invented money.",
    clock: "Test clock",
    advance: "Move the clock forward by",
    move: "Move clock",
    steps: { PT1H: "1 hour", P1D: "1 day", P7D: "7 days", P1M: "1 month" },
  },
  value: { unknown: "not known", asOf: "As of", completeTo: "carrier data complete to" },
  formula: {
    available: "available",
    balance: "balance",
    held: "held",
    creditLimit: "credit limit",
  },
  empty: {
    nothing_yet: {
      title: "Nothing here yet",
      text: "This fills by itself once there is something.",
    },
    nothing_found: { title: "Nothing matches this filter", text: "There may be more without it." },
    could_not_load: {
      title: "This could not be loaded",
      text: "Nothing was lost or changed. Please try again in a moment.",
    },
  },
  form: {
    errorTitle: "Please correct the following",
    optional: "optional",
    filter: "Filter",
    filterName: "Filter this list",
    clearFilter: "Clear the filter",
    reason: "Reason",
    reasonHint: "Kept with the change, for whoever looks later.",
    cancel: "Cancel",
    changes: "What will change",
    what: "What",
    before: "Before",
    after: "After",
  },
  pager: {
    name: "Pages of this list",
    first: "First page",
    next: "Next page",
    end: "End of the list",
  },
  progress: {
    ok: "within the limit",
    warn: "close to the limit",
    full: "limit reached",
    waiting: "Connection lost. Trying again …",
  },
  chart: { asTable: "Show the same numbers as a table", day: "Day", total: "Total", time: "Time" },
  copy: { copy: "Copy", copied: "Copied" },
  /** States whose words differ from their code name; any other is shown with spaces for underscores. */
  state: {
    waiting_funds: "waiting for funds",
    none: "no cost yet",
    no_answer: "no answer",
    in_progress: "in progress",
    past_due: "past due",
  },
} as const;

/** A state of the program as people read it: `waiting_funds` is "waiting for funds". */
export function stateWord(state: string): string {
  const words: Record<string, string> = WORDS.state;
  return Object.hasOwn(words, state) ? words[state] ?? state : state.replaceAll("_", " ");
}
