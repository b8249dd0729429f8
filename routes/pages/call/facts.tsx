/**
 * What is known of a call: in our terms, as money, and as its carrier wrote it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ChargedCall } from "../../../core/billing/list_calls.ts";
import { formatMoney } from "../../../core/money.ts";
import type { CallView } from "../call.tsx";
import { DefinitionList, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { stateWord } from "../strings.ts";
import { MoneyText, TimeText, Unknown } from "../values.tsx";
import { accountHref, CallCost } from "./cells.tsx";

/** What the carrier told us, in our terms. */
export function FactsPanel({ view }: { view: CallView }): JSX.Element {
  const { one: { call }, account, timeZone } = view;
  const time = (atMs: number | null) => <TimeText {...{ atMs, timeZone }} />;
  const owner = call.accountId === null
    ? "nobody yet"
    : <a href={accountHref(call.accountId)}>{account?.name ?? call.accountId}</a>;
  return (
    <Panel id="facts" title="What we know">
      <DefinitionList
        items={[
          { term: "Account", value: owner },
          { term: "Carrier", value: call.carrier },
          { term: "Direction", value: call.direction ?? <Unknown /> },
          { term: "From", value: call.from || <Unknown /> },
          { term: "To", value: call.to || <Unknown /> },
          { term: "Status", value: stateWord(call.status) },
          { term: "Started", value: time(call.startedAtMs) },
          { term: "Answered", value: time(call.answeredAtMs) },
          { term: "Ended", value: time(call.endedAtMs) },
          { term: "Last learned something", value: time(call.learnedAtMs) },
          { term: "Revision", value: formatCount(call.revision) },
          { term: "Came through", value: <code>{call.sourceId}</code> },
        ]}
      />
    </Panel>
  );
}

/** Charge, cost and what is left, where both are in one currency. */
export function MoneyPanel({ view: { one, account, nowMs } }: { view: CallView }): JSX.Element {
  const { call, charge } = one;
  const currency = account?.currency ?? null;
  const charged = charge?.trace && currency ? formatMoney(charge.amountMicros, currency) : null;
  const isComparable = charge?.trace && call.costMicros !== null && call.costCurrency === currency;
  const margin = isComparable
    ? formatMoney(charge.amountMicros - call.costMicros!, currency!)
    : null;
  return (
    <Panel id="margin" title="Charge, cost and margin">
      <DefinitionList
        items={[
          { term: "Charge (what we take)", value: <MoneyText money={charged} /> },
          { term: "Cost (what the carrier takes)", value: <CallCost one={one} nowMs={nowMs} /> },
          { term: "Margin", value: <MoneyText money={margin} isSigned /> },
        ]}
      />
      {call.costCurrency !== null && currency !== null && call.costCurrency !== currency && (
        <p class="soft">
          The cost is in {call.costCurrency}, the account in{" "}
          {currency}: they are never added up or converted.
        </p>
      )}
    </Panel>
  );
}

/** The members that matter to billing as they came. */
export function RecordPanel({ one: { call } }: { one: ChargedCall }): JSX.Element {
  const members = Object.entries(call.record);
  return (
    <Panel id="record" title="The carrier's own record">
      <p class="soft">As {call.carrier} wrote it; customers do not see this.</p>
      <DefinitionList
        items={members.map(([name, text]) => ({
          term: name,
          value: text === null || text === "" ? <Unknown /> : <code>{text}</code>,
        }))}
      />
    </Panel>
  );
}
