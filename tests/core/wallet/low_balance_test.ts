import assert from "node:assert/strict";
import { stepThresholds } from "../../../core/wallet/low_balance.ts";
import { emptyWallet } from "../../../core/wallet/wallet.ts";

const units = (n: number) => BigInt(n) * 1_000_000n;

function step(
  { thresholds, told, before, after, isMoneyIn = false }: {
    thresholds: number[];
    told?: number;
    before: number;
    after: number;
    isMoneyIn?: boolean;
  },
): [passed: number | null, told: number | null] {
  const wallet = {
    ...emptyWallet({ accountId: "acme", currency: "USD" }),
    balanceMicros: units(before),
    lowBalanceThresholdsMicros: thresholds.map(units),
    ...(told === undefined ? {} : { lowBalanceToldMicros: units(told) }),
  };
  const { passedMicros, toldMicros } = stepThresholds(wallet, {
    balanceMicros: units(after),
    isMoneyIn,
  });
  const plain = (micros: bigint | null) => micros === null ? null : Number(micros / 1_000_000n);
  return [plain(passedMicros), plain(toldMicros)];
}

Deno.test("a threshold is passed by going from it, or above, to below", () => {
  const thresholds = [5, 2];
  assert.deepEqual(step({ thresholds, before: 6, after: 5 }), [null, null]);
  assert.deepEqual(step({ thresholds, before: 5, after: 4 }), [5, 5]);
  assert.deepEqual(step({ thresholds, before: 6, after: 4 }), [5, 5]);
  assert.deepEqual(step({ thresholds, before: 4, after: 3 }), [null, null]);
});

Deno.test("of several that are passed at once the lowest is named", () => {
  assert.deepEqual(step({ thresholds: [5, 2, 10], before: 20, after: 1 }), [2, 2]);
});

Deno.test("what was told of is not told again until money comes in", () => {
  const thresholds = [5, 2];
  assert.deepEqual(step({ thresholds, told: 5, before: 5, after: 4 }), [null, 5]);
  assert.deepEqual(step({ thresholds, told: 5, before: 4, after: 1 }), [2, 2]);
  assert.deepEqual(step({ thresholds, told: 2, before: 6, after: 4 }), [null, 2]);
});

Deno.test("money that comes in arms the thresholds it reaches, and no other", () => {
  const thresholds = [5, 2, 10];
  const isMoneyIn = true;
  assert.deepEqual(step({ thresholds, told: 2, before: 1, after: 20, isMoneyIn }), [null, null]);
  assert.deepEqual(step({ thresholds, told: 2, before: 1, after: 6, isMoneyIn }), [null, 10]);
  assert.deepEqual(step({ thresholds, told: 2, before: 1, after: 1, isMoneyIn }), [null, 2]);
  assert.deepEqual(step({ thresholds, told: 10, before: 6, after: 4 }), [5, 5]);
});

Deno.test("a wallet without thresholds is never low", () => {
  assert.deepEqual(step({ thresholds: [], before: 5, after: -5 }), [null, null]);
});
