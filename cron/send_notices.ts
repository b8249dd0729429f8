/**
 * Notices on their way out: handed on every minute and at every nudge, then sent by jobs.
 *
 * Comes from: `cron/jobs.ts`, `cron/mod.ts`, `cron/background.ts`. Goes to: `core/notices/send_out.ts`,
 * `core/notices/deliver.ts`, `core/notices/mail_notices.ts`.
 *
 * @module
 */
import type { EndpointEgress } from "../core/endpoint_egress.ts";
import type { JobKinds } from "../core/jobs/run_jobs.ts";
import type { Mailer } from "../core/mailer.ts";
import {
  WEBHOOK_JOB,
  WEBHOOK_TEST_JOB,
  webhookKind,
  webhookTestKind,
} from "../core/notices/deliver.ts";
import { MAIL_JOB, mailKind } from "../core/notices/mail_notices.ts";
import { drainNotices } from "../core/notices/send_out.ts";
import type { SendDeps } from "../core/notices/work_off.ts";

/** The ways out of notices; those left out are off. */
export interface NoticeDoors {
  /** To webhook endpoints. */
  endpoints?: EndpointEgress | undefined;
  /** To the mail server; null while none is configured. */
  mailer?: Mailer | null | undefined;
  /** Where the pages are, for links in e-mails. */
  publicUrl?: string | undefined;
}

/** The kinds of job that send notices. */
export function noticeKinds(deps: SendDeps & NoticeDoors): JobKinds {
  return {
    [WEBHOOK_JOB]: webhookKind(deps),
    [WEBHOOK_TEST_JOB]: webhookTestKind(deps),
    [MAIL_JOB]: mailKind(deps),
  };
}

/** Hands on what is due; answers how many notices that were. */
export function sendNotices(deps: SendDeps & NoticeDoors): Promise<number> {
  return drainNotices(deps, { hasMail: Boolean(deps.mailer) });
}
