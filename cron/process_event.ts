/**
 * Works off one event of the inbox: takes in what it says, or reads the call again, and bills it.
 *
 * Comes from: `cron/mod.ts`. Goes to: `core/billing/record_calls.ts`, `core/billing/bill_due.ts`.
 *
 * @module
 */
import { billDue } from "../core/billing/bill_due.ts";
import { rateDueMessages } from "../core/billing/rate_messages.ts";
import { recordCalls } from "../core/billing/record_calls.ts";
import { recordMessages } from "../core/billing/record_messages.ts";
import { parseBlandWebhook } from "../core/carriers/bland/webhook.ts";
import { joinCallbacks, reportOfCallback } from "../core/carriers/twilio/joined_report.ts";
import type { TwilioCallback } from "../core/carriers/twilio/callbacks.ts";
import { reportOfCallback as reportOfMessage } from "../core/carriers/twilio/message_report.ts";
import type { InboxEvent, Processed } from "../core/jobs/inbox.ts";
import { callId, type CallReport, type Carrier } from "../core/usage/call_usage.ts";
import { listBlandSources } from "./bland_source.ts";
import { logTracked } from "./log_tracked.ts";
import type { SyncDeps } from "./sync_calls.ts";
import { TWILIO_SOURCE } from "./twilio_source.ts";

/** Processes an event by its carrier; an unknown carrier parks it. */
export async function processEvent(deps: SyncDeps, event: InboxEvent): Promise<Processed> {
  switch (event.carrier) {
    case "bland":
      return await processBland(deps, event);
    case "twilio":
      return await processTwilio(deps, event);
    default:
      return { status: "parked", reason: "no carrier of that name" };
  }
}

async function processBland(deps: SyncDeps, event: InboxEvent): Promise<Processed> {
  const { bland } = deps;
  if (!bland) return { status: "later", reason: "Bland is not configured" };
  if (bland.billing === "sync") {
    return { status: "processed", reason: "recorded only: BLAND_BILLING is sync" };
  }
  const webhook = parseBlandWebhook(event.payload);
  if (webhook.status === "unreadable") return { status: "parked", reason: webhook.reason };
  if (webhook.status === "other_event") {
    return { status: "processed", reason: `not a finished call: ${webhook.kind}` };
  }
  let reason = "call_not_found";
  for (const source of await listBlandSources(deps, bland)) {
    const answer = await source.readCall(webhook.carrierCallId);
    if (answer.status !== "found") {
      reason = answer.status === "failed" ? answer.reason : answer.status;
      continue;
    }
    const { sourceId, keyAccountId } = source;
    await takeInCall(deps, { carrier: "bland", sourceId, keyAccountId, report: answer.call });
    const isFinal = answer.call.isFinal;
    return {
      status: "processed",
      reason: isFinal ? null : "the call has not ended yet: the sync goes on",
    };
  }
  return { status: "later", reason };
}

async function processTwilio(deps: SyncDeps, event: InboxEvent): Promise<Processed> {
  // Written by our own route from what it had parsed.
  const parsed = JSON.parse(event.payload) as TwilioCallback;
  const { receivedAtMs } = event;
  if (parsed.status === "call_status") {
    const report = reportOfCallback({ callback: parsed.callback, receivedAtMs });
    await takeInCall(deps, {
      carrier: "twilio",
      sourceId: TWILIO_SOURCE,
      keyAccountId: null,
      report,
    });
    return { status: "processed", reason: null };
  }
  if (parsed.status !== "message_status") return { status: "parked", reason: parsed.reason };
  const report = reportOfMessage({ callback: parsed.callback, receivedAtMs });
  const atMs = deps.clock.now();
  await recordMessages(deps, {
    carrier: "twilio",
    sourceId: TWILIO_SOURCE,
    reports: [report],
    atMs,
  });
  await rateDueMessages(deps);
  return { status: "processed", reason: null };
}

async function takeInCall(
  deps: SyncDeps,
  { carrier, sourceId, keyAccountId, report }: {
    carrier: Carrier;
    sourceId: string;
    keyAccountId: string | null;
    report: CallReport;
  },
): Promise<void> {
  const atMs = deps.clock.now();
  const tally = await recordCalls(deps, {
    carrier,
    sourceId,
    keyAccountId,
    reports: [report],
    atMs,
    heardBy: "webhook",
    join: joinCallbacks,
  });
  const accountId = tally.owners.get(callId(report));
  if (!accountId) return;
  const { fresh } = tally;
  const billed = await billDue(deps, { accountId, actor: "webhook", fresh });
  logTracked(deps, { ids: billed.billed, fresh });
}
