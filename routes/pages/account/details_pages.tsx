/**
 * Name, e-mail, time zone and carrier keys of an account.
 *
 * Goes to: `core/billing/open_account.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { type AccountChange, changeAccount } from "../../../core/billing/open_account.ts";
import { findFaults } from "../../api/account_faults.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { PageHead } from "../components.tsx";
import { CheckField, Field } from "../fields.tsx";
import { ErrorSummary, type FormError, PostForm } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { errorOf, readForm, type Typed } from "../read_form.ts";
import { emailText, nameText, sippyIdText, zoneText } from "./account_fields.ts";
import { showMissingAccount } from "./show_missing_account.ts";

const detailsForm = z.strictObject({
  name: nameText,
  email: emailText,
  timezone: zoneText,
  sippy_account_id: sippyIdText,
  bland_api_key: z.string().regex(/^[\x21-\x7e]{0,256}$/, "The key must not have blanks in it"),
  drop_bland_api_key: z.literal("yes").optional(),
});
type Values = z.output<typeof detailsForm>;

/** `GET,POST /admin/accounts/:id/details`. */
export function detailsPages(deps: AppDeps): Hono<AppEnv> {
  const path = "/admin/accounts/:id/details";
  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const account = await getAccount(deps.store, c.req.param("id"));
      if (!account) return showMissingAccount(c, deps);
      return showForm(c, { deps, account, typed: typedOf(account), errors: [] });
    })
    .post(path, async (c) => {
      const account = await getAccount(deps.store, c.req.param("id"));
      return account ? await postDetails(c, { deps, account }) : showMissingAccount(c, deps);
    });
}

function typedOf(account: Account): Typed {
  return {
    name: account.name,
    email: account.email ?? "",
    timezone: account.timezone,
    sippy_account_id: account.sippyAccountId === null ? "" : String(account.sippyAccountId),
  };
}

async function postDetails(
  c: Context<AppEnv>,
  { deps, account }: { deps: AppDeps; account: Account },
): Promise<Response> {
  const form = await readForm(c, detailsForm);
  if (form.status === "invalid") return showForm(c, { deps, account, ...form });
  const { values, typed } = form;
  const errors = await findKeyFaults(deps, { account, key: values.bland_api_key });
  if (errors.length > 0) return showForm(c, { deps, account, typed, errors });
  const to = `/admin/accounts/${account.id}`;
  const change = changeOf(account, values);
  const blandApiKey = values.bland_api_key !== ""
    ? values.bland_api_key
    : values.drop_bland_api_key && account.hasBlandKey
    ? null
    : undefined;
  if (Object.keys(change).length === 0 && blandApiKey === undefined) {
    return redirectWith(c, { to, flash: { tone: "positive", text: "Nothing was changed." } });
  }
  const actor = actorOf(c);
  const outcome = await changeAccount(deps, { accountId: account.id, change, blandApiKey, actor });
  if (outcome.status === "account_not_found") return showMissingAccount(c, deps);
  if (blandApiKey) deps.actions.nudge();
  return redirectWith(c, { to, flash: { tone: "positive", text: "The details are saved." } });
}

async function findKeyFaults(
  deps: AppDeps,
  { account, key }: { account: Account; key: string },
): Promise<FormError[]> {
  const { id: accountId, currency } = account;
  const faults = await findFaults(deps, { accountId, currency, blandApiKey: key });
  return faults.map(({ detail }) => ({ name: "bland_api_key", message: `This key ${detail}` }));
}

/** Only what differs: the audit log then says what was changed. */
function changeOf(account: Account, values: Values): AccountChange {
  return {
    ...(values.name === account.name ? {} : { name: values.name }),
    ...(values.email === account.email ? {} : { email: values.email }),
    ...(values.timezone === account.timezone ? {} : { timezone: values.timezone }),
    ...(values.sippy_account_id === account.sippyAccountId
      ? {}
      : { sippyAccountId: values.sippy_account_id }),
  };
}

function showForm(
  c: Context<AppEnv>,
  { deps, account, typed, errors }: {
    deps: AppDeps;
    account: Account;
    typed: Typed;
    errors: readonly FormError[];
  },
): Response {
  const path = `/admin/accounts/${account.id}`;
  const field = (name: string) => ({ name, value: typed[name], error: errorOf(errors, name) });
  const body = (
    <>
      <PageHead title="Details" above={{ href: path, label: account.name }} />
      <ErrorSummary errors={errors} />
      <PostForm action={`${path}/details`} submitLabel="Save" cancelHref={path}>
        <Field {...field("name")} label="Name" isRequired maxlength={200} />
        <Field {...field("email")} type="email" label="E-mail" isRequired={false} maxlength={254} />
        <Field
          {...field("timezone")}
          label="Time zone"
          hint="Such as Europe/Berlin. Free minutes start afresh with its months."
          isRequired
          maxlength={64}
        />
        <Field
          {...field("sippy_account_id")}
          label="Sippy account"
          inputmode="numeric"
          isRequired={false}
          maxlength={15}
        />
        <Field
          {...field("bland_api_key")}
          type="password"
          label="Own Bland key"
          hint={account.hasBlandKey
            ? "There is one; it is never shown. Left empty, it stays."
            : "Calls under it are this account's. Never shown again."}
          autocomplete="off"
          isRequired={false}
          maxlength={256}
        />
        {account.hasBlandKey && (
          <CheckField
            name="drop_bland_api_key"
            label="Take its own Bland key away"
            isChecked={typed.drop_bland_api_key === "yes"}
          />
        )}
      </PostForm>
    </>
  );
  return showPage(c, { deps, title: "Details", body, status: errors.length > 0 ? 422 : 200 });
}
