/**
 * Chance of a simulated run: one seed, many streams, each of them independent of what the others draw.
 *
 * @module
 */

/** A stream of draws. */
export interface Draws {
  /** In [0, 1). */
  next(): number;
  /** True in so many of one. */
  chance(share: number): boolean;
  /** Whole, both ends included. */
  between(min: number, max: number): number;
  /** One of them; throws on none. */
  pick<T>(from: readonly T[]): T;
  /** An independent stream of that name. */
  stream(name: string): Draws;
}

/** Draws that a seed and a name decide (mulberry32 over a hash of both). */
export function createDraws(seed: number, name = ""): Draws {
  let state = hashOf(`${seed}:${name}`);
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    chance: (share) => next() < share,
    between,
    pick: (from) => {
      if (from.length === 0) throw new Error("Cannot pick: there is nothing to pick from");
      return from[between(0, from.length - 1)]!;
    },
    stream: (part) => createDraws(seed, `${name}/${part}`),
  };
}

/** FNV-1a over UTF-16 units, mixed once more; 32 bits. */
export function hashOf(text: string, from = 0x811c9dc5): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
