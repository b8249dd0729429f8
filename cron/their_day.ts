/**
 * A carrier's side of a reconciled day: its calls, and what can be settled at once.
 *
 * @module
 */
import type {
  ComparedCall,
  ReconciliationItem,
  Suggestion,
} from "../core/billing/reconciliation.ts";
import { DAY_MS } from "../core/clock.ts";
import type { Carrier } from "../core/usage/call_usage.ts";

/** Which day is read, and how long. */
export interface DayRequest {
  /** Whose records. */
  carrier: Carrier;
  /** When the UTC day begins. */
  startMs: number;
  /** Names this reading; another one has another. */
  readId: string;
  /** Nothing new is asked for after this instant. */
  untilMs: number;
}

/** A carrier's calls or messages of a day. */
export interface TheirUsage {
  /** Those that began, or were sent, on the day. */
  calls: ComparedCall[];
  /** Takes in and corrects what it can; by id what came of an item. */
  settle: (items: readonly ReconciliationItem[]) => Promise<ReadonlyMap<string, Suggestion>>;
}

/** The carrier's side, or why it is not known. */
export type TheirDay =
  | { status: "read" } & TheirUsage
  | { status: "paused"; inMs: number; reason: string }
  | { status: "failed"; reason: string };

/** Whether an instant lies in the UTC day that begins at `startMs`. */
export function isInDay(atMs: number, startMs: number): boolean {
  return atMs >= startMs && atMs < startMs + DAY_MS;
}
