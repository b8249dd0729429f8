/**
 * The settings of a wallet: changed only by who has seen the present ones.
 *
 * The form carries the tag of the settings it was filled with. When somebody else saved meanwhile, a
 * conflict page shows both, and what was typed is kept.
 *
 * Goes to: `core/billing/set_wallet.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { describe, setWallet } from "../../../core/billing/set_wallet.ts";
import { walletKey } from "../../../core/kv/keys.ts";
import { formatMicros, formatMoney, parseAmount } from "../../../core/money.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { etagOf } from "../../api/shapes/etag.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { PageHead } from "../components.tsx";
import { Field, SelectField } from "../fields.tsx";
import { formatMoneyText } from "../format.ts";
import { ErrorSummary, type FormError, PostForm } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { errorOf, readForm, type Typed } from "../read_form.ts";
import { Table } from "../table.tsx";
import { MoneyText } from "../values.tsx";
import { amountText } from "./account_fields.ts";
import { POLICY_SENTENCES } from "./money_panel.tsx";
import { showMissingAccount } from "./show_missing_account.ts";

const THRESHOLDS_MAX = 20;

const settingsForm = z.strictObject({
  policy: z.enum(["wait", "overdraw"], "Choose what happens without funds"),
  credit_limit: amountText.refine((micros) => micros >= 0n, "The limit must not be negative"),
  thresholds: z.string().default("").transform(readThresholds)
    .refine((list) => list !== null, `Give up to ${THRESHOLDS_MAX} amounts, such as 20.00 5.00`)
    .transform((list) => list ?? []),
  etag: z.string({ error: "Open the form again" }).max(100),
});

/** Amounts with blanks, commas or lines between them: highest first, each once. */
function readThresholds(text: string): bigint[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const micros = parts.map(parseAmount).filter((one) => one !== null && one >= 0n);
  if (micros.length < parts.length || parts.length > THRESHOLDS_MAX) return null;
  return [...new Set(micros as bigint[])].sort((a, b) => (a < b ? 1 : -1));
}

/** `GET,POST /admin/accounts/:id/settings`. */
export function settingsPages(deps: AppDeps): Hono<AppEnv> {
  const path = "/admin/accounts/:id/settings";
  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const view = await readView(deps, c.req.param("id"));
      if (!view) return showMissingAccount(c, deps);
      return showForm(c, { deps, view, typed: typedOf(view.wallet), errors: [] });
    })
    .post(path, async (c) => {
      const view = await readView(deps, c.req.param("id"));
      return view ? await postSettings(c, { deps, view }) : showMissingAccount(c, deps);
    });
}

interface SettingsView {
  account: Account;
  wallet: Wallet;
}

async function readView({ store }: AppDeps, accountId: string): Promise<SettingsView | null> {
  const account = await getAccount(store, accountId);
  const wallet = await store.get<Wallet>(walletKey(accountId));
  return account && wallet ? { account, wallet: wallet.value } : null;
}

async function postSettings(
  c: Context<AppEnv>,
  { deps, view }: { deps: AppDeps; view: SettingsView },
): Promise<Response> {
  const form = await readForm(c, settingsForm);
  if (form.status === "invalid") return showForm(c, { deps, view, ...form });
  const { policy, credit_limit, thresholds, etag } = form.values;
  const accountId = view.account.id;
  const outcome = await setWallet(deps, {
    accountId,
    settings: { policy, creditLimitMicros: credit_limit, lowBalanceThresholdsMicros: thresholds },
    isExpected: (wallet) => tagOf(wallet) === etag,
    actor: actorOf(c),
  });
  switch (outcome.status) {
    case "wallet_changed":
      return redirectWith(c, {
        to: `/admin/accounts/${accountId}#settings`,
        flash: { tone: "positive", text: "The wallet settings are saved." },
      });
    case "changed_meanwhile": {
      const fresh = await readView(deps, accountId);
      if (!fresh) return showMissingAccount(c, deps);
      return showConflict(c, { deps, view: fresh, typed: form.typed, wanted: form.values });
    }
    case "account_not_found":
      return showMissingAccount(c, deps);
  }
}

const tagOf = (wallet: Wallet): string => etagOf(describe(wallet));

