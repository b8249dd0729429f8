/**
 * The terms of SMS billing, for everybody or of one account: what is inherited, what is set, what is in force.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { SmsLevel } from "../../../core/sms_billing/settings.ts";
import { accountHref } from "../call/cells.tsx";
import { Panel } from "../components.tsx";
import { Field, SelectField } from "../fields.tsx";
import { ErrorSummary, FilterForm, type FormError, PostForm } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { errorOf, type Typed } from "../read_form.ts";
import { type Column, Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import { SMS_PATH } from "./bill_words.tsx";
import { type SettingsView, tagOf } from "./read_settings.ts";
import { TERM_FIELDS, type TermField, termWords, typedOf } from "./settings_fields.ts";

/** Where terms are saved. */
export const SETTINGS_PATH: string = `${SMS_PATH}/settings`;
/** The tab without an account. */
export const SETTINGS_TAB: string = `${SMS_PATH}?tab=settings`;

/** What {@link SettingsTab} shows. */
export interface SettingsTabProps {
  /** The levels. */
  view: SettingsView;
  /** What was typed, when it was not saved. */
  typed?: Typed | undefined;
  /** What is wrong with it. */
  errors?: readonly FormError[] | undefined;
  /** Given when somebody else saved meanwhile: the level that was wanted. */
  wanted?: SmsLevel | undefined;
  /** Viewers see the terms without the form. */
  mayChange: boolean;
}

/** The tab. */
export function SettingsTab(props: SettingsTabProps): JSX.Element {
  const { view, errors = [], wanted, mayChange } = props;
  return (
    <>
      <ErrorSummary errors={errors} />
      {wanted && <Conflict view={view} wanted={wanted} />}
      <AccountFilter view={view} />
      <TermTable view={view} />
      {mayChange && <TermForm {...props} />}
      <History view={view} />
    </>
  );
}

function AccountFilter({ view: { account, missing } }: { view: SettingsView }): JSX.Element {
  return (
    <FilterForm
      action={SMS_PATH}
      keep={{ tab: "settings" }}
      clearHref={account || missing ? SETTINGS_TAB : undefined}
    >
      <Field
        name="account"
        type="search"
        label="Account id"
        value={account?.id ?? missing ?? ""}
        error={missing === null ? undefined : `There is no account ${missing}.`}
        isRequired={false}
      />
    </FilterForm>
  );
}

function TermTable({ view }: { view: SettingsView }): JSX.Element {
  const { account, base, currency, terms } = view;
  const words = (field: TermField, level: SmsLevel) => {
    const value = level[field.term];
    return value === undefined
      ? <span class="soft">inherited</span>
      : termWords(field.term, { value, currency });
  };
  type Name = "term" | "base" | "global" | "own" | "effective";
  const own: Column<Name>[] = account ? [{ key: "own", label: "This account" }] : [];
  return (
    <Panel
      id="terms"
      title={account ? `Terms of ${account.name}` : "Terms for everybody"}
      actions={account && <a href={accountHref(account.id)}>The account</a>}
    >
      <Table<Name>
        caption="Where each setting comes from, and what is in force"
        isCaptionUnseen
        columns={[
          { key: "term", label: "Setting" },
          { key: "effective", label: "In force" },
          { key: "base", label: "Environment" },
          { key: "global", label: "For everybody" },
          ...own,
        ]}
        rows={TERM_FIELDS.map((field) => ({
          term: field.label,
          effective: <strong>{words(field, terms.effective)}</strong>,
          base: words(field, base),
          global: words(field, terms.global),
          own: words(field, terms.account),
        }))}
      />
    </Panel>
  );
}

function TermForm({ view, typed, errors = [] }: SettingsTabProps): JSX.Element {
  const { account, currency } = view;
  const shown = typed ?? typedOf(view.level);
  return (
    <Panel id="change" title={account ? `Change the terms of ${account.name}` : "Change the terms"}>
      <PostForm
        action={SETTINGS_PATH}
        hidden={{ account: account?.id ?? "", mark: tagOf(view.level) }}
        submitLabel="Save"
      >
        {TERM_FIELDS.map((field) => (
          <TermControl
            key={field.name}
            field={field}
            typed={shown}
            errors={errors}
            inherited={termWords(field.term, { value: view.inherited[field.term], currency })}
          />
        ))}
      </PostForm>
    </Panel>
  );
}

function TermControl(
  { field, typed, errors, inherited }: {
    field: TermField;
    typed: Typed;
    errors: readonly FormError[];
    inherited: string;
  },
): JSX.Element {
  const { name, label, hint, options } = field;
  const error = errorOf(errors, name);
  const inherit = `inherit (${inherited})`;
  if (options) {
    return (
      <SelectField
        {...{ name, label, hint, error }}
        value={typed[name]}
        options={[{ value: "", label: inherit }, ...options]}
      />
    );
  }
  const none = field.isNullable ? [{ value: "none", label: "no limit" }] : [];
  return (
    <>
      <SelectField
        name={`${name}_from`}
        label={label}
        hint={hint}
        value={typed[`${name}_from`]}
        options={[
          { value: "inherit", label: inherit },
          { value: "own", label: "the value below" },
          ...none,
        ]}
      />
      <Field
        name={name}
        label={`${label}, value`}
        value={typed[name]}
        error={error}
        inputmode={field.term === "currency" ? undefined : "decimal"}
        maxlength={20}
      />
    </>
  );
}

/** Both versions, and the form once more with what was typed. */
function Conflict({ view, wanted }: { view: SettingsView; wanted: SmsLevel }): JSX.Element {
  const { currency, level } = view;
  const words = (of: SmsLevel, { term }: TermField) => {
    const value = of[term];
    return value === undefined ? "inherited" : termWords(term, { value, currency });
  };
  const differing = TERM_FIELDS.filter((field) => words(level, field) !== words(wanted, field));
  return (
    <>
      <div class="errors" role="alert">
        <h2>Somebody else has saved these settings meanwhile</h2>
        <p>
          Nothing of yours was saved. Below: where their version and yours differ, and the form as
          you filled it in. Saving it now replaces theirs.
        </p>
      </div>
      <Table
        caption="Their settings and yours"
        columns={[
          { key: "label", label: "Setting" },
          { key: "now", label: "As it is now" },
          { key: "yours", label: "As you typed it" },
        ]}
        rows={differing.map((field) => ({
          label: field.label,
          now: words(level, field),
          yours: words(wanted, field),
        }))}
      />
    </>
  );
}

function History({ view: { changes } }: { view: SettingsView }): JSX.Element {
  return (
    <Panel id="changes" title="Who changed them">
      {changes.length === 0 ? <p>Nobody lately.</p> : (
        <Table
          caption="Changes of these terms, newest first"
          isCaptionUnseen
          columns={[
            { key: "time", label: "Time" },
            { key: "actor", label: "Who" },
            { key: "detail", label: "Before → after", kind: "text" },
          ]}
          rows={changes.map(({ atMs, actor, detail }) => ({
            time: <TimeText atMs={atMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />,
            actor,
            detail,
          }))}
        />
      )}
    </Panel>
  );
}
