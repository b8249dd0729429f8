/**
 * One call as cells of a table: what was used beside what was billed, what it costs and what we took.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import { billingOf, type ChargedCall } from "../../../core/billing/list_calls.ts";
import { accountKey } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";
import { formatMoney } from "../../../core/money.ts";
import type { Call } from "../../../core/usage/calls.ts";
import { showCallCost } from "../../api/shapes/cost.ts";
import { Badge } from "../badge.tsx";
import { formatCount } from "../format.ts";
import { stateWord } from "../strings.ts";
import type { Column } from "../table.tsx";
import { MoneyText, TimeText, Unknown } from "../values.tsx";

/** The columns a call has in a list. */
export type CallColumn =
  | "time"
  | "parties"
  | "account"
  | "status"
  | "used"
  | "billed"
  | "rate"
  | "charge"
  | "billing"
  | "cost";

/** All of {@link CallColumn}, in order: two lines in a cell keep the money in sight. */
export const CALL_COLUMNS: readonly Column<CallColumn>[] = [
  { key: "time", label: "Started" },
  { key: "parties", label: "From, to" },
  { key: "account", label: "Account" },
  { key: "used", label: "Used", kind: "number" },
  { key: "billed", label: "Billed", kind: "number" },
  { key: "rate", label: "Rate/min", kind: "number" },
  { key: "charge", label: "Charge", kind: "number" },
  { key: "billing", label: "Billing" },
  { key: "cost", label: "Cost", kind: "number" },
  { key: "status", label: "Status" },
];

/** Where a call explains itself. */
export function callHref(callId: string): string {
  return `/admin/calls/${encodeURIComponent(callId)}`;
}

/** Where an account is shown. */
export function accountHref(accountId: string): string {
  return `/admin/accounts/${encodeURIComponent(accountId)}`;
}

/** The accounts of some usage by id, so that lists can name them; nobody's usage has none. */
export async function readOwners(
  store: Store,
  accountIds: readonly (string | null)[],
): Promise<ReadonlyMap<string, Account>> {
  const ids = [...new Set(accountIds.filter((id) => id !== null))];
  const rows = await store.getMany<Account>(ids.map(accountKey));
  return new Map(rows.flatMap((row) => (row ? [[row.value.id, row.value]] : [])));
}

/** A call's cells; its time leads to the page that explains it. */
export function callCells(
  one: ChargedCall,
  { owners, timeZone, nowMs }: {
    owners: ReadonlyMap<string, Account>;
    timeZone: string;
    nowMs: number;
  },
): Record<CallColumn, Child> {
  const { call, charge } = one;
  const trace = charge?.trace ?? null;
  const { state } = billingOf(one);
  return {
    time: (
      <a href={callHref(call.id)}>
        <TimeText atMs={call.startedAtMs} timeZone={timeZone} precision="minute" />
      </a>
    ),
    parties: <Parties usage={call} />,
    account: <Owner accountId={call.accountId} owners={owners} />,
    status: (
      <>
        {stateWord(call.status)}
        <br />
        <small>{call.direction ?? "direction not told"}</small>
      </>
    ),
    used: <Seconds seconds={call.durationSeconds} />,
    billed: <Seconds seconds={trace?.billedSeconds ?? null} />,
    rate: <MoneyText money={trace && { amount: trace.rate, currency: trace.currency }} />,
    charge: <Charged one={one} />,
    cost: <CallCost one={one} nowMs={nowMs} />,
    billing: <Badge state={state} />,
  };
}

/** Whose number it came from and whose it went to, below each other. */
export function Parties({ usage }: { usage: Pick<Call, "from" | "to"> }): JSX.Element {
  return (
    <>
      {usage.from || <Unknown />}
      <br />
      <span aria-hidden="true">→</span> {usage.to || <Unknown />}
    </>
  );
}

/** Whose usage it is, with the way there. */
export function Owner(
  { accountId, owners }: { accountId: string | null; owners: ReadonlyMap<string, Account> },
): JSX.Element {
  if (accountId === null) return <span class="soft">nobody yet</span>;
  return <a href={accountHref(accountId)}>{owners.get(accountId)?.name ?? accountId}</a>;
}

function Seconds({ seconds }: { seconds: number | null }): JSX.Element {
  return seconds === null ? <Unknown /> : <>{formatCount(seconds)} s</>;
}

/** What we took for a call, with the way to why; a dash until something is billed. */
function Charged({ one }: { one: ChargedCall }): JSX.Element {
  const { call, charge } = one;
  if (!charge?.trace) return <Unknown />;
  return (
    <a href={`${callHref(call.id)}#why`}>
      <MoneyText money={formatMoney(charge.amountMicros, charge.trace.currency)} />
    </a>
  );
}

/** What the carrier takes from us, and how sure that is. */
export function CallCost({ one, nowMs }: { one: ChargedCall; nowMs: number }): JSX.Element {
  const cost = showCallCost(one, nowMs);
  if (!cost.amount) return <small>{stateWord(cost.state)}</small>;
  return (
    <>
      <MoneyText money={cost.amount} />
      <br />
      <small>{stateWord(cost.state)}</small>
    </>
  );
}
