import assert from "node:assert/strict";
import { DAY_MS } from "../../../../../core/clock.ts";
import {
  callPriceState,
  messagePriceState,
  parseTwilioCost,
  TWILIO_PRICE_PATIENCE_MS,
} from "../../../../../core/carriers/twilio/fields/price.ts";
import { jsonNumber } from "../../../../../core/carriers/json_numbers.ts";

const COSTS: readonly [
  price: unknown,
  unit: unknown,
  micros: bigint | null,
  currency: string | null,
  fault: string | null,
][] = [
  ["-0.01400", "USD", 14_000n, "USD", null],
  ["-0.00750", "usd", 7_500n, "USD", null],
  ["-1.687E-4", "USD", 169n, "USD", null],
  ["-0.000000500000", "USD", 1n, "USD", null],
  ["-0.0000004", "USD", 0n, "USD", null],
  [jsonNumber("-0.10"), "EUR", 100_000n, "EUR", null],
  ["0", "USD", 0n, "USD", null],
  ["-0.00000", "USD", 0n, "USD", null],
  [null, "USD", null, null, null],
  [undefined, undefined, null, null, null],
  ["", null, null, null, null],
  ["0.01400", "USD", null, null, "bad_price"],
  ["free", "USD", null, null, "bad_price"],
  ["-0,014", "USD", null, null, "bad_price"],
  [-0.014, "USD", null, null, "bad_price"],
  [{}, "USD", null, null, "bad_price"],
  ["-0.01400", null, null, null, "bad_currency"],
  ["-0.01400", "dollars", null, null, "bad_currency"],
  ["0", "", null, null, "bad_currency"],
];

for (const [price, price_unit, costMicros, costCurrency, fault] of COSTS) {
  Deno.test(`parseTwilioCost() of ${JSON.stringify(price)} ${price_unit}: ${fault ?? costMicros}`, () => {
    const cost = parseTwilioCost({ price, price_unit });
    assert.deepEqual(cost, { costMicros, costCurrency, fault });
  });
}

const over = (overForMs: number) => ({ overForMs });

Deno.test("no price yet, none for good, a price of nothing and a price are four things", () => {
  const call = { isFinal: true, status: "completed", costMicros: null } as const;
  const rows = [
    [callPriceState({ ...call, costMicros: 1n }, over(0)), "priced"],
    [callPriceState({ ...call, costMicros: 0n }, over(0)), "zero"],
    [callPriceState({ ...call, costMicros: 0n }, over(9 * DAY_MS)), "zero"],
    [callPriceState(call, over(TWILIO_PRICE_PATIENCE_MS - 1)), "not_yet"],
    [callPriceState(call, over(TWILIO_PRICE_PATIENCE_MS)), "never"],
    [callPriceState(call, { overForMs: 60, patienceMs: 60 }), "never"],
    [
      callPriceState({ ...call, isFinal: false, status: "in_progress" }, over(9 * DAY_MS)),
      "not_yet",
    ],
    [callPriceState({ ...call, isFinal: false }, over(9 * DAY_MS)), "not_yet"],
    [callPriceState({ ...call, status: "busy" }, over(0)), "never"],
    [callPriceState({ ...call, status: "failed" }, over(0)), "never"],
    [callPriceState({ ...call, status: "no_answer", costMicros: 5n }, over(0)), "priced"],
    [messagePriceState(call, over(DAY_MS)), "not_yet"],
    [messagePriceState(call, over(TWILIO_PRICE_PATIENCE_MS)), "never"],
    [messagePriceState({ ...call, costMicros: 0n }, over(0)), "zero"],
    [messagePriceState({ ...call, isFinal: false, status: "sent" }, over(9 * DAY_MS)), "never"],
    [
      messagePriceState({ ...call, isFinal: false, status: "scheduled" }, over(9 * DAY_MS)),
      "not_yet",
    ],
  ];
  for (const [state, expected] of rows) assert.equal(state, expected);
});
