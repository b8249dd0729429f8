/**
 * Bland's and Twilio's side of a reconciled day: the rows of their listings.
 *
 * A row that we do not have, or have otherwise, is taken in like any row the sync reads.
 *
 * Comes from: `cron/reconcile_carriers.ts`. Goes to: `cron/call_source.ts`, `core/billing/record_calls.ts`.
 *
 * @module
 */
import { billDue } from "../core/billing/bill_due.ts";
import type { ComparedCall, Suggestion } from "../core/billing/reconciliation.ts";
import { recordCalls } from "../core/billing/record_calls.ts";
import { DAY_MS } from "../core/clock.ts";
import { callId, type CallReport } from "../core/usage/call_usage.ts";
import type { CallSource } from "./call_source.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { type DayRequest, isInDay, type TheirDay } from "./their_day.ts";

/** Reads the day's rows of every key of the carrier. */
export async function readListedSide(
  deps: SyncDeps,
  { sources, request }: { sources: readonly CallSource[]; request: DayRequest },
): Promise<TheirDay> {
  const rows = new Map<string, Listed>();
  for (const source of sources) {
    const failure = await readSource(deps, { source, request, rows });
    if (failure !== null) return { status: "failed", reason: `${source.sourceId}: ${failure}` };
  }
  return {
    status: "read",
    calls: [...rows.values()].map(comparedOf),
    settle: async (items) => {
      const kinds = new Map(items.map((item) => [item.callId, item.kind]));
      // A row without a price says nothing that could correct ours.
      const wanted = [...rows].filter(([id, { report }]) =>
        kinds.get(id) === "theirs_only" || (kinds.has(id) && report.costMicros !== null)
      );
      await takeIn(deps, wanted.map(([, listed]) => listed));
      return new Map(wanted.map(([id]): [string, Suggestion] => [
        id,
        kinds.get(id) === "theirs_only" ? "taken_in" : "corrected",
      ]));
    },
  };
}

interface Listed {
  source: CallSource;
  report: CallReport;
}

/** Answers why it failed; null when everything was read. */
async function readSource(
  deps: SyncDeps,
  { source, request, rows }: {
    source: CallSource;
    request: DayRequest;
    rows: Map<string, Listed>;
  },
): Promise<string | null> {
  const { startMs, untilMs } = request;
  for await (const page of source.pages(startMs)) {
    if (page.status === "failed") return page.reason;
    for (const report of page.calls) {
      if (isInDay(report.startedAtMs, startMs)) rows.set(callId(report), { source, report });
    }
    // An ascending listing is past the day once a whole page of it is.
    const { resumeAtMs } = page;
    if (resumeAtMs !== null && resumeAtMs >= startMs + DAY_MS) return null;
    if (!page.isLast && deps.clock.now() >= untilMs) return "the listing did not end in time";
  }
  return null;
}

function comparedOf({ report }: Listed): ComparedCall {
  const { costMicros, costCurrency } = report;
  return { callId: callId(report), costMicros, costCurrency };
}

async function takeIn(deps: SyncDeps, listed: readonly Listed[]): Promise<void> {
  const owners = new Set<string>();
  for (const [source, mine] of Map.groupBy(listed, (one) => one.source)) {
    const { carrier, sourceId, keyAccountId } = source;
    const tally = await recordCalls(deps, {
      carrier,
      sourceId,
      keyAccountId,
      reports: mine.map(({ report }) => report),
      atMs: deps.clock.now(),
      heardBy: "listing",
    });
    for (const owner of tally.owners.values()) if (owner) owners.add(owner);
  }
  for (const accountId of owners) await billDue(deps, { accountId, actor: "reconciliation" });
}
