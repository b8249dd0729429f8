/**
 * One reconciled day: the four counts in cards, the balance beside them, and every item that is left.
 *
 * Goes to: `routes/pages/reconciliation/items_panel.tsx`.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Reconciliation, SideSum } from "../../../core/billing/reconciliation.ts";
import { formatMoney } from "../../../core/money.ts";
import { totalsOf } from "../../api/shapes/reconciliation.ts";
import { Badge } from "../badge.tsx";
import { Card, CardRow } from "../cards.tsx";
import { DefinitionList, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { ItemsPanel } from "./items_panel.tsx";
import { PATH } from "./run_form.tsx";

/** Where one day is shown. */
export function dayHref({ carrier, day }: Pick<Reconciliation, "carrier" | "day">): string {
  return `${PATH}?${new URLSearchParams({ carrier, day })}`;
}

/** Whether the day closes, in a word. */
export function StateBadge({ found }: { found: Reconciliation }): JSX.Element {
  const { state, openCount } = found;
  if (state !== "done") return <Badge state={state} />;
  return openCount === 0
    ? <Badge state="ok" label="closes" />
    : <Badge state="open" label={`${formatCount(openCount)} open`} tone="warning" />;
}

/** The four counts and the difference as cells of a list. */
export function Counts(
  found: Reconciliation,
): Record<"matched" | "oursOnly" | "theirsOnly" | "different" | "difference", Child> {
  const { currency, matched, oursOnly, theirsOnly, different } = found;
  const { oursMicros, theirsMicros } = totalsOf(found);
  const cell = (side: SideSum, micros: bigint) => (
    <>
      {formatCount(side.count)}
      {side.count > 0 && (
        <>
          <br />
          <small>
            <MoneyText money={formatMoney(micros, currency)} />
          </small>
        </>
      )}
    </>
  );
  return {
    matched: cell(matched, matched.theirsMicros),
    oursOnly: cell(oursOnly, oursOnly.oursMicros),
    theirsOnly: cell(theirsOnly, theirsOnly.theirsMicros),
    different: cell(different, different.theirsMicros - different.oursMicros),
    difference: <MoneyText money={formatMoney(theirsMicros - oursMicros, currency)} />,
  };
}

/** A day in full. */
export function DayPanel(
  { found, mayClose }: { found: Reconciliation; mayClose: boolean },
): JSX.Element {
  return (
    <>
      <SideCards found={found} />
      <Messages found={found} />
      <Totals found={found} />
      <Movement found={found} />
      <ItemsPanel found={found} mayClose={mayClose} />
    </>
  );
}

function SideCards({ found }: { found: Reconciliation }): JSX.Element {
  const money = (micros: bigint) => <MoneyText money={formatMoney(micros, found.currency)} />;
  const { matched, oursOnly, theirsOnly, different } = found;
  return (
    <CardRow>
      <Card
        label="Matched"
        figure={formatCount(matched.count)}
        subline={money(matched.theirsMicros)}
      />
      <Card
        label="Ours only"
        figure={formatCount(oursOnly.count)}
        subline={<>{money(oursOnly.oursMicros)} without a record of the carrier's</>}
      />
      <Card
        label="Theirs only"
        figure={formatCount(theirsOnly.count)}
        subline={<>{money(theirsOnly.theirsMicros)} that we had not heard of</>}
      />
      <Card
        label="Different"
        figure={formatCount(different.count)}
        subline={<>{money(different.oursMicros)} ours, {money(different.theirsMicros)} theirs</>}
      />
    </CardRow>
  );
}

function Messages({ found: { messages } }: { found: Reconciliation }): JSX.Element | null {
  if (!messages) return null;
  const { matched, oursOnly, theirsOnly, different } = messages;
  const line = (side: SideSum) => (
    <>
      {formatCount(side.count)}{" "}
      (<MoneyText money={formatMoney(side.oursMicros, messages.currency)} /> ours,{" "}
      <MoneyText money={formatMoney(side.theirsMicros, messages.currency)} /> theirs)
    </>
  );
  return (
    <Panel id="messages" title="Messages">
      <DefinitionList
        items={[
          { term: "Matched", value: line(matched) },
          { term: "Ours only", value: line(oursOnly) },
          { term: "Theirs only", value: line(theirsOnly) },
          { term: "Different", value: line(different) },
        ]}
      />
    </Panel>
  );
}

function Totals({ found }: { found: Reconciliation }): JSX.Element {
  const { oursMicros, theirsMicros } = totalsOf(found);
  const money = (micros: bigint) => <MoneyText money={formatMoney(micros, found.currency)} />;
  const reason = found.failure === null ? [] : [{ term: "Reason", value: found.failure }];
  return (
    <Panel id="totals" title="The day as it was found">
      <DefinitionList
        items={[
          { term: "State", value: <StateBadge found={found} /> },
          ...reason,
          { term: "Our costs", value: money(oursMicros) },
          { term: "The carrier's records", value: money(theirsMicros) },
          { term: "Difference", value: money(theirsMicros - oursMicros) },
          {
            term: "Compared",
            value: (
              <TimeText
                atMs={found.finishedAtMs}
                timeZone={ADMIN_TIME_ZONE}
                precision="minute"
              />
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Movement({ found }: { found: Reconciliation }): JSX.Element | null {
  const { movement } = found;
  if (found.carrier !== "telnyx") return null;
  if (!movement) {
    return (
      <Panel id="movement" title="Balance with the carrier">
        <p>The balance was not read on both this day and the day before, so it shows nothing.</p>
      </Panel>
    );
  }
  const money = (micros: bigint, isSigned = false) => (
    <MoneyText money={formatMoney(micros, movement.currency)} isSigned={isSigned} />
  );
  const at = (ms: number) => <TimeText atMs={ms} timeZone={ADMIN_TIME_ZONE} precision="minute" />;
  return (
    <Panel id="movement" title="Balance with the carrier">
      <DefinitionList
        items={[
          { term: "Before", value: <>{money(movement.fromMicros)} ({at(movement.fromAtMs)})</> },
          { term: "After", value: <>{money(movement.toMicros)} ({at(movement.toAtMs)})</> },
          { term: "Movement", value: money(movement.toMicros - movement.fromMicros, true) },
          { term: "Calls of the day", value: money(-movement.callCostMicros, true) },
          { term: "Messages of the day", value: money(-movement.messageCostMicros, true) },
          { term: "Not explained by usage", value: money(movement.unexplainedMicros, true) },
        ]}
      />
      <p class="soft">
        Top-ups and monthly fees are not usage, and usage around midnight may count into the next
        day.
      </p>
    </Panel>
  );
}
