/**
 * The Telnyx balance for a page: asked for with a short deadline, else the one that was kept last.
 *
 * Comes from: `routes/pages/billing/read_billing.ts`. Goes to: `routes/read_telnyx_balance.ts`.
 *
 * @module
 */
import { type CarrierBalance, getCarrierBalance } from "../../../core/billing/carrier_balance.ts";
import { SECOND_MS } from "../../../core/clock.ts";
import type { AppDeps } from "../../deps.ts";
import { readTelnyxBalance } from "../../read_telnyx_balance.ts";

/** The balance as a page can show it. */
export type ShownBalance =
  | { status: "off" }
  /** `isLate`: Telnyx does not answer now, and this is what it said last. */
  | { status: "known"; balance: CarrierBalance; isLate: boolean }
  | { status: "unknown" };

/** No page waits longer for it. */
const DEADLINE_MS = 1_500;
/** So fresh, it need not be asked for again: a page may load itself every few seconds. */
const FRESH_MS = 15 * SECOND_MS;

/** Reads it; never slow and never a reason for a page to fail. */
export async function readShownBalance(deps: AppDeps): Promise<ShownBalance> {
  if (!deps.config.telnyx) return { status: "off" };
  const kept = await getCarrierBalance(deps.store, "telnyx");
  if (kept && Math.abs(deps.clock.now() - kept.atMs) < FRESH_MS) {
    return { status: "known", balance: kept, isLate: false };
  }
  const egress: AppDeps["egress"] = (request) =>
    deps.egress({ ...request, deadlineMs: DEADLINE_MS });
  const read = await readTelnyxBalance({ ...deps, egress });
  if (read.status === "read") return { status: "known", balance: read.balance, isLate: false };
  return kept ? { status: "known", balance: kept, isLate: true } : { status: "unknown" };
}
