/**
 * The sandbox's heartbeat: its minutes are those of a clock whose hands may be moved.
 *
 * @module
 */
import { type Clock, MINUTE_MS } from "../clock.ts";

/** Runs a minute at once, and then at every full minute of the clock, until the answer is called. */
export function startMinutes(clock: Clock, minute: () => Promise<void>): () => void {
  let isStopped = false;
  let cancel = () => {};
  const beat = async () => {
    await minute();
    if (isStopped) return;
    cancel = clock.after(MINUTE_MS - clock.now() % MINUTE_MS, () => void beat());
  };
  void beat();
  return () => {
    isStopped = true;
    cancel();
  };
}
