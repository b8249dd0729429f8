/**
 * Each message that a carrier knows or somebody reported: counted once, at its price, in one bill; and
 * each bill paid from the wallet at what its messages come to.
 *
 * Comes from: `tests/crash/check_books.ts`.
 *
 * @module
 */
import type { MessageCharge } from "../../core/billing/message_charge.ts";
import type { SmsBill } from "../../core/sms_billing/bill.ts";
import type { Message } from "../../core/usage/messages.ts";
import { readRows } from "../support/sync_load.ts";
import type { Audit } from "./check_books.ts";

interface Meant {
  id: string;
  accountId: string;
  amountMicros: bigint;
  count: number;
  /** Whether its price may still be on its way. */
  isFromCarrier: boolean;
}

/** Checks every message and bill, and takes what was paid from wallets off the balances. */
export async function checkMessages(audit: Audit): Promise<void> {
  const { kv, known, owners, found, visible } = audit;
  const stored = await readRows<Message>(kv, "message");
  const charges = await readRows<MessageCharge>(kv, "message_charge");
  const meant: Meant[] = reportedMessages(audit);
  for (const { id, ourNumber, costMicros } of known.truth.messages) {
    const accountId = owners.get(ourNumber) ?? null;
    const row = stored.get(id);
    if (!row) found.lost.push(`${id} is not known`);
    else if (row.accountId !== accountId) {
      found.differences.push(`${id} is of ${row.accountId}, must be of ${accountId}`);
    } else if (accountId === null) visible.unassignedMessages++;
    else {
      meant.push({
        id,
        accountId,
        amountMicros: BigInt(costMicros),
        count: 1,
        isFromCarrier: true,
      });
    }
  }
  const byBill = new Map<string, bigint>();
  for (const one of meant) {
    const charge = charges.get(one.id);
    if (!isCounted(audit, { meant: one, charge })) continue;
    const { billId } = charge!;
    byBill.set(billId!, (byBill.get(billId!) ?? 0n) + one.amountMicros);
    const count = stored.get(one.id)?.count ?? 1;
    if (count !== one.count) found.differences.push(`${one.id} stands for ${count} messages`);
  }
  const ids = new Set(meant.map(({ id }) => id));
  for (const id of charges.keys()) {
    if (!ids.has(id)) found.differences.push(`${id} is counted, and nobody has sent it`);
  }
  await checkBillTotals(audit, byBill);
}

function reportedMessages({ known, found }: Audit): Meant[] {
  const { all, contradicted } = known.reports;
  for (const line of contradicted) found.differences.push(`contradicted ${line}`);
  return all.flatMap(({ key, accountId, acknowledged }) => {
    if (!acknowledged) found.differences.push(`${key} was never acknowledged`);
    return (acknowledged ?? []).map(({ messageId, amountMicros, count }) => ({
      id: `sms:${accountId}:${messageId}`,
      accountId,
      amountMicros,
      count,
      isFromCarrier: false,
    }));
  });
}

/** True when it stands in one bill at its price; else it was lost, doubled, or is seen to wait. */
function isCounted(
  { found, visible }: Audit,
  { meant, charge }: { meant: Meant; charge: MessageCharge | undefined },
): boolean {
  const { id, amountMicros, isFromCarrier } = meant;
  if (!charge) found.lost.push(`${id} has no charge`);
  else if (charge.accountId !== meant.accountId) {
    found.differences.push(`${id} is counted for ${charge.accountId}`);
  } else if (charge.state === "open" && isFromCarrier) visible.unpriced++;
  else if (charge.state !== "rated") {
    visible.parked++;
    found.differences.push(`${id} is ${charge.state}: ${charge.reason}`);
  } else if (charge.counted.length !== 1) found.doubled.push(`${id} stands in several bills`);
  else if (charge.amountMicros !== amountMicros) {
    found.differences.push(`${id} is ${charge.amountMicros}, must be ${amountMicros}`);
  } else return true;
  return false;
}

async function checkBillTotals(
  { kv, found, balances }: Audit,
  byBill: ReadonlyMap<string, bigint>,
): Promise<void> {
  const bills = await readRows<SmsBill>(kv, "sms_bill");
  for (const { id, accountId, status, payment, closedAtMs, totalMicros } of bills.values()) {
    const mustMicros = byBill.get(id) ?? 0n;
    if (totalMicros !== mustMicros) {
      found.differences.push(`bill ${id} is ${totalMicros}, its messages are ${mustMicros}`);
    }
    if (payment !== "wallet" || closedAtMs === null) continue;
    if (status === "paid") balances.set(accountId, balances.get(accountId)! - mustMicros);
    else found.differences.push(`bill ${id} is ${status}, and there is money for it`);
  }
}
