/**
 * The numbers an account holds or held, with the forms that give and take one.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { Field, SelectField } from "../fields.tsx";
import { type FormError, PostButton, PostForm } from "../forms.tsx";
import { errorOf, type Typed } from "../read_form.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import type { AccountView } from "./read_account.ts";

/** Carriers as people choose them; the first stands for all. */
export const CARRIER_CHOICES = [
  { value: "", label: "every carrier" },
  { value: "bland", label: "Bland" },
  { value: "telnyx", label: "Telnyx" },
  { value: "twilio", label: "Twilio" },
] as const;

/** The list, and for who may change it the forms. */
export function NumbersPanel(
  { view, mayChange }: { view: AccountView; mayChange: boolean },
): JSX.Element {
  const { account, numbers } = view;
  return (
    <Panel id="numbers" title="Numbers">
      {numbers.length === 0
        ? <p>No numbers yet. Calls on a number are charged to the account that holds it.</p>
        : <NumberTable view={view} mayChange={mayChange} />}
      {mayChange && (
        <details>
          <summary>Add a number</summary>
          <NumberForm
            accountId={account.id}
            timeZone={account.timezone}
            typed={{}}
            errors={[]}
          />
        </details>
      )}
    </Panel>
  );
}

function NumberTable({ view, mayChange }: { view: AccountView; mayChange: boolean }): JSX.Element {
  const { account, numbers } = view;
  const timeZone = account.timezone;
  const isPast = (toMs: number | null) => toMs !== null && toMs <= view.nowMs;
  return (
    <Table
      caption="Numbers held now and before"
      isCaptionUnseen
      columns={[
        { key: "number", label: "Number" },
        { key: "carrier", label: "Carrier" },
        { key: "state", label: "State" },
        { key: "from", label: "From" },
        { key: "until", label: "Until" },
        ...(mayChange ? [{ key: "action" as const, label: "Change" }] : []),
      ]}
      rows={numbers.map(({ number, holding }) => ({
        number,
        carrier: CARRIER_CHOICES.find(({ value }) => value === holding.carrier)?.label ?? "every",
        state: isPast(holding.toMs)
          ? <Badge state="released" />
          : <Badge state="held" tone="positive" />,
        from: <TimeText atMs={holding.fromMs} timeZone={timeZone} precision="minute" />,
        until: holding.toMs === null
          ? "for good"
          : <TimeText atMs={holding.toMs} timeZone={timeZone} precision="minute" />,
        action: holding.toMs === null && (
          <PostButton
            action={`/admin/accounts/${account.id}/number-releases`}
            hidden={{ number }}
          >
            Release <span class="unseen">{number}</span>
          </PostButton>
        ),
      }))}
    />
  );
}

/** What {@link NumberForm} shows. */
export interface NumberFormProps {
  /** Who gets it. */
  accountId: string;
  /** Of the account: `from` is a time on its wall clock. */
  timeZone: string;
  /** What was typed before. */
  typed: Typed;
  /** What was wrong with it. */
  errors: readonly FormError[];
}

/** The form for one more number. */
export function NumberForm({ accountId, timeZone, typed, errors }: NumberFormProps): JSX.Element {
  const field = (name: string) => ({ name, value: typed[name], error: errorOf(errors, name) });
  return (
    <PostForm action={`/admin/accounts/${accountId}/numbers`} submitLabel="Review">
      <Field
        {...field("number")}
        type="tel"
        label="Number"
        hint="With its country code, such as +12025550123."
        isRequired
        maxlength={40}
      />
      <SelectField {...field("carrier")} label="Carrier" options={CARRIER_CHOICES} />
      <Field
        {...field("from")}
        type="datetime-local"
        label={`From (${timeZone})`}
        hint="Left empty: from now on. Calls since then that nobody owned are billed."
        isRequired={false}
      />
    </PostForm>
  );
}
