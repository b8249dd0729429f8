/**
 * Bland on the billing page: whether it is on, and up to when its calls have been read.
 *
 * Comes from: `routes/pages/billing.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { CARRIER_LAG_MAX_MS } from "../../health.ts";
import { Badge, type Tone } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { formatAge, formatCount } from "../format.ts";
import type { BillingView } from "./read_billing.ts";

/** The panel. */
export function BlandPanel({ view }: { view: BillingView }): JSX.Element {
  if (!view.carriers.bland) {
    return (
      <Panel id="bland" title="Bland">
        <p>
          Bland is off. Set <code>BLAND_API_KEY</code> to turn it on.
        </p>
      </Panel>
    );
  }
  const { word, tone } = stateOf(view);
  const { completeToMs } = view.freshness;
  return (
    <Panel id="bland" title="Bland">
      <p class="row">
        <Badge state={word} label={word} tone={tone} />
        <span>
          {completeToMs === null
            ? "Bland was never read yet."
            : `Bland is read up to ${formatAge(view.nowMs - completeToMs)} ago.`}
        </span>
      </p>
    </Panel>
  );
}

function stateOf({ freshness, nowMs }: BillingView): { word: string; tone: Tone } {
  const { completeToMs, lastError, failuresInARow } = freshness;
  if (lastError !== null) {
    const failures = failuresInARow === 1 ? "failure" : "failures";
    return { word: `${formatCount(failuresInARow)} ${failures} in a row`, tone: "negative" };
  }
  const isLate = completeToMs === null || nowMs - completeToMs > CARRIER_LAG_MAX_MS;
  return isLate ? { word: "late", tone: "warning" } : { word: "fresh", tone: "positive" };
}
