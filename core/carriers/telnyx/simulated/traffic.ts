/**
 * Live traffic for the sandbox: short calls and messages to and from the numbers of its accounts.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "../../../clock.ts";
import type { PlacedCall, SimulatedCall } from "./placed_call.ts";
import type { PlacedMessage, SimulatedMessage } from "./placed_message.ts";

/** What {@link startTraffic} needs. */
export interface TrafficDeps {
  /** Rings for every next call or message. */
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  /** Puts a call into the simulated Telnyx. */
  placeCall: (call: PlacedCall) => SimulatedCall;
  /** Puts a message into it. */
  placeMessage: (message: PlacedMessage) => SimulatedMessage;
}

/** Whose calls and messages, and how many. */
export interface TrafficOptions {
  /** One call or message, and one at the start, after each so many milliseconds. */
  everyMs: number;
  /** Drawn evenly; what belongs to a number that nobody holds stays unassigned. */
  numbers: readonly string[];
  /** Talk time at least; 5 when absent. */
  talkSecondsMin?: number;
  /** Talk time at most; 150 when absent. */
  talkSecondsMax?: number;
  /** Share of messages, 0 to 1; a third when absent. */
  messageShare?: number;
}

/**
 * Places usage until the answer is called.
 *
 * Two of three calls have already ended when they appear, so that there is something to see at once;
 * the others go on with the clock. One of eight comes to nothing, one of four is bridged to a second
 * leg.
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
  const { talkSecondsMin = 5, talkSecondsMax = 150, messageShare = 1 / 3 } = options;
  const ours = options.numbers[Math.floor(random() * options.numbers.length)];
  const theirs = `+1202555${String(100 + Math.floor(random() * 100)).padStart(4, "0")}`;
  const isMessage = random() < messageShare;
  const isInbound = random() < 0.5;
  const hasEnded = random() < 2 / 3;
  const isAnswered = random() >= 1 / 8;
  const isBridged = random() < 1 / 4;
  const drawn = talkSecondsMin + Math.floor(random() * (talkSecondsMax - talkSecondsMin + 1));
  if (ours === undefined) return;
  const parties = { from: isInbound ? theirs : ours, to: isInbound ? ours : theirs, isInbound };
  if (isMessage) {
    deps.placeMessage({ ...parties, segments: 1 + Math.floor(drawn / 75) });
    return;
  }
  const talkSeconds = isAnswered ? drawn : 0;
  const ringSeconds = 2;
  const agoSeconds = hasEnded ? ringSeconds + talkSeconds : ringSeconds;
  const first = { ...parties, ringSeconds, talkSeconds };
  const second = { from: ours, to: "+12025550199", afterSeconds: 3, talkSeconds: talkSeconds - 4 };
  deps.placeCall({
    startedAtMs: deps.clock.now() - agoSeconds * SECOND_MS,
    legs: isBridged && talkSeconds > 4 ? [first, second] : [first],
  });
}
