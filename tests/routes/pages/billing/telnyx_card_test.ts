import assert from "node:assert/strict";
import { getBalanceOfDay, keepCarrierBalance } from "../../../../core/billing/carrier_balance.ts";
import type { Egress } from "../../../../core/egress.ts";
import { MINUTE_MS, SECOND_MS, utcDay } from "../../../../core/clock.ts";
import { START_MS } from "../../../support/world.ts";
import { openRecordsWorld, TELNYX_KEY } from "../../../support/telnyx_records.ts";
import { openPages, takeIn, type Visited } from "../visit.ts";
import { reportOf } from "../../../support/call_report.ts";

const ENV = { TELNYX_API_KEY: TELNYX_KEY };

async function keep({ deps }: Visited, micros: bigint, ageMs: number): Promise<void> {
  const balance = {
    balanceMicros: micros,
    pendingMicros: 1_200_000n,
    creditLimitMicros: 50_000_000n,
    availableMicros: micros + 50_000_000n,
    currency: "USD",
    atMs: START_MS - ageMs,
  };
  await keepCarrierBalance(deps.store, { carrier: "telnyx", balance });
}

Deno.test("the balance is asked for, green when positive, and kept with its day", async () => {
  await using telnyx = await openRecordsWorld();
  const asked: Parameters<Egress>[0][] = [];
  using world = await openPages({
    env: { ...ENV, TELNYX_BASE_URL: telnyx.baseUrl },
    change: () => ({
      egress: (request) => {
        asked.push(request);
        return telnyx.sync.egress(request);
      },
    }),
  });
  const { text, html } = await world.get("/billing");
  assert.match(text, /Telnyx balance \$100\.00 positive available credit \$100\.00/);
  assert.match(html, /<div class="card positive"><dt>Telnyx balance/);
  assert(asked[0]!.deadlineMs! <= 2_000, "the page does not wait long");
  const day = utcDay(START_MS);
  const kept = await getBalanceOfDay(world.deps.store, { carrier: "telnyx", day });
  assert.equal(kept?.balanceMicros, 100_000_000n);
  await world.get("/billing");
  assert.equal(asked.length, 1, "fresh enough, it is not asked for again");
});

const SHOWN: [what: string, micros: bigint, ageMs: number, words: RegExp][] = [
  [
    "fresh and positive",
    31_270_000n,
    SECOND_MS,
    /\$31\.27 positive available credit \$81\.27 , pending \$1\.20/,
  ],
  ["fresh and negative", -2_000_000n, SECOND_MS, /−\$2\.00 negative available credit \$48\.00/],
  ["fresh and spent", 0n, SECOND_MS, /\$0\.00 empty/],
  ["from a while ago", 31_270_000n, 12 * MINUTE_MS, /\$31\.27 no answer, 12 min old/],
];

for (const [what, micros, ageMs, words] of SHOWN) {
  Deno.test(`while Telnyx is away, a kept balance that is ${what} is shown as such`, async () => {
    using world = await openPages({ env: ENV });
    await keep(world, micros, ageMs);
    const { status, text } = await world.get("/billing");
    assert.equal(status, 200);
    assert.match(text, words);
  });
}

Deno.test("never told and not answering, the balance is not known", async () => {
  using world = await openPages({ env: ENV });
  const { status, text } = await world.get("/billing");
  assert.equal(status, 200);
  assert.match(text, /Telnyx balance Not known no answer/);
});

Deno.test("estimated and exact cost stand side by side, before and after the cost is told", async () => {
  using world = await openPages({ env: ENV });
  const call = { carrier: "telnyx", seconds: 61 } as const;
  await takeIn(world, [reportOf("one", call)]);
  const before = await world.get("/billing");
  assert.match(before.text, /Estimated cost Exact cost .* 61 s 120 s \$0\.03 \$0\.03 not told yet/);
  await takeIn(world, [reportOf("one", { ...call, costMicros: 13_600n, costCurrency: "USD" })]);
  const after = await world.get("/billing");
  assert.match(after.text, /61 s \d+ s \$0\.0136 \$0\.03 \$0\.0136 exact/);
});
