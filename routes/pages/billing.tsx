/**
 * The billing page: what was taken today, what is still open, what is left with Telnyx, and the sync.
 *
 * Goes to: `routes/pages/billing/read_billing.ts`, `routes/pages/billing/billing_cards.tsx`,
 * `routes/pages/billing/latest_calls.tsx`, `routes/pages/billing/bland_panel.tsx`,
 * `routes/pages/billing/twilio_panel.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { BlandPanel } from "./billing/bland_panel.tsx";
import { BillingCards } from "./billing/billing_cards.tsx";
import { LatestCalls } from "./billing/latest_calls.tsx";
import type { BillingView } from "./billing/read_billing.ts";
import { SyncButton, SyncPanel } from "./billing/sync_panel.tsx";
import { TwilioPanel } from "./billing/twilio_panel.tsx";
import { PageHead } from "./components.tsx";
import { ADMIN_TIME_ZONE } from "./frame.tsx";
import { AsOf } from "./values.tsx";

/** The page; without a form id it is for those who only look. */
export function BillingPage(
  { view, formId }: { view: BillingView; formId: string | null },
): JSX.Element {
  const { nowMs, completeToMs, job, carriers } = view;
  const hasSource = Boolean(carriers.bland ?? carriers.twilio);
  const button = formId !== null && hasSource && <SyncButton formId={formId} />;
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
      <BlandPanel view={view} />
      <TwilioPanel twilio={view.twilio} nowMs={nowMs} />
    </>
  );
}
