/**
 * An account's SMS billing on its page: terms in force, the running period, what is unpaid.
 *
 * Goes to: `core/sms_billing/billing_summary.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { SmsStanding, SmsUsageView } from "../../../core/sms_billing/billing_summary.ts";
import { DefinitionList, LinkButton, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { BILLS_PATH, FREQUENCY_WORDS, PAYMENT_WORDS } from "../sms/bill_words.tsx";
import { SETTINGS_TAB } from "../sms/settings_tab.tsx";
import { UsageBars } from "../sms/usage_bars.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import type { AccountView } from "./read_account.ts";

/** How an account's SMS billing stands. */
export interface AccountSms {
  /** Its rows. */
  standing: SmsStanding;
  /** The running period. */
  usage: SmsUsageView;
}

/** The panel. */
export function SmsPanel(
  { view, mayChange }: { view: AccountView; mayChange: boolean },
): JSX.Element {
  const { account, sms: { standing, usage } } = view;
  const { terms } = standing;
  return (
    <Panel
      id="sms"
      title="SMS billing"
      actions={
        <>
          <a href={`${BILLS_PATH}&account=${account.id}`}>Bills</a>
          {mayChange && (
            <LinkButton href={`${SETTINGS_TAB}&account=${account.id}`}>Change</LinkButton>
          )}
        </>
      }
    >
      <UsageBars usage={usage} currency={account.currency} warnAtPercent={terms.warnAtPercent} />
      <DefinitionList
        items={[
          { term: "Bills are made", value: FREQUENCY_WORDS[terms.frequency] },
          { term: "Next billing date", value: <NextBill view={view} /> },
          {
            term: "Paid",
            value: `${PAYMENT_WORDS[terms.payment]}, ${
              terms.autoProcess ? "by itself" : "when processed by hand"
            }`,
          },
          { term: "Approval", value: terms.requireApproval ? "for every bill" : "not needed" },
          { term: "Pending bills", value: <Unpaid view={view} /> },
        ]}
      />
    </Panel>
  );
}

function NextBill({ view: { account, sms: { usage } } }: { view: AccountView }): JSX.Element {
  return usage.periodEndMs === null
    ? <>when a limit is reached</>
    : <TimeText atMs={usage.periodEndMs} timeZone={account.timezone} precision="minute" />;
}

function Unpaid({ view: { account, sms: { standing } } }: { view: AccountView }): JSX.Element {
  const { unpaidCount, unpaidMicros, awaitingCount } = standing.smsAccount;
  if (unpaidCount === 0) return <>none</>;
  return (
    <>
      {formatCount(unpaidCount)} over{" "}
      <MoneyText money={formatMoney(unpaidMicros, account.currency)} />
      {awaitingCount > 0 && `, ${formatCount(awaitingCount)} awaiting approval`}
    </>
  );
}
