/**
 * What has happened to a bill, oldest first: its own steps, and what people did with it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Panel } from "../components.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import type { BillView } from "./bill_view.ts";

interface Step {
  atMs: number;
  what: string;
  detail: string;
}

/** The steps as a table. */
export function BillHistory({ view }: { view: BillView }): JSX.Element {
  return (
    <Panel id="history" title="History">
      <Table
        caption="What has happened to this bill, oldest first"
        isCaptionUnseen
        columns={[
          { key: "time", label: "Time" },
          { key: "what", label: "What" },
          { key: "detail", label: "Who, why", kind: "text" },
        ]}
        rows={stepsOf(view).map(({ atMs, what, detail }) => ({
          time: <TimeText atMs={atMs} timeZone={ADMIN_TIME_ZONE} />,
          what,
          detail,
        }))}
      />
    </Panel>
  );
}

function stepsOf({ bill, changes }: BillView): Step[] {
  const own = [
    { atMs: bill.openedAtMs, what: "first message counted", detail: "" },
    { atMs: bill.closedAtMs, what: "period closed", detail: "" },
    { atMs: bill.sippy?.sentAtMs ?? null, what: "last request to Sippy", detail: "" },
    { atMs: bill.paidAtMs, what: "paid", detail: "" },
  ].filter((step): step is Step => step.atMs !== null);
  const byHand = changes.toReversed().map(({ atMs, action, actor, detail }) => ({
    atMs,
    what: stateWord(action),
    detail: `${actor}: ${detail}`,
  }));
  return [...own, ...byHand].toSorted((a, b) => a.atMs - b.atMs);
}
