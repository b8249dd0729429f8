/**
 * A customer's SMS bill with its breakdown.
 *
 * @module
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { formatMoney } from "../../../core/money.ts";
import { payableMicros, type SmsBill } from "../../../core/sms_billing/bill.ts";
import { getNamedBill } from "../../../core/sms_billing/list_bills.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { DefinitionList, PageHead, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { showPage } from "../frame.tsx";
import { BillBadge, FREQUENCY_WORDS, PAYMENT_WORDS, Period } from "../sms/bill_words.tsx";
import { BreakdownPanel } from "../sms/breakdown_panel.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { ownAccount, showGone } from "./own_account.ts";
import { customersBill } from "./portal_words.tsx";

const BILL_ID_CHARS_MAX = 100;

/** Shows a bill of whoever is signed in; anybody else's is not there. */
export async function showOwnBill(
  c: Context<AppEnv>,
  { deps, billId }: { deps: AppDeps; billId: string },
): Promise<Response> {
  const accountId = ownAccount(c);
  const account = await getAccount(deps.store, accountId);
  const named = billId.length > BILL_ID_CHARS_MAX ? null : await getNamedBill(deps.store, billId);
  if (!account || named?.bill.accountId !== accountId) return showGone(c, deps);
  const { bill } = named;
  const title = `Bill ${bill.id}`;
  const body = (
    <>
      <PageHead
        title={title}
        above={{ href: "/portal/bills", label: "SMS bills" }}
        lead={
          <p class="row">
            <BillBadge bill={customersBill(bill)} />
            <span>{sentenceOf(bill)}</span>
          </p>
        }
      />
      <Facts bill={bill} account={account} />
      <BreakdownPanel bill={bill} />
    </>
  );
  return showPage(c, { deps, title, body });
}

function sentenceOf(bill: SmsBill): string {
  switch (bill.status) {
    case "paid":
      return `Paid ${PAYMENT_WORDS[bill.payment]}.`;
    case "cancelled":
      return "Nothing is to be paid.";
    case "failed":
      return bill.payment === "wallet"
        ? "The balance did not cover it. It is paid as soon as there is money."
        : "The payment did not go through. It is tried again.";
    default:
      return bill.approval === "awaiting"
        ? "It waits for your provider's approval; sending waits, too."
        : "The payment is under way.";
  }
}

function Facts({ bill, account }: { bill: SmsBill; account: Account }): JSX.Element {
  const money = (micros: bigint) => <MoneyText money={formatMoney(micros, bill.currency)} />;
  const hasRemainder = bill.carriedInMicros !== 0n || bill.carriedOutMicros !== 0n;
  const remainder = hasRemainder
    ? [
      { term: "Carried over from the bill before", value: money(bill.carriedInMicros) },
      { term: "Carried over to the next bill", value: money(bill.carriedOutMicros) },
    ]
    : [];
  return (
    <Panel id="facts" title="The bill">
      <DefinitionList
        items={[
          { term: "Period", value: <Period bill={bill} timeZone={account.timezone} /> },
          { term: "Made", value: FREQUENCY_WORDS[bill.frequency] },
          { term: "Messages", value: formatCount(bill.messageCount) },
          { term: "Segments", value: formatCount(bill.segments) },
          { term: "Messages come to", value: money(bill.totalMicros) },
          ...remainder,
          { term: "To be paid", value: money(payableMicros(bill)) },
          {
            term: "Paid at",
            value: bill.paidAtMs === null
              ? "not paid"
              : <TimeText atMs={bill.paidAtMs} timeZone={account.timezone} precision="minute" />,
          },
        ]}
      />
    </Panel>
  );
}
