import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeRow } from "../../../core/kv/codec.ts";
import { everyRow, formatCursor, listPage, parseCursor } from "../../../core/kv/page.ts";
import { createStore, type Store } from "../../../core/kv/store.ts";
import { fakeClock } from "../../support/fake_clock.ts";

async function withRows(
  names: readonly string[],
  story: (store: Store) => Promise<void>,
): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  for (let i = 0; i < names.length; i += 500) {
    const commit = kv.atomic();
    for (const name of names.slice(i, i + 500)) {
      commit.set(["x", name], encodeRow(["x"], {}));
    }
    assert.ok((await commit.commit()).ok);
  }
  await story(createStore({ kv, clock: fakeClock(0) }));
}

const LETTERS = ["a", "b", "c", "d", "e"];

for (const reverse of [false, true]) {
  for (const limit of [1, 2, 4, 5, 6]) {
    Deno.test(`pages of ${limit}${reverse ? " read backward" : ""} show every row once`, () =>
      withRows(LETTERS, async (store) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        for (let pages = 1;; pages++) {
          const page = await listPage(store, { prefix: ["x"], limit, reverse, cursor });
          assert.ok(page && page.rows.length <= limit);
          seen.push(...page.rows.map(({ key }) => key[1]!));
          if (page.nextCursor === null) {
            assert.equal(pages, Math.ceil(LETTERS.length / limit), "no empty page at the end");
            break;
          }
          cursor = page.nextCursor;
        }
        assert.deepEqual(seen, reverse ? LETTERS.toReversed() : LETTERS);
      }));
  }
}

Deno.test("a cursor goes on behind its row, also when that row has gone", () =>
  withRows(["a", "c"], async (store) => {
    const page = await listPage(store, { prefix: ["x"], limit: 5, cursor: formatCursor(["b"]) });
    assert.deepEqual(page?.rows.map(({ key }) => key[1]), ["c"]);
  }));

Deno.test("a cursor that is not ours is told apart from an empty page", () =>
  withRows(LETTERS, async (store) => {
    for (
      const cursor of ["", "!", "bm90IGpzb24", btoa("{}"), btoa("[]"), btoa("[1]"), btoa("[null]")]
    ) {
      assert.equal(await listPage(store, { prefix: ["x"], limit: 5, cursor }), null, cursor);
    }
  }));

Deno.test("a cursor from another filter gives an empty page, not an error", () =>
  withRows(LETTERS, async (store) => {
    const beyond = formatCursor(["e"]);
    const page = await listPage(store, {
      prefix: ["x"],
      limit: 2,
      until: ["x", "c"],
      cursor: beyond,
    });
    assert.deepEqual(page, { rows: [], nextCursor: null });
    const below = await listPage(store, {
      prefix: ["x"],
      limit: 2,
      reverse: true,
      from: ["x", "c"],
      cursor: formatCursor(["a"]),
    });
    assert.deepEqual(below, { rows: [], nextCursor: null });
  }));

Deno.test("a cursor made too long by a stranger is not one of ours", () =>
  withRows(LETTERS, async (store) => {
    const cursor = btoa(JSON.stringify(["x".repeat(5_000)])).replaceAll("=", "");
    assert.equal(await listPage(store, { prefix: ["x"], limit: 5, cursor }), null);
  }));

Deno.test("a cursor survives the way to the caller and back, whatever letters its parts hold", () => {
  fc.assert(fc.property(
    fc.array(fc.string({ unit: "binary", maxLength: 20 }), { minLength: 1, maxLength: 4 }),
    (parts) => {
      const cursor = formatCursor(parts);
      assert.match(cursor, /^[A-Za-z0-9_-]+$/);
      assert.deepEqual(parseCursor(cursor), parts);
    },
  ));
});

Deno.test("everyRow() walks more than one page, and more than two", async () => {
  const names = Array.from({ length: 2_001 }, (_, i) => String(i).padStart(5, "0"));
  await withRows(names, async (store) => {
    const seen: string[] = [];
    for await (const { key } of everyRow(store, { prefix: ["x"] })) seen.push(key[1]!);
    assert.deepEqual(seen, names);
  });
});
