/**
 * What happened in a run: a hash over all of it, and the last events as text.
 *
 * @module
 */
import { hashOf } from "./draws.ts";

/** The record of a run. */
export interface Trace {
  /** Notes an event. */
  note(what: string): void;
  /** Equal for equal histories. */
  hash(): string;
  /** The last events, oldest first. */
  last(): string[];
}

const KEPT = 200;

/** An empty record; `say` hears of every event. */
export function createTrace(
  { now, say }: { now: () => number; say?: ((line: string) => void) | undefined },
): Trace {
  const ring: string[] = [];
  let low = 0x811c9dc5;
  let high = 0x01234567;
  return {
    note: (what) => {
      const line = `${formatTime(now())} ${what}`;
      low = hashOf(line, low);
      high = Math.imul(high ^ low, 0x9e3779b1) ^ (high >>> 13);
      ring.push(line);
      if (ring.length > 2 * KEPT) ring.splice(0, KEPT);
      say?.(line);
    },
    hash: () => [low, high].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join(""),
    last: () => ring.slice(-KEPT),
  };
}

/** `31T22:30:00.123` */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(8, 23);
}
