/**
 * Giving a number its owner: choose the account, see what would be billed, confirm.
 *
 * Goes to: `routes/pages/unassigned_usage/preview_claim.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { availableMicros, type Wallet } from "../../../core/wallet/wallet.ts";
import { CALLS_PATH } from "../call/filter.tsx";
import { EmptyState, PageHead, Panel } from "../components.tsx";
import { ConfirmForm } from "../confirm_form.tsx";
import { formatCount, formatDuration } from "../format.ts";
import { ErrorSummary, type FormError } from "../forms.tsx";
import { assignHref } from "../unassigned.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { type AccountChoices, AccountChooser } from "./account_chooser.tsx";
import type { ClaimPreview } from "./preview_claim.ts";

/** An account chosen for a number, and what that would mean. */
export interface Review {
  /** Whose the number shall be. */
  account: Account;
  /** What its calls are charged to. */
  wallet: Wallet;
  /** From when on. */
  fromMs: number;
  /** What would be billed. */
  preview: ClaimPreview;
  /** One-use id of the form. */
  formId: string;
}

/** What {@link AssignPage} shows. */
export interface AssignView {
  /** E.164. */
  number: string;
  /** Unassigned calls of the number. */
  callCount: number;
  /** What stands in the form: RFC 3339, and an account's id. */
  from: string;
  /** See `from`. */
  accountId: string | undefined;
  /** What is wrong with the choice. */
  errors: readonly FormError[];
  /** Null for those who only look. */
  choices: AccountChoices;
  /** Whether whoever looks may assign. */
  mayChange: boolean;
  /** Null until an account is chosen. */
  review: Review | null;
}

/** The page of a number that nobody holds. */
export function AssignPage({ view }: { view: AssignView }): JSX.Element {
  const { number, from, accountId, errors, choices, callCount } = view;
  const list = `${CALLS_PATH}?${new URLSearchParams({ billing: "unassigned", number })}`;
  return (
    <>
      <PageHead
        title={`Assign ${number}`}
        above={{ href: `${CALLS_PATH}?billing=unassigned`, label: "Unassigned usage" }}
        lead={callCount > 0 && (
          <a href={list}>
            {formatCount(callCount)} unassigned {callCount === 1 ? "call" : "calls"}
          </a>
        )}
      />
      <ErrorSummary errors={errors} />
      {callCount === 0 && <NothingWaits />}
      {view.review && <ReviewPanel number={number} review={view.review} />}
      {view.mayChange && <AccountChooser {...{ number, from, choices, accountId, errors }} />}
      {!view.mayChange && <p>Only admins assign numbers; you are here to look.</p>}
    </>
  );
}

function NothingWaits(): JSX.Element {
  return (
    <EmptyState
      kind="nothing_found"
      title="No call of this number waits"
      text="Every call of it has its owner."
      action={{ href: `${CALLS_PATH}?billing=unassigned`, label: "Unassigned usage" }}
    />
  );
}

function ReviewPanel({ number, review }: { number: string; review: Review }): JSX.Element {
  const { account, wallet, fromMs, preview, formId } = review;
  const money = (micros: bigint) => <MoneyText money={formatMoney(micros, wallet.currency)} />;
  const available = availableMicros(wallet);
  const isShort = wallet.policy === "wait" && preview.amountMicros > available;
  return (
    <Panel id="review" title="What would be billed">
      <p>
        From <TimeText atMs={fromMs} timeZone={account.timezone} /> on, {number} belongs to{" "}
        <strong>{account.name}</strong>. <CallsWords preview={preview} />
      </p>
      {isShort && (
        <p class="error">
          The wallet cannot cover all of it: what it cannot pay waits for the next top-up.
        </p>
      )}
      <ConfirmForm
        action={assignHref(number)}
        formId={formId}
        submitLabel={`Assign to ${account.name}`}
        cancelHref={`${CALLS_PATH}?billing=unassigned`}
        hidden={{ account: account.id, from: formatInstant(fromMs) }}
        changes={[
          {
            label: "Calls charged to the account",
            before: "0",
            after: formatCount(preview.callCount),
          },
          {
            label: `Available to ${account.name}`,
            before: money(available),
            after: isShort ? "as far as it reaches" : money(available - preview.amountMicros),
          },
        ]}
      />
    </Panel>
  );
}

function CallsWords({ preview }: { preview: ClaimPreview }): JSX.Element {
  const { callCount, talkSeconds, openCount, parkedCount, isWhole } = preview;
  if (callCount === 0) return <>No unassigned call started since then.</>;
  return (
    <>
      {isWhole ? "" : "More than "}
      {formatCount(callCount)} {callCount === 1 ? "call" : "calls"} with{" "}
      {formatDuration(talkSeconds)} of talk {callCount === 1 ? "becomes" : "become"} theirs and{" "}
      {callCount === 1 ? "is" : "are"} billed at once.
      {openCount > 0 && ` ${formatCount(openCount)} of them have not ended and are billed later.`}
      {parkedCount > 0 && ` ${formatCount(parkedCount)} of them cannot be billed as they are.`}
    </>
  );
}
