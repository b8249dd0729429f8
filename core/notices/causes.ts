/**
 * What each cause makes people hear: the words of a notice, where it leads, and the id that keeps the
 * same cause from being told twice.
 *
 * Goes to: `core/notices/notice.ts`.
 *
 * @module
 */
import { utcDay } from "../clock.ts";
import { formatMicros } from "../money.ts";
import { type FreshNotice, noticeId } from "./notice.ts";

/** A balance passed a threshold downwards, by the entry `seq`. */
export function lowBalanceNotice(
  { accountId, seq, thresholdMicros, balanceMicros, currency, atMs }: {
    accountId: string;
    seq: number;
    thresholdMicros: bigint;
    balanceMicros: bigint;
    currency: string;
    atMs: number;
  },
): FreshNotice {
  return {
    id: noticeId("low_balance", [accountId, seq]),
    kind: "low_balance",
    accountId,
    atMs,
    title: `The balance of ${accountId} is below ${formatMicros(thresholdMicros)} ${currency}`,
    detail: `It is ${formatMicros(balanceMicros)} ${currency} now. A top-up that lifts it above ` +
      "the threshold arms this notice again.",
    link: accountLink(accountId),
  };
}

/** The first call that an account's money does not cover. */
export function waitingFundsNotice(
  { accountId, callId, revision, amountMicros, currency, atMs }: {
    accountId: string;
    callId: string;
    revision: number;
    amountMicros: bigint;
    currency: string;
    atMs: number;
  },
): FreshNotice {
  return {
    id: noticeId("waiting_funds", [accountId, callId, revision]),
    kind: "waiting_funds",
    accountId,
    atMs,
    title: `Calls of ${accountId} wait for funds`,
    detail: `A call of ${formatMicros(amountMicros)} ${currency} is not covered. It and those ` +
      "after it are billed, oldest first, by the next top-up.",
    link: accountLink(accountId),
  };
}

/** Usage of a number, or an account id, that nobody holds, once a day of UTC. Null: of many more. */
export function unassignedUsageNotice(
  { party, atMs }: { party: string | null; atMs: number },
): FreshNotice {
  const claimed = /^account:(.*)$/s.exec(party ?? "")?.[1];
  const who = party === null
    ? "more numbers"
    : claimed === undefined
    ? `the number ${party}`
    : `an account called ${claimed}`;
  const isNumber = party !== null && claimed === undefined;
  return {
    id: noticeId("unassigned_usage", [party ?? "more", utcDay(atMs)]),
    kind: "unassigned_usage",
    accountId: null,
    atMs,
    title: `Usage of ${who} belongs to nobody`,
    detail: claimed === undefined
      ? "It is kept and not billed. Assigning a number, from before its usage began, bills it."
      : "It is kept and not billed. Opening that account, or assigning the number, bills it.",
    link: isNumber
      ? `/admin/calls/unassigned/${encodeURIComponent(party)}`
      : "/admin/calls?billing=unassigned",
  };
}

/** The last try to learn what a call or message cost was in vain. */
export function costNotFoundNotice(
  { what, usageId, accountId, atMs }: {
    what: "call" | "message";
    usageId: string;
    accountId: string | null;
    atMs: number;
  },
): FreshNotice {
  return {
    id: noticeId("cost_not_found", [usageId]),
    kind: "cost_not_found",
    accountId,
    atMs,
    title: `The cost of the ${what} ${usageId} was not found`,
    detail:
      "The carrier did not tell it in any of the tries. What was estimated stands, marked as " +
      "an estimate. The nightly sweep looks again, and so does a retry of the job.",
    link: what === "call" ? `/admin/calls/${encodeURIComponent(usageId)}` : "/admin/messages",
  };
}

/** A carrier key could not be read several times in a row. */
export function syncFailingNotice(
  { sourceId, accountId, failures, reason, atMs }: {
    sourceId: string;
    accountId: string | null;
    failures: number;
    reason: string;
    atMs: number;
  },
): FreshNotice {
  return {
    id: noticeId("sync_failing", [sourceId, atMs]),
    kind: "sync_failing",
    accountId,
    atMs,
    title: `The sync of ${sourceId} keeps failing`,
    detail:
      `${failures} runs in a row ended with: ${reason}. It goes on every minute, and nothing ` +
      "is lost; what is not read is not billed yet.",
    link: "/admin",
  };
}

/** A carrier's day did not come out even. */
export function reconciliationNotice(
  { carrier, day, openCount, atMs }: {
    carrier: string;
    day: string;
    openCount: number;
    atMs: number;
  },
): FreshNotice {
  const calls = openCount === 1 ? "1 call differs" : `${openCount} calls differ`;
  return {
    id: noticeId("reconciliation_difference", [carrier, day]),
    kind: "reconciliation_difference",
    accountId: null,
    atMs,
    title: `${calls} from the records of ${carrier} on ${day}`,
    detail:
      "What we have and what the carrier has was not settled by itself. The page lists every " +
      "call with what may be done about it.",
    link: `/admin/reconciliation?carrier=${carrier}&day=${day}`,
  };
}

const accountLink = (accountId: string): string => `/admin/accounts/${accountId}`;
