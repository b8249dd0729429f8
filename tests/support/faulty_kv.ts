/**
 * A database whose commits go wrong when told to: before they are applied, after, or not yet.
 *
 * It stands before the real one and speaks its language, as far as the store asks.
 *
 * @module
 */

/** What happens to a commit instead of a plain answer. */
export type CommitFate =
  | "throws_before"
  | "throws_after"
  | "not_ok_before"
  | "not_ok_after"
  | undefined;

/** A commit on its way, as a hook sees it. */
export interface CommitSeen {
  /** Counted from 1. */
  n: number;
  /** Names of the keys that are set and deleted, parts joined by `/`. */
  keys: string[];
}

/** Hooks into a database; all may be changed at any time. */
export interface KvHooks {
  /** Asked before each commit; may hold it up. */
  commit?: (seen: CommitSeen) => CommitFate | Promise<CommitFate>;
  /** Asked before each read; may hold it up or throw. */
  read?: (keys: string[]) => void | Promise<void>;
}

/** A wrapped database and what it has seen. */
export interface FaultyKv {
  kv: Deno.Kv;
  hooks: KvHooks;
  /** Commits that were asked for, that were applied, that failed a check. */
  counts: { asked: number; applied: number; refused: number };
}

/** Puts hooks before a database. */
export function faultyKv(bare: Deno.Kv, hooks: KvHooks = {}): FaultyKv {
  const counts = { asked: 0, applied: 0, refused: 0 };
  const nameOf = (key: Deno.KvKey) => key.join("/");
  const kv = {
    get: async (key: Deno.KvKey) => {
      await hooks.read?.([nameOf(key)]);
      return await bare.get(key);
    },
    getMany: async (keys: Deno.KvKey[]) => {
      await hooks.read?.(keys.map(nameOf));
      return await bare.getMany(keys);
    },
    list: (selector: Deno.KvListSelector, options?: Deno.KvListOptions) =>
      bare.list(selector, options),
    atomic: () => wrapAtomic(bare.atomic()),
    close: () => bare.close(),
  };

  function wrapAtomic(atomic: Deno.AtomicOperation) {
    const keys: string[] = [];
    const wrapped = {
      check: (...checks: Deno.AtomicCheck[]) => (atomic.check(...checks), wrapped),
      set: (key: Deno.KvKey, value: unknown, options?: { expireIn?: number }) => {
        keys.push(nameOf(key));
        atomic.set(key, value, options);
        return wrapped;
      },
      delete: (key: Deno.KvKey) => (keys.push(nameOf(key)), atomic.delete(key), wrapped),
      commit: async () => {
        counts.asked++;
        const fate = await hooks.commit?.({ n: counts.asked, keys });
        if (fate === "throws_before") throw new Error("the connection broke");
        if (fate === "not_ok_before") return { ok: false };
        const answer = await atomic.commit();
        counts[answer.ok ? "applied" : "refused"]++;
        if (fate === "throws_after") throw new Error("the reply was lost");
        return fate === "not_ok_after" ? { ok: false } : answer;
      },
    };
    return wrapped;
  }
  return { kv: kv as unknown as Deno.Kv, hooks, counts };
}
