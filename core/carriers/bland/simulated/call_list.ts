/**
 * The calls a simulated Bland knows of: the truth that its answers are drawn from.
 *
 * @module
 */

/** How a simulated call ends, in Bland's words. */
export type SimulatedOutcome = "completed" | "no-answer" | "busy" | "failed" | "canceled";

/** A call as it really is; what Bland shows of it depends on the time. */
export interface SimulatedCall {
  /** Its id. */
  callId: string;
  /** The key it was made under; no other key sees it. */
  apiKey: string;
  /** When it was asked for; the listing is sorted by it. */
  createdAtMs: number;
  /** When it connects, or would have; until then it is queued. */
  startedAtMs: number;
  /** Talk time; 0 for one that nobody answered. */
  talkSeconds: number;
  /** How it ends once `startedAtMs + talkSeconds` has come. */
  outcome: SimulatedOutcome;
  /** Who called whom. */
  isInbound: boolean;
  /** Who calls. */
  from: string;
  /** Who is called. */
  to: string;
  /** What the call was started with. */
  metadata: Record<string, unknown> | string | null;
  /** US dollars as Bland will write them; null for Bland's own rate. */
  priceText: string | null;
  /** Nobody is told of it before this instant. */
  visibleAtMs: number;
  /** When it was last changed by a revision; null when it never was. */
  revisedAtMs: number | null;
  /** The second leg of a warm transfer. */
  isProxyAgentCall: boolean;
  /** Members of its row to write differently, raw; for odd rows. */
  members: Record<string, unknown>;
}

/** Which calls a listing is about. */
export interface CallWindow {
  /** Whose calls. */
  apiKey: string;
  /** The present: later calls and hidden ones are not there yet. */
  nowMs: number;
  /** Inclusive; `-Infinity` for none. */
  startMs: number;
  /** Inclusive; `Infinity` for none. */
  endMs: number;
}

/** Calls sorted by `createdAtMs`, oldest first. */
export interface CallList {
  /** Every call, hidden ones too. */
  all(): readonly SimulatedCall[];
  /** Adds a call at its place; equal instants keep the order of arrival. */
  insert(call: SimulatedCall): void;
  /** Changes a call in place. Throws when there is none of that id. */
  change(callId: string, changes: Partial<Omit<SimulatedCall, "callId" | "createdAtMs">>): void;
  /** Forgets a call, as if it had never been; false when there is none. */
  remove(callId: string): boolean;
  /** Null when there is none of that id. */
  get(callId: string): SimulatedCall | null;
  /** The visible calls of a window, oldest first. */
  list(window: CallWindow): SimulatedCall[];
}

/** An empty list. */
export function createCallList(): CallList {
  const sorted: SimulatedCall[] = [];
  const byId = new Map<string, SimulatedCall>();
  return {
    all: () => sorted,
    insert: (call) => {
      if (byId.has(call.callId)) throw new Error("Cannot place a call: its id is taken");
      sorted.splice(firstAfter(sorted, call.createdAtMs), 0, call);
      byId.set(call.callId, call);
    },
    change: (callId, changes) => {
      const call = byId.get(callId);
      if (!call) throw new Error("Cannot change a call: no call has that id");
      Object.assign(call, changes);
    },
    remove: (callId) => {
      const call = byId.get(callId);
      if (call) sorted.splice(sorted.indexOf(call), 1);
      return byId.delete(callId);
    },
    get: (callId) => byId.get(callId) ?? null,
    list: (window) => {
      const from = firstAfter(sorted, window.startMs - 1);
      const to = firstAfter(sorted, Math.min(window.endMs, window.nowMs));
      return sorted.slice(from, to).filter((call) =>
        call.apiKey === window.apiKey && call.visibleAtMs <= window.nowMs
      );
    },
  };
}

/** Index of the first call created after an instant, by halving. */
function firstAfter(sorted: readonly SimulatedCall[], atMs: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const call = sorted[middle];
    if (call && call.createdAtMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
