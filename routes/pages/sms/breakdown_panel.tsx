/**
 * Where the messages of a bill went, and what each place comes to.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { SmsBill } from "../../../core/sms_billing/bill.ts";
import { Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { Table } from "../table.tsx";
import { MoneyText } from "../values.tsx";
import { placeWords } from "./bill_words.tsx";

/** The lines with their total. */
export function BreakdownPanel(
  { bill }: { bill: Pick<SmsBill, "breakdown" | "messageCount" | "totalMicros" | "currency"> },
): JSX.Element {
  const money = (micros: bigint) => <MoneyText money={formatMoney(micros, bill.currency)} />;
  return (
    <Panel id="breakdown" title="By country and prefix">
      <Table
        caption="Messages of this bill by where they went"
        isCaptionUnseen
        columns={[
          { key: "place", label: "To" },
          { key: "count", label: "Messages", kind: "number" },
          { key: "amount", label: "Amount", kind: "number" },
        ]}
        rows={bill.breakdown.map((line) => ({
          place: placeWords(line),
          count: formatCount(line.count),
          amount: money(line.amountMicros),
        }))}
        totals={{
          place: "All",
          count: formatCount(bill.messageCount),
          amount: money(bill.totalMicros),
        }}
      />
    </Panel>
  );
}
