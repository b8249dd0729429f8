/**
 * The form that opens an account.
 *
 * Goes to: `core/billing/open_account.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { openAccount } from "../../../core/billing/open_account.ts";
import { runSoon } from "../../api/run_soon.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { PageHead } from "../components.tsx";
import { Field } from "../fields.tsx";
import { ErrorSummary, type FormError, PostForm } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { errorOf, readForm, type Typed } from "../read_form.ts";
import { currencyText, emailText, nameText, sippyIdText, zoneText } from "./account_fields.ts";

/** Where the form is shown; an account may be called `new`. */
export const OPEN_ACCOUNT_PATH = "/admin/new-account";
const ACCOUNTS_PATH = "/admin/accounts";

const accountForm = z.strictObject({
  name: nameText,
  id: z.string().regex(
    /^[A-Za-z0-9_-]{0,64}$/,
    "The id may have up to 64 of A-Z a-z 0-9 _ - and nothing else",
  ),
  email: emailText,
  currency: currencyText,
  timezone: zoneText,
  sippy_account_id: sippyIdText,
});

/** `GET /admin/new-account` and `POST /admin/accounts`. */
export function openAccountPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(OPEN_ACCOUNT_PATH, (c) => showForm(c, { deps, typed: EMPTY, errors: [] }))
    .post(ACCOUNTS_PATH, (c) => postAccount(c, deps));
}

const EMPTY: Typed = { currency: "USD", timezone: "UTC" };

async function postAccount(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, accountForm);
  if (form.status === "invalid") return showForm(c, { deps, ...form });
  const { id, name, email, currency, timezone, sippy_account_id } = form.values;
  const outcome = await openAccount(deps, {
    request: {
      id: id === "" ? deps.ids.id() : id,
      name,
      email,
      currency,
      timezone,
      sippyAccountId: sippy_account_id,
      ratePlans: {},
    },
    actor: actorOf(c),
  });
  if (outcome.status === "account_exists") {
    const message = `The id ${id} belongs to ${outcome.account.name}: choose another one`;
    return showForm(c, { deps, typed: form.typed, errors: [{ name: "id", message }] });
  }
  await runSoon(deps, outcome.claimJobId);
  return redirectWith(c, {
    to: `${ACCOUNTS_PATH}/${outcome.account.id}`,
    flash: { tone: "positive", text: "The account is open. Give it numbers and money below." },
  });
}

interface FormState {
  deps: AppDeps;
  typed: Typed;
  errors: readonly FormError[];
}

function showForm(c: Context<AppEnv>, { deps, typed, errors }: FormState): Response {
  const title = "New account";
  const body = (
    <>
      <PageHead title={title} above={{ href: ACCOUNTS_PATH, label: "Accounts" }} />
      <ErrorSummary errors={errors} />
      <PostForm action={ACCOUNTS_PATH} submitLabel="Open the account" cancelHref={ACCOUNTS_PATH}>
        <AccountFields typed={typed} errors={errors} />
      </PostForm>
    </>
  );
  return showPage(c, { deps, title, body, status: errors.length > 0 ? 422 : 200 });
}

function AccountFields(
  { typed, errors }: { typed: Typed; errors: readonly FormError[] },
): JSX.Element {
  const field = (name: string) => ({ name, value: typed[name], error: errorOf(errors, name) });
  return (
    <>
      <Field {...field("name")} label="Name" isRequired maxlength={200} />
      <Field
        {...field("id")}
        label="Id"
        hint="Stands in addresses and in a call's metadata. Left empty, one is made."
        isRequired={false}
        maxlength={64}
      />
      <Field {...field("email")} type="email" label="E-mail" isRequired={false} maxlength={254} />
      <Field
        {...field("currency")}
        label="Currency"
        hint="Three capital letters. It is fixed once the account is open."
        isRequired
        maxlength={3}
      />
      <Field
        {...field("timezone")}
        label="Time zone"
        hint="Such as Europe/Berlin: free minutes start afresh with its months."
        isRequired
        maxlength={64}
      />
      <Field
        {...field("sippy_account_id")}
        label="Sippy account"
        hint="Its number there, where messages are collected through Sippy."
        inputmode="numeric"
        isRequired={false}
        maxlength={15}
      />
    </>
  );
}
