/**
 * What many runs came to.
 *
 * @module
 */
import { DAY_MS } from "../../core/clock.ts";
import type { RunResult } from "./run_seed.ts";

/** The figures of the last line. */
export interface Summary {
  seeds: number;
  virtualDays: number;
  events: number;
  commits: number;
  calls: number;
  webhooks: number;
  /** Reports of messages, bills they came to, debits at Sippy, and what people decided of them. */
  reports: number;
  bills: number;
  debits: number;
  reviews: number;
  faults: number;
  faultsByKind: Record<string, number>;
  kills: number;
  violations: number;
  /** Of the first seed that broke a promise. */
  firstViolation: { seed: number; profile: string; message: string } | null;
}

/** Nothing yet. */
export function emptySummary(): Summary {
  return {
    seeds: 0,
    virtualDays: 0,
    events: 0,
    commits: 0,
    calls: 0,
    webhooks: 0,
    reports: 0,
    bills: 0,
    debits: 0,
    reviews: 0,
    faults: 0,
    faultsByKind: {},
    kills: 0,
    violations: 0,
    firstViolation: null,
  };
}

/** Adds one run. */
export function addResult(summary: Summary, result: RunResult): void {
  summary.seeds++;
  summary.virtualDays += result.virtualMs / DAY_MS;
  summary.events += result.events;
  summary.commits += result.commits;
  summary.calls += result.calls;
  summary.webhooks += result.hooks;
  for (const figure of ["reports", "bills", "debits", "reviews"] as const) {
    summary[figure] += result[figure];
  }
  summary.kills += result.kills;
  for (const [kind, count] of Object.entries(result.faults)) {
    summary.faults += count;
    summary.faultsByKind[kind] = (summary.faultsByKind[kind] ?? 0) + count;
  }
  if (!result.violation) return;
  summary.violations++;
  const { seed, profile, violation: { message } } = result;
  if (summary.firstViolation && summary.firstViolation.seed < seed) return;
  summary.firstViolation = { seed, profile, message: message.split("\n")[0]! };
}
