import assert from "node:assert/strict";
import {
  compareCalls,
  type ComparedCall,
  emptySum,
  getReconciliation,
  ITEMS_MAX,
  keepReconciliation,
  listReconciliations,
  type OwnCall,
  type Reconciliation,
} from "../../../core/billing/reconciliation.ts";
import type { Carrier } from "../../../core/usage/call_usage.ts";
import { openWorld } from "../../support/world.ts";

const own = (callId: string, costMicros: bigint | null, told: Partial<OwnCall> = {}): OwnCall => ({
  callId,
  costMicros,
  costCurrency: costMicros === null ? null : "USD",
  isFinal: true,
  isUnanswered: false,
  ...told,
});
const their = (callId: string, costMicros: bigint | null, costCurrency = "USD"): ComparedCall => ({
  callId,
  costMicros,
  costCurrency: costMicros === null ? null : costCurrency,
});

Deno.test("every call is in exactly one of the four, and each side's cents are kept", () => {
  const found = compareCalls({
    ours: [own("a", 100n), own("b", 200n), own("c", 300n)],
    theirs: [their("a", 100n), their("b", 250n), their("d", 400n)],
  });
  assert.deepEqual(found.matched, { count: 1, oursMicros: 100n, theirsMicros: 100n });
  assert.deepEqual(found.different, { count: 1, oursMicros: 200n, theirsMicros: 250n });
  assert.deepEqual(found.oursOnly, { count: 1, oursMicros: 300n, theirsMicros: 0n });
  assert.deepEqual(found.theirsOnly, { count: 1, oursMicros: 0n, theirsMicros: 400n });
  assert.deepEqual(
    found.items.map(({ callId, kind, state, suggestion }) => [callId, kind, state, suggestion]),
    [
      ["b", "different", "open", "not_decided"],
      ["c", "ours_only", "open", "no_record"],
      ["d", "theirs_only", "open", "not_decided"],
    ],
  );
});

const ONE: [string, OwnCall | null, ComparedCall | null, string][] = [
  ["still rings", own("a", null, { isFinal: false }), null, "still_running"],
  [
    "still rings on both sides",
    own("a", null, { isFinal: false }),
    their("a", null),
    "still_running",
  ],
  ["ended by the records alone", own("a", 5n, { isFinal: false }), their("a", 5n), "not_decided"],
  ["was never answered", own("a", null, { isUnanswered: true }), null, "never_answered"],
  ["was never answered and cost", own("a", 5n, { isUnanswered: true }), null, "no_record"],
  ["has no price there", own("a", 5n), their("a", null), "no_price"],
  ["is unknown and has no price", null, their("a", null), "no_price"],
  ["has another currency", own("a", 5n), their("a", 5n, "EUR"), "not_decided"],
];

for (const [what, ours, theirs, suggestion] of ONE) {
  Deno.test(`a call that ${what} is "${suggestion}"`, () => {
    const found = compareCalls({ ours: ours ? [ours] : [], theirs: theirs ? [theirs] : [] });
    assert.equal(found.items[0]?.suggestion, suggestion);
    assert.equal(found.items[0].state, suggestion === "never_answered" ? "explained" : "open");
  });
}

Deno.test("unpriced on both sides is the same; other currencies are compared and not summed", () => {
  const found = compareCalls({
    ours: [own("a", null), own("b", 7n, { costCurrency: "EUR" }), own("c", 9n), own("d", 9n)],
    theirs: [their("a", null), their("b", 7n, "EUR"), their("c", 9n), their("d", 9n)],
  });
  assert.deepEqual(found.matched, { count: 4, oursMicros: 18n, theirsMicros: 18n });
  assert.equal(found.currency, "USD");
});

Deno.test("nothing on both sides closes at zero", () => {
  const found = compareCalls({ ours: [], theirs: [] });
  assert.deepEqual([found.matched, found.items, found.currency], [emptySum(), [], "USD"]);
});

function dayOf(carrier: Carrier, day: string, items = 0): Reconciliation {
  const found = compareCalls({
    ours: [],
    theirs: Array.from({ length: items }, (_, i) => their(`telnyx:${"x".repeat(56)}-${i}`, 1n)),
  });
  return {
    ...found,
    carrier,
    day,
    state: "done",
    failure: null,
    itemCount: items,
    openCount: items,
    movement: null,
    actor: "test",
    startedAtMs: 1,
    finishedAtMs: 2,
  };
}

Deno.test("days are listed newest first, of one carrier, of one day, and page by page", async () => {
  using world = await openWorld({ isEmpty: true });
  const { store } = world.deps;
  for (const day of ["2026-01-29", "2026-01-30"]) {
    for (const carrier of ["bland", "telnyx"] as const) {
      await keepReconciliation(store, dayOf(carrier, day));
    }
  }
  const names = async (query: Partial<Parameters<typeof listReconciliations>[1]>) => {
    const page = (await listReconciliations(store, { limit: 10, ...query }))!;
    return page.rows.map(({ carrier, day }) => `${carrier} ${day}`);
  };
  assert.deepEqual(await names({}), [
    "telnyx 2026-01-30",
    "bland 2026-01-30",
    "telnyx 2026-01-29",
    "bland 2026-01-29",
  ]);
  assert.deepEqual(await names({ carrier: "bland" }), ["bland 2026-01-30", "bland 2026-01-29"]);
  assert.deepEqual(await names({ day: "2026-01-29" }), ["telnyx 2026-01-29", "bland 2026-01-29"]);
  assert.deepEqual(await names({ carrier: "bland", day: "2026-01-29" }), ["bland 2026-01-29"]);
  const first = (await listReconciliations(store, { limit: 3 }))!;
  assert.deepEqual(await names({ cursor: first.nextCursor! }), ["bland 2026-01-29"]);
  assert.equal(await listReconciliations(store, { limit: 3, cursor: "%" }), null);
});

Deno.test("of very many items the first are kept, with the longest ids, and the count is true", async () => {
  using world = await openWorld({ isEmpty: true });
  const many = dayOf("telnyx", "2026-01-30", 1_000);
  await keepReconciliation(world.deps.store, many);
  const kept = await getReconciliation(world.deps.store, many);
  assert.deepEqual([kept?.items.length, kept?.itemCount], [ITEMS_MAX, 1_000]);
});
