/**
 * A Sippy switch that runs in this process: real XML-RPC behind a real digest login, invented money.
 *
 * The sandbox and the tests talk to it over HTTP. Where Sippy's documentation is silent it takes the
 * harder case; what a debit really did stands in `truth()`, whatever its caller was told.
 *
 * Goes to: `core/carriers/sippy/simulated/app.ts`, `core/carriers/sippy/simulated/books.ts`,
 * `core/carriers/sippy/simulated/faults.ts`, `core/carriers/sippy/simulated/login.ts`.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { createSippyApp, type SippyRequestCount } from "./simulated/app.ts";
import {
  createBooks,
  type PlacedSippyAccount,
  type PlacedSippyBooking,
  type SippyAccount,
  type SippyBooking,
} from "./simulated/books.ts";
import { createSippyFaults, type SippyFaults } from "./simulated/faults.ts";
import { createLogin } from "./simulated/login.ts";

/** What {@link createSippySimulator} needs. */
export interface SippySimulatorDeps {
  /** Its nonces age with this clock, and late executions wait on it. */
  clock: Clock;
  /** A number in [0, 1), for faults. */
  random: () => number;
  /** A fresh id; becomes a nonce. */
  id: () => string;
  /** The login. */
  username: string;
  /** The login's API password. */
  password: string;
}

/** A simulated switch. */
export interface SippySimulator {
  /** Serve it by `Deno.serve(…, app.fetch)`, or hand it requests; its path is `/xmlapi/xmlapi`. */
  app: { fetch: (request: Request) => Response | Promise<Response> };
  /** The knobs. */
  faults: SippyFaults;
  /** Counts up for ever; set back by assigning. */
  requestCount: SippyRequestCount;
  /** Adds an account. Throws when its number is taken. */
  placeAccount(account: PlacedSippyAccount): SippyAccount;
  /** An account as it is now; null when there is none. */
  account(iAccount: number): SippyAccount | null;
  /** Books as staff would, past the API. Throws when there is no such account. */
  bookByHand(booking: PlacedSippyBooking): SippyBooking;
  /** Everything that moved a balance, in the order of execution, listed or not. */
  truth(): readonly SippyBooking[];
  /** Executions that are still to come. */
  lateCount(): number;
  /** Forgets executions that are still to come. */
  stop(): void;
}

/** A switch with one login and without accounts; every fault is off. */
export function createSippySimulator(deps: SippySimulatorDeps): SippySimulator {
  const { clock, random } = deps;
  const faults = createSippyFaults();
  const books = createBooks(clock);
  const login = createLogin({ ...deps, terms: faults.challenge });
  const requestCount = { unsigned: 0, debit: 0, other: 0 };
  const pending = new Set<() => void>();

  function stop(): void {
    for (const cancel of pending) cancel();
    pending.clear();
  }
  return {
    app: createSippyApp({ clock, random, faults, books, login, requestCount, pending }),
    faults,
    requestCount,
    placeAccount: books.place,
    account: books.account,
    bookByHand: books.book,
    truth: () => [...books.bookings()],
    lateCount: () => pending.size,
    stop,
  };
}