function typedOf(wallet: Wallet): Typed {
  return {
    policy: wallet.policy,
    credit_limit: plain(wallet.creditLimitMicros),
    thresholds: wallet.lowBalanceThresholdsMicros.map(plain).join(" "),
    etag: tagOf(wallet),
  };
}

/** `5.00` of five units: the digits that matter, at least two of them. */
const plain = (micros: bigint): string => formatMicros(micros).replace(/0{1,4}$/, "");

interface FormState {
  deps: AppDeps;
  view: SettingsView;
  typed: Typed;
  errors: readonly FormError[];
}

function showForm(c: Context<AppEnv>, { deps, view, typed, errors }: FormState): Response {
  const body = (
    <>
      <Head view={view} />
      <ErrorSummary errors={errors} />
      <SettingsForm view={view} typed={typed} errors={errors} />
    </>
  );
  const status = errors.length > 0 ? 422 : 200;
  return showPage(c, { deps, title: "Wallet settings", body, status });
}

function showConflict(
  c: Context<AppEnv>,
  { deps, view, typed, wanted }: Omit<FormState, "errors"> & {
    wanted: z.output<typeof settingsForm>;
  },
): Response {
  const { wallet } = view;
  const now = settingsOf(wallet);
  const yours = settingsOf({
    ...wallet,
    policy: wanted.policy,
    creditLimitMicros: wanted.credit_limit,
    lowBalanceThresholdsMicros: wanted.thresholds,
  });
  const body = (
    <>
      <Head view={view} />
      <div class="errors" role="alert">
        <h2>Somebody else has saved these settings meanwhile</h2>
        <p>Nothing of yours was saved. Below: as they are now, and what you typed.</p>
      </div>
      <Table
        caption="Their settings and yours"
        columns={[
          { key: "label", label: "Setting" },
          { key: "now", label: "As it is now" },
          { key: "yours", label: "As you typed it" },
        ]}
        rows={now.map(({ label, value }, at) => ({ label, now: value, yours: yours[at]?.value }))}
      />
      <SettingsForm view={view} typed={{ ...typed, etag: tagOf(wallet) }} errors={[]} />
    </>
  );
  return showPage(c, { deps, title: "Wallet settings: conflict", body, status: 409 });
}

function settingsOf(wallet: Wallet) {
  const money = (micros: bigint) => formatMoney(micros, wallet.currency);
  const thresholds = wallet.lowBalanceThresholdsMicros.map((one) => formatMoneyText(money(one)));
  return [
    { label: "Without funds", value: POLICY_SENTENCES[wallet.policy] },
    { label: "Credit limit", value: <MoneyText money={money(wallet.creditLimitMicros)} /> },
    { label: "Notice below", value: thresholds.join(", ") || "none" },
  ];
}

function Head({ view }: { view: SettingsView }): JSX.Element {
  const { id, name } = view.account;
  return (
    <PageHead
      title="Wallet settings"
      above={{ href: `/admin/accounts/${id}#settings`, label: name }}
    />
  );
}

function SettingsForm({ view, typed, errors }: Omit<FormState, "deps">): JSX.Element {
  const { account, wallet } = view;
  const field = (name: string) => ({ name, value: typed[name], error: errorOf(errors, name) });
  return (
    <PostForm
      action={`/admin/accounts/${account.id}/settings`}
      hidden={{ etag: typed.etag ?? tagOf(wallet) }}
      submitLabel="Save"
      cancelHref={`/admin/accounts/${account.id}#settings`}
    >
      <SelectField
        {...field("policy")}
        label="Without funds"
        options={Object.entries(POLICY_SENTENCES).map(([value, label]) => ({ value, label }))}
      />
      <Field
        {...field("credit_limit")}
        label={`Credit limit in ${wallet.currency}`}
        hint="How far below zero may be spent. What waits and is covered by it is charged at once."
        inputmode="decimal"
        isRequired
        maxlength={20}
      />
      <Field
        {...field("thresholds")}
        label="Notice below"
        hint="One or several amounts with blanks between them, such as 20.00 5.00."
        isRequired={false}
        maxlength={400}
      />
    </PostForm>
  );
}
