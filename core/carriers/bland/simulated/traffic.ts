/**
 * Live traffic for the sandbox: short calls to and from the numbers of its accounts.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "../../../clock.ts";
import type { SimulatedCall, SimulatedOutcome } from "./call_list.ts";
import { endedAtMs } from "./call_row.ts";
import type { PlacedCall } from "./placed_call.ts";

/** What {@link startTraffic} needs. */
export interface TrafficDeps {
  /** Rings for every next call, and when one ends. */
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  /** Puts a call into the simulated Bland. */
  placeCall: (call: PlacedCall) => SimulatedCall;
}

/** Whose calls, and how many. */
export interface TrafficOptions {
  /** One call, and once at the start, after each so many milliseconds. */
  everyMs: number;
  /** Drawn evenly; a number without an account belongs to nobody and its calls stay unassigned. */
  numbers: readonly { number: string; accountId?: string; apiKey?: string }[];
  /** Talk time at least; 5 when absent. */
  talkSecondsMin?: number;
  /** Talk time at most; 150 when absent. */
  talkSecondsMax?: number;
  /** Told of every call once it has ended, so that a webhook can be sent. */
  onEnded?: (callId: string) => void;
}

/**
 * Places calls until the answer is called.
 *
 * Two of three have already ended when they appear, so that a sync finds something to bill at once;
 * the others are still going on. One of eight comes to nothing.
 */
export function startTraffic(deps: TrafficDeps, options: TrafficOptions): () => void {
  const alarms = new Set<() => void>();
  function ring(ms: number, act: () => void): void {
    const cancel = deps.clock.after(ms, () => {
      alarms.delete(cancel);
      act();
    });
    alarms.add(cancel);
  }
  function placeNext(): void {
    const call = placeDrawnCall(deps, options);
    const { onEnded } = options;
    if (call && onEnded) {
      ring(Math.max(0, endedAtMs(call) - deps.clock.now()), () => onEnded(call.callId));
    }
    ring(options.everyMs, placeNext);
  }
  placeNext();
  return () => {
    for (const cancel of alarms) cancel();
    alarms.clear();
  };
}

function placeDrawnCall(deps: TrafficDeps, options: TrafficOptions): SimulatedCall | null {
  const { random } = deps;
  const { talkSecondsMin = 5, talkSecondsMax = 150 } = options;
  const ours = options.numbers[Math.floor(random() * options.numbers.length)];
  const isInbound = random() < 0.5;
  const hasEnded = random() < 2 / 3;
  const outcome = random() < 1 / 8 ? drawFailure(random) : "completed";
  const drawnSeconds = talkSecondsMin +
    Math.floor(random() * (talkSecondsMax - talkSecondsMin + 1));
  const theirs = `+1202555${String(100 + Math.floor(random() * 100)).padStart(4, "0")}`;
  if (!ours) return null;
  const talkSeconds = outcome === "completed" ? drawnSeconds : 0;
  const ringSeconds = 2;
  const agoSeconds = hasEnded ? ringSeconds + talkSeconds : ringSeconds;
  return deps.placeCall({
    createdAtMs: deps.clock.now() - agoSeconds * SECOND_MS,
    waitSeconds: ringSeconds,
    talkSeconds,
    outcome,
    isInbound,
    from: isInbound ? theirs : ours.number,
    to: isInbound ? ours.number : theirs,
    metadata: ours.accountId === undefined ? null : { account_id: ours.accountId },
    ...(ours.apiKey === undefined ? {} : { apiKey: ours.apiKey }),
  });
}

function drawFailure(random: () => number): SimulatedOutcome {
  return random() < 0.5 ? "no-answer" : "busy";
}
