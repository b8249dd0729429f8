/**
 * The form for a version to come, and the step before it counts: what will change.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatInstant, HOUR_MS } from "../../../core/clock.ts";
import { formatMicros } from "../../../core/money.ts";
import { type PerMinuteTerms, type RatePlan, versionAt } from "../../../core/rating/rate_plan.ts";
import { incrementWords } from "../call/words.ts";
import { PageHead, Panel } from "../components.tsx";
import { ConfirmForm } from "../confirm_form.tsx";
import { Field } from "../fields.tsx";
import { formatCount, formatMoneyText } from "../format.ts";
import { type FormError, PostForm } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { errorOf, type Typed } from "../read_form.ts";
import { TimeText } from "../values.tsx";
import { planHref } from "./plan_page.tsx";

/** Where a version is posted to. */
export function versionsHref(planId: string): string {
  return `${planHref(planId)}/versions`;
}

/** The terms a plan ends with, if they are by the minute; only such plans get versions here. */
export function lastTerms(plan: RatePlan): PerMinuteTerms | null {
  const terms = plan.versions.at(-1)?.terms;
  return terms?.kind === "per_minute" ? terms : null;
}

/** What stands in the form at first: the last terms, from the next full hour on. */
export function firstTyped(
  plan: RatePlan,
  { nowMs, stamp }: { nowMs: number; stamp: string },
): Typed {
  const terms = lastTerms(plan);
  if (!terms) return {};
  const lastMs = plan.versions.at(-1)?.effectiveFromMs ?? 0;
  const fromMs = (Math.floor(Math.max(nowMs, lastMs) / HOUR_MS) + 1) * HOUR_MS;
  return {
    stamp,
    effective_from: formatInstant(fromMs),
    rate: shortDecimal(formatMicros(terms.rateMicros)),
    first_seconds: String(terms.increment.firstSeconds),
    next_seconds: String(terms.increment.nextSeconds),
    free_minutes: String(terms.freeMinutesPerMonth),
  };
}

/** `0.11` of `0.110000`. */
function shortDecimal(text: string): string {
  return text.replace(/(\.\d\d\d{0,4}?)0{1,4}$/, "$1");
}

/** What {@link VersionPanel} needs. */
export interface VersionPanelProps {
  /** The plan. */
  plan: RatePlan;
  /** What stands in the fields. */
  typed: Typed;
  /** What is wrong with it. */
  errors: readonly FormError[];
  /** One-use id. */
  formId: string;
}

/** The form for a version; nothing on plans that are not priced by the minute. */
export function VersionPanel(
  { plan, typed, errors, formId }: VersionPanelProps,
): JSX.Element | null {
  if (!lastTerms(plan)) return null;
  const field = (name: string) => ({
    name,
    value: typed[name],
    error: errorOf(errors, name),
    isRequired: true,
  });
  return (
    <Panel id="add" title="Add a version">
      <PostForm
        action={versionsHref(plan.id)}
        submitLabel="Show what will change"
        formId={formId}
        hidden={{ stamp: typed.stamp ?? "" }}
      >
        <Field
          {...field("effective_from")}
          label="In force from"
          hint="In UTC, as in 2026-11-20T09:00:00Z. Calls that start then or later are priced with it."
        />
        <Field
          {...field("rate")}
          label={`Rate per minute in ${plan.currency}`}
          inputmode="decimal"
        />
        <Field
          {...field("first_seconds")}
          label="First block in seconds"
          hint="60 and 60 bill every started minute; 30 and 6 bill at least 30 s, then every started 6 s."
          inputmode="numeric"
        />
        <Field {...field("next_seconds")} label="Further blocks in seconds" inputmode="numeric" />
        <Field {...field("free_minutes")} label="Free minutes a month" inputmode="numeric" />
      </PostForm>
    </Panel>
  );
}

/** A version that was written and waits for a yes. */
export interface VersionReview {
  /** The plan. */
  plan: RatePlan;
  /** What was written. */
  terms: PerMinuteTerms;
  /** From when on. */
  effectiveFromMs: number;
  /** What stands in the fields. */
  typed: Typed;
  /** One-use id. */
  formId: string;
}

/** The step before a version counts. */
export function ReviewPage({ review }: { review: VersionReview }): JSX.Element {
  const { plan, terms, effectiveFromMs, typed, formId } = review;
  const before = versionAt(plan, effectiveFromMs)?.terms;
  const old = before?.kind === "per_minute" ? before : terms;
  const { form_id: _, ...kept } = typed;
  const money = (micros: bigint) =>
    formatMoneyText({ amount: formatMicros(micros), currency: plan.currency });
  return (
    <>
      <PageHead
        title={`A version of ${plan.id}`}
        above={{ href: planHref(plan.id), label: plan.id }}
        lead={
          <>
            In force from <TimeText atMs={effectiveFromMs} timeZone={ADMIN_TIME_ZONE} /> on
          </>
        }
      />
      <ConfirmForm
        action={versionsHref(plan.id)}
        formId={formId}
        submitLabel="Add this version"
        cancelHref={planHref(plan.id)}
        hidden={{ ...kept, confirmed: "yes" }}
        changes={[
          {
            label: "Rate per minute",
            before: money(old.rateMicros),
            after: money(terms.rateMicros),
          },
          {
            label: "Rounding",
            before: incrementWords(old.increment),
            after: incrementWords(terms.increment),
          },
          {
            label: "Free minutes a month",
            before: formatCount(old.freeMinutesPerMonth),
            after: formatCount(terms.freeMinutesPerMonth),
          },
        ]}
      >
        <p>
          Calls that started before keep the version they were priced with. Accounts on another plan
          are not concerned.
        </p>
      </ConfirmForm>
    </>
  );
}
