/**
 * The two steps of moving money by hand: what is asked, and what it would do.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import type { MoneyRequest } from "../../../core/billing/move_money.ts";
import { formatMoney } from "../../../core/money.ts";
import { availableMicros, type Wallet } from "../../../core/wallet/wallet.ts";
import { Formula } from "../cards.tsx";
import { DefinitionList, PageHead, Panel } from "../components.tsx";
import { type Change, ConfirmForm, ReasonField } from "../confirm_form.tsx";
import { Field } from "../fields.tsx";
import { formatCount } from "../format.ts";
import { ErrorSummary, type FormError, PostForm } from "../forms.tsx";
import { errorOf, type Typed } from "../read_form.ts";
import { MoneyText } from "../values.tsx";

/** One way to move money by hand. */
export interface MoneyForm {
  /** The last part of its address. */
  path: "top-up" | "refund" | "adjustment";
  /** What the entry will be. */
  kind: MoneyRequest["kind"];
  /** As a heading. */
  noun: string;
  /** What it is for, in a sentence. */
  purpose: string;
  /** Whether the amount may be negative. */
  isSigned: boolean;
}

/** Every way there is. */
export const MONEY_FORMS: readonly MoneyForm[] = [
  {
    path: "top-up",
    kind: "top_up",
    noun: "Top-up",
    purpose: "Money the customer has paid in.",
    isSigned: false,
  },
  {
    path: "adjustment",
    kind: "adjustment",
    noun: "Adjustment",
    purpose: "Corrects the balance by hand, up or down. What stands in the ledger stays there.",
    isSigned: true,
  },
  {
    path: "refund",
    kind: "refund",
    noun: "Refund",
    purpose: "Gives back to the wallet what was charged wrongly.",
    isSigned: false,
  },
];

/** The account whose money moves, and how. */
export interface MoneyView {
  /** Whose money moves. */
  account: Account;
  /** As it is now. */
  wallet: Wallet;
  /** How it moves. */
  form: MoneyForm;
}

/** What {@link MoneyFormBody} shows. */
export interface MoneyFormBodyProps {
  /** Whose money, and how it moves. */
  view: MoneyView;
  /** What was typed before. */
  typed: Typed;
  /** What was wrong with it. */
  errors: readonly FormError[];
}

/** The first step: amount and reason. */
export function MoneyFormBody({ view, typed, errors }: MoneyFormBodyProps): JSX.Element {
  const { account, wallet, form } = view;
  const field = (name: string) => ({ name, value: typed[name], error: errorOf(errors, name) });
  const money = (micros: bigint) => formatMoney(micros, wallet.currency);
  return (
    <>
      <Head view={view} />
      <ErrorSummary errors={errors} />
      <PostForm
        action={formPath(view)}
        submitLabel="Review"
        cancelHref={`/admin/accounts/${account.id}`}
      >
        <Formula
          available={money(availableMicros(wallet))}
          balance={money(wallet.balanceMicros)}
          held={money(wallet.heldMicros)}
          creditLimit={money(wallet.creditLimitMicros)}
        />
        <Field
          {...field("amount")}
          label={`Amount in ${wallet.currency}`}
          hint={form.isSigned
            ? "Such as 25.00, or -25.00 to take money out."
            : "Such as 25.00: digits with a point, at most six decimals."}
          inputmode={form.isSigned ? undefined : "decimal"}
          isRequired
          maxlength={20}
        />
        <ReasonField value={typed.reason} error={errorOf(errors, "reason")} />
        <Field
          {...field("reference")}
          label="Reference"
          hint="Such as the number of the bank transfer."
          isRequired={false}
          maxlength={200}
        />
      </PostForm>
    </>
  );
}

/** What {@link MoneyReviewBody} shows. */
export interface MoneyReviewBodyProps {
  /** Whose money, and how it moves. */
  view: MoneyView;
  /** As they were understood; micros. */
  values: { amount: bigint; reason: string; reference: string };
  /** Fresh for this showing: the Idempotency-Key of the change. */
  formId: string;
  /** As they were typed: sent along unseen. */
  typed: Typed;
}

/** The second step: before → after, with the button that does it. */
export function MoneyReviewBody(
  { view, values, formId, typed }: MoneyReviewBodyProps,
): JSX.Element {
  const { account, wallet, form } = view;
  const { amount, reason, reference } = values;
  const after: Wallet = { ...wallet, balanceMicros: wallet.balanceMicros + amount };
  return (
    <>
      <Head view={view} />
      <Panel id="review" title="Review">
        <DefinitionList
          items={[
            {
              term: form.noun,
              value: <MoneyText money={formatMoney(amount, wallet.currency)} isSigned />,
            },
            { term: "Reason", value: reason },
            ...(reference === "" ? [] : [{ term: "Reference", value: reference }]),
          ]}
        />
        <ConfirmForm
          action={formPath(view)}
          formId={formId}
          hidden={{ amount: typed.amount ?? "", reason, reference }}
          submitLabel={`Post this ${form.noun.toLowerCase()}`}
          isDangerous={amount < 0n}
          cancelHref={`/admin/accounts/${account.id}`}
          changes={[
            {
              label: "Balance",
              ...changeOf([wallet, after], ({ balanceMicros }) => balanceMicros),
            },
            { label: "Available", ...changeOf([wallet, after], availableMicros) },
          ]}
        >
          {amount > 0n && wallet.waitingCount > 0 && <WaitingNote wallet={wallet} />}
        </ConfirmForm>
      </Panel>
    </>
  );
}

function changeOf(
  [before, after]: readonly [Wallet, Wallet],
  micros: (wallet: Wallet) => bigint,
): Pick<Change, "before" | "after"> {
  const show = (wallet: Wallet) => (
    <MoneyText money={formatMoney(micros(wallet), wallet.currency)} />
  );
  return { before: show(before), after: show(after) };
}

/** The balance a moment later is lower: what waited is charged in the same commit. */
function WaitingNote({ wallet }: { wallet: Wallet }): JSX.Element {
  const isOne = wallet.waitingCount === 1;
  return (
    <p>
      {formatCount(wallet.waitingCount)} {isOne ? "call waits" : "calls wait"} for{" "}
      <MoneyText money={formatMoney(wallet.waitingMicros, wallet.currency)} />. As far as the money
      {" "}
      reaches, oldest first, {isOne ? "it is" : "they are"} charged at once.
    </p>
  );
}

function Head({ view }: { view: MoneyView }): JSX.Element {
  const { account, form } = view;
  return (
    <PageHead
      title={form.noun}
      above={{ href: `/admin/accounts/${account.id}`, label: account.name }}
      lead={form.purpose}
    />
  );
}

const formPath = ({ account, form }: MoneyView): string =>
  `/admin/accounts/${account.id}/${form.path}`;
