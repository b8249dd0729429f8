/**
 * The simulated switch's truth: accounts, their balances, and every payment that moved one.
 *
 * @module
 */
import type { Clock } from "../../../clock.ts";

/** An account as it is placed. */
export interface PlacedSippyAccount {
  /** The next free number from 1001 when absent. */
  iAccount?: number;
  /** `account` and the number when absent. */
  username?: string;
  /** Positive means money available; 0 when absent. */
  balanceMicros?: bigint;
  /** 0 when absent. */
  creditLimitMicros?: bigint;
  /** USD when absent. */
  baseCurrency?: string;
  /** False when absent. A blocked account can be debited all the same. */
  isBlocked?: boolean;
}

/** An account of the switch. */
export type SippyAccount = Required<PlacedSippyAccount>;

/** One change of a balance. */
export interface SippyBooking {
  /** From 90001, in the order of execution. */
  iPayment: number;
  /** Whose. */
  iAccount: number;
  /** The method that made it. */
  kind: "debit" | "credit" | "add_funds";
  /** Above zero. */
  amountMicros: bigint;
  /** The account's. */
  currency: string;
  /** As they were sent. */
  notes: string | null;
  /** As it was sent, else the instant of execution. */
  paymentTimeMs: number;
  /** When the balance changed. */
  executedAtMs: number;
}

/** What a booking is made from. */
export type PlacedSippyBooking =
  & Omit<SippyBooking, "iPayment" | "executedAtMs" | "paymentTimeMs" | "currency">
  & { paymentTimeMs: number | null };

/** The truth, and the only way to change it. */
export interface Books {
  /** In the order they were placed. */
  accounts(): readonly SippyAccount[];
  /** Null when there is none. */
  account(iAccount: number): SippyAccount | null;
  /** Throws when the number is taken. */
  place(account: PlacedSippyAccount): SippyAccount;
  /** In the order of execution. */
  bookings(): readonly SippyBooking[];
  /** Moves the balance. Throws when there is no such account. */
  book(booking: PlacedSippyBooking): SippyBooking;
}

/** Books without accounts. */
export function createBooks(clock: Pick<Clock, "now">): Books {
  const accounts = new Map<number, SippyAccount>();
  const bookings: SippyBooking[] = [];

  function place(placed: PlacedSippyAccount): SippyAccount {
    const iAccount = placed.iAccount ?? Math.max(1000, ...accounts.keys()) + 1;
    if (accounts.has(iAccount)) throw new Error(`Cannot place account ${iAccount}: it is there`);
    const account = {
      iAccount,
      username: placed.username ?? `account${iAccount}`,
      balanceMicros: placed.balanceMicros ?? 0n,
      creditLimitMicros: placed.creditLimitMicros ?? 0n,
      baseCurrency: placed.baseCurrency ?? "USD",
      isBlocked: placed.isBlocked ?? false,
    };
    accounts.set(iAccount, account);
    return account;
  }
  function book(placed: PlacedSippyBooking): SippyBooking {
    const account = accounts.get(placed.iAccount);
    if (!account) throw new Error(`Cannot book: there is no account ${placed.iAccount}`);
    const executedAtMs = clock.now();
    const booking = {
      ...placed,
      iPayment: 90_001 + bookings.length,
      currency: account.baseCurrency,
      paymentTimeMs: placed.paymentTimeMs ?? executedAtMs,
      executedAtMs,
    };
    bookings.push(booking);
    const change = placed.kind === "debit" ? -placed.amountMicros : placed.amountMicros;
    accounts.set(placed.iAccount, { ...account, balanceMicros: account.balanceMicros + change });
    return booking;
  }
  return {
    accounts: () => [...accounts.values()],
    account: (iAccount) => accounts.get(iAccount) ?? null,
    place,
    bookings: () => bookings,
    book,
  };
}
