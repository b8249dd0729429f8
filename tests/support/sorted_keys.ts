/**
 * Keys in order, in pages: adding to 200 000 of them costs microseconds, not a copy of them all.
 *
 * Comes from: `tests/support/kv_connect_store.ts`.
 *
 * @module
 */

/** A part of the order. */
export interface KeyRange {
  /** The first key that may be in it. */
  start: string;
  /** The first key after it. */
  end: string;
  /** The most keys to answer. */
  limit: number;
  /** From the end backwards; the bounds mean the same. */
  isReverse: boolean;
}

/** Keys in the order of their UTF-16 units. */
export interface SortedKeys {
  /** Puts in a key that is not there. */
  add(key: string): void;
  /** Takes out a key that is there. */
  remove(key: string): void;
  /** The keys of a range, in the direction asked for. */
  between(range: KeyRange): string[];
}

const PAGE_KEYS_MAX = 512;

/** An empty order. */
export function createSortedKeys(): SortedKeys {
  const pages: string[][] = [[]]; // never none; a page is empty only when it is the only one

  function add(key: string): void {
    const at = pageOf(pages, key);
    const page = pages[at]!;
    page.splice(indexOf(page, key), 0, key);
    if (page.length > PAGE_KEYS_MAX) pages.splice(at + 1, 0, page.splice(PAGE_KEYS_MAX / 2));
  }

  function remove(key: string): void {
    const at = pageOf(pages, key);
    const page = pages[at]!;
    page.splice(indexOf(page, key), 1);
    if (page.length === 0 && pages.length > 1) pages.splice(at, 1);
  }

  function* forward(from: string): Generator<string> {
    const first = pageOf(pages, from);
    yield* pages[first]!.slice(indexOf(pages[first]!, from));
    for (let at = first + 1; at < pages.length; at++) yield* pages[at]!;
  }

  function* backward(before: string): Generator<string> {
    const last = pageOf(pages, before);
    yield* pages[last]!.slice(0, indexOf(pages[last]!, before)).reverse();
    for (let at = last - 1; at >= 0; at--) yield* pages[at]!.toReversed();
  }

  function between({ start, end, limit, isReverse }: KeyRange): string[] {
    const found: string[] = [];
    for (const key of isReverse ? backward(end) : forward(start)) {
      if (found.length === limit || key < start || key >= end) break;
      found.push(key);
    }
    return found;
  }

  return { add, remove, between };
}

/** The last page that starts at or before a key, else the first. */
function pageOf(pages: string[][], key: string): number {
  let [low, high] = [0, pages.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (pages[middle]![0]! <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How many keys of a page lie before a key. */
function indexOf(page: string[], key: string): number {
  let [low, high] = [0, page.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (page[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
