/**
 * Takes money from an account of the switch: one request at most, and what is known of its effect.
 *
 * The switch has no request id and no idempotency key, so everything here serves one question: was the
 * debit executed, was it not, or does nobody know.
 *
 * Comes from: `core/carriers/sippy/client.ts`.
 * Goes to: `core/carriers/sippy/sippy_time.ts`, `core/money.ts`.
 *
 * @module
 */
import { AMOUNT_MICROS_MAX, formatMicros, parseDecimal } from "../../money.ts";
import type { Conversation, MethodAnswer } from "./conversation.ts";
import { formatSippyTime } from "./sippy_time.ts";
import { memberOf, structOf, textOf, type XmlRpcValue } from "./xml_rpc/value.ts";

/** One debit, as it was decided and stored before it is sent. */
export interface DebitRequest {
  /** The account's number at the switch, positive and of 32 bits. */
  iAccount: number;
  /**
   * Above zero. Send at most the currency's minor digits: how the switch rounds is not documented.
   */
  amountMicros: bigint;
  /** ISO 4217, upper case. The account's base currency: conversion is not documented. */
  currency: string;
  /** Goes out as `payment_notes`; holds the reference a lookup will search for. */
  notes: string;
  /** Goes out as `payment_time`, cut to whole seconds. Choose it once and store it. */
  paymentTimeMs: number;
  /** The request with the money is not begun after this instant, however long signing in took. */
  sendByMs?: number;
}

/** What became of a debit. No reason and no text of a fault quotes a secret. */
export type DebitOutcome =
  /** The switch said OK. */
  | { status: "charged"; tookMs: number }
  /** The switch answered with an XML-RPC fault; its codes are not documented, so none is judged. */
  | { status: "refused"; faultCode: number; faultString: string; tookMs: number }
  /** The switch certainly did not execute it. `tookMs` is null when it was not asked at all. */
  | { status: "not_sent"; reason: string; tookMs: number | null }
  /** It was sent, and may or may not have been executed: look it up, never send it again. */
  | { status: "unknown"; reason: string; tookMs: number };

/**
 * `accountDebit`, sent once at most.
 *
 * Source: Sippy documentation, article 107440 (members, `result` OK, faults).
 */
export async function sendDebit(
  converse: () => Conversation,
  request: DebitRequest,
): Promise<DebitOutcome> {
  const parameters = readParameters(request);
  if (typeof parameters === "string") {
    return { status: "not_sent", reason: parameters, tookMs: null };
  }
  const { sendByMs } = request;
  return readOutcome(
    await converse().call({
      method: "accountDebit",
      parameters,
      ...(sendByMs === undefined ? {} : { sendByMs }),
    }),
  );
}

/** The struct, or why there is none. */
function readParameters(request: DebitRequest): XmlRpcValue | string {
  const { iAccount, amountMicros, currency, notes } = request;
  const amountText = formatDebitAmount(amountMicros);
  const paymentTime = formatSippyTime(request.paymentTimeMs);
  if (!isAccountNumber(iAccount)) return "the account's number is not a positive 32-bit number";
  if (amountText === null) return "the amount is not above zero or has too many digits";
  if (!/^[A-Z]{3}$/.test(currency)) return "the currency is not three capital letters";
  if (paymentTime === null) return "the payment time is not a time";
  return structOf({
    i_account: { kind: "int", value: iAccount },
    amount: { kind: "double", text: amountText },
    currency: { kind: "string", text: currency },
    payment_notes: { kind: "string", text: notes },
    payment_time: { kind: "string", text: paymentTime },
  });
}

function isAccountNumber(iAccount: number): boolean {
  return Number.isInteger(iAccount) && iAccount > 0 && iAccount < 2 ** 31;
}

/** Digits a float of 64 bits keeps whatever they are; the switch is thought to read one. */
const SIGNIFICANT_DIGITS_MAX = 15;

/**
 * The amount as plain decimal text with two to six decimals, which reads back as the same micros here
 * and in any program that takes it for a double. Null when there is no such text.
 */
export function formatDebitAmount(amountMicros: bigint): string | null {
  if (amountMicros <= 0n || amountMicros > AMOUNT_MICROS_MAX) return null;
  const text = formatMicros(amountMicros).replace(/0{1,4}$/, "");
  const digitCount = text.replace(".", "").replace(/^0{1,99}|0{1,99}$/g, "").length;
  if (digitCount > SIGNIFICANT_DIGITS_MAX || parseDecimal(text) !== amountMicros) return null;
  return text;
}

function readOutcome(answer: MethodAnswer): DebitOutcome {
  if (answer.status === "fault") return { ...answer, status: "refused" };
  if (answer.status !== "answered") return answer;
  const { value, tookMs } = answer;
  if (textOf(memberOf(value, "result")) === "OK") return { status: "charged", tookMs };
  // Another word is documented for card payments alone; here it would be news.
  return { status: "unknown", reason: "the answer does not say OK", tookMs };
}
