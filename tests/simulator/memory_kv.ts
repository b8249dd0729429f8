/**
 * A database in memory that answers as Deno KV does: order, ranges, checks, versionstamps, limits, expiry.
 *
 * It knows nothing of time going wrong or replies that are lost; that is put before it. Parts of keys are
 * strings only, as everywhere in this program.
 *
 * @module
 */

/** A row. */
export interface StoredRow {
  /** All parts. */
  key: readonly string[];
  /** As it was handed in; never to be changed. */
  value: Uint8Array;
  /** Twenty hex digits, later commits greater. */
  versionstamp: string;
  /** From then on it may go; null for never. */
  expireAtMs: number | null;
}

/** One atomic commit as it was asked for. */
export interface Atomic {
  /** A null stamp means "must not exist". */
  checks: { key: readonly string[]; versionstamp: string | null }[];
  /** In order; of two about one key the later holds. */
  mutations: (
    | { type: "set"; key: readonly string[]; value: Uint8Array; expireIn: number | null }
    | { type: "delete"; key: readonly string[] }
  )[];
}

/** Which rows: beneath a prefix or not, from a key on, up to a key. */
export interface Selector {
  /** Keys begin with it and are longer. */
  prefix?: readonly string[];
  /** Inclusive. */
  start?: readonly string[];
  /** Exclusive. */
  end?: readonly string[];
}

/** The database. */
export interface MemoryKv {
  /** A row, or null. */
  get(key: readonly string[]): StoredRow | null;
  /** Up to `limit` rows in order, or against it. */
  list(selector: Selector, options: { limit: number; reverse: boolean }): StoredRow[];
  /** Null when a check fails; throws a TypeError when a limit is passed. */
  commit(atomic: Atomic, nowMs: number): { versionstamp: string } | null;
  /** Takes rows away whose time is over. */
  sweep(nowMs: number): StoredRow[];
  /** Every row of a table, in order. */
  table(name: string): readonly StoredRow[];
  /** Every row there is. */
  rows(): StoredRow[];
}

/** Limits of Deno KV 2.9 by measurement; checks as few as the strictest server of its kind allows. */
export const LIMITS = {
  checks: 10,
  mutations: 1_000,
  keyBytes: 2_048,
  valueBytes: 65_536,
  atomicBytes: 819_200,
  allKeyBytes: 81_920,
} as const;

const nameOf = (key: readonly string[]): string => key.join("\u0000");

/** An empty database. */
export function createMemoryKv(): MemoryKv {
  const tables = new Map<string, { names: string[]; rows: StoredRow[] }>();
  const expiring = new Map<string, StoredRow>();
  let version = 0;
  const tableOf = (first: string) => {
    let table = tables.get(first);
    if (!table) tables.set(first, table = { names: [], rows: [] });
    return table;
  };
  function get(key: readonly string[]): StoredRow | null {
    const table = tables.get(key[0]!);
    if (!table) return null;
    const name = nameOf(key);
    const at = lowerBound(table.names, name);
    return table.names[at] === name ? table.rows[at]! : null;
  }
  function put(row: StoredRow): void {
    const table = tableOf(row.key[0]!);
    const name = nameOf(row.key);
    const at = lowerBound(table.names, name);
    const isThere = table.names[at] === name;
    table.names.splice(at, isThere ? 1 : 0, name);
    table.rows.splice(at, isThere ? 1 : 0, row);
    if (row.expireAtMs === null) expiring.delete(name);
    else expiring.set(name, row);
  }
  function remove(key: readonly string[]): void {
    const table = tables.get(key[0]!);
    const name = nameOf(key);
    const at = table ? lowerBound(table.names, name) : 0;
    if (table?.names[at] !== name) return;
    table.names.splice(at, 1);
    table.rows.splice(at, 1);
    expiring.delete(name);
  }
  function commit(atomic: Atomic, nowMs: number): { versionstamp: string } | null {
    requireLimits(atomic);
    const holds = atomic.checks.every(({ key, versionstamp }) =>
      (get(key)?.versionstamp ?? null) === versionstamp
    );
    if (!holds) return null;
    const versionstamp = `${(++version).toString(16).padStart(16, "0")}0000`;
    for (const one of atomic.mutations) {
      if (one.type === "delete") remove(one.key);
      else {
        const { key, value, expireIn } = one;
        const expireAtMs = expireIn === null ? null : nowMs + expireIn;
        put({ key, value, versionstamp, expireAtMs });
      }
    }
    return { versionstamp };
  }
  return {
    get,
    list: (selector, options) => {
      const first = (selector.prefix ?? selector.start ?? [])[0];
      if (first === undefined) throw new TypeError("Cannot list: the selector names no table");
      return listRows(tables.get(first) ?? { names: [], rows: [] }, { selector, ...options });
    },
    commit,
    sweep: (nowMs) => {
      const gone = [...expiring.values()].filter((row) => row.expireAtMs! <= nowMs);
      for (const row of gone) remove(row.key);
      return gone;
    },
    table: (name) => tables.get(name)?.rows ?? [],
    rows: () => [...tables].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([, one]) => one.rows),
  };
}

function listRows(
  { names, rows }: { names: string[]; rows: StoredRow[] },
  { selector: { prefix, start, end }, limit, reverse }: {
    selector: Selector;
    limit: number;
    reverse: boolean;
  },
): StoredRow[] {
  const lowest = prefix ? `${nameOf(prefix)}\u0000` : "";
  // Behind every key of the prefix: a part ends in NUL, which is the lowest of all letters.
  const highest = prefix ? `${nameOf(prefix)}\u0001` : null;
  const from = lowerBound(names, start ? maxOf(lowest, nameOf(start)) : lowest);
  const ends = [highest, end ? nameOf(end) : null].filter((one) => one !== null);
  const to = Math.min(names.length, ...ends.map((one) => lowerBound(names, one)));
  if (reverse) return rows.slice(Math.max(from, to - limit), Math.max(from, to)).reverse();
  return rows.slice(from, Math.min(to, from + limit));
}

const maxOf = (a: string, b: string): string => a < b ? b : a;

/** Index of the first name that is not less. */
function lowerBound(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requireLimits({ checks, mutations }: Atomic): void {
  refuse(checks.length > LIMITS.checks, `Too many checks (max ${LIMITS.checks})`);
  refuse(mutations.length > LIMITS.mutations, `Too many mutations (max ${LIMITS.mutations})`);
  let bytes = 0;
  let keyBytes = 0;
  for (const one of mutations) {
    const size = one.key.reduce((sum, part) => sum + part.length + 2, 0);
    refuse(size > LIMITS.keyBytes, `Key too large for write (max ${LIMITS.keyBytes} bytes)`);
    if (one.type === "delete") continue;
    const { length } = one.value;
    refuse(length > LIMITS.valueBytes, `Value too large (max ${LIMITS.valueBytes} bytes)`);
    keyBytes += size;
    bytes += length + 2 * size;
  }
  refuse(bytes > LIMITS.atomicBytes, `Total mutation size too large (max ${LIMITS.atomicBytes})`);
  refuse(keyBytes > LIMITS.allKeyBytes, `Total key size too large (max ${LIMITS.allKeyBytes})`);
}

function refuse(isTooMuch: boolean, message: string): void {
  if (isTooMuch) throw new TypeError(message);
}
