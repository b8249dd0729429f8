/**
 * The database as one life of an isolate sees it over a bad network: slow, torn, deaf, and now and then
 * deadly.
 *
 * A commit travels, is applied or not, and its reply travels back; each leg may go wrong on its own. What
 * is on its way is applied also when whoever sent it has given up or died.
 *
 * @module
 */
import type { Draws } from "./draws.ts";
import type { Faults } from "./faults.ts";
import type { Life } from "./life.ts";
import type { Atomic, MemoryKv, Selector, StoredRow } from "./memory_kv.ts";
import type { Timeline } from "./timeline.ts";

/** What stands behind every life's view. */
export interface KvSite {
  timeline: Timeline;
  faults: Faults;
  draws: Draws;
  rows: MemoryKv;
  /** Until then the database is away. */
  outageUntilMs(): number;
  /** Applies it, watched; null when a check fails. */
  apply(life: Pick<Life, "name" | "isNext">, atomic: Atomic): { versionstamp: string } | null;
}

type Key = readonly string[];
type Entry = { key: Key; value: Uint8Array | null; versionstamp: string | null };

/** The part of Deno's database that this program uses. */
export function openKvFor(site: KvSite, life: Life): Deno.Kv {
  const kv = {
    get: async (key: Key) => (await read(site, { life, pick: () => [entryOf(site, key)] }))[0]!,
    getMany: (keys: readonly Key[]) => {
      if (keys.length > 10) throw new TypeError("Too many ranges (max 10)");
      return read(site, { life, pick: () => keys.map((key) => entryOf(site, key)) });
    },
    list: (selector: Selector, options: ListOptions = {}) =>
      list(site, { life, selector, options }),
    atomic: () => openAtomic(site, life),
    close: () => {},
  };
  return kv as unknown as Deno.Kv;
}

function entryOf({ rows }: KvSite, key: Key): Entry {
  return rows.get(key) ?? { key, value: null, versionstamp: null };
}

/** How long one leg of an exchange takes. */
function legMs({ draws, faults }: KvSite): number {
  const ms = draws.between(1, 8);
  const slow = faults.strike("kv.slow");
  return slow === null ? ms : 2_000 + slow * 38_000;
}

/** Away, the database either refuses or takes things in once it is back. */
function outage({ draws, timeline, outageUntilMs }: KvSite): "none" | "refused" | number {
  const [isRefused, jitterMs] = [draws.chance(0.5), draws.between(1, 2_000)];
  const leftMs = outageUntilMs() - timeline.now();
  if (leftMs <= 0) return "none";
  return isRefused ? "refused" : leftMs + jitterMs;
}

function read<T>(
  site: KvSite,
  { life, pick }: { life: Life; pick: () => T },
): Promise<T> {
  const { timeline, faults } = site;
  const [thereMs, backMs] = [legMs(site), legMs(site)];
  const isTorn = faults.strike("kv.read_error") !== null;
  const away = outage(site);
  return new Promise((resolve, reject) => {
    if (isTorn || away === "refused") {
      life.after(thereMs, () => reject(new Error("the read failed")));
      return;
    }
    timeline.after(thereMs + (away === "none" ? 0 : away), () => {
      const found = pick();
      life.after(backMs, () => resolve(found));
    });
  });
}

interface ListOptions {
  limit?: number;
  batchSize?: number;
  reverse?: boolean;
}

/** Batches are read one by one: each is a snapshot, all of them together are not. */
async function* list(
  site: KvSite,
  { life, selector, options }: { life: Life; selector: Selector; options: ListOptions },
): AsyncGenerator<StoredRow> {
  const { limit = Infinity, batchSize = 100, reverse = false } = options;
  if (batchSize > 1_000) throw new TypeError("Too many entries (max 1000)");
  let left = limit;
  let rest = selector;
  while (left > 0) {
    const wanted = Math.min(batchSize, left);
    const range = rest;
    const rows = await read(site, {
      life,
      pick: () => site.rows.list(range, { limit: wanted, reverse }),
    });
    yield* rows;
    if (rows.length < wanted) return;
    left -= rows.length;
    const last = rows.at(-1)!.key;
    rest = reverse ? { ...rest, end: last } : { ...rest, start: [...last, ""] };
  }
}

function openAtomic(site: KvSite, life: Life): Deno.AtomicOperation {
  const atomic: Atomic = { checks: [], mutations: [] };
  const operation = {
    check: (...checks: Atomic["checks"]) => (atomic.checks.push(...checks), operation),
    set: (key: Key, value: Uint8Array, { expireIn = null }: { expireIn?: number | null } = {}) => {
      atomic.mutations.push({ type: "set", key, value, expireIn });
      return operation;
    },
    delete: (key: Key) => (atomic.mutations.push({ type: "delete", key }), operation),
    commit: () => commit(site, { life, atomic }),
  };
  return operation as unknown as Deno.AtomicOperation;
}

type Answer = { ok: true; versionstamp: string } | { ok: false };

function commit(
  site: KvSite,
  { life, atomic }: { life: Life; atomic: Atomic },
): Promise<Answer> {
  const { timeline, faults } = site;
  const [thereMs, backMs] = [legMs(site), legMs(site)];
  const away = outage(site);
  const before = faults.strike("kv.error_before");
  const conflict = faults.strike("kv.conflict");
  const twice = faults.strike("kv.sent_twice");
  const throwsAfter = faults.strike("kv.throws_after");
  const late = faults.strike("kv.lands_late");
  const [dies, diesAfter] = [faults.strike("kv.killed_before"), faults.strike("kv.killed_after")];
  const stalls = faults.strike("kv.stalls_after");
  return new Promise((resolve, reject) => {
    const fail = (message: string) => life.after(backMs, () => reject(new Error(message)));
    if (dies !== null) return void timeline.after(0, life.kill);
    if (before !== null || away === "refused") return void fail("the connection broke");
    if (conflict !== null) return void life.after(backMs, () => resolve({ ok: false }));
    const lateMs = (late === null ? 0 : 500 + late * 39_500) + (away === "none" ? 0 : away);
    timeline.after(thereMs + lateMs, () => {
      const done = applySafely(site, { life, atomic });
      if (done instanceof Error) return void life.after(backMs, () => reject(done));
      if (diesAfter !== null) return void life.kill();
      // A machine that stands still right behind a commit: whoever goes on must look at the clock again.
      if (stalls !== null) life.pause(1_000 + stalls * 89_000);
      if (throwsAfter !== null) return void fail("the reply was lost");
      if (twice === null) return void life.after(backMs, () => resolve(done));
      // Its reply is lost and the connection sends it once more; the second answer is what is heard.
      timeline.after(20 + twice * 3_000, () => {
        const again = applySafely(site, { life, atomic });
        life.after(backMs, () => again instanceof Error ? reject(again) : resolve(again));
      });
    });
  });
}

function applySafely(
  site: KvSite,
  { life, atomic }: { life: Life; atomic: Atomic },
): Answer | Error {
  try {
    const applied = site.apply(life, atomic);
    return applied ? { ok: true, ...applied } : { ok: false };
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}
