/**
 * Reports about messages as tests write them: a delivered outbound Twilio message of `acme`.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import { rateDueMessages } from "../../core/billing/rate_messages.ts";
import { recordMessages } from "../../core/billing/record_messages.ts";
import type { Carrier } from "../../core/usage/call_usage.ts";
import type { MessageReport } from "../../core/usage/message_usage.ts";
import { ACME_NUMBER, START_MS, STRANGER } from "./world.ts";

/** A carrier's report. */
export type CarrierReport = MessageReport & { carrier: Carrier };

/** A report; its record is made from what is told, so that a change is news. */
export function messageOf(
  id: string,
  told: Partial<Omit<CarrierReport, "carrierMessageId">> = {},
): CarrierReport {
  const report: CarrierReport = {
    carrier: "twilio",
    carrierMessageId: id,
    direction: "outbound",
    from: ACME_NUMBER,
    to: STRANGER,
    segments: 1,
    status: "delivered",
    isFinal: true,
    costMicros: null,
    costCurrency: told.costMicros === undefined || told.costMicros === null ? null : "USD",
    sentAtMs: START_MS - 600_000,
    fault: null,
    record: {},
    ...told,
  };
  const record = {
    sid: id,
    status: report.status,
    sent_at: String(report.sentAtMs),
    num_segments: report.segments === null ? null : String(report.segments),
    price: report.costMicros === null ? null : String(-report.costMicros),
  };
  return { ...report, record: { ...record, ...told.record } };
}

/** Takes messages in as a sweep does, and rates what can be rated. */
export async function takeInMessages(
  deps: BillingDeps,
  ...reports: CarrierReport[]
): Promise<void> {
  for (const [carrier, some] of Map.groupBy(reports, (report) => report.carrier)) {
    await recordMessages(deps, {
      carrier,
      sourceId: `${carrier}:main`,
      reports: some,
      atMs: deps.clock.now(),
    });
  }
  await rateDueMessages(deps);
}
