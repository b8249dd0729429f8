/**
 * Takes away bills that were paid or cancelled long ago; their ledger entries stay.
 *
 * Goes to: `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import { utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import {
  sippyBillByDayKey,
  sippyReferenceKey,
  smsBillByAccountKey,
  smsBillByStatusKey,
  smsBillByStatusPrefix,
  smsBillByTimeKey,
  smsBillKey,
  timePart,
} from "../kv/keys.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { SippyDebit, SmsBill } from "./bill.ts";
import type { SmsDeps } from "./deps.ts";
import { referenceIn } from "./sippy_debit.ts";

/** Removes those that were closed more than so many months ago; answers how many. */
export async function removeOldBills(
  deps: SmsDeps,
  { retentionMonths, untilMs }: { retentionMonths: number; untilMs: number },
): Promise<number> {
  const cutoffMs = monthsBefore(deps.clock.now(), retentionMonths);
  let count = 0;
  for (const status of ["paid", "cancelled"] as const) {
    const prefix = smsBillByStatusPrefix(status);
    while (deps.clock.now() < untilMs) {
      const rows = await deps.store.list<object>({
        prefix,
        until: [...prefix, timePart(cutoffMs)],
        limit: 100,
      });
      if (rows.length === 0) break;
      for (const { key } of rows) {
        count += Number(await removeBill(deps, { billId: key[3]!, status }));
      }
    }
  }
  return count;
}

async function removeBill(
  deps: SmsDeps,
  { billId, status }: { billId: string; status: "paid" | "cancelled" },
): Promise<boolean> {
  const known = await deps.store.get<SmsBill>(smsBillKey(billId));
  if (!known) return false;
  const { accountId } = known.value;
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [smsBillKey(billId)],
    stage: async (batch) => {
      const bill = await batch.get<SmsBill>(smsBillKey(billId));
      if (bill?.status !== status || bill.closedAtMs === null) return { status: "kept" as const };
      batch.delete(smsBillKey(billId));
      batch.delete(smsBillByTimeKey(bill.closedAtMs, billId));
      batch.delete(smsBillByAccountKey(accountId, bill.closedAtMs, billId));
      batch.delete(smsBillByStatusKey(status, bill.closedAtMs, billId));
      if (bill.sippy) unlistDebit(batch, { billId, debit: bill.sippy });
      return { status: "removed" as const };
    },
  });
  return outcome.status === "removed";
}

function unlistDebit(
  batch: Batch,
  { billId, debit }: { billId: string; debit: SippyDebit },
): void {
  batch.delete(sippyBillByDayKey(utcDay(debit.sentAtMs), billId));
  const reference = referenceIn(debit.reference);
  if (reference !== null) batch.delete(sippyReferenceKey(reference));
}

function monthsBefore(atMs: number, months: number): number {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO("UTC")
    .subtract({ months }).epochMilliseconds;
}
