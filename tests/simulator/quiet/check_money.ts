/**
 * I4 and P7: every request that was answered made its one entry, every one that was refused made none, and
 * no entry stands for anything nobody asked for.
 *
 * @module
 */
import { toMicros } from "../checks/amount_by_trace.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Compares what people asked for with what the ledgers hold. */
export function checkMoney({ people, books }: Truth): void {
  const byKey = new Map(
    [...books.ofRequest.values()].map((one) => [one.entry.metadata.reference as string, one]),
  );
  require(byKey.size === books.ofRequest.size, "I4", () => "one key made two entries");
  for (const [key, asked] of people.money) {
    const { accountId, kind, amount, outcome } = asked;
    const made = byKey.get(key);
    require(outcome !== null, "I10", () => `${key} was never answered`);
    require(
      made?.entry.seq === (outcome.seq ?? undefined),
      "I4",
      () => `${key} was answered ${outcome.status}, entry ${outcome.seq}; made ${made?.entry.seq}`,
    );
    if (!made) continue;
    const isRight = made.accountId === accountId && made.entry.kind === kind &&
      BigInt(made.entry.amountMicros) === toMicros(amount);
    require(isRight, "I4", () => `${key} asked for ${amount}, got ${made.entry.amountMicros}`);
  }
  for (const key of byKey.keys()) {
    require(people.money.has(key), "I4", () => `nobody asked for ${key}`);
  }
}
