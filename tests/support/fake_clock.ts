/**
 * A clock whose hands only a test moves: alarms ring when `advance` makes them due, in order.
 *
 * A `sleep` moves the hands itself, to the moment it ends, after one turn of the event loop; so backoff
 * and polling pass at once, and several sleepers wake in the order of their hours.
 *
 * @module
 */
import type { TestClock } from "../../core/clock.ts";

/** A clock a test moves; its hands may also go back, as a machine's do. */
export interface FakeClock extends TestClock {
  /** Puts the hands anywhere, also back; rings nothing. */
  setTo(ms: number): void;
  /** Alarms that have neither rung nor been canceled. */
  waiting(): number;
}

/** A clock that stands at an instant. */
export function fakeClock(startMs: number): FakeClock {
  let nowMs = startMs;
  let count = 0;
  const alarms = new Map<number, { dueMs: number; ring: () => void }>();

  function after(ms: number, ring: () => void): () => void {
    const id = ++count;
    alarms.set(id, { dueMs: nowMs + ms, ring });
    return () => void alarms.delete(id);
  }
  function moveTo(ms: number): void {
    while (true) {
      const [due] = [...alarms].filter(([, one]) => one.dueMs <= ms)
        .sort(([a, x], [b, y]) => x.dueMs - y.dueMs || a - b);
      if (!due) break;
      alarms.delete(due[0]);
      nowMs = Math.max(nowMs, due[1].dueMs);
      due[1].ring();
    }
    nowMs = Math.max(nowMs, ms);
  }
  async function sleep(ms: number): Promise<void> {
    const untilMs = Math.ceil(nowMs + ms);
    await new Promise((resolve) => setTimeout(resolve, 0));
    moveTo(untilMs);
  }
  return {
    now: () => nowMs,
    after,
    sleep,
    advance: (ms) => moveTo(nowMs + ms),
    setTo: (ms) => void (nowMs = ms),
    waiting: () => alarms.size,
  };
}
