/**
 * The billing page: what was taken today, what is still open, how fresh the carriers are, and the sync.
 *
 * Goes to: `routes/pages/billing/read_billing.ts`, `routes/pages/billing/billing_cards.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { BillingCards } from "./billing/billing_cards.tsx";
import type { BillingView } from "./billing/read_billing.ts";
import { SyncButton, SyncPanel } from "./billing/sync_panel.tsx";
import { CALL_COLUMNS, callCells, type CallColumn } from "./call/cells.tsx";
import { CALLS_PATH } from "./call/filter.tsx";
import { EmptyState, PageHead, Panel } from "./components.tsx";
import { ADMIN_TIME_ZONE } from "./frame.tsx";
import { Table } from "./table.tsx";
import { AsOf } from "./values.tsx";

/** The page; without a form id it is for those who only look. */
export function BillingPage(
  { view, formId }: { view: BillingView; formId: string | null },
): JSX.Element {
  const { nowMs, freshness, job, carriers } = view;
  const { completeToMs } = freshness;
  const button = formId !== null && carriers.bland && <SyncButton formId={formId} />;
  return (
    <>
      <PageHead
        title="Billing"
        lead={<AsOf {...{ nowMs, completeToMs }} timeZone={ADMIN_TIME_ZONE} />}
        actions={button}
      />
      {job && <SyncPanel job={job} timeZone={ADMIN_TIME_ZONE} />}
      <BillingCards view={view} />
      <LatestCalls view={view} />
    </>
  );
}

const SHOWN: readonly CallColumn[] = [
  "time",
  "parties",
  "account",
  "used",
  "billed",
  "charge",
  "cost",
];

function LatestCalls({ view }: { view: BillingView }): JSX.Element {
  const { latest, owners, nowMs } = view;
  const columns = CALL_COLUMNS.filter(({ key }) => SHOWN.includes(key));
  return (
    <Panel
      id="latest"
      title="Latest billed calls"
      actions={<a href={CALLS_PATH}>All calls</a>}
    >
      {latest.length === 0
        ? (
          <EmptyState
            kind="nothing_yet"
            text="The first billed call appears here."
            action={{ href: CALLS_PATH, label: "All calls" }}
          />
        )
        : (
          <Table
            caption="The newest billed calls with their cost"
            isCaptionUnseen
            columns={columns}
            rows={latest.map((one) => callCells(one, { owners, timeZone: ADMIN_TIME_ZONE, nowMs }))}
          />
        )}
      <p class="soft">
        A cost is exact once the carrier has told it, and estimated until then.
      </p>
    </Panel>
  );
}
