/**
 * Gathers what is to be looked up at Telnyx: looks keep a distance that grows with how much waits.
 *
 * A single call is looked up when it is due. Of many that end together the first is, and the others wait
 * until they fill pages of records, so that the number of requests grows with pages and not with calls.
 * All processes share one row, so that two of them do not look side by side.
 *
 * Comes from: `cron/jobs.ts`, `cron/fetch_telnyx_costs.ts`.
 *
 * @module
 */
import { type Clock, MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { Ids } from "../core/ids.ts";
import type { Turn } from "../core/jobs/run_jobs.ts";
import type { Gates } from "../core/kv/gates.ts";
import { carrierTurnKey } from "../core/kv/keys.ts";

/** Between two looks, however little waits. */
const DISTANCE_MS = 10 * SECOND_MS;
/** And for each that waits. */
const DISTANCE_MS_EACH = SECOND_MS / 2;
/** However much waits. */
export const DISTANCE_MS_MAX: number = 3 * MINUTE_MS;

interface LastTurn {
  atMs: number;
  /** When the next one may begin: never earlier again once it was said. */
  nextAtMs: number;
  /** Who has it. */
  token: string;
}

/** Takes the turn to look up so many of a kind, or says when to ask again. */
export async function takeTurn(
  deps: { gates: Gates; clock: Clock; ids: Ids },
  { kind, count }: { kind: string; count: number },
): Promise<Turn> {
  const key = carrierTurnKey("telnyx", kind);
  const nowMs = deps.clock.now();
  const token = deps.ids.id();
  return await deps.gates.change<Turn>({
    gate: key,
    stage: async (batch) => {
      const last = await batch.get<LastTurn>(key);
      if (last?.token === token) return { status: "now" };
      // A clock that was put back must not keep everybody waiting.
      if (last && last.atMs <= nowMs) {
        if (nowMs - last.atMs < DISTANCE_MS) return { status: "soon" };
        const distanceMs = Math.min(DISTANCE_MS_MAX, DISTANCE_MS + count * DISTANCE_MS_EACH);
        const nextAtMs = Math.max(last.nextAtMs, last.atMs + distanceMs);
        if (nextAtMs > nowMs) {
          batch.set(key, { ...last, nextAtMs });
          return { status: "later", untilMs: nextAtMs };
        }
      }
      batch.set(key, { atMs: nowMs, nextAtMs: nowMs + DISTANCE_MS, token });
      return { status: "now" };
    },
  });
}

/** Lets the next one begin at once: this one could not do its work. */
export async function giveTurnBack({ gates }: { gates: Gates }, kind: string): Promise<void> {
  const key = carrierTurnKey("telnyx", kind);
  await gates.change({ gate: key, stage: (batch) => Promise.resolve(batch.delete(key)) });
}
