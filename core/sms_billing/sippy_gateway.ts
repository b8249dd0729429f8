/**
 * Sippy as SMS billing sees it: whoever can take money from an account there, say which debits there
 * are, and what the account's currency is.
 *
 * SMS billing knows no carrier; `core/carriers/sippy/client.ts` has this shape, and `main.ts` hands it in.
 *
 * @module
 */

/** A debit to be sent once. */
export interface DebitOrder {
  /** The account there. */
  iAccount: number;
  /** Whole minor units, above zero. */
  amountMicros: bigint;
  /** ISO 4217. */
  currency: string;
  /** Holds the reference that a search looks for. */
  notes: string;
  /** Chosen once and stored. */
  paymentTimeMs: number;
  /** The request with the money is not begun after this instant. */
  sendByMs?: number;
}

/** What became of a debit. `unknown`: it was sent, and nobody knows whether it was executed. */
export type DebitAnswer =
  | { status: "charged"; tookMs: number }
  | { status: "refused"; faultCode: number; faultString: string; tookMs: number }
  | { status: "not_sent"; reason: string; tookMs: number | null }
  | { status: "unknown"; reason: string; tookMs: number };

/** A debit as Sippy lists it; each member may be missing. */
export interface ListedDebit {
  /** Sippy's number of it. */
  iPayment: number | null;
  /** Whole seconds. */
  paymentTimeMs: number | null;
  /** Its size as it came. */
  amountText: string | null;
  /** Its size. */
  amountMicros: bigint | null;
  /** As it came. */
  currency: string | null;
  /** What was sent with it, if Sippy kept it. */
  notes: string | null;
  /** Whose it is; a filter may have been ignored. */
  iAccount: number | null;
}

/** Every debit of a window, or no list at all. */
export type DebitList =
  | { status: "found"; payments: ListedDebit[]; tookMs: number }
  | { status: "unavailable"; reason: string; tookMs: number | null };

/** What Sippy says of an account; of a known one only the currency is used here. */
export type SippyAccountAnswer =
  | { status: "found"; baseCurrency: string | null; availableMicros: bigint; tookMs: number }
  | { status: "refused"; faultCode: number; faultString: string; tookMs: number }
  | { status: "unavailable"; reason: string; tookMs: number | null };

/** The door to a Sippy switch. Nothing the switch does makes it throw. */
export interface SippyGateway {
  /** Sends once at most. */
  debit(order: DebitOrder): Promise<DebitAnswer>;
  /** Debits by their payment time; the window is best narrow. */
  findDebits(window: { iAccount: number; fromMs: number; untilMs: number }): Promise<DebitList>;
  /** The account's currency, and what it may spend. */
  accountInfo(request: { iAccount: number }): Promise<SippyAccountAnswer>;
}
