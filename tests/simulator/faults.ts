/**
 * What may go wrong, how often, and how often it did.
 *
 * Every kind draws from a stream of its own, and draws also while it is switched off: taking one kind
 * away leaves the draws of all others as they were.
 *
 * @module
 */
import type { Draws } from "./draws.ts";

/** Every kind, with its share of the occasions in a storm of strength 1. */
export const FAULT_SHARES = {
  "kv.slow": 0.004,
  "kv.error_before": 0.01,
  "kv.conflict": 0.02,
  "kv.sent_twice": 0.015,
  "kv.throws_after": 0.015,
  "kv.lands_late": 0.004,
  "kv.killed_before": 0.002,
  "kv.killed_after": 0.004,
  "kv.stalls_after": 0.006,
  "kv.read_error": 0.003,
  "kv.outage": 0.012,
  "isolate.kill": 0.02,
  "isolate.pause": 0.03,
  "isolate.deploy": 0.01,
  "egress.lost": 0.02,
  "egress.reply_lost": 0.02,
  "egress.reset": 0.02,
  "egress.slow": 0.02,
  "egress.status_500": 0.03,
  "egress.status_429": 0.03,
  "egress.html": 0.015,
  "egress.cut": 0.02,
  "egress.duplicate_rows": 0.05,
  "egress.resent": 0.05,
  "egress.killed": 0.002,
  "carrier.outage": 0.01,
  "carrier.record_late": 0.1,
  "carrier.revised": 0.12,
  "carrier.records_slow": 0.1,
  "sippy.refused": 0.05,
  "sippy.lost": 0.05,
  "sippy.reply_lost": 0.1,
  "sippy.late": 0.08,
  "sippy.html": 0.03,
  "sippy.stale_nonce": 0.03,
  "sippy.slow": 0.02,
  "sippy.killed": 0.04,
  "sippy.lookup_fails": 0.05,
  "hook.lost": 0.05,
  "hook.late": 0.1,
  "hook.twice": 0.1,
  "hook.forged": 0.05,
  "inbound.lost": 0.02,
  "inbound.reply_lost": 0.03,
  "inbound.twice": 0.02,
  "inbound.slow": 0.01,
  "tick.missed": 0.05,
  "tick.twice": 0.2,
  "poison.event": 0,
  "poison.call": 0,
  "poison.job": 0,
} as const;

/** A kind. */
export type FaultKind = keyof typeof FAULT_SHARES;

/** Strength by the part of a kind before the dot, or by the whole kind; 1 where nothing is said. */
export type Strengths = Readonly<Record<string, number>>;

/** The weather of a run. */
export interface Faults {
  /** Null: nothing happens. Else how bad it is, in [0, 1). */
  strike(kind: FaultKind): number | null;
  /** For a while nothing goes wrong. */
  pause(isPaused: boolean): void;
  /** From now on nothing goes wrong any more. */
  calm(): void;
  /** When {@link Faults.calm} was called; `Infinity` before. */
  calmSinceMs(): number;
  /** Whether {@link Faults.calm} was called. */
  isCalm(): boolean;
  /** How often each kind struck. */
  counts(): Readonly<Record<string, number>>;
}

/** A weather. `without` names kinds, or first parts of them, that never strike. */
export function createFaults(
  { draws, now, strengths, without, onStrike }: {
    draws: Draws;
    now: () => number;
    strengths: Strengths;
    without: readonly string[];
    onStrike: (kind: FaultKind) => void;
  },
): Faults {
  const counts: Record<string, number> = {};
  const kinds = new Map(
    Object.entries(FAULT_SHARES).map(([kind, share]) => {
      const [part = ""] = kind.split(".");
      const isOff = without.includes(kind) || without.includes(part);
      const strength = strengths[kind] ?? strengths[part] ?? 1;
      const whole = strengths[`=${kind}`] ?? share * strength;
      return [kind, { share: isOff ? 0 : whole, draws: draws.stream(kind) }];
    }),
  );
  let hasCalmed = false;
  let calmSinceMs = Infinity;
  let isPaused = false;
  function strike(kind: FaultKind): number | null {
    const { share, draws } = kinds.get(kind)!;
    const [isHit, size] = [draws.next() < share, draws.next()];
    if (!isHit || hasCalmed || isPaused) return null;
    counts[kind] = (counts[kind] ?? 0) + 1;
    onStrike(kind);
    return size;
  }
  return {
    strike,
    pause: (now) => void (isPaused = now),
    calm: () => {
      hasCalmed = true;
      calmSinceMs = now();
    },
    calmSinceMs: () => calmSinceMs,
    isCalm: () => hasCalmed,
    counts: () => counts,
  };
}
