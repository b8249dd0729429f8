/**
 * One reconciled day: the four counts in cards, the balance beside them, and every item that is left.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type {
  Reconciliation,
  ReconciliationItem,
  SideSum,
  Suggestion,
} from "../../../core/billing/reconciliation.ts";
import { formatMoney } from "../../../core/money.ts";
import { totalsOf } from "../../api/shapes/reconciliation.ts";
import { Badge } from "../badge.tsx";
import { callHref } from "../call/cells.tsx";
import { Card, CardRow } from "../cards.tsx";
import { DefinitionList, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { MoneyText, TimeText } from "../values.tsx";
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
export function DayPanel({ found }: { found: Reconciliation }): JSX.Element {
  return (
    <>
      <SideCards found={found} />
      <Totals found={found} />
      <Movement found={found} />
      <Items found={found} />
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

function Items({ found }: { found: Reconciliation }): JSX.Element {
  const { items, itemCount, currency } = found;
  const money = (micros: bigint | null) => (
    <MoneyText money={micros === null ? null : formatMoney(micros, currency)} />
  );
  return (
    <Panel id="items" title="What did not agree">
      {items.length === 0 ? <p>{emptyWords(found)}</p> : (
        <Table
          caption="Calls on which the two sides did not agree"
          isCaptionUnseen
          columns={[
            { key: "call", label: "Call" },
            { key: "ours", label: "Ours", kind: "number" },
            { key: "theirs", label: "Theirs", kind: "number" },
            { key: "state", label: "State" },
            { key: "why", label: "What to do", kind: "text" },
          ]}
          rows={items.map((item) => ({
            call: callCell(item),
            ours: money(item.oursMicros),
            theirs: money(item.theirsMicros),
            state: <Badge state={item.state} tone={TONES[item.state]} />,
            why: SUGGESTION_WORDS[item.suggestion],
          }))}
        />
      )}
      {itemCount > items.length && (
        <p class="soft">
          and {formatCount(itemCount - items.length)} more; what is open is listed first
        </p>
      )}
    </Panel>
  );
}

function emptyWords({ state }: Reconciliation): string {
  if (state === "done") return "Every call agrees to the cent.";
  return state === "pending" ? "The day is still being read." : "The day could not be read.";
}

/** More would push what is to be done out of sight; the whole id stands in the title. */
const ID_CHARS_SHOWN = 24;

/** A call that only the carrier knows has no page here until it is taken in. */
function callCell({ callId, kind, state }: ReconciliationItem): JSX.Element {
  const id = <code>{callId.slice(0, ID_CHARS_SHOWN)}{callId.length > ID_CHARS_SHOWN && "…"}</code>;
  const isHere = kind !== "theirs_only" || state === "settled";
  return (
    <>
      {isHere
        ? <a href={callHref(callId)} title={callId}>{id}</a>
        : <span title={callId}>{id}</span>}
      <br />
      <small>{stateWord(kind)}</small>
    </>
  );
}

const TONES = { settled: "positive", explained: "neutral", open: "warning" } as const;

const SUGGESTION_WORDS: Record<Suggestion, string> = {
  taken_in: "Its webhooks were missed; it was taken in from the records and billed.",
  corrected: "The carrier's records are newer: the cost was taken over, the difference adjusted.",
  never_answered: "Nobody answered and it cost nothing, so there need not be a record.",
  still_running: "It has not ended as far as we heard. Compare again once it has.",
  no_record: "The record may be late: compare again tomorrow. If it never comes, ask the carrier.",
  no_price: "The carrier's records are not complete or have no price yet: compare again later.",
  not_decided: "The records do not say enough to bill by. Open the call and look at its record.",
};
