/**
 * The faults of the KV Connect server: hooks before and after each request, and the usual ones by name.
 *
 * Comes from: `tests/support/kv_connect.ts`.
 *
 * @module
 */

/** What a client may ask for. */
export type KvMethod = "metadata" | "snapshot_read" | "atomic_write";

/**
 * What happens instead of the reply: another response (a fresh one each time), "cut" (headers and half
 * of the body, then the connection breaks), or "hang" (nothing until `close()`). Undefined: go on.
 */
export type KvFault = Response | "cut" | "hang" | undefined;

/** Asked at the `n`th request of a method, counted from 1, repeats included. */
export type KvFaultHook = (method: KvMethod, n: number) => KvFault | Promise<KvFault>;

/** The faults of a running server; all may be changed at any time. */
export interface KvFaults {
  /** Before anything is done: a fault here means that nothing was written. */
  before: KvFaultHook | undefined;
  /** Once it is done and before the reply: a fault here means that the write was APPLIED. */
  after: KvFaultHook | undefined;
  /** Milliseconds each read and write waits before it is looked at. */
  delayMs: number;
  /** Does the write, then answers 502 in `ratio` (0 to 1) of the cases; the client sends it again. */
  loseReplies(ratio: number, random: () => number): void;
  /**
   * Does the write, then cuts the reply in `ratio` (0 to 1) of the cases; the client throws.
   *
   * After 1,024 cuts Deno's HTTP/2 client drops its connection and opens another.
   */
  cutReplies(ratio: number, random: () => number): void;
  /** While on, reads and writes get 503 and do nothing; the client sends them again, for ever. */
  outage(isOn: boolean): void;
  /** Takes back every fault, hook and delay. */
  clear(): void;
}

/** The faults a test sets, and what the server asks of them. */
export interface FaultPlan {
  /** The test's side. */
  faults: KvFaults;
  /** What the server asks before it does a request. */
  before: KvFaultHook;
  /** What the server asks after it. */
  after: KvFaultHook;
}

/** A plan without faults. */
export function createFaultPlan(): FaultPlan {
  let [isOut, isLost, isCut] = [false, never, never];
  const faults: KvFaults = {
    before: undefined,
    after: undefined,
    delayMs: 0,
    loseReplies: (ratio, random) => void (isLost = () => random() < ratio),
    cutReplies: (ratio, random) => void (isCut = () => random() < ratio),
    outage: (isOn) => void (isOut = isOn),
    clear() {
      [isOut, isLost, isCut] = [false, never, never];
      Object.assign(faults, { before: undefined, after: undefined, delayMs: 0 });
    },
  };
  async function before(method: KvMethod, n: number): Promise<KvFault> {
    const asked = await faults.before?.(method, n);
    if (asked || method === "metadata" || !isOut) return asked;
    return new Response("The database is out", { status: 503 });
  }
  async function after(method: KvMethod, n: number): Promise<KvFault> {
    const asked = await faults.after?.(method, n);
    if (asked || method !== "atomic_write") return asked;
    if (isLost()) return new Response("The reply was lost", { status: 502 });
    return isCut() ? "cut" : undefined;
  }
  return { faults, before, after };
}

function never(): boolean {
  return false;
}
