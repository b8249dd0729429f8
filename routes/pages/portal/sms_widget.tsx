/**
 * A customer's SMS billing at a glance: the running period against its limits, when the next bill comes, what
 * is unpaid, the newest bills.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import { formatMoney } from "../../../core/money.ts";
import type { SmsBill } from "../../../core/sms_billing/bill.ts";
import { DefinitionList, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { BillBadge, FREQUENCY_WORDS, Period } from "../sms/bill_words.tsx";
import { UsageBars } from "../sms/usage_bars.tsx";
import { Table } from "../table.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { customersBill, portalBillHref } from "./portal_words.tsx";
import type { PortalView } from "./read_portal.ts";

/** The widget. */
export function SmsWidget({ view }: { view: PortalView }): JSX.Element {
  const { account, sms, usage, bills } = view;
  const { unpaidCount, unpaidMicros, awaitingCount } = sms.smsAccount;
  return (
    <Panel id="sms" title="SMS billing" actions={<a href="/portal/bills">All bills</a>}>
      <UsageBars
        usage={usage}
        currency={account.currency}
        warnAtPercent={sms.terms.warnAtPercent}
      />
      <DefinitionList
        items={[
          { term: "Bills are made", value: FREQUENCY_WORDS[usage.frequency] },
          {
            term: "Next billing date",
            value: usage.periodEndMs === null ? "when a limit is reached" : (
              <TimeText
                atMs={usage.periodEndMs}
                timeZone={account.timezone}
                precision="minute"
              />
            ),
          },
          {
            term: "Pending bills",
            value: unpaidCount === 0 ? "none" : (
              <>
                {formatCount(unpaidCount)} over{" "}
                <MoneyText money={formatMoney(unpaidMicros, account.currency)} />
                {awaitingCount > 0 && `, ${formatCount(awaitingCount)} waiting for approval`}
              </>
            ),
          },
        ]}
      />
      {awaitingCount > 0 && <p>Sending waits until your provider has approved what is pending.</p>}
      {bills.length > 0 && <BillRows bills={bills} account={account} caption="The newest bills" />}
    </Panel>
  );
}

/** Bills as their customer sees them. */
export function BillRows(
  { bills, account, caption }: {
    bills: readonly SmsBill[];
    account: Pick<Account, "timezone">;
    caption: string;
  },
): JSX.Element {
  return (
    <Table
      caption={caption}
      columns={[
        { key: "bill", label: "Bill" },
        { key: "period", label: "Period" },
        { key: "messages", label: "Messages", kind: "number" },
        { key: "total", label: "Total", kind: "number" },
        { key: "status", label: "Status" },
      ]}
      rows={bills.map((bill) => ({
        bill: <a href={portalBillHref(bill.id)}>{bill.id}</a>,
        period: <Period bill={bill} timeZone={account.timezone} />,
        messages: formatCount(bill.messageCount),
        total: <MoneyText money={formatMoney(bill.totalMicros, bill.currency)} />,
        status: <BillBadge bill={customersBill(bill)} />,
      }))}
    />
  );
}
