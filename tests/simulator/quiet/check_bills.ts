/**
 * I9 after the quiet: every rated message is in a bill, no bill waits for anybody, and one that is not
 * paid was cancelled, or its wallet could not pay it.
 *
 * @module
 */
import { MINUTE_MS } from "../../../core/clock.ts";
import { payableOf } from "../checks/bill_watch.ts";
import { type Fields, rowAt, rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Looks at every message and every bill. */
export function checkBills(truth: Truth): void {
  const { rows, timeline } = truth.world;
  for (const charge of rowsOf(rows, "message_charge")) {
    const isBilled = charge.state !== "rated" || charge.billId !== null;
    require(isBilled, "I9", () => `message ${charge.messageId} is rated and in no bill`);
  }
  for (const bill of rowsOf(rows, "sms_bill")) {
    if (bill.status === "open") {
      const isRunning = bill.periodEndMs === null || bill.periodEndMs > timeline.now() -
            10 * MINUTE_MS ||
        BigInt(bill.totalMicros) < 0n;
      require(isRunning, "P1", () => `bill ${bill.id} is over and open: ${JSON.stringify(bill)}`);
    } else if (bill.status !== "paid" && bill.status !== "cancelled") {
      requireUnfunded(truth, bill);
    }
  }
}

function requireUnfunded({ world: { rows } }: Truth, bill: Fields): void {
  const wallet = rowAt(rows, ["wallet", bill.accountId])!;
  const available = BigInt(wallet.balanceMicros) - BigInt(wallet.heldMicros) +
    BigInt(wallet.creditLimitMicros);
  const isUnfunded = bill.status === "failed" && bill.payment === "wallet" &&
    wallet.policy === "wait" && available < payableOf(bill);
  const job = rowsOf(rows, "job").filter(({ unique }) => unique === bill.id);
  require(
    isUnfunded,
    "I9",
    () => `${JSON.stringify(bill)} is not paid, ${available} are available: ${JSON.stringify(job)}`,
  );
}
