/**
 * What a sync came to, in the words of the addresses and pages that start one.
 *
 * @module
 */

/** The kind of the job that syncs; its unique name is `all` or an account id. */
export const SYNC_JOB = "sync_calls";

/** Figures of a sync; the members of its answer. */
export interface SyncCounts {
  /** Accounts whose calls were among those fetched. */
  accounts: number;
  /** Different calls the carrier reported. */
  fetched: number;
  /** Calls seen for the first time. */
  stored: number;
  /** Calls that had changed. */
  updated: number;
  /** Calls charged by this run, at zero included. */
  billed: number;
  /** Calls that this run could not charge because the wallet does not cover them. */
  waitingFunds: number;
  /** New or changed calls nobody owns. */
  unassigned: number;
  /** Rows or calls that could not be read, and calls parked with a reason. */
  failed: number;
}

/** Synced, or why not; the counts hold what was done all the same. */
export interface SyncOutcome {
  /** `busy`: another run held a carrier key for as long as this one was to wait. */
  status: "synced" | "carrier_unavailable" | "busy" | "not_configured" | "account_not_found";
  /** For people; null when there is nothing to add. */
  reason: string | null;
  /** All zero when no carrier was asked. */
  counts: SyncCounts;
}

/** A sync that has done nothing yet. */
export function noCounts(): SyncCounts {
  return {
    accounts: 0,
    fetched: 0,
    stored: 0,
    updated: 0,
    billed: 0,
    waitingFunds: 0,
    unassigned: 0,
    failed: 0,
  };
}
