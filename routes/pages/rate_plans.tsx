/**
 * The list of rate plans, and the page of each: its versions, a test, and a version to come.
 *
 * Goes to: `core/rating/plans.ts`, `routes/pages/rate_plan/plan_page.tsx`,
 * `routes/pages/rate_plan/add_version.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { listRatePlans } from "../../core/rating/plans.ts";
import { type RatePlan, versionAt } from "../../core/rating/rate_plan.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { EmptyState, PageHead } from "./components.tsx";
import { formatCount } from "./format.ts";
import { ADMIN_TIME_ZONE, showPage } from "./frame.tsx";
import { postVersion } from "./rate_plan/add_version.tsx";
import { planHref, PLANS_PATH, showPlan } from "./rate_plan/plan_page.tsx";
import { describeTerms, serviceName } from "./plan_words.ts";
import { Table } from "./table.tsx";
import { TimeText } from "./values.tsx";

/** `/admin/rate-plans`, `/admin/rate-plans/:id` and the form for a version. */
export function ratePlanPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PLANS_PATH, (c) => showPlans(c, deps))
    .get(`${PLANS_PATH}/:id`, (c) => showPlan(c, { deps, planId: c.req.param("id") }))
    .post(
      `${PLANS_PATH}/:id/versions`,
      (c) => postVersion(c, { deps, planId: c.req.param("id") }),
    );
}

async function showPlans(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const plans = (await listRatePlans(deps.store)).map(({ value }) => value);
  const body = (
    <>
      <PageHead
        title="Rate plans"
        lead="What we sell at. Usage is priced by the version in force when it started."
      />
      {plans.length === 0
        ? (
          <EmptyState
            kind="nothing_yet"
            text="Plans are made at the start of the program, or through the API."
            action={{ href: "/docs", label: "The API" }}
          />
        )
        : <PlanTable plans={plans} nowMs={deps.clock.now()} />}
    </>
  );
  return showPage(c, { deps, title: "Rate plans", body });
}

function PlanTable(
  { plans, nowMs }: { plans: readonly RatePlan[]; nowMs: number },
): JSX.Element {
  return (
    <Table
      caption="Rate plans"
      isCaptionUnseen
      columns={[
        { key: "id", label: "Plan" },
        { key: "service", label: "For" },
        { key: "currency", label: "Currency" },
        { key: "terms", label: "In force now", kind: "text" },
        { key: "since", label: "Since" },
        { key: "versions", label: "Versions", kind: "number" },
      ]}
      rows={plans.map((plan) => {
        const now = versionAt(plan, nowMs);
        return {
          id: <a href={planHref(plan.id)}>{plan.id}</a>,
          service: serviceName(plan.service),
          currency: plan.currency,
          terms: now ? describeTerms(now.terms, plan.currency) : "nothing yet",
          since: now ? <Since atMs={now.effectiveFromMs} /> : "",
          versions: formatCount(plan.versions.length),
        };
      })}
    />
  );
}

/** From when a version counts; the first one often does since ever. */
function Since({ atMs }: { atMs: number | null }): JSX.Element {
  if (atMs === null) return <>since ever</>;
  return <TimeText atMs={atMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />;
}
