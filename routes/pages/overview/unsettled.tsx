/**
 * Usage that is not settled yet, by why and by age.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { Table } from "../table.tsx";
import { Amounts } from "../unassigned.tsx";
import { AGE_BUCKETS, type AgedCount, type Unsettled } from "./count_unsettled.ts";

const REASONS = [
  { key: "waiting", label: "Waiting for funds", href: "/admin/calls?billing=waiting_funds" },
  { key: "unassigned", label: "Unassigned numbers", href: "/admin/calls?billing=unassigned" },
  { key: "due", label: "Billed by the next run", href: "/admin/calls?billing=open" },
  { key: "estimated", label: "Charged by estimate", href: "/admin/calls?carrier=telnyx" },
  { key: "unpriced", label: "Messages without a price", href: "/admin/messages" },
  { key: "unassignedMessages", label: "Messages without an owner", href: "/admin/messages" },
] as const;

/** The table of reasons and ages; says so when everything is charged. */
export function UnsettledPanel({ unsettled }: { unsettled: Unsettled }): JSX.Element {
  const isEmpty = REASONS.every(({ key }) => unsettled[key].count === 0);
  return (
    <Panel id="unsettled" title="Unsettled">
      {isEmpty ? <p>All usage that has ended is charged at its exact cost.</p> : (
        <Table
          caption="Usage not settled yet, by age"
          isCaptionUnseen
          columns={[
            { key: "reason", label: "Why" },
            ...AGE_BUCKETS.map(({ label }, at) => ({
              key: `age${at}`,
              label,
              kind: "number" as const,
            })),
            { key: "count", label: "Count", kind: "number" },
            { key: "money", label: "Charged so far", kind: "number" },
          ]}
          rows={REASONS.map(({ key, label, href }) => ({
            reason: <a href={href}>{label}</a>,
            ...agesOf(unsettled[key]),
            count: countText(unsettled[key]),
            money: key === "estimated" ? <Amounts amounts={unsettled.estimated.amounts} /> : "",
          }))}
        />
      )}
    </Panel>
  );
}

function agesOf({ byAge }: AgedCount): Record<string, string> {
  return Object.fromEntries(byAge.map((count, at) => [`age${at}`, formatCount(count)]));
}

const countText = ({ count, isMore }: AgedCount): string =>
  isMore ? `more than ${formatCount(count)}` : formatCount(count);
