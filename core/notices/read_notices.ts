/**
 * Notices as people and programs read them: newest first, of one account or all, and marked as read.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Gates } from "../kv/gates.ts";
import {
  type Key,
  noticeByAccountPrefix,
  noticeByTimePrefix,
  noticeKey,
  noticeUnreadKey,
  noticeUnreadPrefix,
} from "../kv/keys.ts";
import { listPage } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Notice, NoticeKind } from "./notice.ts";

/** Which notices. */
export interface NoticeQuery {
  /** About this account alone. */
  accountId?: string | undefined;
  /** Of these kinds alone; all without. */
  kinds?: readonly NoticeKind[] | undefined;
  /** Those nobody has read. */
  isUnread?: boolean | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Notices looked at for a page. */
  limit: number;
}

/** A page; under a filter it may be short, even empty, while its cursor goes on. */
export interface NoticePage {
  /** Newest first. */
  notices: Notice[];
  /** Null at the end. */
  nextCursor: string | null;
}

/** A page of notices; null when the cursor is not one of ours. */
export async function listNotices(
  store: Store,
  { accountId, kinds, isUnread, cursor, limit }: NoticeQuery,
): Promise<NoticePage | null> {
  const page = await listPage<object>(store, {
    prefix: prefixOf({ accountId, isUnread }),
    reverse: true,
    cursor,
    limit,
  });
  if (!page) return null;
  const rows = await store.getMany<Notice>(page.rows.map(({ key }) => noticeKey(key.at(-1)!)));
  const notices = rows.flatMap((row) => row ? [row.value] : []).filter(({ kind, readAtMs }) =>
    (kinds?.includes(kind) ?? true) && (!isUnread || readAtMs === null)
  );
  return { notices, nextCursor: page.nextCursor };
}

function prefixOf({ accountId, isUnread }: Pick<NoticeQuery, "accountId" | "isUnread">): Key {
  if (accountId !== undefined) return noticeByAccountPrefix(accountId);
  return isUnread ? noticeUnreadPrefix : noticeByTimePrefix;
}

/** A notice, or null. */
export async function getNotice(store: Store, id: string): Promise<Notice | null> {
  return (await store.get<Notice>(noticeKey(id)))?.value ?? null;
}

/** Most notices {@link countUnread} counts, and {@link readEveryNotice} marks in one go. */
export const UNREAD_MAX = 500;

/** How many nobody has read, {@link UNREAD_MAX} at most. */
export async function countUnread(store: Store): Promise<number> {
  return (await store.list<object>({ prefix: noticeUnreadPrefix, limit: UNREAD_MAX })).length;
}

/** Marks a notice as read; one that was read before stays as it was. */
export async function readNotice(
  deps: { gates: Gates; clock: Clock },
  id: string,
): Promise<{ status: "notice_read"; notice: Notice } | { status: "notice_not_found" }> {
  const atMs = deps.clock.now();
  return await deps.gates.change({
    gate: noticeKey(id),
    stage: async (batch) => {
      const notice = await batch.get<Notice>(noticeKey(id));
      if (!notice) return { status: "notice_not_found" as const };
      if (notice.readAtMs !== null) return { status: "notice_read" as const, notice };
      const read: Notice = { ...notice, readAtMs: atMs };
      batch.set(noticeKey(id), read);
      batch.delete(noticeUnreadKey(notice.atMs, id));
      return { status: "notice_read" as const, notice: read };
    },
  });
}

/** Marks every unread notice as read, {@link UNREAD_MAX} at most; answers how many. */
export async function readEveryNotice(
  deps: { store: Store; gates: Gates; clock: Clock },
): Promise<number> {
  const unread = await deps.store.list<object>({ prefix: noticeUnreadPrefix, limit: UNREAD_MAX });
  for (const { key } of unread) await readNotice(deps, key[2]!);
  return unread.length;
}
