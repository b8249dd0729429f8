/**
 * What a customer reads about their calls and messages: why each costs what it does, without our side of it.
 *
 * What a carrier takes from us, and what we put on top, stays out of these sentences.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { billingOf, type ChargedCall } from "../../../core/billing/list_calls.ts";
import { type ChargedMessage, messageBillingOf } from "../../../core/billing/list_messages.ts";
import { formatMoney } from "../../../core/money.ts";
import type { SmsBill } from "../../../core/sms_billing/bill.ts";
import type { CostPlusTrace } from "../../../core/rating/rate_cost_plus.ts";
import type { MessageTrace } from "../../../core/rating/rate_message.ts";
import { PriceSentence } from "../call/why.tsx";
import { formatCount, formatMoneyText } from "../format.ts";
import { MoneyText, Unknown } from "../values.tsx";

/** Where the portal is. */
export const PORTAL_PATH = "/portal";

/** Where a call explains itself to its customer. */
export function portalCallHref(callId: string): string {
  return `${PORTAL_PATH}/calls/${encodeURIComponent(callId)}`;
}

/** Where a customer's bill is shown. */
export function portalBillHref(billId: string): string {
  return `${PORTAL_PATH}/bills/${encodeURIComponent(billId)}`;
}

/** A bill as its customer may see it: that somebody has to ask Sippy is no business of theirs. */
export function customersBill(bill: SmsBill): SmsBill {
  return bill.status === "needs_review" ? { ...bill, status: "processing" } : bill;
}

/** What a call was charged; a dash until it is. */
export function CallCharged({ charge }: Pick<ChargedCall, "charge">): JSX.Element {
  if (!charge?.trace) return <Unknown />;
  return <MoneyText money={formatMoney(charge.amountMicros, charge.trace.currency)} />;
}

/** Why a call is charged what it is, or why it is not charged yet. */
export function CallWhy({ one, currency }: { one: ChargedCall; currency: string }): JSX.Element {
  const { charge } = one;
  const { state } = billingOf(one);
  if (state === "waiting_funds" && charge) {
    const missing = formatMoney(charge.wantedMicros - charge.amountMicros, currency);
    return (
      <>
        It waits for money: <MoneyText money={missing} />{" "}
        will be charged as soon as the account is topped up.
      </>
    );
  }
  if (charge?.trace) {
    return charge.trace.kind === "per_minute"
      ? <PriceSentence trace={charge.trace} />
      : <PriceAlone trace={charge.trace} />;
  }
  return state === "parked"
    ? <>It could not be priced so far, so nothing is charged. We look into it.</>
    : <>Nothing is charged for it yet.</>;
}

function PriceAlone({ trace }: { trace: CostPlusTrace }): JSX.Element {
  const money = (amount: string) => formatMoneyText({ amount, currency: trace.currency });
  const result = <strong>{money(trace.result)}</strong>;
  if (trace.seconds === 0) {
    return <>A call of 0 seconds, or one that nobody answered, costs nothing.</>;
  }
  if (trace.cost !== null) return <>The exact price of this call is {result}.</>;
  const minutes = trace.billedSeconds / 60;
  return (
    <>
      {formatCount(minutes)} started {minutes === 1 ? "minute" : "minutes"} at {money(trace.rate)}
      {" "}
      make an estimate of{" "}
      {result}. Once the exact price is known, the difference is charged or given back.
    </>
  );
}

/** Why a message is charged what it is, and by which bill. */
export function MessageWhy({ one }: { one: ChargedMessage }): JSX.Element {
  const { charge, billId } = one;
  const { reason } = messageBillingOf(one);
  if (!charge?.trace) {
    return <>{charge?.state === "parked" ? "It could not be priced so far." : "Not priced yet."}</>;
  }
  if (billId === null && reason?.startsWith("counted_as")) {
    return <>It was reported twice and is charged once.</>;
  }
  return (
    <>
      {messagePrice(charge.trace)} {billId === null ? "The bill of its period takes it." : (
        <>
          On bill <a href={portalBillHref(billId)}>{billId}</a>.
        </>
      )}
    </>
  );
}

function messagePrice({ kind, segments, rate, currency, result }: MessageTrace): string {
  const money = (amount: string) => formatMoneyText({ amount, currency });
  if (kind === "cost_plus") return `Its price is ${money(result)}.`;
  if (kind === "reported") return `The sending program reported ${money(result)}.`;
  const count = segments ?? 0;
  const what = count === 1 ? "segment" : "segments";
  return `${formatCount(count)} ${what} at ${money(rate ?? "0")} each.`;
}
