/**
 * Bills as a table; whoever may change them picks rows and says what is to be done with them.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { NamedBill } from "../../../core/sms_billing/list_bills.ts";
import { accountHref } from "../call/cells.tsx";
import { SelectField } from "../fields.tsx";
import { formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { Table } from "../table.tsx";
import { MoneyText } from "../values.tsx";
import { BillBadge, billHref, failureWords, Period, SMS_PATH } from "./bill_words.tsx";

/** Where selected bills are sent. */
export const SELECTION_PATH: string = `${SMS_PATH}/bill-selections`;

/** What may be done with many bills, as a choice. */
export const BULK_CHOICES = [
  { value: "process", label: "Process: have them paid" },
  { value: "approve", label: "Approve, and have them paid" },
  { value: "cancel", label: "Cancel: charge them to nobody" },
] as const;

/** The table, inside a form when rows may be picked. */
export function BillTable(
  { bills, mayChange }: { bills: readonly NamedBill[]; mayChange: boolean },
): JSX.Element {
  if (!mayChange) return <Rows bills={bills} isPickable={false} />;
  return (
    <form class="form" method="post" action={SELECTION_PATH}>
      <Rows bills={bills} isPickable />
      <div class="filter row">
        <SelectField
          name="action"
          label="With the bills picked above"
          options={BULK_CHOICES.map((choice) => ({ ...choice }))}
        />
        <div class="actions row">
          <button class="button" type="submit">Go on to a summary</button>
        </div>
      </div>
    </form>
  );
}

type ColumnName =
  | "bill"
  | "account"
  | "period"
  | "messages"
  | "total"
  | "status";

function Rows(
  { bills, isPickable }: { bills: readonly NamedBill[]; isPickable: boolean },
): JSX.Element {
  return (
    <Table<ColumnName>
      caption="Bills, newest first"
      columns={[
        { key: "bill", label: "Bill" },
        { key: "account", label: "Account" },
        { key: "period", label: "Period" },
        { key: "messages", label: "Messages", kind: "number" },
        { key: "total", label: "Total, payment", kind: "number" },
        { key: "status", label: "Status", kind: "text" },
      ]}
      rows={bills.map((one) => cellsOf(one, isPickable))}
    />
  );
}

function cellsOf({ bill, accountName }: NamedBill, isPickable: boolean): Record<ColumnName, Child> {
  return {
    bill: isPickable
      ? (
        <span class="field check">
          <input type="checkbox" name="bill" value={bill.id} aria-label={`Pick bill ${bill.id}`} />
          <a href={billHref(bill.id)}>{bill.id}</a>
        </span>
      )
      : <a href={billHref(bill.id)}>{bill.id}</a>,
    account: <a href={accountHref(bill.accountId)}>{accountName}</a>,
    period: <Period bill={bill} timeZone={ADMIN_TIME_ZONE} />,
    messages: (
      <>
        {formatCount(bill.messageCount)}
        <br />
        <small>{formatCount(bill.segments)} segments</small>
      </>
    ),
    total: (
      <>
        <MoneyText money={formatMoney(bill.totalMicros, bill.currency)} />
        <br />
        <small>{bill.payment}, {attemptsWords(bill.attempts)}</small>
      </>
    ),
    status: (
      <>
        <BillBadge bill={bill} />
        {bill.failureReason !== null && (
          <>
            <br />
            <small>{failureWords(bill.failureReason)}</small>
          </>
        )}
      </>
    ),
  };
}

function attemptsWords(attempts: number): string {
  if (attempts === 0) return "not tried yet";
  return attempts === 1 ? "1 attempt" : `${formatCount(attempts)} attempts`;
}
