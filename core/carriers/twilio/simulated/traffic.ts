/**
 * Live traffic for the sandbox: short calls and messages to and from the numbers of its accounts.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "../../../clock.ts";
import type { PlacedCall, SimulatedCallOutcome } from "./call.ts";
import type { PlacedMessage } from "./message.ts";

/** What {@link startTraffic} needs. */
export interface TrafficDeps {
  /** Rings for every next one. */
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  /** Puts a call into the simulated Twilio. */
  placeCall: (call: PlacedCall) => unknown;
  /** Puts a message into it. */
  placeMessage: (message: PlacedMessage) => unknown;
}

/** Whose traffic, and how much. */
export interface TrafficOptions {
  /** One call or message, and once at the start, after each so many milliseconds. */
  everyMs: number;
  /** Drawn evenly; list one several times to have it drawn more often. */
  numbers: readonly { number: string }[];
  /** Of so many, one is a message; a quarter when absent. */
  messageChance?: number;
  /** Talk time at least; 5 when absent. */
  talkSecondsMin?: number;
  /** Talk time at most; 150 when absent. */
  talkSecondsMax?: number;
}

/**
 * Places calls and messages until the answer is called.
 *
 * Two of three calls have already ended when they appear, so that there is something to bill at once;
 * the others are still going on. One of eight comes to nothing.
 */
export function startTraffic(deps: TrafficDeps, options: TrafficOptions): () => void {
  let cancel = () => {};
  function placeNext(): void {
    placeDrawn(deps, options);
    cancel = deps.clock.after(options.everyMs, placeNext);
  }
  placeNext();
  return () => cancel();
}

function placeDrawn(deps: TrafficDeps, options: TrafficOptions): void {
  const { random } = deps;
  const ours = options.numbers[Math.floor(random() * options.numbers.length)];
  const isInbound = random() < 0.5;
  const theirs = `+1202555${String(100 + Math.floor(random() * 100)).padStart(4, "0")}`;
  if (!ours) return;
  const parties = isInbound ? { from: theirs, to: ours.number } : { from: ours.number, to: theirs };
  if (random() < (options.messageChance ?? 0.25)) {
    const outcome = isInbound ? "received" : random() < 1 / 8 ? "undelivered" : "delivered";
    deps.placeMessage({ ...parties, outcome, segments: 1 + Math.floor(random() * 3) });
  } else {
    deps.placeCall({
      ...parties,
      direction: isInbound ? "inbound" : "outbound-api",
      ...drawCourse(deps, options),
    });
  }
}

function drawCourse(
  { clock, random }: TrafficDeps,
  { talkSecondsMin = 5, talkSecondsMax = 150 }: TrafficOptions,
): Pick<PlacedCall, "createdAtMs" | "waitSeconds" | "talkSeconds"> & {
  outcome: SimulatedCallOutcome;
} {
  const hasEnded = random() < 2 / 3;
  const outcome = random() < 7 / 8 ? "completed" : random() < 0.5 ? "no-answer" : "busy";
  const drawnSeconds = talkSecondsMin +
    Math.floor(random() * (talkSecondsMax - talkSecondsMin + 1));
  const talkSeconds = outcome === "completed" ? drawnSeconds : 0;
  const waitSeconds = 2;
  const agoSeconds = waitSeconds + (hasEnded ? talkSeconds : 0);
  return { createdAtMs: clock.now() - agoSeconds * SECOND_MS, waitSeconds, talkSeconds, outcome };
}
