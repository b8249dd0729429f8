/**
 * What Twilio charges us: a negative decimal, told late, and sometimes never.
 *
 * @module
 */
import { DAY_MS } from "../../../clock.ts";
import { parseDecimal } from "../../../money.ts";
import type { CallReport } from "../../../usage/call_usage.ts";
import { decimalText } from "../../json_numbers.ts";

/** A cost as a report has it; without one, or with a fault, both are null. */
export interface TwilioCost {
  /** Not negative. */
  costMicros: bigint | null;
  /** ISO 4217, upper case. */
  costCurrency: string | null;
  /** `bad_price`: no decimal, or positive. `bad_currency`: a price in no currency. */
  fault: "bad_price" | "bad_currency" | null;
}

/**
 * The cost behind `price` and `price_unit`: its sign turned, its currency in upper case.
 *
 * Null and empty mean that it is not known. What a positive price means is not documented, so it is a
 * fault and a person looks at it. Source: Twilio OpenAPI, `api.v2010.account.call`, `….message`.
 */
export function parseTwilioCost(
  { price, price_unit: unit }: { price?: unknown; price_unit?: unknown },
): TwilioCost {
  const none = { costMicros: null, costCurrency: null };
  if (price === undefined || price === null || price === "") return { ...none, fault: null };
  const micros = parseDecimal(decimalText(price) ?? "");
  if (micros === null || micros > 0n) return { ...none, fault: "bad_price" };
  const currency = typeof unit === "string" ? unit.trim().toUpperCase() : "";
  if (!/^[A-Z]{3}$/.test(currency)) return { ...none, fault: "bad_currency" };
  return { costMicros: -micros, costCurrency: currency, fault: null };
}

/** `never` is a guess that a later price overturns. */
export type PriceState = "priced" | "zero" | "not_yet" | "never";

/**
 * After so long without a price there will be none: three days.
 *
 * Twilio names no time for calls and 24 hours in rare cases for messages (support article
 * 46871410243099); there is no harm in asking a little longer.
 */
export const TWILIO_PRICE_PATIENCE_MS = 3 * DAY_MS;

/** How long it is over, and how long to wait for a price. */
export interface PriceWait {
  /** Since the call's end or the message's sending. */
  overForMs: number;
  /** {@link TWILIO_PRICE_PATIENCE_MS} without one. */
  patienceMs?: number;
}

/**
 * Whether a call has a price, a price of nothing, none yet, or none for good.
 *
 * A call that did not connect is not billed and needs no waiting; any other is `never` when it has been
 * over for `patienceMs`. Source: Twilio documentation, "Resolve call log usage discrepancies".
 */
export function callPriceState(
  report: Pick<CallReport, "costMicros" | "isFinal" | "status">,
  wait: PriceWait,
): PriceState {
  const isUnbilled = report.isFinal && report.status !== "completed";
  return stateOf(report, isUnbilled ? { overForMs: 0, patienceMs: 0 } : wait);
}

/**
 * The same for a message. A failed one may still get a price, so all of them are waited for.
 *
 * `sent` and `partially_delivered` may be the last word about a message, so they are waited for as well
 * and no longer. Source: Twilio support, article 46871410243099.
 */
export function messagePriceState(
  { costMicros, isFinal, status }: { costMicros: bigint | null; isFinal: boolean; status: string },
  wait: PriceWait,
): PriceState {
  const isOut = isFinal || status === "sent" || status === "partially_delivered";
  return stateOf({ costMicros, isFinal: isOut }, wait);
}

function stateOf(
  report: Pick<CallReport, "costMicros" | "isFinal">,
  { overForMs, patienceMs = TWILIO_PRICE_PATIENCE_MS }: PriceWait,
): PriceState {
  if (report.costMicros !== null) return report.costMicros === 0n ? "zero" : "priced";
  return report.isFinal && overForMs >= patienceMs ? "never" : "not_yet";
}
