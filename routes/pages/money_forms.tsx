/**
 * Money moved by hand: the form, the review with before → after, and the change, once per form.
 *
 * The one-use id of the review is the Idempotency-Key: a second click finds what the first one did.
 *
 * Goes to: `core/billing/move_money.ts`, `routes/pages/account/money_bodies.tsx`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Account, getAccount } from "../../core/accounts/account.ts";
import { type MoneyOutcome, moveMoney } from "../../core/billing/move_money.ts";
import { walletKey } from "../../core/kv/keys.ts";
import { formatMicros, formatMoney } from "../../core/money.ts";
import { DESCRIPTION_LENGTH_MAX } from "../../core/wallet/post_entry.ts";
import { availableMicros, mayPost, type Wallet } from "../../core/wallet/wallet.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { amountText } from "./account/account_fields.ts";
import {
  MONEY_FORMS,
  type MoneyForm,
  MoneyFormBody,
  MoneyReviewBody,
  type MoneyView,
} from "./account/money_bodies.tsx";
import { showMissingAccount } from "./account/show_missing_account.ts";
import { formatMoneyText } from "./format.ts";
import type { FormError } from "./forms.tsx";
import { actorOf, redirectWith, showPage } from "./frame.tsx";
import { readForm, type Typed } from "./read_form.ts";

const moneyForm = z.strictObject({
  amount: amountText,
  reason: z.string({ error: "Give a reason" }).min(1, "Give a reason")
    .max(DESCRIPTION_LENGTH_MAX, `The reason may have ${DESCRIPTION_LENGTH_MAX} letters`)
    // It becomes one line of the ledger.
    .transform((text) => text.replace(/\s+/g, " ")),
  reference: z.string().max(200, "The reference may have 200 letters").default(""),
  /** Given by the review: the change is confirmed. */
  form_id: z.uuid().optional(),
});

/** `GET,POST /admin/accounts/:id/top-up`, `/refund` and `/adjustment`. */
export function moneyPages(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const form of MONEY_FORMS) {
    const path = `/admin/accounts/:id/${form.path}` as const;
    app.get(path, async (c) => {
      const view = await readView(deps, { accountId: c.req.param("id"), form });
      if (!view) return showMissingAccount(c, deps);
      return showForm(c, { deps, view, typed: {}, errors: [] });
    });
    app.post(path, async (c) => {
      const view = await readView(deps, { accountId: c.req.param("id"), form });
      return view ? await postMoney(c, { deps, view }) : showMissingAccount(c, deps);
    });
  }
  return app;
}

async function readView(
  { store }: AppDeps,
  { accountId, form }: { accountId: string; form: MoneyForm },
): Promise<MoneyView | null> {
  const account: Account | null = await getAccount(store, accountId);
  const wallet = await store.get<Wallet>(walletKey(accountId));
  return account && wallet ? { account, wallet: wallet.value, form } : null;
}

type Values = z.output<typeof moneyForm>;

async function postMoney(
  c: Context<AppEnv>,
  { deps, view }: { deps: AppDeps; view: MoneyView },
): Promise<Response> {
  const read = await readForm(c, moneyForm);
  if (read.status === "invalid") return showForm(c, { deps, view, ...read });
  const { values, typed } = read;
  if (values.form_id !== undefined) {
    return await confirmMoney(c, { deps, view, values, typed, formId: values.form_id });
  }
  const errors = findFaults(view, values);
  if (errors.length > 0) return showForm(c, { deps, view, typed, errors });
  const title = `${view.form.noun}: review`;
  const body = <MoneyReviewBody view={view} values={values} formId={deps.ids.id()} typed={typed} />;
  return showPage(c, { deps, title, body });
}

/** What can be told before anything is tried; the posting itself decides once more. */
function findFaults({ form, wallet }: MoneyView, { amount }: Values): FormError[] {
  const name = "amount";
  if (amount === 0n) return [{ name, message: "The amount must not be zero" }];
  if (!form.isSigned && amount < 0n) {
    return [{ name, message: "The amount must be more than zero; an adjustment may be negative" }];
  }
  return mayPost(wallet, amount) ? [] : [{ name, message: describeLack(wallet) }];
}

function describeLack(wallet: Wallet): string {
  const available = formatMoney(availableMicros(wallet), wallet.currency);
  return `Only ${formatMoneyText(available)} is available, and this wallet may not go below`;
}

async function confirmMoney(
  c: Context<AppEnv>,
  { deps, view, values, typed, formId }: {
    deps: AppDeps;
    view: MoneyView;
    values: Values;
    typed: Typed;
    formId: string;
  },
): Promise<Response> {
  const { account, form } = view;
  const { amount, reason, reference } = values;
  const isRightWay = form.isSigned ? amount !== 0n : amount > 0n;
  if (!isRightWay) return showForm(c, { deps, view, typed, errors: findFaults(view, values) });
  const actor = actorOf(c);
  const outcome = await moveMoney(deps, {
    kind: form.kind,
    accountId: account.id,
    amountMicros: amount,
    description: reason,
    reference: reference === "" ? null : reference,
    // The colon keeps it apart from the callers of the API.
    caller: `person:${actor}`,
    idempotencyKey: formId,
    fingerprint: fingerprintOf([form.kind, account.id, formatMicros(amount), reason, reference]),
    requestId: deps.ids.id(),
    actor,
  });
  return answerOutcome(c, { deps, view, typed, outcome });
}

const fingerprintOf = (said: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(said)).digest("hex");

function answerOutcome(
  c: Context<AppEnv>,
  { deps, view, typed, outcome }: {
    deps: AppDeps;
    view: MoneyView;
    typed: Typed;
    outcome: MoneyOutcome;
  },
): Response {
  const { account, wallet, form } = view;
  const refuse = (message: string) =>
    showForm(c, { deps, view, typed, errors: [{ name: "amount", message }] });
  switch (outcome.status) {
    case "posted":
    case "already_posted": {
      const { entry } = outcome;
      const amount = formatMoneyText(formatMoney(entry.amountMicros, account.currency));
      const balance = formatMoneyText(formatMoney(entry.balanceAfterMicros, account.currency));
      const done = `${form.noun} of ${amount} is entry ${entry.seq}; balance after it ${balance}.`;
      const text = outcome.status === "posted" ? done : `This was done before, once: ${done}`;
      return redirectWith(c, {
        to: `/admin/accounts/${account.id}`,
        flash: { tone: "positive", text },
      });
    }
    case "insufficient_funds":
      return refuse(describeLack(wallet));
    case "balance_out_of_range":
      return refuse("The balance would be out of range");
    case "key_reused":
      return refuse("This form was used for something else before: check and send it again");
    case "account_not_found":
      return showMissingAccount(c, deps);
  }
}

function showForm(
  c: Context<AppEnv>,
  { deps, view, typed, errors }: {
    deps: AppDeps;
    view: MoneyView;
    typed: Typed;
    errors: readonly FormError[];
  },
): Response {
  const body = <MoneyFormBody view={view} typed={typed} errors={errors} />;
  const status = errors.length > 0 ? 422 : 200;
  return showPage(c, { deps, title: view.form.noun, body, status });
}
