/**
 * What a simulated Twilio knows of: the truth that its answers are drawn from, newest first.
 *
 * @module
 */

/** A call or a message. */
export interface ListedThing {
  /** Its id. */
  sid: string;
  /** A call's start, a message's sending: the listing is sorted and windowed by it. */
  listedAtMs: number;
  /** Nobody is told of it before this instant. */
  visibleAtMs: number;
}

/** Things sorted by `listedAtMs`, newest first. */
export interface RowList<Thing extends ListedThing> {
  /** Every one, hidden ones too. */
  all(): readonly Thing[];
  /** Adds one at its place; of equal instants the later arrival comes first. Throws when its id is taken. */
  insert(thing: Thing): void;
  /** Changes one in place. Throws when there is none of that id. */
  change(sid: string, changes: Partial<Omit<Thing, keyof ListedThing>>): void;
  /** Forgets one, as if it had never been; false when there is none. */
  remove(sid: string): boolean;
  /** Null when there is none of that id. */
  get(sid: string): Thing | null;
  /** The visible ones listed from an instant on, newest first; those to come are left out. */
  list(window: { startMs: number; nowMs: number }): Thing[];
}

/** An empty list. */
export function createRowList<Thing extends ListedThing>(): RowList<Thing> {
  const sorted: Thing[] = [];
  const bySid = new Map<string, Thing>();
  return {
    all: () => sorted,
    insert: (thing) => {
      if (bySid.has(thing.sid)) throw new Error("Cannot place it: its id is taken");
      sorted.splice(countAfter(sorted, thing.listedAtMs), 0, thing);
      bySid.set(thing.sid, thing);
    },
    change: (sid, changes) => {
      const thing = bySid.get(sid);
      if (!thing) throw new Error("Cannot change it: nothing has that id");
      Object.assign(thing, changes);
    },
    remove: (sid) => {
      const thing = bySid.get(sid);
      if (thing) sorted.splice(sorted.indexOf(thing), 1);
      return bySid.delete(sid);
    },
    get: (sid) => bySid.get(sid) ?? null,
    list: ({ startMs, nowMs }) =>
      sorted.slice(countAfter(sorted, nowMs), countAfter(sorted, startMs - 1))
        .filter(({ visibleAtMs }) => visibleAtMs <= nowMs),
  };
}

/** How many are listed after an instant, by halving. */
function countAfter(sorted: readonly ListedThing[], atMs: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const thing = sorted[middle];
    if (thing && thing.listedAtMs > atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
