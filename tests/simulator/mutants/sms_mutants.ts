/**
 * Bugs in bills of messages.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

const MESSAGE_CHARGE = "core/billing/message_charge.ts";
const COUNT_USAGE = "core/sms_billing/count_usage.ts";
const CLOSE_BILL = "core/sms_billing/close_bill.ts";

/** Bugs of counting, closing and paying from the wallet. */
export const SMS_MUTANTS: readonly Mutant[] = [
  {
    name: "message-twice",
    breaks: "A message whose price changed is counted whole a second time",
    guards: "C1, P1",
    needs: "sms",
    edits: [{
      file: MESSAGE_CHARGE,
      find: `  const changeMicros = charge.amountMicros - earlier!.amountMicros;`,
      replace: `  const changeMicros = charge.amountMicros;`,
    }],
  },
  {
    name: "message-unguarded",
    breaks: "A message that was rated before is rated as if it were new",
    guards: "A17, C1",
    edits: [{
      file: MESSAGE_CHARGE,
      find: `  const earlier = await batch.get<MessageCharge>(messageChargeKey(message.id));
  if (earlier && earlier.revision >= message.revision) return null;`,
      replace: `  const earlier = null as MessageCharge | null;`,
    }],
  },
  {
    name: "bill-closed-twice",
    breaks: "A bill that is closed is closed, and paid, once more",
    guards: "A17, B1, F6",
    needs: "sms",
    edits: [{
      file: "core/sms_billing/close_due.ts",
      find: `    if (bill?.status !== "open" || bill.frequency`,
      replace: `    if (!bill || bill.frequency`,
    }],
  },
  {
    name: "bill-paid-twice",
    breaks: "A bill that is paid is paid from the wallet again",
    guards: "A17, F6",
    needs: "sms",
    edits: [
      {
        file: "core/sms_billing/bill.ts",
        find: `  const unfundedIds = account.unfundedIds.filter((id) => id !== after.id);`,
        replace: `  const unfundedIds = [...account.unfundedIds];`,
      },
      {
        file: "core/sms_billing/pay_from_wallet.ts",
        find:
          `  assert(bill.status === "pending" || bill.status === "failed", \`Cannot pay \${bill.id}\`);`,
        replace: `  assert(bill.status !== "open", \`Cannot pay \${bill.id}\`);`,
      },
    ],
  },
  {
    name: "threshold-open",
    breaks: "A bill that has come to its threshold stays open",
    guards: "P1",
    needs: "sms",
    edits: [
      {
        file: COUNT_USAGE,
        find: `  if (!isThresholdReached(bill, terms)) return;`,
        replace: `  if (!isThresholdReached(bill, terms) || bill.messageCount > 0) return;`,
      },
    ],
  },
  {
    name: "boundary-inclusive",
    breaks: "The instant of a boundary belongs to the period that ends with it",
    guards: "R5",
    needs: "sms",
    edits: [{
      file: "core/sms_billing/boundaries.ts",
      find: `  return Math.floor((atMs - firstMs) / stepMs) * stepMs + firstMs;`,
      replace: `  return (Math.ceil((atMs - firstMs) / stepMs) - 1) * stepMs + firstMs;`,
    }],
  },
  {
    name: "boundary-late",
    breaks: "The daily boundary comes an hour late",
    guards: "R5",
    needs: "sms",
    edits: [{
      file: "core/sms_billing/boundaries.ts",
      find: `const DAILY_MS = 2 * HOUR_MS;`,
      replace: `const DAILY_MS = 3 * HOUR_MS;`,
    }],
  },
  {
    name: "count-without-bill",
    breaks: "A message of several parts is rated, and no bill takes its amount",
    guards: "P1",
    edits: [{
      file: COUNT_USAGE,
      find: `    totalMicros: bill.totalMicros + amountMicros,`,
      replace: `    totalMicros: bill.totalMicros + (segments > 1 ? 0n : amountMicros),`,
    }],
  },
  {
    name: "funds-ignored",
    breaks: "Money that comes in does not pay the bill that waits for it",
    guards: "R9, P1",
    needs: "sms",
    edits: [
      {
        file: "core/billing/move_money.ts",
        find: `    await stageFundedBills(batch, { accountId, atMs, actor });`,
        replace: `    void stageFundedBills;`,
      },
      {
        file: CLOSE_BILL,
        find: `    const dueAtMs = atMs + FIRST_RETRY_MS;`,
        replace: `    const dueAtMs = atMs + 1e4 * FIRST_RETRY_MS;`,
      },
    ],
  },
  {
    name: "approval-ignored",
    breaks: "A bill that must wait for a person's approval is paid at once",
    guards: "P4",
    needs: "sms",
    edits: [{
      file: CLOSE_BILL,
      find: `  if (!terms.autoProcess || closed.approval === "awaiting") return closed;`,
      replace: `  if (!terms.autoProcess) return closed;`,
    }],
  },
];
