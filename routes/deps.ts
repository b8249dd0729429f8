/**
 * Everything the routes are handed: the doors, the configuration, and what they may set in motion.
 *
 * @module
 */
import type { BillingDeps } from "../core/billing/bill_due.ts";
import type { Reconciliation } from "../core/billing/reconciliation.ts";
import type { SyncOutcome } from "../core/billing/sync_outcome.ts";
import type { Config } from "../core/config.ts";
import type { Egress } from "../core/egress.ts";
import type { Carrier } from "../core/usage/call_usage.ts";
import type { StaticFiles } from "./static_files.ts";

/** Work that lives in `cron/`, handed in as functions so that nothing points back. */
export interface Actions {
  /** Reads the carriers' calls and bills them, of one account or of all. */
  syncCalls(input: { accountId?: string; actor: string }): Promise<SyncOutcome>;
  /** Runs one job now; false when it was not there to be taken. */
  runJob(jobId: string): Promise<boolean>;
  /** Tries every cost job that is due. */
  processCallCosts(): Promise<
    { processed: number; succeeded: number; failed: number; retried: number }
  >;
  /** Compares a carrier's UTC day with its records, now; null while the carrier is off. */
  reconcile(
    input: { carrier: Carrier; day: string; actor: string },
  ): Promise<Reconciliation | null>;
  /** Wakes the jobs, soon and in the background. */
  nudge(): void;
}

/** What {@link createApp} of `app.ts` needs. */
export interface AppDeps extends BillingDeps {
  /** The environment, read once. */
  config: Config;
  /** The way out. */
  egress: Egress;
  /** What routes may set in motion. */
  actions: Actions;
  /** The sandbox's clock hand; null when live. */
  sandbox: { advance(ms: number): void } | null;
  /** Stylesheet, script and icons. */
  files: StaticFiles;
  /** When this process began to serve. */
  startedAtMs: number;
  /** The version of the program. */
  version: string;
}
