/**
 * Notices as e-mail: one message to one person, and one job for each.
 *
 * Goes to: `core/notices/work_off.ts`, `core/accounts/account.ts`.
 *
 * @module
 */
import { type Account, getAccount } from "../accounts/account.ts";
import type { Person } from "../accounts/people.ts";
import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import type { Job } from "../jobs/job.ts";
import type { GroupJobKind, JobResult } from "../jobs/run_jobs.ts";
import { noticeKey, personPrefix } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Mail, Mailer } from "../mailer.ts";
import { CUSTOMER_KINDS, type Notice } from "./notice.ts";
import { type SendDeps, workOff } from "./work_off.ts";

/** Sends one notice to one person; its unique name is {@link mailName}. */
export const MAIL_JOB = "mail_notice";
/** After the first try; a mail server that is away longer leaves failed jobs behind. */
export const MAIL_RETRIES_MS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  8 * HOUR_MS,
  24 * HOUR_MS,
] as const;

/** People who hear of one notice. */
export const RECIPIENTS_MAX = 25;

/** The doors of mail; without a mailer every message fails and says so. */
export type MailDeps = SendDeps & {
  mailer?: Mailer | null | undefined;
  /** Where the pages are, for links. */
  publicUrl?: string | undefined;
};

/** The unique name of a message's job. Neither part holds a blank. */
export function mailName({ email, noticeId }: { email: string; noticeId: string }): string {
  return `${email} ${noticeId}`;
}

/** The kind of {@link MAIL_JOB}. */
export function mailKind(deps: MailDeps): GroupJobKind {
  const retryAfterMs = MAIL_RETRIES_MS;
  return {
    retryAfterMs,
    runTogether: (jobs) => workOff(deps, { jobs, retryAfterMs, work: (job) => send(deps, job) }),
  };
}

/** Whom a notice is mailed to: admins, and the account it is about where that is for customers. */
export async function listRecipients(store: Store, notice: Notice): Promise<string[]> {
  const people = await store.list<Person>({ prefix: personPrefix });
  const admins = people.flatMap(({ value }) => value.role === "admin" ? [value.email] : []);
  const customer = await customerAddress(store, notice);
  return [...new Set([...(customer === null ? [] : [customer]), ...admins])]
    .filter(isPlainAddress).slice(0, RECIPIENTS_MAX);
}

async function customerAddress(
  store: Store,
  { kind, accountId }: Notice,
): Promise<string | null> {
  if (accountId === null || !CUSTOMER_KINDS.includes(kind)) return null;
  const account: Account | null = await getAccount(store, accountId);
  return account?.email ?? null;
}

const isPlainAddress = (email: string): boolean => /^[^\s@]+@[^\s@]+$/.test(email);

async function send(deps: MailDeps, job: Job): Promise<JobResult> {
  const at = job.unique.indexOf(" ");
  const [email, id] = [job.unique.slice(0, at), job.unique.slice(at + 1)];
  const notice = (await deps.store.get<Notice>(noticeKey(id)))?.value;
  if (!notice) return { status: "done", result: { gone: 1 } };
  if (!deps.mailer) {
    return { status: "again", reason: "e-mail is off: SMTP_URL or MAIL_FROM is not set" };
  }
  const isAdmin = await mayOpenPages(deps.store, email);
  const link = isAdmin && deps.publicUrl ? deps.publicUrl + notice.link : null;
  const answer = await deps.mailer.send(composeMail(notice, { to: email, link }));
  if (answer.status === "sent") return { status: "done", result: { sent: 1 } };
  deps.log("warn", "A notice was not mailed", { job: job.id, reason: answer.reason });
  return { status: "again", reason: answer.reason };
}

/** A customer cannot open the page that shows the cause, so only people who sign in get its link. */
async function mayOpenPages(store: Store, email: string): Promise<boolean> {
  const people = await store.list<Person>({ prefix: personPrefix });
  return people.some(({ value }) => value.email === email);
}

function composeMail(
  notice: Notice,
  { to, link }: { to: string; link: string | null },
): Mail {
  const lines = [notice.title, "", notice.detail, ...(link ? ["", link] : [])];
  return { to, subject: notice.title, text: `${lines.join("\n")}\n` };
}
