/**
 * Virtual time: events in a heap, one after the other, each with everything that follows from it at once.
 *
 * Events of one instant come in an order that the seed decides. After each event one turn of the real
 * event loop lets every promise that became ready go on; nothing else ever runs in between.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Draws } from "./draws.ts";

/** Time of a run. */
export interface Timeline {
  /** Milliseconds since 1970, whole. */
  now(): number;
  /** Does it at that instant, never earlier than now; the answer takes it back. */
  at(atMs: number, act: () => void): () => void;
  /** Does it after so long. */
  after(ms: number, act: () => void): () => void;
  /** Runs events until that instant has come. */
  runUntil(untilMs: number): Promise<void>;
  /** Events so far. */
  eventCount(): number;
}

interface Happening {
  atMs: number;
  tie: number;
  seq: number;
  act: (() => void) | null;
}

/** A timeline that begins at an instant. `onEvent` sees each event's end and may throw to end the run. */
export function createTimeline(
  { startMs, draws, onEvent }: { startMs: number; draws: Draws; onEvent: () => void },
): Timeline {
  const heap: Happening[] = [];
  let nowMs = startMs;
  let seq = 0;
  let count = 0;
  function at(atMs: number, act: () => void): () => void {
    const happening: Happening = {
      atMs: Math.max(nowMs, Math.ceil(atMs)),
      tie: draws.next(),
      seq: seq++,
      act,
    };
    push(heap, happening);
    return () => void (happening.act = null);
  }
  async function runUntil(untilMs: number): Promise<void> {
    while (heap.length > 0 && heap[0]!.atMs <= untilMs) {
      const { atMs, act } = pop(heap);
      if (!act) continue;
      nowMs = atMs;
      count++;
      act();
      await turn();
      onEvent();
    }
    nowMs = Math.max(nowMs, untilMs);
  }
  return {
    now: () => nowMs,
    at,
    after: (ms, act) => at(nowMs + Math.max(0, ms), act),
    runUntil,
    eventCount: () => count,
  };
}

// Taken before anybody forbids timers.
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs !== b.atMs ? a.atMs < b.atMs : a.tie !== b.tie ? a.tie < b.tie : a.seq < b.seq;
}

function push(heap: Happening[], happening: Happening): void {
  let at = heap.length;
  heap.push(happening);
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(happening, heap[above]!)) break;
    heap[at] = heap[above]!;
    at = above;
  }
  heap[at] = happening;
}

function pop(heap: Happening[]): Happening {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  while (true) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
    if (!isBefore(heap[below]!, last)) break;
    heap[at] = heap[below]!;
    at = below;
  }
  heap[at] = last;
  return first;
}
