/**
 * One line for what billing did in one wallet; a warning where something waits or is parked.
 *
 * Comes from: `core/billing/bill_due.ts`.
 *
 * @module
 */
import { formatMicros } from "../money.ts";
import type { BillingDeps, BillTally } from "./bill_due.ts";

/** Says it, unless nothing was done. */
export function logTally(
  { log }: Pick<BillingDeps, "log">,
  { accountId, tally, chargedMicros }: {
    accountId: string;
    tally: BillTally;
    chargedMicros: bigint;
  },
): void {
  const { billed, adjusted, waiting, parked } = tally;
  if (billed.length + adjusted.length + waiting.length + parked.length === 0) return;
  log(waiting.length + parked.length > 0 ? "warn" : "info", "[BILLING] wallet charged", {
    account: accountId,
    billed: billed.length,
    adjusted: adjusted.length,
    waitingFunds: waiting.length,
    parked: parked.length,
    amount: formatMicros(chargedMicros),
  });
}
