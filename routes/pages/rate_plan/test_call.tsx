/**
 * What a call of so many seconds would cost on a plan: the pricing itself, with its trace.
 *
 * Goes to: `core/rating/rate_call.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { monthIn } from "../../../core/clock.ts";
import { type CallTrace, rateCall } from "../../../core/rating/rate_call.ts";
import { type RatePlan, versionAt } from "../../../core/rating/rate_plan.ts";
import { PriceSentence } from "../call/why.tsx";
import { Panel } from "../components.tsx";
import { Field } from "../fields.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { planHref } from "./plan_page.tsx";

/** A test as it was asked for. */
export interface TestView {
  /** As written. */
  seconds: string;
  /** As written; at first all there are. */
  freeMinutes: string;
  /** Given on plans with free minutes. */
  hasFreeMinutes: boolean;
  /** Null until something sensible is asked. */
  trace: CallTrace | null;
  /** By field. */
  errors: Readonly<Partial<Record<"seconds" | "free", string>>>;
}

/** Seven days, the longest call there is. */
const SECONDS_MAX = 604_800;
const MINUTES_MAX = 100_000;

/** Prices what the address asks for with the version in force; null for plans not priced by time. */
export function readTest(
  plan: RatePlan,
  { query, nowMs }: { query: URLSearchParams; nowMs: number },
): TestView | null {
  const version = versionAt(plan, nowMs);
  if (version?.terms.kind !== "per_minute") return null;
  const { terms } = version;
  const hasFreeMinutes = terms.freeMinutesPerMonth > 0;
  const seconds = query.get("seconds")?.trim() ?? "";
  const freeMinutes = query.get("free")?.trim() || String(terms.freeMinutesPerMonth);
  const errors: TestView["errors"] = {
    ...(seconds === "" || isWhole(seconds, SECONDS_MAX) ? {} : { seconds: WHOLE_SECONDS }),
    ...(isWhole(freeMinutes, MINUTES_MAX) ? {} : { free: "Please write whole minutes." }),
  };
  const isGood = seconds !== "" && Object.keys(errors).length === 0;
  const trace = isGood
    ? rateCall({
      plan: plan.id,
      version: version.version,
      currency: plan.currency,
      terms,
      seconds: Number(seconds),
      freeMonth: hasFreeMinutes ? monthIn(nowMs, ADMIN_TIME_ZONE) : null,
      freeSecondsLeft: hasFreeMinutes ? Number(freeMinutes) * 60 : 0,
    })
    : null;
  return { seconds, freeMinutes, hasFreeMinutes, trace, errors };
}

const WHOLE_SECONDS = "Please write whole seconds, from 0 to seven days.";

const isWhole = (text: string, max: number): boolean =>
  /^\d{1,7}$/.test(text) && Number(text) <= max;

/** The form and, below it, what it came to. */
export function TestPanel({ plan, test }: { plan: RatePlan; test: TestView }): JSX.Element {
  return (
    <Panel id="test" title="Test a call">
      <form class="filter row" method="get" action={`${planHref(plan.id)}#test`}>
        <Field
          name="seconds"
          label="Seconds of talk"
          inputmode="numeric"
          value={test.seconds}
          error={test.errors.seconds}
          isRequired
        />
        {test.hasFreeMinutes && (
          <Field
            name="free"
            label="Free minutes left"
            inputmode="numeric"
            value={test.freeMinutes}
            error={test.errors.free}
          />
        )}
        <div class="actions row">
          <button class="button" type="submit">Price it</button>
        </div>
      </form>
      {test.trace && <Result trace={test.trace} />}
    </Panel>
  );
}

function Result({ trace }: { trace: CallTrace }): JSX.Element {
  return (
    <div role="status">
      <p>
        With version {trace.version}, {trace.seconds} s: <PriceSentence trace={trace} />
      </p>
      <p>
        <code>{trace.formula}</code>
      </p>
    </div>
  );
}
