/**
 * One rate plan: its versions in order, what a call would cost on it, and the form for the next one.
 *
 * Goes to: `routes/pages/rate_plan/test_call.tsx`, `routes/pages/rate_plan/version_form.tsx`.
 *
 * @module
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { getRatePlan } from "../../../core/rating/plans.ts";
import { type PlanVersion, type RatePlan, versionAt } from "../../../core/rating/rate_plan.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { Badge } from "../badge.tsx";
import { PageHead, Panel } from "../components.tsx";
import { ErrorSummary, type FormError } from "../forms.tsx";
import { ADMIN_TIME_ZONE, mayChange, showMissing, showPage } from "../frame.tsx";
import type { Typed } from "../read_form.ts";
import { describeTerms, serviceName } from "../plan_words.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import { readTest, TestPanel, type TestView } from "./test_call.tsx";
import { firstTyped, VersionPanel } from "./version_form.tsx";

/** Where rate plans are listed. */
export const PLANS_PATH = "/admin/rate-plans";
const ID_LENGTH_MAX = 200;

/** Where a plan is shown. */
export function planHref(planId: string): string {
  return `${PLANS_PATH}/${encodeURIComponent(planId)}`;
}

/** Which plan, and what a posted form had wrong. */
export interface ShownPlan {
  /** The doors. */
  deps: AppDeps;
  /** As in the address. */
  planId: string;
  /** What a posted form held. */
  typed?: Typed;
  /** What was wrong with it. */
  errors?: readonly FormError[];
  /** When it was not taken. */
  status?: 409 | 422;
}

/** Answers with the page of a plan. */
export async function showPlan(c: Context<AppEnv>, shown: ShownPlan): Promise<Response> {
  const { deps, planId, errors = [], status } = shown;
  const row = planId.length > ID_LENGTH_MAX ? null : await getRatePlan(deps.store, planId);
  if (!row) {
    return showMissing(c, {
      deps,
      title: "Rate plan",
      text: "There is no rate plan of this id.",
      action: { href: PLANS_PATH, label: "All rate plans" },
    });
  }
  const nowMs = deps.clock.now();
  const plan = row.value;
  const test = readTest(plan, { query: new URL(c.req.url).searchParams, nowMs });
  const typed = shown.typed ?? firstTyped(plan, { nowMs, stamp: row.versionstamp });
  const form = mayChange(c) ? { typed, errors, formId: deps.ids.id() } : null;
  const body = <PlanPage view={{ plan, nowMs, test, form }} />;
  return showPage(c, { deps, title: plan.id, body, status });
}

interface PlanView {
  plan: RatePlan;
  nowMs: number;
  test: TestView | null;
  /** Null for those who only look. */
  form: { typed: Typed; errors: readonly FormError[]; formId: string } | null;
}

function PlanPage({ view: { plan, nowMs, test, form } }: { view: PlanView }): JSX.Element {
  return (
    <>
      <PageHead
        title={plan.id}
        above={{ href: PLANS_PATH, label: "Rate plans" }}
        lead={`For ${serviceName(plan.service)}, in ${plan.currency}`}
      />
      {form && <ErrorSummary errors={form.errors} />}
      <VersionsPanel plan={plan} nowMs={nowMs} />
      {test && <TestPanel plan={plan} test={test} />}
      {form && <VersionPanel plan={plan} {...form} />}
    </>
  );
}

function VersionsPanel({ plan, nowMs }: { plan: RatePlan; nowMs: number }): JSX.Element {
  return (
    <Panel id="versions" title="Versions">
      <Table
        caption={`Versions of ${plan.id}`}
        isCaptionUnseen
        columns={[
          { key: "version", label: "Version" },
          { key: "from", label: "In force from" },
          { key: "state", label: "State" },
          { key: "terms", label: "Terms", kind: "text" },
        ]}
        rows={plan.versions.toReversed().map((one) => ({
          version: <span id={`version-${one.version}`}>{one.version}</span>,
          from: one.effectiveFromMs === null
            ? "since ever"
            : <TimeText atMs={one.effectiveFromMs} timeZone={ADMIN_TIME_ZONE} />,
          state: <VersionState plan={plan} one={one} nowMs={nowMs} />,
          terms: describeTerms(one.terms, plan.currency),
        }))}
      />
      <p class="soft">
        What was priced with a version stays priced with it; versions in force never change.
      </p>
    </Panel>
  );
}

function VersionState(
  { plan, one, nowMs }: { plan: RatePlan; one: PlanVersion; nowMs: number },
): JSX.Element {
  if (versionAt(plan, nowMs)?.version === one.version) {
    return <Badge state="active" label="in force" />;
  }
  return (one.effectiveFromMs ?? 0) > nowMs
    ? <Badge state="pending" label="to come" />
    : <Badge state="past" />;
}
