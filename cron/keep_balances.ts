/**
 * Asks the carriers that tell one for our balance, so that every day has a last reading.
 *
 * Comes from: `cron/mod.ts`. Goes to: `core/billing/carrier_balance.ts`.
 *
 * @module
 */
import { balanceOf, keepCarrierBalance } from "../core/billing/carrier_balance.ts";
import { clientOf } from "./fetch_telnyx_costs.ts";
import type { SyncDeps } from "./sync_calls.ts";

/** Keeps Telnyx's balance; what cannot be read is left to the next hour. */
export async function keepBalances(deps: SyncDeps): Promise<void> {
  if (!deps.telnyx) return;
  const answer = await clientOf(deps, deps.telnyx).getBalance();
  if (answer.status !== "balance") {
    deps.log("warn", "The Telnyx balance could not be read", { reason: answer.status });
    return;
  }
  const balance = balanceOf(answer.balance, deps.clock.now());
  await keepCarrierBalance(deps.store, { carrier: "telnyx", balance });
}
