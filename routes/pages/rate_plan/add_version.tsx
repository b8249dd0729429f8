/**
 * Adding a version to a plan: read, review, store.
 *
 * Goes to: `core/rating/plans.ts`, `routes/pages/rate_plan/version_form.tsx`.
 *
 * @module
 */
import type { Context } from "hono";
import { z } from "zod";
import { formatInstant, parseInstant } from "../../../core/clock.ts";
import { parseAmount } from "../../../core/money.ts";
import { getRatePlan, putRatePlan } from "../../../core/rating/plans.ts";
import type { PerMinuteTerms, RatePlan } from "../../../core/rating/rate_plan.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import type { FormError } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { readForm, type Typed } from "../read_form.ts";
import { planHref, showPlan } from "./plan_page.tsx";
import { lastTerms, ReviewPage } from "./version_form.tsx";

const wholeField = ({ min, max }: { min: number; max: number }) =>
  z.string()
    .refine(
      (text) => /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `Please write a whole number from ${min} to ${max}.`,
    )
    .transform(Number);

const versionForm = z.object({
  form_id: z.string().max(64).optional(),
  stamp: z.string().max(64),
  confirmed: z.literal("yes").optional(),
  effective_from: z.string()
    .refine((text) => parseInstant(text) !== null, "Please write as in 2026-11-20T09:00:00Z.")
    .transform((text) => parseInstant(text)!),
  rate: z.string()
    .refine(
      (text) => /^\d{1,12}(\.\d{1,6})?$/.test(text),
      "Please write a rate such as 0.11, with at most six decimals.",
    )
    .transform((text) => parseAmount(text)!),
  first_seconds: wholeField({ min: 1, max: 3_600 }),
  next_seconds: wholeField({ min: 1, max: 3_600 }),
  free_minutes: wholeField({ min: 0, max: 100_000 }),
});

type Values = z.output<typeof versionForm>;

/** Takes the form of a version: shows what will change at first, and stores it once confirmed. */
export async function postVersion(
  c: Context<AppEnv>,
  { deps, planId }: { deps: AppDeps; planId: string },
): Promise<Response> {
  const form = await readForm(c, versionForm);
  const { typed } = form;
  const row = planId.length > 200 ? null : await getRatePlan(deps.store, planId);
  if (!row || !lastTerms(row.value)) return await showPlan(c, { deps, planId });
  const plan = row.value;
  if (form.status === "invalid") {
    return await showPlan(c, { deps, planId, typed, errors: form.errors, status: 422 });
  }
  const { values } = form;
  // A second click on a form that was stored already shows what the first one did.
  if (isLast(plan, values)) return done(c, { plan, values });
  const error = refuseStart(plan, { values, nowMs: deps.clock.now() });
  if (error) return await showPlan(c, { deps, planId, typed, errors: [error], status: 422 });
  if (!values.confirmed) return review(c, { deps, plan, values, typed });
  return await store(c, { deps, plan, values });
}

function termsOf(values: Values): PerMinuteTerms {
  return {
    kind: "per_minute",
    rateMicros: values.rate,
    increment: { firstSeconds: values.first_seconds, nextSeconds: values.next_seconds },
    freeMinutesPerMonth: values.free_minutes,
  };
}

function isLast(plan: RatePlan, values: Values): boolean {
  const [terms, last] = [termsOf(values), lastTerms(plan)];
  return plan.versions.at(-1)?.effectiveFromMs === values.effective_from &&
    last?.rateMicros === terms.rateMicros &&
    last.increment.firstSeconds === terms.increment.firstSeconds &&
    last.increment.nextSeconds === terms.increment.nextSeconds &&
    last.freeMinutesPerMonth === terms.freeMinutesPerMonth;
}

/** A version begins after the last one, and not in the past: late calls would be priced apart. */
function refuseStart(
  plan: RatePlan,
  { values, nowMs }: { values: Values; nowMs: number },
): FormError | null {
  const lastMs = plan.versions.at(-1)?.effectiveFromMs ?? null;
  if (lastMs !== null && values.effective_from <= lastMs) {
    const message = `It must begin after the last version, ${formatInstant(lastMs)}.`;
    return { name: "effective_from", message };
  }
  if (values.effective_from >= nowMs) return null;
  return { name: "effective_from", message: "It must not begin in the past." };
}

function review(
  c: Context<AppEnv>,
  { deps, plan, values, typed }: { deps: AppDeps; plan: RatePlan; values: Values; typed: Typed },
): Response {
  const shown = {
    plan,
    terms: termsOf(values),
    effectiveFromMs: values.effective_from,
    typed,
    formId: deps.ids.id(),
  };
  return showPage(c, { deps, title: "Add a version", body: <ReviewPage review={shown} /> });
}

async function store(
  c: Context<AppEnv>,
  { deps, plan, values }: { deps: AppDeps; plan: RatePlan; values: Values },
): Promise<Response> {
  const { id, service, currency } = plan;
  const version = { effectiveFromMs: values.effective_from, terms: termsOf(values) };
  const outcome = await putRatePlan(deps, {
    plan: { id, service, currency },
    versions: [...plan.versions, version],
    expectedStamp: values.stamp,
    actor: actorOf(c),
    atMs: deps.clock.now(),
    auditId: deps.ids.id(),
  });
  if (outcome.status === "stored") {
    // What was parked for want of this plan may be billed now.
    deps.actions.nudge();
    return done(c, { plan, values });
  }
  const message =
    "Somebody has changed this plan meanwhile. Look at it as it is now, and decide anew.";
  const errors = [{ name: "effective_from", message }];
  return await showPlan(c, { deps, planId: id, errors, status: 409 });
}

function done(c: Context<AppEnv>, { plan, values }: { plan: RatePlan; values: Values }): Response {
  const text = `${plan.id} has a version from ${formatInstant(values.effective_from)} on.`;
  return redirectWith(c, { to: planHref(plan.id), flash: { text, tone: "positive" } });
}
