/**
 * Something people should hear of, staged in the commit of its cause: told once, and never lost.
 *
 * The id is made from the cause, so a stage that runs again says nothing twice.
 *
 * Picked up by `core/notices/send_out.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { formatInstant } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import {
  noticeByAccountKey,
  noticeByTimeKey,
  noticeDueKey,
  noticeKey,
  noticeUnreadKey,
} from "../kv/keys.ts";

/** Every kind of notice. */
export const NOTICE_KINDS = [
  "low_balance",
  "threshold_approaching",
  "bill_processed",
  "payment_failed",
  "cost_not_found",
  "sync_failing",
  "reconciliation_difference",
  "waiting_funds",
  "unassigned_usage",
] as const;
/** One of {@link NOTICE_KINDS}. */
export type NoticeKind = typeof NOTICE_KINDS[number];

/** The kinds that a customer may hear of; the others are about what carriers do and cost. */
export const CUSTOMER_KINDS: readonly NoticeKind[] = [
  "low_balance",
  "threshold_approaching",
  "bill_processed",
  "payment_failed",
  "waiting_funds",
];

/** A notice. */
export interface Notice {
  /** Made from its cause: the same cause has the same id. At most 200 characters of ASCII. */
  id: string;
  /** See {@link NOTICE_KINDS}. */
  kind: NoticeKind;
  /** Whom it is about; null for the installation as a whole. */
  accountId: string | null;
  /** When it came about. */
  atMs: number;
  /** One line: what happened. */
  title: string;
  /** What it means and what to do. */
  detail: string;
  /** The page that shows the cause, as a path of ours. */
  link: string;
  /** When somebody saw it in the pages; null before. */
  readAtMs: number | null;
}

/** A notice as it is staged: nobody has read it. */
export type FreshNotice = Omit<Notice, "readAtMs">;

/** A notice as the API and the webhooks show it. */
export interface ShownNotice {
  /** See {@link Notice}. */
  id: string;
  /** See {@link NOTICE_KINDS}. */
  kind: NoticeKind;
  /** Null for the installation as a whole. */
  accountId: string | null;
  /** RFC 3339 in UTC. */
  at: string;
  /** One line. */
  title: string;
  /** What to do. */
  detail: string;
  /** A path of ours. */
  link: string;
  /** RFC 3339 in UTC; null while unread. */
  readAt: string | null;
}

const ID_LENGTH_MAX = 200;

/** Stages a notice and its sending. Staged again, in this commit or a later one, it changes nothing. */
export async function stageNotice(batch: Batch, notice: FreshNotice): Promise<void> {
  const { id, accountId, atMs } = notice;
  if (await batch.get<Notice>(noticeKey(id))) return;
  batch.set(noticeKey(id), { ...notice, readAtMs: null } satisfies Notice);
  batch.set(noticeByTimeKey(atMs, id), {});
  batch.set(noticeUnreadKey(atMs, id), {});
  if (accountId !== null) batch.set(noticeByAccountKey(accountId, atMs, id), {});
  batch.set(noticeDueKey(atMs, id), {});
}

/** The id of a cause: its kind and what names it, hashed where that is long or not plain ASCII. */
export function noticeId(kind: NoticeKind, cause: readonly (string | number)[]): string {
  const id = [kind, ...cause].join(":");
  if (id.length <= ID_LENGTH_MAX && /^[\w:+@-]+$/.test(id)) return id;
  return `${kind}:${createHash("sha256").update(id).digest("hex")}`;
}

/** See {@link ShownNotice}. */
export function showNotice(notice: Notice): ShownNotice {
  const { id, kind, accountId, atMs, title, detail, link, readAtMs } = notice;
  return {
    id,
    kind,
    accountId,
    at: formatInstant(atMs),
    title,
    detail,
    link,
    readAt: readAtMs === null ? null : formatInstant(readAtMs),
  };
}
