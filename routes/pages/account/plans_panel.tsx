/**
 * What an account pays: the rate plan of each service, and its price at present.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { versionAt } from "../../../core/rating/rate_plan.ts";
import { Panel } from "../components.tsx";
import { describeTerms, serviceName } from "../plan_words.ts";
import { Table } from "../table.tsx";
import type { AccountView } from "./read_account.ts";

/** The plans in use. */
export function PlansPanel({ view }: { view: AccountView }): JSX.Element {
  return (
    <Panel id="rate-plans" title="Rate plans in use">
      <Table
        caption="Plan and price of each service"
        isCaptionUnseen
        columns={[
          { key: "service", label: "Service" },
          { key: "plan", label: "Plan" },
          { key: "price", label: "Price now", kind: "text" },
        ]}
        rows={view.plans.map((one) => ({
          service: serviceName(one.service),
          plan: (
            <>
              <a href={`/admin/rate-plans/${encodeURIComponent(one.planId)}`}>{one.planId}</a>
              {view.account.ratePlans[one.service] === undefined && " (default)"}
            </>
          ),
          price: priceNow(view, one),
        }))}
      />
    </Panel>
  );
}

function priceNow(
  { account, nowMs }: AccountView,
  { plan }: AccountView["plans"][number],
): string {
  if (!plan) return "there is no such plan: usage is parked until there is";
  if (plan.currency !== account.currency) {
    return `is in ${plan.currency}, the account in ${account.currency}: usage is parked`;
  }
  const version = versionAt(plan, nowMs);
  return version ? describeTerms(version.terms, plan.currency) : "not in force yet";
}
