/**
 * A commit as those see it who watch over the books.
 *
 * @module
 */
import type { Atomic, MemoryKv, StoredRow } from "./memory_kv.ts";

/** A row as it is stored: JSON, amounts as decimal text. */
export type Fields = Record<string, ReturnType<typeof JSON.parse>>;

/** One row that a commit changed. */
export interface RowChange {
  /** All parts. */
  key: readonly string[];
  /** Null: there was none. */
  before: Fields | null;
  /** Null: there is none any more. */
  after: Fields | null;
  /** The text as it is stored now; empty for none. */
  text: string;
}

/** One commit that was applied. */
export interface Committed {
  /** Counted from 1. */
  n: number;
  /** Whose. */
  life: string;
  /** True time. */
  atMs: number;
  /** In the order of the commit, each row once. */
  changes: RowChange[];
  /** The rows after it. */
  kv: Pick<MemoryKv, "get" | "table">;
}

const decoder = new TextDecoder();
const decoded = new WeakMap<Uint8Array, { row: Fields; text: string }>();

/** The row in the bytes. */
export function readRow(bytes: Uint8Array): { row: Fields; text: string } {
  let known = decoded.get(bytes);
  if (!known) {
    const text = decoder.decode(bytes);
    decoded.set(bytes, known = { row: JSON.parse(text) as Fields, text });
  }
  return known;
}

/** A row by key, or null. */
export function rowAt(kv: Pick<MemoryKv, "get">, key: readonly string[]): Fields | null {
  const row = kv.get(key);
  return row ? readRow(row.value).row : null;
}

/** Every row of a table. */
export function rowsOf(kv: Pick<MemoryKv, "table">, table: string): Fields[] {
  return kv.table(table).map((row) => readRow(row.value).row);
}

/** What an atomic will change, with what was there; to be asked before it is applied. */
export function beforeOf(kv: MemoryKv, { mutations }: Atomic): Map<string, StoredRow | null> {
  return new Map(mutations.map(({ key }) => [key.join("\u0000"), kv.get(key)]));
}

/** The changes, once it was applied. */
export function changesOf(
  { mutations }: Atomic,
  before: ReadonlyMap<string, StoredRow | null>,
): RowChange[] {
  const last = new Map(mutations.map((one) => [one.key.join("\u0000"), one]));
  return [...last].map(([name, one]) => {
    const earlier = before.get(name) ?? null;
    const after = one.type === "set" ? readRow(one.value) : null;
    return {
      key: one.key,
      before: earlier ? readRow(earlier.value).row : null,
      after: after?.row ?? null,
      text: after?.text ?? "",
    };
  });
}
