/**
 * Our debits held against Sippy's own list, day by day, with each item that does not agree.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMicros } from "../../../core/money.ts";
import type { DebitComparison, DebitItem } from "../../../core/sms_billing/compare_debits.ts";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { billHref } from "../sms/bill_words.tsx";
import { Table } from "../table.tsx";

/** The newest days; nothing while no bill was ever sent to Sippy. */
export function DebitsPanel({ days }: { days: readonly DebitComparison[] }): JSX.Element | null {
  if (days.length === 0) return null;
  const items = days.flatMap((day) => day.items.map((item) => ({ day: day.day, item })));
  return (
    <Panel id="sippy" title="Sippy">
      <Table
        caption="Debits of SMS bills, ours against Sippy's"
        columns={[
          { key: "day", label: "Day (UTC)" },
          { key: "state", label: "State" },
          { key: "matched", label: "Matched", kind: "number" },
          { key: "waiting", label: "Not known yet", kind: "number" },
          { key: "open", label: "To look at", kind: "number" },
        ]}
        rows={days.map((day) => ({
          day: day.day,
          state: stateOf(day),
          matched: String(day.matched),
          waiting: String(day.waiting),
          open: String(day.openCount),
        }))}
      />
      {items.length > 0 && <Items items={items} />}
    </Panel>
  );
}

function stateOf({ state, openCount, failure }: DebitComparison): JSX.Element {
  if (state === "pending") return <Badge state="running" label="being read" />;
  if (state === "failed") {
    return <Badge state="failed" label={`not read: ${failure ?? "no answer"}`} />;
  }
  return openCount === 0
    ? <Badge state="ok" label="closes" />
    : <Badge state="unmatched" label="does not close" />;
}

/** What is wrong, and what to do about it. */
const REASONS = {
  no_debit: "We say it is paid; Sippy lists no debit. Look it up there, then collect it by hand.",
  unknown_reference: "Sippy took money under a reference that no bill here has.",
  booked_twice: "Sippy took the money twice. Give one back there by a credit.",
  bill_not_paid: "Sippy took the money; the bill is not paid here. Decide on the bill's page.",
  other_amount: "The two amounts differ.",
} as const satisfies Record<DebitItem["reason"], string>;

function Items({ items }: { items: readonly { day: string; item: DebitItem }[] }): JSX.Element {
  return (
    <Table
      caption="What does not agree"
      columns={[
        { key: "day", label: "Day (UTC)" },
        { key: "bill", label: "Bill" },
        { key: "ours", label: "Ours", kind: "number" },
        { key: "theirs", label: "Sippy's", kind: "number" },
        { key: "why", label: "What it means", kind: "text" },
      ]}
      rows={items.map(({ day, item }) => ({
        day,
        bill: item.billId === null
          ? `payment ${item.iPayment ?? "unknown"}`
          : <a href={billHref(item.billId)}>{item.billId}</a>,
        ours: amountOf(item.oursMicros, item.currency),
        theirs: amountOf(item.theirsMicros, item.currency),
        why: REASONS[item.reason],
      }))}
    />
  );
}

function amountOf(micros: bigint | null, currency: string | null): string {
  return micros === null ? "–" : `${formatMicros(micros)} ${currency ?? ""}`.trim();
}
