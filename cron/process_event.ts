/**
 * Works off one event of the inbox: for Bland, reads the call again and bills it.
 *
 * Goes to: `cron/pull_bland.ts`, `core/billing/bill_due.ts`.
 *
 * @module
 */
import { billDue } from "../core/billing/bill_due.ts";
import { createBlandClient } from "../core/carriers/bland/client.ts";
import { parseBlandWebhook } from "../core/carriers/bland/webhook.ts";
import type { InboxEvent, Processed } from "../core/jobs/inbox.ts";
import { pullBlandCall } from "./pull_bland.ts";
import { listBlandSources, type SyncDeps } from "./sync_calls.ts";

/** Processes an event by its carrier; an unknown carrier parks it. */
export async function processEvent(deps: SyncDeps, event: InboxEvent): Promise<Processed> {
  if (event.carrier !== "bland") return { status: "parked", reason: "no carrier of that name" };
  return await processBland(deps, event);
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
    const client = createBlandClient({ ...deps, baseUrl: bland.baseUrl, apiKey: source.apiKey });
    const { sourceId, keyAccountId } = source;
    const { carrierCallId } = webhook;
    const pulled = await pullBlandCall(deps, { client, sourceId, keyAccountId, carrierCallId });
    if (pulled.status === "failed") {
      reason = pulled.reason;
      continue;
    }
    if (pulled.accountId) await billDue(deps, { accountId: pulled.accountId, actor: "webhook" });
    return {
      status: "processed",
      reason: pulled.isFinal ? null : "the call has not ended yet: the sync goes on",
    };
  }
  return { status: "later", reason };
}
