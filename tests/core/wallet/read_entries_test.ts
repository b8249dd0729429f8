import assert from "node:assert/strict";
import fc from "fast-check";
import { changeWallet } from "../../../core/wallet/change_wallet.ts";
import { type Entry, ENTRY_KINDS, type EntryKind } from "../../../core/wallet/entry.ts";
import { postEntry } from "../../../core/wallet/post_entry.ts";
import {
  countEntriesBefore,
  type EntryQuery,
  getBalanceAt,
  listEntries,
} from "../../../core/wallet/read_entries.ts";
import { openWorld, START_MS, type World } from "../../support/world.ts";

interface Line {
  kind: EntryKind;
  amountMicros: bigint;
  /** Milliseconds since the one before. */
  laterMs: number;
}

/** The wallet of `acme` with its first top-up and these. */
async function withEntries(
  lines: readonly Line[],
  story: (world: World, entries: Entry[]) => Promise<void>,
): Promise<void> {
  using world = await openWorld();
  for (const { laterMs, ...line } of lines) {
    world.clock.advance(laterMs);
    await changeWallet(world.deps, {
      accountId: "acme",
      stage: (batch) =>
        postEntry(batch, {
          accountId: "acme",
          source: { type: "request", id: "test" },
          description: "",
          atMs: world.clock.now(),
          actor: "test",
          ...line,
        }),
    });
  }
  const rows = await world.deps.store.list<Entry>({ prefix: ["entry", "acme"] });
  await story(world, rows.map(({ value }) => value));
}

/** All pages of a query. */
async function readAll(
  { deps }: World,
  query: Omit<EntryQuery, "accountId" | "cursor">,
): Promise<number[]> {
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await listEntries(deps.store, { accountId: "acme", ...query, cursor });
    assert.ok(page && page.rows.length <= query.limit);
    seen.push(...page.rows.map(({ value }) => value.seq));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

const line = fc.record({
  kind: fc.constantFrom(...ENTRY_KINDS),
  amountMicros: fc.bigInt({ min: 1n, max: 1_000n }),
  laterMs: fc.constantFrom(0, 0, 1, 1_000),
});
const instant = fc.option(fc.integer({ min: START_MS - 2, max: START_MS + 6_000 }), {
  nil: undefined,
});

Deno.test("every question about a ledger is answered as by looking at all its entries", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.array(
        fc.record({
          fromMs: instant,
          untilMs: instant,
          kind: fc.option(fc.constantFrom(...ENTRY_KINDS), { nil: undefined }),
          limit: fc.integer({ min: 1, max: 5 }),
        }),
        { minLength: 4, maxLength: 4 },
      ),
      (lines, questions) =>
        withEntries(lines, async (world, entries) => {
          for (const { fromMs, untilMs, kind, limit } of questions) {
            const expected = entries
              .filter((entry) => fromMs === undefined || entry.atMs >= fromMs)
              .filter((entry) => untilMs === undefined || entry.atMs < untilMs)
              .filter((entry) => kind === undefined || entry.kind === kind)
              .map(({ seq }) => seq).reverse();
            assert.deepEqual(await readAll(world, { fromMs, untilMs, kind, limit }), expected);
            const atMs = fromMs ?? START_MS;
            const before = entries.filter((entry) => entry.atMs <= atMs);
            const balance = await getBalanceAt(world.deps.store, { accountId: "acme", atMs });
            assert.equal(
              balance?.balanceMicros,
              before.reduce((sum, { amountMicros }) => sum + amountMicros, 0n),
            );
            assert.equal(balance?.seq, before.length);
            const count = await countEntriesBefore(world.deps.store, {
              accountId: "acme",
              beforeMs: atMs,
            });
            assert.equal(count, entries.filter((entry) => entry.atMs < atMs).length);
          }
        }),
    ),
    { numRuns: 25 },
  ));

Deno.test("a period is from its first instant, inclusive, until its last, exclusive", () =>
  withEntries(
    [1, 2, 3].map(() => ({ kind: "top_up", amountMicros: 1n, laterMs: 10 })),
    async (world) => {
      const read = (fromMs: number, untilMs: number) =>
        readAll(world, { fromMs: START_MS + fromMs, untilMs: START_MS + untilMs, limit: 10 });
      assert.deepEqual(await read(10, 20), [2]);
      assert.deepEqual(await read(10, 21), [3, 2]);
      assert.deepEqual(await read(11, 20), []);
      assert.deepEqual(await read(20, 10), []);
    },
  ));

Deno.test("pages of a ledger do not shift when entries are posted meanwhile", () =>
  withEntries(
    Array.from({ length: 5 }, () => ({ kind: "top_up", amountMicros: 1n, laterMs: 1 })),
    async (world) => {
      const query = { accountId: "acme", limit: 3 };
      const first = await listEntries(world.deps.store, query);
      await changeWallet(world.deps, {
        accountId: "acme",
        stage: (batch) =>
          postEntry(batch, {
            accountId: "acme",
            kind: "refund",
            amountMicros: 1n,
            source: { type: "request", id: "late" },
            description: "",
            atMs: world.clock.now(),
            actor: "test",
          }),
      });
      const next = await listEntries(world.deps.store, {
        ...query,
        cursor: first!.nextCursor ?? undefined,
      });
      assert.deepEqual(first!.rows.map(({ value }) => value.seq), [6, 5, 4]);
      assert.deepEqual(next!.rows.map(({ value }) => value.seq), [3, 2, 1]);
    },
  ));

Deno.test("a kind that is rare is found behind pages of others", () =>
  withEntries(
    [
      { kind: "refund", amountMicros: 1n, laterMs: 1 },
      ...Array.from(
        { length: 130 },
        () => ({ kind: "top_up", amountMicros: 1n, laterMs: 0 } as const),
      ),
    ],
    async (world) => {
      assert.deepEqual(await readAll(world, { kind: "refund", limit: 2 }), [2]);
    },
  ));

Deno.test("an unknown wallet has no balance, and a strange cursor is no page", async () => {
  using world = await openWorld();
  const { store } = world.deps;
  assert.equal(await getBalanceAt(store, { accountId: "nobody", atMs: START_MS }), null);
  assert.equal(await listEntries(store, { accountId: "acme", limit: 5, cursor: "?" }), null);
  for (const kind of [undefined, "charge"] as const) {
    assert.equal(
      await listEntries(store, { accountId: "acme", limit: 5, kind, cursor: "?" }),
      null,
    );
  }
});
