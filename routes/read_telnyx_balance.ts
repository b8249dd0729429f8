/**
 * Asks Telnyx for its balance, and keeps what it says.
 *
 * @module
 */
import {
  balanceOf,
  type CarrierBalance,
  keepCarrierBalance,
} from "../core/billing/carrier_balance.ts";
import { createTelnyxClient } from "../core/carriers/telnyx/client.ts";
import type { AppDeps } from "./deps.ts";

/** The balance, or why there is none now. */
export type BalanceOutcome =
  | { status: "read"; balance: CarrierBalance }
  | { status: "off" }
  | { status: "unavailable"; reason: string };

/** One request; a balance that was read is kept for when Telnyx is away. */
export async function readTelnyxBalance(deps: AppDeps): Promise<BalanceOutcome> {
  const { telnyx } = deps.config;
  if (!telnyx) return { status: "off" };
  const apiKey = telnyx.apiKey.reveal();
  const answer = await createTelnyxClient({ ...deps, baseUrl: telnyx.baseUrl, apiKey })
    .getBalance();
  if (answer.status !== "balance") return { status: "unavailable", reason: answer.status };
  const balance = balanceOf(answer.balance, deps.clock.now());
  await keepCarrierBalance(deps.store, { carrier: "telnyx", balance });
  return { status: "read", balance };
}
