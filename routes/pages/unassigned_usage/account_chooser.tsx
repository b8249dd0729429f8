/**
 * Choosing the account that a number shall belong to, and since when; leads to the review of it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { listAccounts } from "../../../core/accounts/account.ts";
import type { Store } from "../../../core/kv/store.ts";
import { Field, SelectField } from "../fields.tsx";
import type { FormError } from "../forms.tsx";
import { safeUrl } from "../links.ts";
import { assignHref } from "../unassigned.tsx";

/** Accounts to choose from by name; null when they are so many that the id is typed. */
export type AccountChoices = readonly { value: string; label: string }[] | null;

/** More accounts than these are not read through in a list. */
const CHOICES_MAX = 100;

/** The accounts to choose from, by name. */
export async function listChoices(store: Store): Promise<AccountChoices> {
  const page = await listAccounts(store, { limit: CHOICES_MAX });
  if (!page || page.nextCursor !== null) return null;
  const choices = page.rows.map(({ value }) => ({
    value: value.id,
    label: value.status === "active" ? value.name : `${value.name} (${value.status})`,
  }));
  return choices.sort((a, b) => (a.label < b.label ? -1 : 1));
}

/** What {@link AccountChooser} needs. */
export interface AccountChooserProps {
  /** E.164. */
  number: string;
  /** RFC 3339; the first instant that the number is the account's. */
  from: string;
  /** See {@link listChoices}. */
  choices: AccountChoices;
  /** The account chosen already. */
  accountId?: string | undefined;
  /** What is wrong with the choice. */
  errors?: readonly FormError[] | undefined;
}

/** A form that changes nothing yet: the next page shows what would be billed. */
export function AccountChooser(props: AccountChooserProps): JSX.Element {
  const { number, from, choices, accountId, errors = [] } = props;
  // Two numbers of one call have a form each, and ids are unique on a page.
  const idOf = (name: string) => `${name}-${number.replace(/\W/g, "")}`;
  const errorOf = (name: string) => errors.find((error) => error.name === name)?.message;
  const account = {
    name: "account",
    id: idOf("account"),
    label: choices ? `Account that ${number} belongs to` : `Id of ${number}'s account`,
    value: accountId,
    error: errorOf("account"),
    isRequired: true,
  };
  return (
    <form class="form" method="get" action={safeUrl(assignHref(number))}>
      {choices
        ? <SelectField {...account} options={[{ value: "", label: "Choose" }, ...choices]} />
        : <Field {...account} />}
      <Field
        name="from"
        id={idOf("from")}
        label="From this instant on"
        hint="In UTC, as in 2026-11-20T09:00:00Z. Usage since then is billed to the account."
        value={from}
        error={errorOf("from")}
        isRequired
      />
      <div class="actions row">
        <button class="button primary" type="submit">Show what would be billed</button>
      </div>
    </form>
  );
}
