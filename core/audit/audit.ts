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
  /** UUIDv7, fresh for each change and kept over its tries. */
  id: string;
  /** When the change was asked for. */
  atMs: number;
  /** Who: an e-mail, or a program's name such as `admin`. */
  actor: string;
  /** What was done, as `number_assigned`. */
  action: string;
  /** To what: an account's id, a number, an e-mail, a plan's id. */
  subject: string;
  /** The rest in words, for people; never a secret. */
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
