/**
 * The form that compares a day now, and how carriers are named.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Panel } from "../components.tsx";
import { Field, SelectField } from "../fields.tsx";
import { PostForm } from "../forms.tsx";

/** Where reconciliations are shown. */
export const PATH = "/admin/reconciliation";
/** Carriers that can be reconciled. */
export const CARRIERS = ["bland", "telnyx", "twilio"] as const;

/** A carrier as people know it. */
export function nameOf(carrier: string): string {
  return carrier.slice(0, 1).toUpperCase() + carrier.slice(1);
}

/** Which carrier and which day; yesterday until something was chosen. */
export function RunForm(
  { carriers, chosen, day }: {
    carriers: readonly string[];
    chosen: { carrier?: string | undefined; day?: string | undefined };
    day: string;
  },
): JSX.Element {
  return (
    <Panel id="run" title="Compare a day now">
      <PostForm action={PATH} submitLabel="Compare">
        <SelectField
          name="carrier"
          label="Carrier"
          value={chosen.carrier ?? carriers[0]}
          options={carriers.map((value) => ({ value, label: nameOf(value) }))}
        />
        <Field
          name="day"
          type="date"
          label="Day (UTC)"
          value={chosen.day ?? day}
          isRequired
          hint="Calls of the last hours may have no record yet."
        />
      </PostForm>
    </Panel>
  );
}
