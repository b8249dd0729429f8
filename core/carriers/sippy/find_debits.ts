/**
 * Finds the debits the switch knows of an account in a window of time, every page of them.
 *
 * Comes from: `core/carriers/sippy/client.ts`.
 * Goes to: `core/carriers/sippy/sippy_time.ts`, `core/money.ts`.
 *
 * @module
 */
import { SECOND_MS } from "../../clock.ts";
import { parseDecimal } from "../../money.ts";
import type { Conversation, MethodAnswer } from "./conversation.ts";
import { formatSippyTime, parseSippyTime } from "./sippy_time.ts";
import { memberOf, structOf, textOf, wholeNumberOf, type XmlRpcValue } from "./xml_rpc/value.ts";

/** Rows asked for in one page. */
export const PAYMENT_PAGE_ROWS = 100;

/** Pages read before a window counts as too wide. */
export const PAYMENT_PAGES_MAX = 50;

/** Which debits. */
export interface FindDebitsRequest {
  /** The account's number at the switch. */
  iAccount: number;
  /** Begin of the window, rounded down to a whole second. */
  fromMs: number;
  /** End of the window, rounded up to a whole second. Keep it narrow: paging has no stable order. */
  untilMs: number;
}

/** One payment as the switch lists it. Its members are not documented, so each may be missing. */
export interface SippyPayment {
  /** The switch's number of the payment. */
  iPayment: number | null;
  /** Null when missing or unreadable; whole seconds. */
  paymentTimeMs: number | null;
  /** As it came: `12.5`, perhaps with a sign or an exponent. */
  amountText: string | null;
  /**
   * Its size, never negative: whether debits are listed with a minus sign is not documented.
   * Null when missing or unreadable.
   */
  amountMicros: bigint | null;
  /** As it came. */
  currency: string | null;
  /** What was sent as `payment_notes`, if the switch kept it, and kept all of it. */
  notes: string | null;
  /** The account it belongs to; compare it, since filters may have been ignored. */
  iAccount: number | null;
}

/** What the switch lists. */
export type FindDebitsOutcome =
  /**
   * Every page was read. An empty list means "not listed yet or not executed", never "not executed".
   * `tookMs` is the slowest request's.
   */
  | { status: "found"; payments: SippyPayment[]; tookMs: number }
  /** The list is not whole, so it tells nothing; `tookMs` is null when nothing was asked. */
  | { status: "unavailable"; reason: string; tookMs: number | null };

/**
 * `getPaymentsList` with `type` debit, page after page until one brings nothing.
 *
 * A short page proves nothing, since the switch may clamp `limit`. A page that repeats rows as a whole
 * ends the list when the switch evidently sends everything each time; rows that repeat in part say
 * that the list moved while it was read, and what moved past us is missing.
 * Source: Sippy documentation, article 107446 (members of the request); of the answer's members, a
 * public client alone is known.
 */
export async function findDebits(
  conversation: Conversation,
  request: FindDebitsRequest,
): Promise<FindDebitsOutcome> {
  const found = new Map<string, SippyPayment>();
  let tookMs = 0;
  const window = windowOf(request);
  if (window === null) return unavailable("the account's number or the window is none", null);
  for (let pageIndex = 0, offset = 0; pageIndex < PAYMENT_PAGES_MAX; pageIndex++) {
    const answer = await conversation.call({
      method: "getPaymentsList",
      parameters: pageOf(window, offset),
    });
    const page = readPage(answer);
    if (page.status === "unavailable") return page;
    tookMs = Math.max(tookMs, page.tookMs);
    const fresh = page.rows.filter(({ key }) => !found.has(key));
    for (const { key, payment } of fresh) found.set(key, payment);
    if (fresh.length === 0) return end(page.rows.length, { found, tookMs });
    if (offset > 0 && fresh.length < page.rows.length) return unavailable(MOVED, tookMs);
    offset += page.rows.length;
  }
  return unavailable("the window holds too many payments", tookMs);
}

