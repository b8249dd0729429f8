/**
 * One life of an isolate, from its start to its kill.
 *
 * Everything it waits for is bound to it. Once it is over its promises never resolve: that is what a
 * killed process looks like to its own code. While it is paused, what is due waits.
 *
 * @module
 */
import { type Clock, withSleep } from "../../core/clock.ts";
import type { Timeline } from "./timeline.ts";

/** A life. */
export interface Life {
  /** `A3`: the isolate, and how often it was started. */
  name: string;
  /** Its clock runs so much ahead. */
  clockErrorMs: number;
  /** It runs the next version of the program. */
  isNext: boolean;
  /** Whether it goes on. */
  isAlive(): boolean;
  /** Does it after so long if it still lives then, and no sooner than it is awake; may be taken back. */
  after(ms: number, act: () => void): () => void;
  /** Lets it stand still for so long. */
  pause(ms: number): void;
  /** Ends it. */
  kill(): void;
  /** Hears when it ends. */
  onEnd(act: () => void): void;
  /** Its clock. */
  clock: Clock;
}

/** A life that begins now. */
export function beginLife(
  timeline: Timeline,
  { name, clockErrorMs, isNext }: Pick<Life, "name" | "clockErrorMs" | "isNext">,
): Life {
  let isAlive = true;
  let awakeAtMs = 0;
  const ends: (() => void)[] = [];
  function after(ms: number, act: () => void): () => void {
    let cancel = timeline.after(ms, ring);
    function ring(): void {
      if (!isAlive) return;
      if (timeline.now() < awakeAtMs) cancel = timeline.at(awakeAtMs, ring);
      else act();
    }
    return () => cancel();
  }
  return {
    name,
    clockErrorMs,
    isNext,
    isAlive: () => isAlive,
    after,
    pause: (ms) => void (awakeAtMs = Math.max(awakeAtMs, timeline.now() + ms)),
    kill: () => {
      if (!isAlive) return;
      isAlive = false;
      for (const end of ends.splice(0)) end();
    },
    onEnd: (act) => void ends.push(act),
    clock: withSleep({ now: () => timeline.now() + clockErrorMs, after }),
  };
}
