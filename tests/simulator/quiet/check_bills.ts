/**
 * I9 after the quiet: every rated message is in a bill, and every closed bill of a wallet is paid, or the
 * wallet could not pay it.
 *
 * @module
 */
import { rowAt, rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Looks at every message and every bill. */
export function checkBills({ world: { rows } }: Truth): void {
  for (const charge of rowsOf(rows, "message_charge")) {
    const isBilled = charge.state !== "rated" || charge.billId !== null;
    require(isBilled, "I9", () => `message ${charge.messageId} is rated and in no bill`);
  }
  for (const bill of rowsOf(rows, "sms_bill")) {
    if (bill.status === "open" || bill.status === "paid") continue;
    const wallet = rowAt(rows, ["wallet", bill.accountId])!;
    const available = BigInt(wallet.balanceMicros) - BigInt(wallet.heldMicros) +
      BigInt(wallet.creditLimitMicros);
    require(
      bill.status === "failed" && wallet.policy === "wait" && available < BigInt(bill.totalMicros),
      "I9",
      () =>
        `bill ${bill.id} of ${bill.totalMicros} is ${bill.status} (${bill.failureReason}), ` +
        `${available} are available`,
    );
  }
}