const MOVED = "the list moved while it was read";

function end(
  repeatedCount: number,
  { found, tookMs }: { found: Map<string, SippyPayment>; tookMs: number },
): FindDebitsOutcome {
  // As many as were asked for, and the same again: the offset was ignored, and the rest never comes.
  if (repeatedCount === PAYMENT_PAGE_ROWS) return unavailable("the switch does not page", tookMs);
  return { status: "found", payments: [...found.values()], tookMs };
}

type Window = { iAccount: number; startDate: string; endDate: string };

function windowOf({ iAccount, fromMs, untilMs }: FindDebitsRequest): Window | null {
  const startDate = formatSippyTime(fromMs);
  const endDate = formatSippyTime(Math.ceil(untilMs / SECOND_MS) * SECOND_MS);
  if (startDate === null || endDate === null || untilMs < fromMs) return null;
  if (!Number.isInteger(iAccount)) return null;
  return { iAccount, startDate, endDate };
}

function pageOf({ iAccount, startDate, endDate }: Window, offset: number): XmlRpcValue {
  return structOf({
    i_account: { kind: "int", value: iAccount },
    type: { kind: "string", text: "debit" },
    start_date: { kind: "string", text: startDate },
    end_date: { kind: "string", text: endDate },
    offset: { kind: "int", value: offset },
    limit: { kind: "int", value: PAYMENT_PAGE_ROWS },
  });
}

interface Page {
  status: "page";
  rows: { key: string; payment: SippyPayment }[];
  tookMs: number;
}

function readPage(
  answer: MethodAnswer,
): Page | Extract<FindDebitsOutcome, { status: "unavailable" }> {
  const { tookMs } = answer;
  if (answer.status === "fault") {
    return unavailable(`fault ${answer.faultCode}: ${answer.faultString}`, tookMs);
  }
  if (answer.status !== "answered") return unavailable(answer.reason, tookMs);
  const payments = memberOf(answer.value, "payments");
  const result = memberOf(answer.value, "result");
  // No list is no empty list: it would tell that there was no debit.
  if (payments?.kind !== "array" || (result && textOf(result) !== "OK")) {
    return unavailable("the answer holds no list of payments", tookMs);
  }
  if (!payments.items.every((item) => item.kind === "struct")) {
    return unavailable("a payment cannot be read", tookMs);
  }
  return { status: "page", rows: readRows(payments.items), tookMs: answer.tookMs };
}

function readRows(items: readonly XmlRpcValue[]): Page["rows"] {
  const sightings = new Map<string, number>();
  return items.map(readRow).map((payment) => {
    if (payment.iPayment !== null) return { key: String(payment.iPayment), payment };
    // Two rows without a number that look alike, on one page, are two payments.
    const looks = JSON.stringify({ ...payment, amountMicros: null });
    const sighting = (sightings.get(looks) ?? 0) + 1;
    sightings.set(looks, sighting);
    return { key: `${sighting} ${looks}`, payment };
  });
}

function readRow(row: XmlRpcValue): SippyPayment {
  const text = (name: string) => textOf(memberOf(row, name));
  const paymentTime = text("payment_time");
  const amountText = text("amount");
  const amountMicros = amountText === null ? null : parseDecimal(amountText);
  return {
    iPayment: wholeNumberOf(memberOf(row, "i_payment")),
    paymentTimeMs: paymentTime === null ? null : parseSippyTime(paymentTime),
    amountText,
    amountMicros: amountMicros !== null && amountMicros < 0n ? -amountMicros : amountMicros,
    currency: text("currency"),
    notes: text("notes"),
    iAccount: wholeNumberOf(memberOf(row, "i_account")),
  };
}

function unavailable(
  reason: string,
  tookMs: number | null,
): Extract<FindDebitsOutcome, { status: "unavailable" }> {
  return { status: "unavailable", reason, tookMs };
}
