/**
 * Everybody who looks at every commit. A further invariant is one more file and one more line.
 *
 * @module
 */
import type { World } from "../world.ts";
import { watchBills } from "./bill_watch.ts";
import { watchCharges } from "./charge_watch.ts";
import { watchClosings } from "./closing_watch.ts";
import { type LedgerBooks, watchLedgers } from "./ledger_watch.ts";
import { watchSecrets } from "./secret_watch.ts";
import { watchSpending } from "./spending_watch.ts";
import { watchStates } from "./state_watch.ts";

/** Sets all of them on the world's commits; answers what the ledgers add up to. */
export function watchCommits({ watchers, knownCalls }: World): LedgerBooks {
  const { books, watch } = watchLedgers();
  watchers.push(
    watch,
    watchCharges({ books, knownCalls }),
    watchStates(),
    watchBills(),
    watchClosings(),
    watchSpending,
    watchSecrets,
  );
  return books;
}
