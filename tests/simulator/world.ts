/**
 * Everything a run has in common: its time, its chance, its weather, its record and its database.
 *
 * @module
 */
import type { Committed } from "./commits.ts";
import { beforeOf, changesOf } from "./commits.ts";
import type { Draws } from "./draws.ts";
import type { Faults } from "./faults.ts";
import { createMemoryKv, type MemoryKv } from "./memory_kv.ts";
import { addNextMembers } from "./next_version.ts";
import type { Profile } from "./profiles.ts";
import type { KvSite } from "./simulated_kv.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

/** A run's world. */
export interface World {
  timeline: Timeline;
  draws: Draws;
  faults: Faults;
  trace: Trace;
  profile: Profile;
  rows: MemoryKv;
  kvSite: KvSite;
  /** Figures for the last line. */
  figures: {
    commits: number;
    kills: number;
    calls: number;
    hooks: number;
    reports: number;
    debits: number;
    reviews: number;
  };
  /** Calls that a carrier really had. */
  knownCalls: Set<string>;
  /** Who looks at every commit. */
  watchers: ((committed: Committed) => void)[];
  /** Whether it has been calm for so long that nothing of before can be felt any more. */
  isQuiet(): boolean;
  /** The database is away for so long from now. */
  beginOutage(ms: number): void;
  /** Ends the run with this, at the end of the present event: for what is found inside the product. */
  complain(error: Error): void;
}

/** The longest pause, the longest way of a commit, and what is retried after them. */
const FELT_MS = 500_000;

/** A world in which nothing has happened yet. */
export function openWorld(
  parts: Pick<World, "timeline" | "draws" | "faults" | "trace" | "profile" | "complain">,
): World {
  const { timeline, draws, faults, trace } = parts;
  const rows = createMemoryKv();
  const figures = {
    commits: 0,
    kills: 0,
    calls: 0,
    hooks: 0,
    reports: 0,
    debits: 0,
    reviews: 0,
  };
  const watchers: World["watchers"] = [];
  let outageUntilMs = 0;
  const kvSite: KvSite = {
    timeline,
    faults,
    rows,
    draws: draws.stream("kv"),
    outageUntilMs: () => faults.isCalm() ? 0 : outageUntilMs,
    apply: (life, asked) => {
      const atomic = life.isNext ? addNextMembers(asked) : asked;
      const before = beforeOf(rows, atomic);
      const applied = rows.commit(atomic, timeline.now());
      const [first] = atomic.mutations;
      const what = `${life.name} ${first?.key.join("/") ?? "nothing"} +${atomic.mutations.length}`;
      trace.note(applied ? `commit ${++figures.commits} ${what}` : `refused ${what}`);
      if (!applied) return null;
      const changes = changesOf(atomic, before);
      const atMs = timeline.now();
      tell(watchers, { n: figures.commits, life: life.name, atMs, changes, kv: rows });
      return applied;
    },
  };
  return {
    ...parts,
    rows,
    kvSite,
    figures,
    knownCalls: new Set(),
    watchers,
    isQuiet: () => timeline.now() > faults.calmSinceMs() + FELT_MS,
    beginOutage: (ms) => void (outageUntilMs = Math.max(outageUntilMs, timeline.now() + ms)),
  };
}

/** The database answers TypeErrors of its own; those of watchers are faults of theirs. */
function tell(watchers: World["watchers"], committed: Committed): void {
  try {
    for (const watch of watchers) watch(committed);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`A watcher failed: ${error.stack}`, { cause: error });
  }
}

/** Has the database drop what is over its time, up to a minute late, for as long as the run goes on. */
export function sweepRows({ timeline, draws, rows, trace }: World): void {
  const lag = draws.stream("sweep");
  function sweep(): void {
    const gone = rows.sweep(timeline.now());
    if (gone.length > 0) trace.note(`expired ${gone.length}`);
    timeline.after(lag.between(30_000, 60_000), sweep);
  }
  timeline.after(0, sweep);
}
