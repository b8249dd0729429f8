/**
 * `/admin/sms/bills/:id`: what a bill counts, how it was or will be paid, and what people did with it.
 *
 * Goes to: `routes/pages/sms/bill_view.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { utcDay } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { payableMicros } from "../../../core/sms_billing/bill.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { accountHref } from "../call/cells.tsx";
import { Columns, DefinitionList, LinkButton, PageHead, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE, mayChange, showMissing, showPage } from "../frame.tsx";
import { MESSAGES_PATH } from "../message/filter.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { deedsFor, deedWords, needsDecision } from "./bill_deeds.ts";
import { BillHistory } from "./bill_history.tsx";
import { type BillView, readBill } from "./bill_view.ts";
import {
  BillBadge,
  billHref,
  BILLS_PATH,
  failureWords,
  FREQUENCY_WORDS,
  messagesWords,
  PAYMENT_WORDS,
  Period,
} from "./bill_words.tsx";
import { BreakdownPanel } from "./breakdown_panel.tsx";
import { DecisionPanel, SippyPanel } from "./sippy_panel.tsx";

/** Loads the page again while its payment is under way, where JavaScript is off. */
const REFRESH_SECONDS = 5;

/** Shows a bill. */
export async function showBill(
  c: Context<AppEnv>,
  { deps, billId }: { deps: AppDeps; billId: string },
): Promise<Response> {
  const view = await readBill(deps.store, billId);
  if (!view) return showMissingBill(c, deps);
  return showPage(c, {
    deps,
    title: `Bill ${view.bill.id}`,
    body: <BillBody view={view} mayChange={mayChange(c)} />,
    refreshSeconds: view.bill.status === "processing" ? REFRESH_SECONDS : undefined,
  });
}

/** 404 with the way back to the bills. */
export function showMissingBill(c: Context<AppEnv>, deps: AppDeps): Response {
  return showMissing(c, {
    deps,
    title: "No such bill",
    text: "No bill has this id, or its period is still open.",
    action: { href: BILLS_PATH, label: "All bills" },
  });
}

function BillBody({ view, mayChange }: { view: BillView; mayChange: boolean }): JSX.Element {
  const { bill } = view;
  return (
    <>
      <Head view={view} mayChange={mayChange} />
      {needsDecision(bill) && <DecisionPanel view={view} mayChange={mayChange} />}
      <Columns>
        <FactsPanel view={view} />
        <PaymentPanel view={view} />
      </Columns>
      <BreakdownPanel bill={bill} />
      {bill.sippy && <SippyPanel bill={bill} />}
      <BillHistory view={view} />
    </>
  );
}

function Head({ view, mayChange }: { view: BillView; mayChange: boolean }): JSX.Element {
  const { bill, accountName } = view;
  const deeds = deedsFor(bill).filter((deed) =>
    deed === "process" || deed === "approve" || deed === "cancel"
  );
  return (
    <PageHead
      title={`Bill ${bill.id}`}
      above={{ href: BILLS_PATH, label: "Bills" }}
      lead={
        <p class="row">
          <BillBadge bill={bill} />
          <a href={accountHref(bill.accountId)}>{accountName}</a>
        </p>
      }
      actions={mayChange && deeds.map((deed) => (
        <LinkButton
          key={deed}
          href={`${billHref(bill.id)}/actions?do=${deed}`}
          tone={deed === "cancel" ? undefined : "primary"}
        >
          {deedWords(deed, bill).verb}
        </LinkButton>
      ))}
    />
  );
}

function FactsPanel({ view: { bill } }: { view: BillView }): JSX.Element {
  return (
    <Panel id="facts" title="What it is for">
      <DefinitionList
        items={[
          { term: "Period", value: <Period bill={bill} timeZone={ADMIN_TIME_ZONE} /> },
          { term: "Closed", value: FREQUENCY_WORDS[bill.frequency] },
          {
            term: "Messages",
            value: <a href={messagesHref(bill)}>{messagesWords(bill.messageCount)}</a>,
          },
          { term: "Segments", value: formatCount(bill.segments) },
        ]}
      />
    </Panel>
  );
}

/** The messages of its days: one that came late may lie in an earlier one. */
function messagesHref(
  { accountId, periodStartMs, periodEndMs }: BillView["bill"],
): string {
  const to = utcDay((periodEndMs ?? periodStartMs + 1) - 1);
  const query = new URLSearchParams({ account: accountId, from: utcDay(periodStartMs), to });
  return `${MESSAGES_PATH}?${query}`;
}

function PaymentPanel({ view: { bill } }: { view: BillView }): JSX.Element {
  const money = (micros: bigint) => <MoneyText money={formatMoney(micros, bill.currency)} />;
  const hasRemainder = bill.carriedInMicros !== 0n || bill.carriedOutMicros !== 0n;
  const remainder = hasRemainder
    ? [
      { term: "Carried over from the bill before", value: money(bill.carriedInMicros) },
      { term: "Carried over to the next bill", value: money(bill.carriedOutMicros) },
    ]
    : [];
  const failure = bill.failureReason === null
    ? []
    : [{ term: "Why not paid", value: failureWords(bill.failureReason) }];
  return (
    <Panel id="payment" title="Payment">
      <DefinitionList
        items={[
          { term: "Messages come to", value: money(bill.totalMicros) },
          ...remainder,
          { term: "To be paid", value: money(payableMicros(bill)) },
          { term: "Paid", value: PAYMENT_WORDS[bill.payment] },
          { term: "Attempts", value: formatCount(bill.attempts) },
          ...failure,
          { term: "Paid at", value: <PaidAt bill={bill} /> },
          { term: "Ledger", value: <EntryLink bill={bill} /> },
        ]}
      />
    </Panel>
  );
}

function PaidAt({ bill: { paidAtMs } }: Pick<BillView, "bill">): JSX.Element {
  return paidAtMs === null
    ? <>not paid</>
    : <TimeText atMs={paidAtMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />;
}

function EntryLink({ bill }: Pick<BillView, "bill">): JSX.Element {
  if (bill.entrySeq === null) {
    return <>{bill.payment === "sippy" ? "no entry: Sippy takes it" : "no entry"}</>;
  }
  return (
    <a href={`${accountHref(bill.accountId)}?kind=payment#entries`}>
      entry {formatCount(bill.entrySeq)}
    </a>
  );
}
