/**
 * What is known of a bill's debit at Sippy, and the decision that is a person's when nothing more can be.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { SippyDebit, SmsBill } from "../../../core/sms_billing/bill.ts";
import { DefinitionList, LinkButton, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { CopyText } from "../progress.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { deedsFor, deedWords } from "./bill_deeds.ts";
import type { BillView } from "./bill_view.ts";
import { billHref, failureWords } from "./bill_words.tsx";

const STATE_WORDS: Readonly<Record<SippyDebit["state"], string>> = {
  sending: "being sent, or sent without an answer yet",
  unknown: "sent; what became of it is not known",
  charged: "taken",
  refused: "refused",
  not_sent: "not sent",
};

/** The debit's reference and state. */
export function SippyPanel({ bill }: { bill: SmsBill }): JSX.Element | null {
  const { sippy } = bill;
  if (!sippy) return null;
  return (
    <Panel id="sippy" title="Debit at Sippy">
      <DefinitionList
        items={[
          { term: "State", value: STATE_WORDS[sippy.state] },
          { term: "Account there", value: <code>{sippy.iAccount}</code> },
          {
            term: "Amount",
            value: <MoneyText money={formatMoney(sippy.amountMicros, bill.currency)} />,
          },
          { term: "Requests", value: formatCount(sippy.attempts) },
          {
            term: "Sent",
            value: <TimeText atMs={sippy.sentAtMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />,
          },
          { term: "Searches without a find", value: formatCount(sippy.lookups) },
        ]}
      />
      <p>Reference in its notes:</p>
      <p>
        <CopyText text={sippy.reference} />
      </p>
    </Panel>
  );
}

/** What a person has to find out, and the three answers. */
export function DecisionPanel(
  { view: { bill }, mayChange }: { view: BillView; mayChange: boolean },
): JSX.Element {
  const answers = deedsFor(bill).filter((deed) =>
    deed === "collected" || deed === "not_collected" || deed === "write_off"
  );
  return (
    <Panel id="decision" title="Did Sippy take the money?">
      <p>
        {bill.failureReason !== null && <>What we know: {failureWords(bill.failureReason)}.</>}{" "}
        In Sippy, open the payments of the account below and look for a debit whose notes hold the
        reference below. Nothing is sent until somebody has decided.
      </p>
      {mayChange && (
        <p class="row">
          {answers.map((deed) => (
            <LinkButton key={deed} href={`${billHref(bill.id)}/actions?do=${deed}`}>
              {deedWords(deed, bill).verb}
            </LinkButton>
          ))}
        </p>
      )}
    </Panel>
  );
}
