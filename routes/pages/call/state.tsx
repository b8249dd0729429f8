/**
 * Where a call's billing stands, why, and what to do about it.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { billingOf } from "../../../core/billing/list_calls.ts";
import { formatMoney } from "../../../core/money.ts";
import { Badge } from "../badge.tsx";
import { accountHref } from "./cells.tsx";
import { explainState } from "./words.ts";
import type { CallView } from "../call.tsx";
import { Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { MoneyText, TimeText } from "../values.tsx";

/** A number of ours in a call that nobody owns. */
export interface WaitingNumber {
  /** As the carrier writes it. */
  number: string;
  /** False for what is no phone number: no account can hold it. */
  isAssignable: boolean;
  /** Unassigned calls of the number from this call's start on, this one included; at most 1000. */
  callCount: number;
}

/** What {@link StatePanel} needs. */
export interface StatePanelProps {
  /** The call. */
  view: CallView;
  /** The form that leads to assigning a number; null for those who only look. */
  form: ((number: WaitingNumber) => Child) | null;
  /** Whether whoever looks may top up. */
  mayChange: boolean;
}

/** The state with its reason and the way on. */
export function StatePanel({ view, form, mayChange }: StatePanelProps): JSX.Element {
  const { one, timeZone } = view;
  const billing = billingOf(one);
  const { meaning, advice } = explainState(billing);
  const sinceMs = one.charge?.atMs ?? null;
  return (
    <Panel id="state" title="Where its billing stands">
      <p class="row">
        <Badge state={billing.state} />
        {billing.reason && billing.state === "parked" && <code>{billing.reason}</code>}
        {sinceMs !== null && (
          <span class="soft">
            since <TimeText atMs={sinceMs} timeZone={timeZone} />
          </span>
        )}
      </p>
      <p>{meaning} {advice}</p>
      {billing.state === "waiting_funds" && <TopUpWay view={view} mayChange={mayChange} />}
      {billing.state === "unassigned" &&
        view.numbers.map((number) => <AssignWay key={number.number} number={number} form={form} />)}
    </Panel>
  );
}

function TopUpWay(
  { view: { one: { charge }, account }, mayChange }: Pick<StatePanelProps, "view" | "mayChange">,
): JSX.Element | null {
  if (!charge || !account) return null;
  const missing = formatMoney(charge.wantedMicros - charge.amountMicros, account.currency);
  const href = accountHref(account.id);
  return (
    <p>
      It would take <MoneyText money={missing} />. {mayChange
        ? <a href={`${href}/top-up`}>Top up {account.name}</a>
        : <a href={href}>The wallet of {account.name}</a>}
    </p>
  );
}

function AssignWay(
  { number, form }: { number: WaitingNumber; form: StatePanelProps["form"] },
): JSX.Element {
  if (!number.isAssignable) {
    return (
      <p>
        {number.number === ""
          ? "The carrier tells no number of ours."
          : `${number.number} is not a phone number, so no account can hold it.`}{" "}
        Charge it by an adjustment, or start such calls with an account id.
      </p>
    );
  }
  const { callCount } = number;
  return (
    <>
      <p>
        From the start of this call on, {formatCount(callCount)} unassigned{" "}
        {callCount === 1 ? "call" : "calls"} of {number.number} {callCount === 1 ? "waits" : "wait"}
        {" "}
        for an owner: assigning it bills {callCount === 1 ? "it" : "them"}.
      </p>
      {form?.(number)}
    </>
  );
}
