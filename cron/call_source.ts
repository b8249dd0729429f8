/**
 * What the sync asks of a carrier key: pages of a stretch of time, and one call by its id.
 *
 * @module
 */
import type { CallReport, Carrier } from "../core/usage/call_usage.ts";
import type { MessageReport } from "../core/usage/message_usage.ts";

/** One page of a carrier's listing, or why there is none. */
export type SourcePage =
  | {
    /** The page was read; single rows may not have been. */
    status: "listed";
    /** Calls on it. */
    calls: CallReport[];
    /** Messages on it. */
    messages: MessageReport[];
    /** Rows that make no sense; they are logged and counted. */
    unreadable: { id: string | null; reason: string }[];
    /** Rows read so far in this stretch. */
    done: number;
    /** Rows in the stretch; null when the carrier does not say. */
    total: number | null;
    /** Where a run that is out of time goes on; null when it has to begin the stretch again. */
    resumeAtMs: number | null;
    /** Nothing follows. */
    isLast: boolean;
  }
  | { status: "failed"; reason: string };

/** A call read by its id, or why not. */
export type SourceCall =
  | { status: "found"; call: CallReport }
  | { status: "call_not_found" }
  | { status: "failed"; reason: string };

/** One carrier key. */
export interface CallSource {
  /** Names its cursor and its lease: `bland:main`, `bland:account:<id>`, `twilio:main`. */
  sourceId: string;
  /** Whose listing it is. */
  carrier: Carrier;
  /** The account whose own key this is; null: numbers and metadata tell whose a call is. */
  keyAccountId: string | null;
  /** Accounts that bring this key. */
  accountIds: string[];
  /** How far the first and the widest look go back. */
  lookbackDays: number;
  /** Pages of everything created since an instant. A failure is the last one. */
  pages: (startAtMs: number) => AsyncGenerator<SourcePage>;
  /** One call by the carrier's id. */
  readCall: (carrierCallId: string) => Promise<SourceCall>;
}
