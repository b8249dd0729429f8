/**
 * P1 for messages that are reported: each one that was acknowledged is counted once, at its price, and
 * nothing is counted that nobody reported.
 *
 * @module
 */
import { rowAt, rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Looks at every report and every message of the reporters' own. */
export function checkReports({ world: { rows }, senders }: Truth): void {
  const known = new Set<string>();
  for (const { accountId, messageId, micros, count } of senders.acknowledged.values()) {
    const id = `sms:${accountId}:${messageId}`;
    known.add(id);
    const [message, charge] = [rowAt(rows, ["message", id]), rowAt(rows, ["message_charge", id])];
    const what = () => `${id} of ${micros} is counted as ${JSON.stringify(charge)}`;
    require(message?.count === count && charge?.state === "rated", "P1", what);
    require(BigInt(charge.amountMicros) === micros && charge.accountId === accountId, "P1", what);
    const isOnce = charge.counted.length === 1 && charge.counted[0].billId === charge.billId &&
      BigInt(charge.counted[0].amountMicros) === micros;
    require(isOnce, "I9", what);
  }
  for (const { id, carrier } of rowsOf(rows, "message")) {
    require(carrier !== "sms" || known.has(id), "I4", () => `nobody reported ${id}`);
  }
}
