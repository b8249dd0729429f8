/**
 * Who changed what by hand, kept in the same commit as the change.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { auditKey, auditPrefix } from "../kv/keys.ts";
import { listPage, type Page } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";

/** One change by hand. `id` is time-ordered. */
export interface AuditRecord {
  id: string;
  atMs: number;
  actor: string;
  action: string;
  subject: string;
  detail: string;
}

/** Stages the record of a change beside the change itself. */
export function recordAudit(batch: Batch, record: AuditRecord): void {
  batch.set(auditKey(record.id), record);
}

/** A page of changes, newest first; null when the cursor is not one of ours. */
export function listAudit(
  store: Store,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<AuditRecord> | null> {
  return listPage<AuditRecord>(store, { prefix: auditPrefix, reverse: true, cursor, limit });
}
