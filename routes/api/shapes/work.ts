/**
 * What goes on behind the scenes, as the API shows it: deliveries, jobs, verifications, the audit log.
 *
 * @module
 */
import { z } from "zod";
import type { AuditRecord } from "../../../core/audit/audit.ts";
import type { Verification } from "../../../core/billing/verify_ledger.ts";
import { formatInstant } from "../../../core/clock.ts";
import type { InboxEvent } from "../../../core/jobs/inbox.ts";
import type { Job } from "../../../core/jobs/job.ts";
import { instantShape } from "./fields.ts";

/** Where a delivery may stand. */
export const EVENT_STATES = ["received", "processed", "parked"] as const;

/** One webhook delivery. */
export const eventShape = z.object({
  id: z.string(),
  carrier: z.string(),
  kind: z.string(),
  carrierEventId: z.string(),
  receivedAt: instantShape,
  state: z.enum(EVENT_STATES),
  reason: z.string().nullable(),
  attempts: z.int(),
}).meta({ id: "Event" });

/** See {@link eventShape}. */
export function showEvent(event: InboxEvent): z.infer<typeof eventShape> {
  return {
    id: event.id,
    carrier: event.carrier,
    kind: event.kind,
    carrierEventId: event.carrierEventId,
    receivedAt: formatInstant(event.receivedAtMs),
    state: event.state,
    reason: event.reason,
    attempts: event.attempts,
  };
}

/** A durable piece of work. */
export const jobShape = z.object({
  id: z.string(),
  kind: z.string(),
  key: z.string().meta({ description: "The one thing of its kind that it stands for" }),
  state: z.enum(["pending", "running", "done", "failed"]),
  attempts: z.int(),
  dueAt: instantShape,
  lastError: z.string().nullable(),
  progress: z.object({
    done: z.int(),
    total: z.int().nullable(),
    note: z.string(),
    result: z.record(z.string(), z.int()),
  }).nullable(),
  createdAt: instantShape,
  finishedAt: instantShape.nullable(),
}).meta({ id: "Job" });

/** See {@link jobShape}. */
export function showJob(job: Job): z.infer<typeof jobShape> {
  return {
    id: job.id,
    kind: job.kind,
    key: job.unique,
    state: job.state,
    attempts: job.attempts,
    dueAt: formatInstant(job.dueAtMs),
    lastError: job.lastError,
    progress: job.progress,
    createdAt: formatInstant(job.createdAtMs),
    finishedAt: job.finishedAtMs === null ? null : formatInstant(job.finishedAtMs),
  };
}

/** What a verification of the ledger has found. */
export const verificationShape = z.object({
  id: z.string(),
  accountId: z.string().nullable().meta({ description: "Null: every wallet" }),
  state: z.enum(["running", "done"]),
  wallets: z.int(),
  entries: z.int(),
  differences: z.array(z.object({
    accountId: z.string(),
    seq: z.int().meta({ description: "0: the wallet itself, or one of its days" }),
    reason: z.string(),
  })),
  differenceCount: z.int().meta({ description: "Wallets that differ, listed or not" }),
  startedAt: instantShape,
  finishedAt: instantShape.nullable(),
}).meta({ id: "LedgerVerification" });

/** See {@link verificationShape}. */
export function showVerification(found: Verification): z.infer<typeof verificationShape> {
  return {
    id: found.id,
    accountId: found.accountId,
    state: found.state,
    wallets: found.wallets,
    entries: found.entries,
    differences: found.differences,
    differenceCount: found.differenceCount,
    startedAt: formatInstant(found.startedAtMs),
    finishedAt: found.finishedAtMs === null ? null : formatInstant(found.finishedAtMs),
  };
}

/** One change that somebody made by hand. */
export const auditShape = z.object({
  id: z.string(),
  at: instantShape,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.string(),
}).meta({ id: "AuditRecord" });

/** See {@link auditShape}. */
export function showAudit(record: AuditRecord): z.infer<typeof auditShape> {
  return {
    id: record.id,
    at: formatInstant(record.atMs),
    actor: record.actor,
    action: record.action,
    subject: record.subject,
    detail: record.detail,
  };
}
