/**
 * Keeps to Telnyx's quota over runs and processes: what its headers say is left, and the pause it asks for.
 *
 * Telnyx allows 40 requests for detail records in each UTC minute; when few are left, everybody waits for
 * the next minute, so that many small looks become one large one.
 * Source: measurements of an integrator on a live account (July 2026).
 *
 * Comes from: `cron/read_telnyx_records.ts`.
 *
 * @module
 */
import type { TelnyxRateLimit } from "../core/carriers/telnyx/answers.ts";
import type { Clock } from "../core/clock.ts";
import { encodeRow } from "../core/kv/codec.ts";
import { carrierPauseKey } from "../core/kv/keys.ts";
import type { Store } from "../core/kv/store.ts";

/** No pause is believed to be longer. */
const PAUSE_MS_MAX = 600_000;

/** The quota as one run sees it. */
export interface TelnyxQuota {
  /** How long to wait before so many requests; null when they may be sent now. */
  waitMs(requests: number): number | null;
  /** Takes note of what an answer said is left. */
  note(rateLimit: TelnyxRateLimit | null): void;
  /** Takes note that Telnyx asked to be left alone. */
  pause(ms: number): void;
  /** Lets other runs know. */
  keep(): Promise<void>;
}

/** The quota, with the pause that was kept last; `spared` requests of each minute are left to others. */
export async function openQuota(
  { store, clock, spared }: { store: Store; clock: Clock; spared: number },
): Promise<TelnyxQuota> {
  const key = carrierPauseKey("telnyx");
  const kept = (await store.get<{ untilMs: number }>(key))?.value.untilMs ?? 0;
  const isPaused = kept > clock.now() && kept <= clock.now() + PAUSE_MS_MAX;
  let pausedUntilMs = isPaused ? kept : 0;
  let left: { count: number; untilMs: number } | null = null;
  return {
    waitMs: (requests) => {
      const nowMs = clock.now();
      if (pausedUntilMs > nowMs) return pausedUntilMs - nowMs;
      if (!left || left.untilMs <= nowMs || left.count >= requests + spared) return null;
      return left.untilMs - nowMs;
    },
    note: (rateLimit) => {
      if (!rateLimit) return;
      left = { count: rateLimit.remaining, untilMs: clock.now() + rateLimit.resetMs };
      if (rateLimit.remaining <= spared) pausedUntilMs = left.untilMs;
    },
    pause: (ms) => void (pausedUntilMs = Math.max(pausedUntilMs, clock.now() + ms)),
    keep: async () => {
      if (pausedUntilMs <= Math.max(kept, clock.now())) return;
      const bytes = encodeRow(key, { untilMs: pausedUntilMs });
      await store.commit({ checks: [], puts: [{ key, bytes }], deletes: [] });
    },
  };
}
