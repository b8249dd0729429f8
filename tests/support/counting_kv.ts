/**
 * A database that counts what is asked of it: keys read, rows listed, commits.
 *
 * @module
 */

/** What was asked of a database so far. */
export interface KvCounts {
  /** Keys asked for one by one, found or not. */
  keysRead: number;
  /** Rows that lists brought. */
  rowsListed: number;
  lists: number;
  commits: number;
}

/** Stands before a database and counts; set the counts back by `Object.assign(counts, noKvCounts())`. */
export function countingKv(bare: Deno.Kv): { kv: Deno.Kv; counts: KvCounts } {
  const counts = noKvCounts();
  const kv = {
    get: (key: Deno.KvKey) => {
      counts.keysRead++;
      return bare.get(key);
    },
    getMany: (keys: Deno.KvKey[]) => {
      counts.keysRead += keys.length;
      return bare.getMany(keys);
    },
    list: async function* (selector: Deno.KvListSelector, options?: Deno.KvListOptions) {
      counts.lists++;
      for await (const entry of bare.list(selector, options)) {
        counts.rowsListed++;
        yield entry;
      }
    },
    atomic: () => {
      const atomic = bare.atomic();
      const commit = atomic.commit.bind(atomic);
      atomic.commit = () => {
        counts.commits++;
        return commit();
      };
      return atomic;
    },
    close: () => bare.close(),
  };
  return { kv: kv as unknown as Deno.Kv, counts };
}

/** Nothing asked yet. */
export function noKvCounts(): KvCounts {
  return { keysRead: 0, rowsListed: 0, lists: 0, commits: 0 };
}
